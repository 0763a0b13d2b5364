import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import type { ConfigValues } from '../../src/config/config-keys.ts';
import { ConsumerOffsetTable } from '../../src/offset/consumer-offset-table.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { testValues } from '../support/values.ts';

function setUp(given: Partial<ConfigValues> = {}, maxOffset = 100) {
  const logger = new RecordingLogger();
  const clock = new SimClock();
  let dirty = 0;
  const table = new ConsumerOffsetTable({
    clock,
    logger,
    config: testValues(given),
    maxOffset: (topic) => (topic === 'T' ? maxOffset : undefined),
    onDirty: () => dirty++,
  });
  return { table, logger, clock, dirtyTimes: () => dirty };
}

test('an offset is kept by topic, group and queue', () => {
  const { table, dirtyTimes } = setUp();
  assert.equal(table.query('G', 'T', 3), -1);
  table.commit('G', 'T', 3, 7, 'c');
  assert.equal(table.query('G', 'T', 3), 7);
  assert.equal(table.query('G', 'T', 0), -1);
  assert.equal(table.query('H', 'T', 3), -1);
  assert.equal(dirtyTimes(), 1);
  table.commit('G', 'T', 3, 7, 'c');
  assert.equal(dirtyTimes(), 1);
  assert.deepEqual(table.topicsOfGroup('G'), ['T']);
  assert.deepEqual(table.groupsOfTopic('T'), ['G']);
});

test('going back, and beyond the end, is done and logged, not more than once a minute', () => {
  const { table, logger, clock } = setUp();
  table.commit('G', 'T', 0, 50, 'c');
  assert.deepEqual(logger.complaints(), []);
  table.commit('G', 'T', 0, 40, 'c');
  assert.equal(table.query('G', 'T', 0), 40);
  assert.match(logger.complaints()[0]!, /moved its offset back/);
  table.commit('G', 'T', 0, 101, 'c');
  assert.equal(logger.complaints().length, 1);
  clock.advanceSync(61_000);
  table.commit('G', 'T', 0, 102, 'c');
  assert.match(logger.complaints()[1]!, /beyond the end of its queue/);
  table.commit('G', 'Unknown', 0, 102, 'c');
  assert.equal(logger.complaints().length, 2);
});

test('what cannot be an offset is refused in words', () => {
  const { table } = setUp({ maxConsumerOffsetNums: 1 });
  assert.match(table.tryCommit('G', 'T', -1, 5, 'c')!, /queueId -1/);
  assert.match(table.tryCommit('G', 'T', 70_000, 5, 'c')!, /queueId 70000/);
  assert.match(table.tryCommit('G', 'T', 0, -5, 'c')!, /negative/);
  assert.equal(table.tryCommit('G', 'T', 0, 5, 'c'), undefined);
  assert.match(table.tryCommit('H', 'T', 0, 5, 'c')!, /maxConsumerOffsetNums allows 1/);
});

test('the file has unquoted queue numbers, as 4.4.0 writes and reads them', () => {
  const { table } = setUp();
  table.commit('CG1', 'InvA', 0, 9, 'c');
  table.commit('CG1', 'InvA', 2, 8, 'c');
  const text = table.encodeFile().toString('utf8');
  assert.equal(text, '{\n\t"offsetTable":{\n\t\t"InvA@CG1":{0:9,2:8\n\t\t}\n\t}\n}');
  const { table: other, logger } = setUp();
  other.decodeFile(text);
  assert.deepEqual(other.table(), table.table());
  assert.deepEqual(logger.complaints(), []);
});

test('a key that is not topic@group is left out with a word', () => {
  const { table, logger } = setUp();
  table.decodeFile('{"offsetTable":{"nogroup":{0:1},"a@b@c":{0:1},"%RETRY%G@G":{0:4}}}');
  assert.equal(logger.complaints().length, 2);
  assert.equal(table.query('G', '%RETRY%G', 0), 4);
});

test('clone and delete', () => {
  const { table } = setUp({ maxConsumerOffsetNums: 2 });
  table.commit('G', 'T', 1, 5, 'c');
  table.clone('G', 'H', 'T');
  table.commit('G', 'T', 1, 6, 'c');
  assert.equal(table.query('H', 'T', 1), 5);
  table.deleteTopic('T');
  assert.equal(table.query('G', 'T', 1), -1);
  assert.equal(table.tryCommit('I', 'T', 0, 1, 'c'), undefined);
  assert.equal(table.tryCommit('J', 'T', 0, 1, 'c'), undefined);
});
