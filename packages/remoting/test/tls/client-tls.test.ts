import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CertificateOptions } from '@rocketmq-ts/platform';
import { ClientTls, RemotingClient } from '../../src/index.ts';
import {
  ask,
  authority,
  DAY_MS,
  encryptedKey,
  type Given,
  issue,
  platform,
  stranger,
  TlsScene,
} from './tls-scene.ts';

const untrusted = /not signed by a trusted one: set tls\.client\.trustCertPath/;

interface Refusal {
  readonly what: string;
  readonly issuer?: typeof authority;
  readonly certificate?: Partial<CertificateOptions>;
  readonly message: RegExp;
}

const refusals: Refusal[] = [
  { what: 'of another authority', issuer: stranger, message: untrusted },
  { what: 'that nobody signed', message: untrusted },
  {
    what: 'that has expired',
    issuer: authority,
    certificate: { validFromMs: Date.now() - 2 * DAY_MS, validUntilMs: Date.now() - DAY_MS },
    message: /the server's certificate has expired/,
  },
  {
    what: 'that is not valid yet',
    issuer: authority,
    certificate: { validFromMs: Date.now() + DAY_MS, validUntilMs: Date.now() + 2 * DAY_MS },
    message: /not valid yet/,
  },
  {
    what: 'for another address',
    issuer: authority,
    certificate: { names: ['10.9.9.9'] },
    message: /for another address: issue it for this one, or set tls\.client\.verifyHostname=false/,
  },
];

async function serverWith(t: TestContext, { issuer, certificate }: Refusal) {
  const scene = new TlsScene(t);
  return { scene, server: await scene.server(scene.serverFiles(issue(issuer, certificate))) };
}

for (const refusal of refusals) {
  test(`a server's certificate ${refusal.what} is refused, and taken only without verification`, async (t) => {
    const { scene, server } = await serverWith(t, refusal);
    const trust = scene.trust(authority);
    await assert.rejects(ask(scene.client(trust), server), {
      code: 'REMOTING_CONNECT',
      message: refusal.message,
    });
    for (const key of ['tls.client.authServer', 'tls.test.mode.enable']) {
      const given = { ...trust, [key]: key === 'tls.test.mode.enable' ? 'true' : 'false' };
      assert.equal(await ask(scene.client(given), server), 'hello');
      assert.ok(scene.logged.some((line) => /TLS without verification/.test(line)));
    }
  });
}

test('verifyHostname=false takes every certificate of the authority, and no other', async (t) => {
  const scene = new TlsScene(t);
  const given: Given = { ...scene.trust(authority), 'tls.client.verifyHostname': 'false' };
  const elsewhere = await scene.server(
    scene.serverFiles(issue(authority, { names: ['broker.example'] }), 'a'),
  );
  assert.equal(await ask(scene.client(given), elsewhere), 'hello');
  const foreign = await scene.server(scene.serverFiles(issue(stranger), 'b'));
  await assert.rejects(ask(scene.client(given), foreign), { message: untrusted });
});

test('a server reached by its name', async (t) => {
  const scene = new TlsScene(t);
  const server = await scene.server(scene.serverFiles(issue(authority, { names: ['localhost'] })));
  const client = scene.client(scene.trust(authority));
  const answer = await client.invoke(`localhost:${server.port}`, { code: 1, body: Buffer.from('x') }, 60_000);
  assert.equal(answer.code, 0);
});

test('keys that cannot be used are an error at once, not with the first connection', (t) => {
  const scene = new TlsScene(t);
  const identity = issue(authority);
  const files = scene.clientFiles(identity);
  assert.throws(() => scene.client({ 'tls.client.trustCertPath': '/no/such/file' }), {
    code: 'TLS_FILE',
    message: /tls\.client\.trustCertPath \/no\/such\/file cannot be read/,
  });
  assert.throws(() => scene.client({ 'tls.client.certPath': files['tls.client.certPath']! }), {
    code: 'TLS_SETTING',
    message: /tls\.client\.certPath is set and tls\.client\.keyPath is not/,
  });
  const locked = {
    ...files,
    'tls.client.keyPath': scene.write('locked.key', encryptedKey(identity, 'secret')),
  };
  assert.throws(() => scene.client(locked), { message: /tls\.client\.keyPassword is missing or wrong/ });
  scene.client({ ...locked, 'tls.client.keyPassword': 'secret' });
});

test('new trusted certificates are used with the next connection; unusable ones leave the old', async (t) => {
  const scene = new TlsScene(t);
  const server = await scene.server(scene.serverFiles(issue(authority)));
  const trustCertPath = scene.write('trusted.crt', stranger.certificatePem);
  const tls = ClientTls.open(platform, { trustCertPath }, scene.logger);
  const connect = async () => {
    const client = new RemotingClient({ platform, tls });
    try {
      return await ask(client, server);
    } finally {
      await client.close(0);
    }
  };
  await assert.rejects(connect(), { message: untrusted });
  scene.write('trusted.crt', authority.certificatePem);
  assert.equal(await connect(), 'hello');
  scene.write('trusted.crt', 'noise');
  assert.equal(await connect(), 'hello');
  assert.match(scene.logged.join('\n'), /trusted\.crt is no PEM file; the keys read before stay in use/);
});

test('a server that does not answer the handshake costs the connect timeout and no more', async (t) => {
  const scene = new TlsScene(t);
  const listener = await platform.network.listen({ host: '127.0.0.1', port: 0 }, (stream) => {
    stream.setHandler({ onData() {}, onDrain() {}, onClose() {} });
    t.after(() => stream.destroy());
  });
  t.after(() => listener.close());
  const tls = ClientTls.open(platform, {}, scene.logger);
  const client = new RemotingClient({ platform, tls, limits: { connectTimeoutMs: 200 } });
  t.after(() => client.close(0));
  await assert.rejects(client.invoke(`127.0.0.1:${listener.port}`, { code: 1 }, 60_000), {
    code: 'REMOTING_CONNECT',
    message: /connect with TLS to 127\.0\.0\.1:\d+ did not complete within 200 ms/,
  });
});
