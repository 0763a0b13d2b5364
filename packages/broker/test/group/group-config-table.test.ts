import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { newSubscriptionGroupConfig } from '@rocketmq-ts/protocol';
import type { ConfigValues } from '../../src/config/config-keys.ts';
import { GroupConfigTable } from '../../src/group/group-config-table.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { testValues } from '../support/values.ts';

function setUp(given: Partial<ConfigValues> = {}) {
  const logger = new RecordingLogger();
  let dirty = 0;
  const table = new GroupConfigTable({
    clock: new SimClock(),
    logger,
    config: testValues(given),
    onDirty: () => dirty++,
  });
  return { table, logger, dirtyTimes: () => dirty };
}

test('the built-in groups are those of 4.4.0', () => {
  const names = [...setUp().table.entries()].map((entry) => entry.name);
  assert.equal(names.length, 7);
  assert.ok(names.includes('CID_ONS-HTTP-PROXY'));
});

test('an unknown group is made with the defaults, and written', () => {
  const { table, dirtyTimes } = setUp();
  const entry = table.find('G')!;
  assert.deepEqual(entry.config, newSubscriptionGroupConfig('G'));
  assert.equal(dirtyTimes(), 1);
  assert.equal(table.find('G'), entry);
  assert.equal(table.version.counter, 1);
});

test('without autoCreateSubscriptionGroup only groups of the system are made', () => {
  const { table } = setUp({ autoCreateSubscriptionGroup: false });
  assert.equal(table.find('G'), undefined);
  assert.ok(table.find('CID_RMQ_SYS_TRANS'));
});

test('names and numbers of groups are bounded', () => {
  const { table, logger } = setUp({ maxSubscriptionGroupNums: 8 });
  for (const name of ['../x', '', 'a b', 'x'.repeat(256)]) assert.equal(table.find(name), undefined, name);
  assert.ok(table.find('G'));
  assert.equal(table.find('H'), undefined);
  assert.match(logger.complaints().at(-1)!, /maxSubscriptionGroupNums allows 8/);
  assert.match(table.update(newSubscriptionGroupConfig('../x'))!, /illegal/);
});

test('a changed group keeps its entry; a deleted one is marked', () => {
  const { table } = setUp();
  const entry = table.find('G')!;
  table.update({ ...newSubscriptionGroupConfig('G'), retryMaxTimes: 3 });
  assert.equal(table.peek('G'), entry);
  assert.equal(entry.config.retryMaxTimes, 3);
  table.disableConsume('G');
  assert.equal(entry.config.consumeEnable, false);
  assert.equal(table.delete('G'), true);
  assert.equal(entry.deleted, true);
  assert.equal(table.peek('G'), undefined);
});

test('the file is read back', () => {
  const { table } = setUp();
  table.find('G');
  const text = table.encodeFile().toString('utf8');
  assert.match(text, /^\{\n\t"dataVersion":/);
  const other = setUp().table;
  other.decodeFile(text);
  assert.deepEqual(other.wrapper(), table.wrapper());
});
