import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@rocketmq-ts/platform';
import { SimClock, SimFileSystem, type SimOperation } from '@rocketmq-ts/platform/sim';
import { KVConfig } from '../../src/kv/kv-config.ts';

const FILE = '/home/namesrv/kvConfig.json';

function open(fileSystem: SimFileSystem): KVConfig {
  const kv = new KVConfig(fileSystem, silentLogger, FILE, () => 10_000);
  kv.load();
  return kv;
}

test('what is put is there for the next, in the form of 4.4.0, with the version before beside it', () => {
  const fileSystem = new SimFileSystem({ clock: new SimClock() });
  const kv = open(fileSystem);
  kv.put('ORDER_TOPIC_CONFIG', 'T', 'broker-a:4');
  kv.put('NS', 'k', 'v');
  kv.delete('NS', 'k');
  const text = fileSystem.readFileSync(FILE).toString();
  assert.equal(text, '{"configTable":{"ORDER_TOPIC_CONFIG":{"T":"broker-a:4"},"NS":{}}}');
  assert.match(fileSystem.readFileSync(`${FILE}.bak`).toString(), /"NS":\{"k":"v"\}/);
  const again = open(fileSystem);
  assert.equal(again.get('ORDER_TOPIC_CONFIG', 'T'), 'broker-a:4');
  assert.equal(again.list('NS')!.size, 0);
  assert.equal(again.list('nothing'), undefined);
});

test('a damaged file is read from the version before; without one the start fails and names the file', () => {
  const fileSystem = new SimFileSystem({ clock: new SimClock() });
  const kv = open(fileSystem);
  kv.put('NS', 'a', '1');
  kv.put('NS', 'b', '2');
  fileSystem.writeFileSync(FILE, Buffer.from('{"configTable":{"NS":{"a'));
  assert.equal(open(fileSystem).get('NS', 'a'), '1');
  fileSystem.unlinkSync(FILE);
  assert.equal(
    open(fileSystem).get('NS', 'a'),
    '1',
    'a 4.4.0 name server died between deleting and renaming',
  );
  fileSystem.unlinkSync(`${FILE}.bak`);
  fileSystem.writeFileSync(FILE, Buffer.from('{"configTable"'));
  assert.throws(() => open(fileSystem), { code: 'NAMESRV_FILE', message: /kvConfig\.json cannot be read/ });
});

test('a change that cannot be written did not happen', () => {
  let failing = false;
  const onOperation = (operation: SimOperation) =>
    failing && operation.kind === 'write' ? ({ code: 'ENOSPC' } as const) : undefined;
  const fileSystem = new SimFileSystem({ clock: new SimClock(), onOperation });
  const kv = open(fileSystem);
  kv.put('NS', 'k', 'old');
  failing = true;
  assert.throws(() => kv.put('NS', 'k', 'new'), { code: 'NAMESRV_FILE', message: /ENOSPC/ });
  assert.throws(() => kv.delete('NS', 'k'), { code: 'NAMESRV_FILE' });
  assert.equal(kv.get('NS', 'k'), 'old');
  failing = false;
  assert.equal(open(fileSystem).get('NS', 'k'), 'old');
  kv.put('NS', 'k', 'new');
  assert.equal(open(fileSystem).get('NS', 'k'), 'new');
});
