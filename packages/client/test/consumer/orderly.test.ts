/** Orderly consumption: order, locks, suspension, commits of the listener's own, dead letters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConsumeOrderlyContext, ConsumeOrderlyStatus, type PushConsumer } from '@rocketmq-ts/client';
import { encodeLockBatchResponseBody, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { bodies, consumerScene, storedOffset } from '../support/consumer-scene.ts';

test('each queue in order, one call at a time, several queues at once', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (let i = 0; i < 40; i++) broker.put('TopicTest', i % 4, `${i}`);
  const got: number[][] = [[], [], [], []];
  const busy = new Set<number>();
  let most = 0;
  const one = consumer({ consumeMessageBatchMaxSize: 3 });
  one.subscribe('TopicTest');
  one.registerMessageListenerOrderly(async (messages, context) => {
    const { queueId } = context.messageQueue;
    assert.ok(!busy.has(queueId), 'one call at a time per queue');
    busy.add(queueId);
    most = Math.max(most, busy.size);
    await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 20));
    got[queueId]?.push(...bodies(messages).map(Number));
    busy.delete(queueId);
  });
  await world.run(one.start());
  await world.until(() => got.flat().length === 40);
  for (const queue of got)
    assert.deepEqual(
      queue,
      [...queue].sort((a, b) => a - b),
    );
  assert.equal(most, 4);
  assert.ok(broker.locks.size >= 4);
  await world.run(one.shutdown());
  assert.deepEqual(
    [0, 1, 2, 3].map((id) => storedOffset(broker, id)),
    [10, 10, 10, 10],
  );
  assert.equal(broker.locks.size, 0, 'given back');
});

test('a failure holds its queue up, the others go on; the same message comes again, counted', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (const body of ['a', 'b', 'c']) broker.put('TopicTest', 0, body);
  broker.put('TopicTest', 1, 'other');
  const seen: string[] = [];
  const one = consumer({ suspendCurrentQueueTimeMillis: 500 });
  one.subscribe('TopicTest');
  one.registerMessageListenerOrderly((messages) => {
    const message = messages[0];
    seen.push(`${message?.body}${message?.reconsumeTimes}`);
    if (message?.body.toString() !== 'b') return ConsumeOrderlyStatus.SUCCESS;
    if (message.reconsumeTimes === 0) throw new Error('my bug');
    return message.reconsumeTimes === 1 ? 'SUSPEND_CURRENT_QUEUE_A_MOMENT' : 'SUCCESS';
  });
  await world.run(one.start());
  await world.until(() => seen.length === 4);
  assert.deepEqual(
    [...seen].sort(),
    ['a0', 'b0', 'c0', 'other0']
      .filter((each) => each !== 'c0')
      .concat(seen.includes('b1') ? 'b1' : [])
      .sort(),
  );
  await world.until(() => seen.includes('c0'));
  assert.deepEqual(
    seen.filter((each) => each !== 'other0'),
    ['a0', 'b0', 'b1', 'b2', 'c0'],
  );
  assert.equal(world.log.count('ERROR the listener failed; its queue is suspended my bug'), 1);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 3);
});

test('after maxReconsumeTimes a message goes to the dead-letter queue, and its queue on', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (const body of ['bad', 'good']) broker.put('TopicTest', 0, body);
  const seen: string[] = [];
  const one = consumer({ suspendCurrentQueueTimeMillis: 10, maxReconsumeTimes: 2 });
  one.subscribe('TopicTest');
  one.registerMessageListenerOrderly((messages) => {
    seen.push(`${messages[0]?.body}${messages[0]?.reconsumeTimes}`);
    return messages[0]?.body.toString() === 'bad'
      ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT
      : undefined;
  });
  await world.run(one.start());
  await world.until(() => seen.includes('good0'));
  assert.deepEqual(seen, ['bad0', 'bad1', 'bad2', 'good0']);
  assert.deepEqual(broker.deadLetters, ['bad']);
  const sent = broker.requests.find((request) => request.code === RequestCode.SEND_MESSAGE_V2)?.ext;
  assert.deepEqual([sent?.get('b'), sent?.get('j'), sent?.get('l')], ['%RETRY%CG', '2', '2']);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 2);
});

test('autoCommit off: offsets advance on COMMIT, ROLLBACK gives all since then again', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (const body of ['a', 'b', 'c', 'd']) broker.put('TopicTest', 0, body);
  const seen: string[] = [];
  let rolledBack = false;
  const one = consumer({ suspendCurrentQueueTimeMillis: 10 });
  one.subscribe('TopicTest');
  one.registerMessageListenerOrderly((messages, context: ConsumeOrderlyContext) => {
    context.autoCommit = false;
    const body = bodies(messages)[0] ?? '';
    seen.push(body);
    if (body === 'b' && !rolledBack) {
      rolledBack = true;
      return ConsumeOrderlyStatus.ROLLBACK;
    }
    return body === 'c' ? ConsumeOrderlyStatus.COMMIT : ConsumeOrderlyStatus.SUCCESS;
  });
  await world.run(one.start());
  await world.until(() => seen.includes('d'));
  assert.deepEqual(seen, ['a', 'b', 'a', 'b', 'c', 'd']);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 3, 'd was not committed');
});

test('autoCommit off and never COMMIT: the queue stands still once its window is full, and that is said', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (let i = 0; i < 300; i++) broker.put('TopicTest', 0, `${i}`);
  let seen = 0;
  const one = consumer({ pullThresholdForQueue: 100 });
  one.subscribe('TopicTest');
  one.registerMessageListenerOrderly((_messages, context) => {
    context.autoCommit = false;
    seen++;
    return ConsumeOrderlyStatus.SUCCESS;
  });
  await world.run(one.start());
  await world.until(() => world.log.count('stands still') === 1);
  await world.advance(60_000);
  assert.ok(seen > 100 && seen < 150, `${seen}`);
  assert.equal(world.log.count('stands still'), 1, 'once');
  assert.equal(world.log.count('Answer COMMIT from time to time'), 1);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), undefined);
});

test('a status that needs autoCommit off counts as success, with a warning', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put('TopicTest', 0, 'a');
  const one = consumer();
  one.subscribe('TopicTest');
  one.registerMessageListenerOrderly(() => ConsumeOrderlyStatus.ROLLBACK);
  await world.run(one.start());
  await world.until(() => world.log.count('we think you want to ack these messages') === 1);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 1);
});

test('a queue locked by another client is not consumed; a lost lock stops consumption at once', async () => {
  const { world, broker, consumer } = await consumerScene();
  const key = (id: number): string => `CG TopicTest\0broker-a\0${id}`;
  broker.locks.set(key(0), 'someone else');
  for (let i = 0; i < 2; i++) broker.put('TopicTest', i, `q${i}`);
  const seen: string[] = [];
  const one = consumer();
  one.subscribe('TopicTest');
  one.registerMessageListenerOrderly((messages) => {
    seen.push(...bodies(messages));
  });
  await world.run(one.start());
  await world.until(() => seen.length === 1);
  await world.advance(10_000);
  assert.deepEqual(seen, ['q1']);
  broker.locks.delete(key(0));
  await world.until(() => seen.length === 2, 21_000, 'the next round of rebalancing takes it up');
  broker.on(RequestCode.LOCK_BATCH_MQ, () => ({
    code: ResponseCode.SUCCESS,
    body: encodeLockBatchResponseBody({ lockOKMQSet: [] }),
  }));
  await world.advance(21_000);
  broker.put('TopicTest', 0, 'later');
  await world.advance(10_000);
  assert.equal(seen.length, 2);
  broker.on(RequestCode.LOCK_BATCH_MQ, undefined);
  await world.until(() => seen.length === 3, 25_000);
  await world.run(one.shutdown());
});

test('a lock that cannot be renewed is not relied on for longer than 30 seconds', async () => {
  const { world, broker, consumer } = await consumerScene();
  const seen: string[] = [];
  const one = consumer();
  one.subscribe('TopicTest');
  one.registerMessageListenerOrderly((messages) => {
    seen.push(...bodies(messages));
  });
  await world.run(one.start());
  await world.advance(2000);
  broker.on(RequestCode.LOCK_BATCH_MQ, () => 'silence');
  broker.put('TopicTest', 0, 'a');
  await world.until(() => seen.length === 1, 5000);
  await world.advance(32_000);
  broker.put('TopicTest', 0, 'b');
  await world.advance(20_000);
  assert.deepEqual(seen, ['a']);
  broker.on(RequestCode.LOCK_BATCH_MQ, undefined);
  await world.until(() => seen.length === 2, 25_000);
  await world.run(one.shutdown());
});

test('queues move between members in order, without a message consumed by both at once', async () => {
  const { world, broker, consumer } = await consumerScene();
  const owner = new Map<number, string>();
  const seen: number[][] = [[], [], [], []];
  const make = (name: string): PushConsumer => {
    const each = consumer();
    each.subscribe('TopicTest');
    each.registerMessageListenerOrderly(async (messages, { messageQueue: { queueId } }) => {
      assert.ok(!owner.has(queueId), `queue ${queueId} is consumed by ${owner.get(queueId)} and ${name}`);
      owner.set(queueId, name);
      await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 30));
      owner.delete(queueId);
      seen[queueId]?.push(...bodies(messages).map(Number));
    });
    return each;
  };
  const [one, two] = [make('one'), make('two')];
  await world.run(one.start());
  for (let i = 0; i < 200; i++) broker.put('TopicTest', i % 4, `${i}`);
  await world.advance(500);
  await world.run(two.start());
  await world.until(() => new Set(seen.flat()).size === 200, 120_000, 'all are consumed');
  for (const queue of seen) {
    const firstTime = queue.filter((each, index) => queue.indexOf(each) === index);
    assert.deepEqual(
      firstTime,
      [...firstTime].sort((a, b) => a - b),
    );
  }
  assert.equal(two.assignedMessageQueues().filter((each) => each.topic === 'TopicTest').length, 2);
  await world.run(Promise.all([one.shutdown(), two.shutdown()]));
});

test('shutdown waits for the running listener of each queue and commits it', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (const body of ['a', 'b']) broker.put('TopicTest', 0, body);
  const one = consumer();
  one.subscribe('TopicTest');
  let calls = 0;
  one.registerMessageListenerOrderly(async () => {
    calls++;
    await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 3000));
  });
  await world.run(one.start());
  await world.until(() => calls === 1);
  await world.run(one.shutdown());
  assert.equal(calls, 1);
  assert.equal(storedOffset(broker, 0), 1);
});
