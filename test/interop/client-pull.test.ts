/** Our pull consumers with an official broker and with ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LitePullConsumer, PullConsumer, PullStatus } from '@rocketmq-ts/client';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { asConsumed, ourSend } from './harness/our-clients.ts';
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
  let stored = 0;
  for (const queue of queues) {
    const offset = await second.fetchConsumeOffset(queue, true);
    stored += offset;
    assert.equal((await second.pull(queue, '*', offset, 32)).pullStatus, PullStatus.NO_NEW_MSG);
  }
  assert.equal(stored, COUNT);
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

for (const [kind, startNamesrv, startBroker] of [
  ['official', startJavaNamesrv, startJavaBroker],
  ['our', startOurNamesrv, startOurBroker],
] as const) {
  test(`pull and lite pull consumers at the ${kind} broker`, { timeout: 600_000 }, async () => {
    const pair = await startPair(startNamesrv, startBroker);
    try {
      await pullAll(pair);
      await iterate(pair);
    } finally {
      await killPair(pair);
    }
  });
}
