import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { newSubscriptionGroupConfig } from '@rocketmq-ts/protocol';
import { TopicKey } from '@rocketmq-ts/store';
import type { GroupEntry, TopicEntry } from '../../src/broker-context.ts';
import { groupTopicCounters } from '../../src/group-topic-counters.ts';
import { BrokerCounters } from '../../src/stats/broker-counters.ts';
import { BrokerStatistics } from '../../src/stats/broker-statistics.ts';
import { TrafficRates } from '../../src/stats/traffic-rates.ts';
import { newTopicConfig } from '../../src/topic/built-in-topics.ts';

function setUp() {
  const clock = new SimClock(new Date(2026, 0, 15, 12, 0, 0).getTime());
  const counters = new BrokerCounters();
  const stored = { count: 0 };
  const topic: TopicEntry = {
    name: 'T',
    kind: 0,
    config: newTopicConfig('T'),
    storeTopic: new TopicKey('T', Buffer.from('T')),
    deleted: false,
    putNums: 0,
    putSizeBytes: 0,
  };
  const group: GroupEntry = {
    name: 'G',
    config: newSubscriptionGroupConfig('G'),
    deleted: false,
    counters: new Map(),
  };
  const topics = [topic];
  const statistics = new BrokerStatistics({
    clock,
    clusterName: 'C',
    counters,
    storedCount: () => stored.count,
    topics: () => topics,
    groups: () => [group],
  });
  const tick = (times = 1): void => {
    for (let i = 0; i < times; i++) {
      clock.advanceSync(BrokerStatistics.periodMs);
      statistics.sample();
    }
  };
  return { clock, counters, stored, topic, group, topics, statistics, tick };
}

test('a counter that never moved has no statistics', () => {
  const { statistics, tick } = setUp();
  tick(3);
  assert.equal(statistics.snapshots('TOPIC_PUT_NUMS', 'T'), undefined);
  assert.equal(statistics.snapshots('NO_SUCH_NAME', 'T'), undefined);
});

test('the minute window holds the last sixty seconds', () => {
  const { statistics, topic, tick } = setUp();
  topic.putNums = 30;
  topic.putSizeBytes = 3000;
  tick();
  assert.deepEqual(statistics.snapshots('TOPIC_PUT_NUMS', 'T')?.minute, { sum: 30, tps: 3, avgpt: 1 });
  assert.deepEqual(statistics.snapshots('TOPIC_PUT_SIZE', 'T')?.minute, { sum: 3000, tps: 300, avgpt: 100 });
  tick(5);
  assert.deepEqual(statistics.snapshots('TOPIC_PUT_NUMS', 'T')?.minute, { sum: 30, tps: 0.5, avgpt: 1 });
  tick();
  assert.deepEqual(statistics.snapshots('TOPIC_PUT_NUMS', 'T')?.minute, { sum: 0, tps: 0, avgpt: 0 });
});

test('the hour window moves every ten minutes, the day window every hour', () => {
  const { statistics, topic, tick } = setUp();
  topic.putNums = 60;
  tick(60);
  topic.putNums = 120;
  tick(61);
  const found = statistics.snapshots('TOPIC_PUT_NUMS', 'T')!;
  assert.equal(found.hour.sum, 120);
  assert.equal(found.minute.sum, 0);
  tick(360);
  assert.equal(statistics.snapshots('TOPIC_PUT_NUMS', 'T')?.day.sum, 120);
});

test('hour and day tell all up to the newest sample, from the first one on', () => {
  const { statistics, topic, tick } = setUp();
  topic.putNums = 1;
  tick();
  topic.putNums = 1000;
  tick();
  const found = statistics.snapshots('TOPIC_PUT_NUMS', 'T')!;
  assert.deepEqual([found.minute.sum, found.hour.sum, found.day.sum], [1000, 1000, 1000]);
  tick(7);
  assert.deepEqual(statistics.snapshots('TOPIC_PUT_NUMS', 'T')?.day, { sum: 1000, tps: 1000 / 90, avgpt: 1 });
});

test('what a group gets is kept under topic@group', () => {
  const { statistics, group, tick } = setUp();
  const counters = groupTopicCounters(group, 'T');
  counters.getNums = 10;
  counters.getTimes = 2;
  tick();
  assert.deepEqual(statistics.snapshots('GROUP_GET_NUMS', 'T@G')?.minute, { sum: 10, tps: 1, avgpt: 5 });
  assert.equal(statistics.groupGetTps('G', 'T'), 1);
  assert.equal(statistics.groupGetTps('G', 'U'), 0);
});

test('statistics of a deleted topic go', () => {
  const { statistics, topic, topics, tick } = setUp();
  topic.putNums = 1;
  tick();
  topics.length = 0;
  tick();
  assert.equal(statistics.snapshots('TOPIC_PUT_NUMS', 'T'), undefined);
});

test('totals turn over at midnight', () => {
  const { statistics, stored, clock, tick } = setUp();
  stored.count = 5;
  tick();
  assert.equal(statistics.totals().get('msgPutTotalTodayMorning'), 0);
  clock.advanceSync(12 * 3_600_000);
  tick();
  assert.equal(statistics.totals().get('msgPutTotalTodayMorning'), 5);
  stored.count = 9;
  clock.advanceSync(24 * 3_600_000);
  tick();
  assert.deepEqual(
    ['msgPutTotalYesterdayMorning', 'msgPutTotalTodayMorning', 'msgPutTotalTodayNow'].map((key) =>
      statistics.totals().get(key),
    ),
    [5, 9, 9],
  );
});

test('rates are those of ten seconds, a minute and ten minutes', () => {
  const clock = new SimClock();
  const counters = new BrokerCounters();
  let stored = 100;
  const rates = new TrafficRates(clock, counters, () => stored - 100);
  stored = 200;
  for (let i = 0; i < 6; i++) {
    clock.advanceSync(10_000);
    rates.sample();
  }
  stored = 260;
  clock.advanceSync(10_000);
  assert.equal(rates.table().get('putTps'), `6.0 1.0 ${160 / 70}`);
  assert.equal(rates.table().get('getTransferedTps'), '0.0 0.0 0.0');
});
