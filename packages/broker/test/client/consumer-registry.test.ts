import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turn } from '@rocketmq-ts/platform';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { buildSubscriptionData, type ConsumerData, RequestCode } from '@rocketmq-ts/protocol';
import { LiveConsumers } from '../../src/client/consumer-registry.ts';
import type { ConfigValues } from '../../src/config/config-keys.ts';
import { type FakeConnection, fakeConnection } from '../support/fake-connection.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { testValues } from '../support/values.ts';

function setUp(given: Partial<ConfigValues> = {}) {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const consumers = new LiveConsumers({ clock, turn: new Turn(clock), logger, config: testValues(given) });
  const beat = (connection: FakeConnection, clientId: string, data: ConsumerData, notify = true): void =>
    consumers.register(
      {
        connection: connection.asConnection,
        clientId,
        language: 0,
        version: 293,
        lastSeenMs: clock.monotonicMs(),
      },
      data,
      notify,
    );
  return { clock, logger, consumers, beat };
}

function group(topics: Record<string, string>, subVersion = 1, groupName = 'G'): ConsumerData {
  return {
    groupName,
    consumeType: 'CONSUME_PASSIVELY',
    messageModel: 'CLUSTERING',
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    subscriptionDataSet: Object.entries(topics).map(([topic, expression]) =>
      buildSubscriptionData(topic, expression, subVersion),
    ),
    unitMode: false,
  };
}

test('every member hears of a new one, once in a turn', () => {
  const { clock, consumers, beat } = setUp();
  const [a, b] = [fakeConnection('a'), fakeConnection('b')];
  beat(a, 'a', group({ T: '*' }));
  clock.advanceSync(0);
  assert.deepEqual(a.sent, [{ code: RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, ext: { consumerGroup: 'G' } }]);
  beat(b, 'b', group({ T: '*' }));
  beat(fakeConnection('c'), 'c', group({ T: '*' }));
  clock.advanceSync(0);
  assert.equal(a.sent.length, 2);
  assert.equal(b.sent.length, 1);
  assert.deepEqual(consumers.find('G')?.clientIds(), ['a', 'b', 'c']);
});

test('a heartbeat that says nothing new says nothing to anybody', () => {
  const { clock, beat } = setUp();
  const a = fakeConnection('a');
  beat(a, 'a', group({ T: '*' }));
  clock.advanceSync(0);
  beat(a, 'a', group({ T: '*' }));
  beat(a, 'a', group({ T: 'TagA' }, 2));
  clock.advanceSync(0);
  assert.equal(a.sent.length, 1);
});

test('a newer subscription replaces an older one, never the other way round', () => {
  const { consumers, beat } = setUp();
  const a = fakeConnection('a');
  beat(a, 'a', group({ T: '*' }, 5));
  const before = consumers.find('G')!.subscriptions;
  beat(a, 'a', group({ T: 'TagA' }, 4));
  assert.equal(consumers.findSubscription('G', 'T')?.subString, '*');
  assert.equal(consumers.find('G')!.subscriptions, before);
  beat(a, 'a', group({ T: 'TagB' }, 6));
  assert.equal(consumers.findSubscription('G', 'T')?.subString, 'TagB');
  assert.notEqual(consumers.find('G')!.subscriptions, before);
});

test('topics that are no longer subscribed to go, and members hear of it', () => {
  const { clock, consumers, beat } = setUp();
  const a = fakeConnection('a');
  beat(a, 'a', group({ T: '*', U: '*' }));
  clock.advanceSync(0);
  beat(a, 'a', group({ T: '*' }));
  clock.advanceSync(0);
  assert.equal(a.sent.length, 2);
  assert.equal(consumers.findSubscription('G', 'U'), undefined);
  assert.equal(consumers.isUnsubscribed('G', 'U'), true);
  assert.equal(consumers.isUnsubscribed('Offline', 'U'), false);
  assert.deepEqual(consumers.groupsSubscribing('T'), ['G']);
});

test('notices can be switched off for the broker and for a group', () => {
  const off = setUp({ notifyConsumerIdsChangedEnable: false });
  const a = fakeConnection('a');
  off.beat(a, 'a', group({ T: '*' }));
  off.clock.advanceSync(0);
  const on = setUp();
  on.beat(a, 'a', group({ T: '*' }), false);
  on.clock.advanceSync(0);
  assert.equal(a.sent.length, 0);
});

test('a closed connection leaves all its groups, and an empty group is forgotten', () => {
  const { clock, consumers, beat } = setUp();
  const [a, b] = [fakeConnection('a'), fakeConnection('b')];
  beat(a, 'a', group({ T: '*' }));
  beat(b, 'b', group({ T: '*' }));
  beat(b, 'b', group({ T: '*' }, 1, 'H'));
  clock.advanceSync(0);
  a.sent.length = 0;
  b.closed = true;
  consumers.connectionClosed(b.asConnection);
  clock.advanceSync(0);
  assert.equal(a.sent.length, 1);
  assert.deepEqual(consumers.find('G')?.clientIds(), ['a']);
  assert.equal(consumers.find('H'), undefined);
});

test('a client that is silent for two minutes is disconnected, and the others hear of it', () => {
  const { clock, consumers, beat } = setUp();
  const [a, b] = [fakeConnection('a'), fakeConnection('b')];
  beat(a, 'a', group({ T: '*' }));
  beat(b, 'b', group({ T: '*' }));
  clock.advanceSync(100_000);
  beat(b, 'b', group({ T: '*' }));
  clock.advanceSync(21_000);
  b.sent.length = 0;
  consumers.dropSilent(120_000);
  clock.advanceSync(0);
  assert.equal(a.closed, true);
  assert.equal(b.closed, false);
  assert.equal(b.sent.length, 1);
});

test('members that subscribe differently are named once', () => {
  const { logger, beat } = setUp();
  const [a, b] = [fakeConnection('a'), fakeConnection('b')];
  beat(a, 'client-a', group({ T: 'TagA' }));
  beat(b, 'client-b', group({ T: 'TagB' }, 2));
  beat(a, 'client-a', group({ T: 'TagA' }));
  beat(b, 'client-b', group({ T: 'TagB' }, 2));
  assert.equal(logger.complaints().length, 1);
  assert.match(
    logger.complaints()[0]!,
    /G subscribe differently.*client-a .*T:TAG:TagA.*client-b .*T:TAG:TagB/s,
  );
  beat(b, 'client-b', group({ T: 'TagA' }, 3));
  beat(b, 'client-b', group({ U: '*' }, 4));
  assert.equal(logger.complaints().length, 2);
});
