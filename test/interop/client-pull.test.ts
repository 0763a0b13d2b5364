/** Our pull consumers with an official broker and with ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  LitePullConsumer,
  MessageQueue,
  PullConsumer,
  PullStatus,
  type ReceivedMessage,
} from '@rocketmq-ts/client';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { asConsumed, createTopic, ourSend, withProducer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { killPair, type Pair, startPair } from './harness/pair.ts';
import { assertConsumed, sampleMessages } from './harness/sample-messages.ts';

const COUNT = 100;

async function pullAll(pair: Pair): Promise<void> {
  const sent = sampleMessages(COUNT);
  await ourSend(pair.namesrv.address, 'Pulled', sent);
  const options = { consumerGroup: 'CG_PULL', namesrvAddr: pair.namesrv.address };
  const first = new PullConsumer(options);
  await first.start();
  const got = [];
  for (const queue of await first.fetchSubscribeMessageQueues('Pulled')) {
    let offset = Math.max(0, await first.fetchConsumeOffset(queue, true));
    for (;;) {
      const result = await first.pull(queue, '*', offset, 32);
      if (result.pullStatus !== PullStatus.FOUND) break;
      got.push(...result.msgFoundList.map(asConsumed));
      offset = result.nextBeginOffset;
    }
    first.updateConsumeOffset(queue, offset);
  }
  assertConsumed(got, sent);
  await first.shutdown();
  const second = new PullConsumer({ ...options, registerTopics: ['Pulled'] });
  await second.start();
  const queues = await second.fetchMessageQueuesInBalance('Pulled');
  assert.equal(queues.length, 4);
  // The first one told the broker as it left, without waiting for an answer.
  const storedOffsets = () => Promise.all(queues.map((queue) => second.fetchConsumeOffset(queue, true)));
  const sum = (offsets: readonly number[]): number => offsets.reduce((a, b) => a + b, 0);
  let offsets = await storedOffsets();
  for (const deadlineMs = Date.now() + 60_000; sum(offsets) < COUNT && Date.now() < deadlineMs; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    offsets = await storedOffsets();
  }
  assert.equal(sum(offsets), COUNT);
  for (const [i, queue] of queues.entries()) {
    const result = await second.pull(queue, '*', offsets[i] as number, 32);
    assert.equal(result.pullStatus, PullStatus.NO_NEW_MSG);
  }
  const [queue] = queues;
  const waiting = second.pullBlockIfNotFound(
    queue as (typeof queues)[0],
    '*',
    await second.maxOffset(queue as (typeof queues)[0]),
    32,
  );
  await ourSend(pair.namesrv.address, 'Pulled', sampleMessages(4));
  assert.equal((await waiting).msgFoundList.length, 1);
  await second.shutdown();
}

async function iterate(pair: Pair): Promise<void> {
  const sent = sampleMessages(COUNT);
  await ourSend(pair.namesrv.address, 'Iterated', sent);
  const make = (expression: string): LitePullConsumer => {
    const consumer = new LitePullConsumer({
      consumerGroup: 'CG_LITE',
      namesrvAddr: pair.namesrv.address,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe('Iterated', expression);
    return consumer;
  };
  const first = make('*');
  await first.start();
  const got = [];
  for await (const message of first) {
    got.push(asConsumed(message));
    if (got.length === COUNT) break;
  }
  await first.commit();
  assertConsumed(got, sent);
  await first.shutdown();
  const second = make('*');
  await second.start();
  await ourSend(pair.namesrv.address, 'Iterated', sent.slice(0, 4));
  const more = [];
  while (more.length < 4) more.push(...(await second.poll()));
  assertConsumed(more.map(asConsumed), sent.slice(0, 4));
  for (const queue of second.assignedMessageQueues()) await second.seekToBegin(queue);
  const again = new Set<string>();
  while (again.size < COUNT + 4) {
    for (const message of await second.poll()) again.add(`${message.queueId}@${message.queueOffset}`);
  }
  await second.shutdown();
}

/** Two queues of four, one of them paused for a while; offsets are stored by commit alone. */
async function assignAndPause(pair: Pair): Promise<void> {
  const topic = 'Assigned';
  const queues = [0, 1, 2, 3].map((id) => new MessageQueue(topic, 'broker-a', id));
  const [one, two] = queues as [MessageQueue, MessageQueue];
  await createTopic(pair.namesrv.address, topic, queues.length);
  const make = async (): Promise<LitePullConsumer> => {
    const consumer = new LitePullConsumer({
      consumerGroup: 'CG_ASSIGNED',
      namesrvAddr: pair.namesrv.address,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      autoCommit: false,
    });
    consumer.assign([one, two]);
    await consumer.start();
    return consumer;
  };
  const send = (name: string): Promise<void> =>
    withProducer(pair.namesrv.address, async (producer) => {
      for (const queue of queues)
        for (let i = 0; i < 5; i++) await producer.send({ topic, body: `${name} ${i}` }, { queue });
    });
  /** Until `isEnough`, and what else there is then. */
  const take = async (
    consumer: LitePullConsumer,
    isEnough: (got: readonly string[]) => boolean,
  ): Promise<string[]> => {
    const got: string[] = [];
    const poll = async (): Promise<void> => {
      const messages: ReceivedMessage[] = await consumer.poll(500);
      got.push(...messages.map(({ queueId, body }) => `${queueId}: ${body}`));
    };
    const deadlineMs = Date.now() + 120_000;
    while (!isEnough(got) && Date.now() < deadlineMs) await poll();
    await poll();
    return got.sort();
  };
  const all = (ids: readonly number[], name: string): string[] =>
    ids.flatMap((id) => [0, 1, 2, 3, 4].map((i) => `${id}: ${name} ${i}`));
  const consumer = await make();
  await send('first');
  assert.deepEqual(await take(consumer, (got) => got.length >= 10), all([0, 1], 'first'));
  await consumer.commit();
  consumer.pause([two]);
  await send('held'); // answers the pull of the paused queue that was on its way
  const hasAll = (wanted: readonly string[]) => (got: readonly string[]) =>
    wanted.every((one) => got.includes(one));
  const held = await take(consumer, hasAll(all([0], 'held')));
  await send('paused');
  const paused = await take(consumer, hasAll(all([0], 'paused')));
  assert.deepEqual(
    [...held, ...paused].filter((one) => one.startsWith('1: paused')),
    [],
  );
  consumer.resume([two]);
  const wanted = [0, 1].flatMap((id) => [...all([id], 'held'), ...all([id], 'paused')]);
  const rest = await take(consumer, (got) => got.length + held.length + paused.length >= wanted.length);
  assert.deepEqual([...held, ...paused, ...rest].sort(), wanted);
  await consumer.shutdown();
  const again = await make();
  const comesAgain = await take(again, (got) => got.length >= wanted.length);
  assert.deepEqual(comesAgain, wanted, 'what was not committed');
  await again.shutdown();
}

for (const [kind, startNamesrv, startBroker] of [
  ['official', startJavaNamesrv, startJavaBroker],
  ['our', startOurNamesrv, startOurBroker],
] as const) {
  test(`pull and lite pull consumers at the ${kind} broker`, { timeout: 600_000 }, async () => {
    const pair = await startPair(startNamesrv, startBroker);
    try {
      await pullAll(pair);
      await iterate(pair);
      await assignAndPause(pair);
    } finally {
      await killPair(pair);
    }
  });
}
