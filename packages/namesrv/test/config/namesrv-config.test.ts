import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NamesrvConfig, namesrvConfigKeys } from '../../src/index.ts';

const HOST = { homeFolder: '/home/mq', environment: { ROCKETMQ_HOME: '/opt/rocketmq' } };

test('defaults, then the file, then arguments', () => {
  const config = NamesrvConfig.load({
    host: HOST,
    file: {
      path: '/etc/ns.conf',
      content: '# comment\nlistenPort = 9976\norderMessageEnable=TRUE\nmyOwnKey=1\n',
    },
    overrides: new Map([['listenPort', '9977']]),
  });
  assert.equal(config.values.listenPort, 9977);
  assert.equal(config.values.orderMessageEnable, true);
  assert.equal(config.values.rocketmqHome, '/opt/rocketmq');
  assert.equal(config.values.kvConfigPath, '/home/mq/namesrv/kvConfig.json');
  assert.equal(config.values.configStorePath, '/etc/ns.conf');
  assert.equal(config.properties().get('myOwnKey'), '1');
  assert.deepEqual(config.warnings, ['unknown configuration key myOwnKey']);
});

test('wrong values are all named at once', () => {
  const content = 'listenPort=70000\nclusterTest=yes\nserializeType=XML\n';
  assert.throws(() => NamesrvConfig.load({ host: HOST, file: { path: 'f', content } }), {
    code: 'NAMESRV_CONFIG',
    message: /listenPort=70000 is not allowed.*clusterTest=yes.*serializeType=XML/,
  });
});

test('an update takes all or nothing', () => {
  const config = NamesrvConfig.load({ host: HOST });
  const update = config.planUpdate(
    new Map([
      ['orderMessageEnable', 'true'],
      ['listenPort', '9876'],
    ]),
  );
  assert.deepEqual([...update.changes], [['orderMessageEnable', 'true']]);
  assert.equal(config.values.orderMessageEnable, false);
  update.apply();
  assert.equal(config.values.orderMessageEnable, true);
});

test('docs/name-server-configuration.md lists exactly the keys there are, with their defaults', () => {
  const text = readFileSync(
    new URL('../../../../../docs/name-server-configuration.md', import.meta.url),
    'utf8',
  );
  const rows = [...text.matchAll(/^\| `(\w+)` \| (.*?) \| (\w+) \| (.*?) \|$/gm)];
  assert.deepEqual(
    rows.map((row) => row[1]),
    [...namesrvConfigKeys.keys()],
  );
  const host = { homeFolder: '~', environment: {} };
  for (const [, name, documented, change, effect] of rows) {
    const key = namesrvConfigKeys.get(name!)!;
    assert.equal(change, key.change, name);
    assert.equal(effect!.startsWith('No effect'), key.effect === 'none', name);
    assert.equal(effect!.startsWith('Own. '), key.own, name);
    const value = String(key.defaultOn(host));
    if (value !== '')
      assert.ok(documented!.includes(`\`${value}\``), `${name}: ${documented} is not ${value}`);
  }
});

test('settings of TLS are kept apart: checked, not reported, not to be changed over the network', () => {
  const environment = { ROCKETMQ_TLS_SERVER_MODE: 'disabled', ROCKETMQ_TLS_SERVER_KEY_PASSWORD: 'secret' };
  const config = NamesrvConfig.load({
    host: { ...HOST, environment },
    file: { path: 'f', content: 'tls.server.mode=enforcing\n' },
  });
  assert.equal(config.tls.get('tls.server.mode'), 'enforcing');
  assert.equal(config.tls.get('tls.server.keyPassword'), 'secret');
  assert.ok(![...config.properties().keys()].some((key) => key.startsWith('tls.')));
  assert.equal(config.planUpdate(new Map([['tls.server.mode', 'enforcing']])).changes.size, 0);
  assert.throws(() => config.planUpdate(new Map([['tls.server.mode', 'disabled']])), {
    message: /tls\.server\.mode cannot be changed over the network/,
  });
  assert.throws(() => NamesrvConfig.load({ host: HOST, overrides: new Map([['tls.server.mod', 'x']]) }), {
    code: 'NAMESRV_CONFIG',
    message: /there is no TLS setting tls\.server\.mod/,
  });
});
