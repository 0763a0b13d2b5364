import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { decodeTopicConfigSerializeWrapper, type TopicConfig } from '@rocketmq-ts/protocol';
import { TopicKey } from '@rocketmq-ts/store';
import type { ConfigValues } from '../../src/config/config-keys.ts';
import { newTopicConfig } from '../../src/topic/built-in-topics.ts';
import { TopicConfigTable } from '../../src/topic/topic-config-table.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { testValues } from '../support/values.ts';

function setUp(given: Partial<ConfigValues> = {}) {
  const logger = new RecordingLogger();
  const clock = new SimClock();
  const told: TopicConfig[] = [];
  let dirty = 0;
  const table = new TopicConfigTable({
    clock,
    logger,
    config: testValues(given),
    storeTopic: (name) => new TopicKey(name, Buffer.from(name)),
    onDirty: () => dirty++,
    onChange: (topic) => told.push(topic),
  });
  return { table, logger, clock, told, dirtyTimes: () => dirty };
}

const request = {
  topic: 'T',
  defaultTopic: 'TBW102',
  defaultTopicQueueNums: 4,
  remoteAddress: '1.2.3.4:5',
  topicSysFlag: 0,
};

test('the built-in topics are those of 4.4.0', () => {
  const { table } = setUp({ traceTopicEnable: true });
  const found = [...table.entries()].map(({ config }) => [
    config.topicName,
    config.readQueueNums,
    config.writeQueueNums,
    config.perm,
  ]);
  assert.deepEqual(found, [
    ['SELF_TEST_TOPIC', 1, 1, 6],
    ['TBW102', 8, 8, 7],
    ['BenchmarkTest', 1024, 1024, 6],
    ['DefaultCluster', 16, 16, 7],
    ['broker-a', 1, 1, 7],
    ['OFFSET_MOVED_EVENT', 1, 1, 6],
    ['RMQ_SYS_TRACE_TOPIC', 1, 1, 6],
  ]);
  assert.equal(table.systemTopics.size, 7);
  assert.equal(setUp({ autoCreateTopicEnable: false }).table.find('TBW102'), undefined);
});

test('a topic made by a send has the queues asked for, no more than its default topic, and its permissions', () => {
  const { table, told, dirtyTimes } = setUp();
  const entry = table.createOnSend(request)!;
  assert.deepEqual(entry.config, newTopicConfig('T', { readQueueNums: 4, writeQueueNums: 4, perm: 6 }));
  assert.equal(table.version.counter, 1);
  assert.deepEqual(told, [entry.config]);
  assert.equal(dirtyTimes(), 1);
  assert.equal(table.createOnSend(request), entry);
  assert.equal(table.version.counter, 1);
  const many = table.createOnSend({ ...request, topic: 'U', defaultTopicQueueNums: 100 })!;
  assert.equal(many.config.writeQueueNums, 8);
});

test('a topic is not made from a topic that is not there or does not pass on its permissions', () => {
  const { table, logger } = setUp();
  assert.equal(table.createOnSend({ ...request, defaultTopic: 'SELF_TEST_TOPIC' }), undefined);
  assert.equal(table.createOnSend({ ...request, defaultTopic: 'Nowhere' }), undefined);
  assert.equal(logger.complaints().length, 2);
});

test('automatic creation can be switched off while running', () => {
  const values = testValues();
  const table = new TopicConfigTable({
    clock: new SimClock(),
    logger: new RecordingLogger(),
    config: values,
    storeTopic: (name) => new TopicKey(name, Buffer.from(name)),
    onDirty() {},
    onChange() {},
  });
  values.autoCreateTopicEnable = false;
  assert.equal(table.createOnSend(request), undefined);
});

test('names that lead out of the store, are too long or illegal are refused everywhere', () => {
  const { table } = setUp();
  for (const topic of ['../../x', 'a/b', '', 'a b', 'x'.repeat(128), '..', 'a\0b', 'ü']) {
    assert.equal(table.createOnSend({ ...request, topic }), undefined, topic);
    assert.equal(table.createOnSendBack(topic, 1, 6, 0), undefined, topic);
    assert.equal(typeof table.update(newTopicConfig(topic)), 'string', topic);
  }
  assert.equal(table.version.counter, 0);
});

test('the number of topics is bounded', () => {
  const { table, logger } = setUp({ maxTopicNums: 7 });
  assert.ok(table.createOnSend(request));
  assert.equal(table.createOnSend({ ...request, topic: 'U' }), undefined);
  assert.match(logger.complaints()[0]!, /maxTopicNums allows 7/);
});

test('a name is found by its bytes, until the topic is deleted', () => {
  const { table } = setUp();
  const entry = table.createOnSend(request)!;
  const bytes = Buffer.from('xxTyy');
  assert.equal(table.findByBytes(bytes, 2, 3), entry);
  assert.equal(table.delete('T'), true);
  assert.equal(entry.deleted, true);
  assert.equal(table.findByBytes(bytes, 2, 3), undefined);
  assert.equal(table.delete('T'), false);
  const again = table.createOnSend(request)!;
  assert.notEqual(again, entry);
});

test('a changed topic keeps its entry and its counters', () => {
  const { table } = setUp();
  const entry = table.createOnSend(request)!;
  entry.putNums = 7;
  const before = entry.config;
  assert.equal(table.update(newTopicConfig('T', { perm: 4 })), undefined);
  assert.equal(table.find('T'), entry);
  assert.equal(entry.config.perm, 4);
  assert.equal(entry.putNums, 7);
  assert.equal(before.perm, 6);
});

test('the name server decides which topics are ordered', () => {
  const { table } = setUp();
  table.createOnSend(request);
  table.applyOrder(new Map([['T', 'broker-a:4']]));
  assert.equal(table.isOrderTopic('T'), true);
  const { counter } = table.version;
  table.applyOrder(new Map([['T', 'broker-a:4']]));
  assert.equal(table.version.counter, counter);
  table.applyOrder(new Map());
  assert.equal(table.isOrderTopic('T'), false);
});

test('the file says all of it, and is read back', () => {
  const { table } = setUp();
  table.createOnSend(request);
  const text = table.encodeFile().toString('utf8');
  assert.match(
    text,
    /^\{\n\t"dataVersion":\{\n\t\t"counter":1,\n\t\t"timestamp":\d+\n\t\},\n\t"topicConfigTable":\{/,
  );
  const other = setUp().table;
  other.decodeFile(text);
  assert.deepEqual(other.wrapper(), table.wrapper());
});

test('a file with a harmful name loses that topic only', () => {
  const { table, logger } = setUp();
  const good = newTopicConfig('Good');
  const bad = newTopicConfig('../../bad');
  const text = JSON.stringify({
    dataVersion: { counter: 5, timestamp: 6 },
    topicConfigTable: { Good: good, '../../bad': bad, Other: newTopicConfig('Another') },
  });
  table.decodeFile(text);
  assert.ok(table.find('Good'));
  assert.equal(table.find('../../bad'), undefined);
  assert.equal(table.find('Another'), undefined);
  assert.equal(logger.complaints().length, 2);
  assert.deepEqual(table.version, { counter: 5, timestamp: 6 });
});

test('a file written by 4.4.0 is read', () => {
  const { table } = setUp();
  const text = `{
\t"dataVersion":{
\t\t"counter":8,
\t\t"timestamp":1795383920549
\t},
\t"topicConfigTable":{
\t\t"%RETRY%CG1":{
\t\t\t"order":false,
\t\t\t"perm":6,
\t\t\t"readQueueNums":1,
\t\t\t"topicFilterType":"SINGLE_TAG",
\t\t\t"topicName":"%RETRY%CG1",
\t\t\t"topicSysFlag":0,
\t\t\t"writeQueueNums":1
\t\t}
\t}
}`;
  table.decodeFile(text);
  assert.equal(table.find('%RETRY%CG1')?.config.readQueueNums, 1);
  assert.equal(table.version.counter, 8);
});

test('a slave becomes what its master has', () => {
  const { table } = setUp();
  const gone = table.createOnSend(request)!;
  const wrapper = decodeTopicConfigSerializeWrapper(
    JSON.stringify({
      dataVersion: { counter: 3, timestamp: 4 },
      topicConfigTable: { U: newTopicConfig('U') },
    }),
  );
  table.replaceAll(wrapper);
  assert.equal(gone.deleted, true);
  assert.deepEqual([...table.names()], ['U']);
});
