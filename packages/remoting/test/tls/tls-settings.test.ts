import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readTlsSettings, TLS_SETTING_KEYS, tlsSettingsOf } from '../../src/index.ts';
import { tlsVariable } from '../../src/tls/tls-setting-keys.ts';

/** The files of a machine. */
function files(content: Readonly<Record<string, string>> = {}) {
  return {
    existsSync: (path: string) => path in content,
    readFileSync(path: string) {
      if (path in content) return Buffer.from(content[path]!, 'latin1');
      throw new Error(`ENOENT: ${path}`);
    },
  };
}

const given = (settings: Readonly<Record<string, string>>) => new Map(Object.entries(settings));

test('without a word: permissive, no key, no test mode, everything verified', () => {
  assert.deepEqual(readTlsSettings(files(), given({})), {
    enable: undefined,
    server: {
      mode: 'permissive',
      testMode: false,
      handshakeTimeoutMs: 10_000,
      clientCertificates: 'none',
      authClient: true,
      keyPath: undefined,
      keyPassword: undefined,
      certPath: undefined,
      trustCertPath: undefined,
    },
    client: {
      testMode: false,
      authServer: true,
      verifyHostname: true,
      trustCertPath: undefined,
      certPath: undefined,
      keyPath: undefined,
      keyPassword: undefined,
    },
  });
});

test('the file of RocketMQ is read where it always is, and wins', () => {
  const machine = files({
    '/etc/rocketmq/tls.properties':
      'tls.server.mode=ENFORCING\ntls.test.mode.enable=False\ntls.server.need.client.auth=require\n' +
      'tls.server.keyPath=/a/key\ntls.server.keyPassword= s3cret \ntls.server.certPath=/a/cert\n' +
      'tls.server.authClient=false\ntls.server.trustCertPath=\nsomething.else=1\n' +
      'tls.client.keyPath=/c/key\ntls.client.keyPassword=x\ntls.client.certPath=/c/cert\n' +
      'tls.client.authServer=false\ntls.client.trustCertPath=/c/ca\n',
  });
  const settings = readTlsSettings(
    machine,
    given({
      'tls.server.keyPath': '/other',
      'tls.server.trustCertPath': '/kept',
      'tls.enable': 'true',
      brokerName: 'x',
    }),
  );
  assert.equal(settings.enable, true);
  assert.deepEqual(settings.server, {
    mode: 'enforcing',
    testMode: false,
    handshakeTimeoutMs: 10_000,
    clientCertificates: 'require',
    authClient: false,
    keyPath: '/a/key',
    keyPassword: 's3cret ',
    certPath: '/a/cert',
    trustCertPath: '/kept',
  });
  assert.equal(settings.client.keyPath, '/c/key');
  assert.equal(settings.client.authServer, false);
  assert.equal(settings.client.trustCertPath, '/c/ca');
});

test('a file that was named has to be there', () => {
  assert.throws(() => readTlsSettings(files(), given({ 'tls.config.file': '/mine' })), {
    code: 'TLS_FILE',
    message: /tls\.config\.file \/mine cannot be read: ENOENT/,
  });
  const machine = files({ '/mine': 'tls.enable=true' });
  assert.equal(readTlsSettings(machine, given({ 'tls.config.file': '/mine' })).enable, true);
});

test('wrong values and misspelt names are all named; nothing is passed over', () => {
  const machine = files({ '/mine': 'tls.ciphers=x' });
  const wrong = given({
    'tls.config.file': '/mine',
    'tls.server.mode': 'strict',
    'tls.enable': 'yes',
    'tls.server.handshakeTimeoutMs': '5',
    'tls.server.mod': 'enforcing',
  });
  assert.throws(
    () => readTlsSettings(machine, wrong),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'TLS_SETTING');
      assert.match(
        error.message,
        /tls\.server\.mode=strict is not allowed: it must be disabled or permissive or enforcing/,
      );
      assert.match(error.message, /tls\.enable=yes is not allowed: it must be true or false/);
      assert.match(error.message, /tls\.server\.handshakeTimeoutMs=5 is not allowed/);
      assert.match(error.message, /there is no TLS setting tls\.server\.mod;/);
      assert.match(error.message, /\/mine: there is no TLS setting tls\.ciphers;/);
      return true;
    },
  );
});

test('the environment gives settings under names that a shell can set', () => {
  assert.equal(tlsVariable('tls.enable'), 'ROCKETMQ_TLS_ENABLE');
  assert.equal(tlsVariable('tls.server.need.client.auth'), 'ROCKETMQ_TLS_SERVER_NEED_CLIENT_AUTH');
  assert.equal(tlsVariable('tls.client.trustCertPath'), 'ROCKETMQ_TLS_CLIENT_TRUST_CERT_PATH');
  const environment = {
    ROCKETMQ_TLS_ENABLE: 'true',
    ROCKETMQ_TLS_SERVER_KEY_PASSWORD: 'p',
    ROCKETMQ_TLS_SERVER_MODE: '',
    PATH: '/bin',
  };
  assert.deepEqual(
    [...tlsSettingsOf(environment)],
    [
      ['tls.enable', 'true'],
      ['tls.server.keyPassword', 'p'],
    ],
  );
});

test('docs/tls.md lists the settings with their variables and defaults', () => {
  const document = readFileSync(new URL('../../../../../docs/tls.md', import.meta.url), 'utf8');
  const rows = [...document.matchAll(/^\| `(tls\.[\w.]+)` \| `(\w+)` \| (\S*) \|/gm)].map((match) =>
    match.slice(1),
  );
  const expected = [...TLS_SETTING_KEYS].map(([name, { fallback }]) => [
    name,
    tlsVariable(name),
    fallback === '' ? '' : `\`${fallback}\``,
  ]);
  assert.deepEqual(rows.sort(), expected.sort());
});
