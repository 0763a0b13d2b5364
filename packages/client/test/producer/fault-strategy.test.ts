/** Brokers that were slow or failed are kept away from, by the table of latencies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock, SimRandom } from '@rocketmq-ts/platform/sim';
import type { TopicRouteData } from '@rocketmq-ts/protocol';
import { FaultStrategy } from '../../src/producer/fault-strategy.ts';
import { resolveProducerOptions } from '../../src/producer/producer-options.ts';
import { publishQueues, RoundRobin, TopicPublishInfo } from '../../src/producer/topic-publish-info.ts';

function route(brokers: readonly string[], change: Partial<TopicRouteData> = {}): TopicRouteData {
  return {
    queueDatas: brokers.map((brokerName) => ({
      brokerName,
      readQueueNums: 2,
      writeQueueNums: 2,
      perm: 6,
      topicSynFlag: 0,
    })),
    brokerDatas: brokers.map((brokerName) => ({
      cluster: 'c',
      brokerName,
      brokerAddrs: new Map([[0, `${brokerName}:1`]]),
    })),
    filterServerTable: new Map(),
    ...change,
  };
}

function newStrategy(enabled: boolean): { strategy: FaultStrategy; clock: SimClock } {
  const clock = new SimClock();
  const options = resolveProducerOptions({ producerGroup: 'g', sendLatencyFaultEnable: enabled });
  return { strategy: new FaultStrategy(options, clock, new SimRandom(5)), clock };
}

function info(brokers: readonly string[], start = 0): TopicPublishInfo {
  return new TopicPublishInfo('T', route(brokers), new RoundRobin(start));
}

test('off: round-robin, and after a failure another broker', () => {
  const { strategy } = newStrategy(false);
  const topic = info(['b', 'a']);
  const names = Array.from({ length: 5 }, () => strategy.select(topic, undefined)).map(
    (q) => `${q?.brokerName}${q?.queueId}`,
  );
  assert.deepEqual(names, ['a0', 'a1', 'b0', 'b1', 'a0']);
  for (let i = 0; i < 8; i++) assert.equal(strategy.select(topic, 'a')?.brokerName, 'b');
  assert.equal(strategy.select(info(['a']), 'a')?.brokerName, 'a', 'there is no other');
  strategy.update('b', 1e9, true);
  assert.equal(strategy.isAvailable('b'), true);
});

test('on: a slow broker is left out for its time, a failed one for ten minutes', async () => {
  const { strategy, clock } = newStrategy(true);
  const topic = info(['a', 'b']);
  strategy.update('a', 99, false);
  assert.equal(strategy.isAvailable('a'), true);
  strategy.update('a', 600, false);
  assert.equal(strategy.isAvailable('a'), false);
  for (let i = 0; i < 6; i++) assert.equal(strategy.select(topic, undefined)?.brokerName, 'b');
  await clock.advance(29_999);
  assert.equal(strategy.isAvailable('a'), false);
  await clock.advance(1);
  assert.equal(strategy.isAvailable('a'), true);
  strategy.update('a', 5, true);
  await clock.advance(599_999);
  assert.equal(strategy.isAvailable('a'), false);
  await clock.advance(1);
  assert.equal(strategy.isAvailable('a'), true);
});

test('on: a retry does not insist on the broker that failed', () => {
  const { strategy } = newStrategy(true);
  const topic = info(['a', 'b', 'c']);
  strategy.update('a', 5, true);
  for (let i = 0; i < 10; i++) assert.notEqual(strategy.select(topic, 'a')?.brokerName, 'a');
});

test('on, none available: one of the better half; brokers without queues are forgotten', () => {
  const { strategy } = newStrategy(true);
  const topic = info(['a', 'b']);
  strategy.update('gone', 600, false);
  strategy.update('a', 700, false);
  strategy.update('b', 16_000, false);
  for (let i = 0; i < 10; i++) assert.equal(strategy.select(topic, undefined)?.brokerName, 'a');
  assert.equal(strategy.pickOneAtLeast(), 'a');
});

test('publish queues: sorted, writable, with a master; an order configuration decides alone', () => {
  const data = route(['b', 'a', 'readonly', 'slaves']);
  for (const queue of data.queueDatas) if (queue.brokerName === 'readonly') queue.perm = 4;
  for (const broker of data.brokerDatas)
    if (broker.brokerName === 'slaves') broker.brokerAddrs = new Map([[1, 'x:1']]);
  const names = (queues: ReturnType<typeof publishQueues>): string[] =>
    queues.map((q) => `${q.brokerName}:${q.queueId}`);
  assert.deepEqual(names(publishQueues('T', data)), ['a:0', 'a:1', 'b:0', 'b:1']);
  const ordered = { ...data, orderTopicConf: 'b:1;z:2;broken;:3' };
  assert.deepEqual(names(publishQueues('T', ordered)), ['b:0', 'z:0', 'z:1']);
  assert.equal(
    new TopicPublishInfo('T', { ...data, queueDatas: [] }, new RoundRobin(0)).selectOneMessageQueue(),
    undefined,
  );
});

test('the counter wraps within positive numbers', () => {
  const counter = new RoundRobin(0x7fffffff);
  assert.deepEqual([counter.next(), counter.next()], [0x7fffffff, 0]);
});
