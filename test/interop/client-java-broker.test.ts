/**
 * Our client with the official 4.4.0 name server and broker, and beside official clients: what ours sends the official
 * consumer gets and the other way round, and both share a group.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConsumeOrderlyStatus, MessageSelector, PushConsumer, splitBatch } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import {
  type ConsumedMessage,
  consumedMessages,
  javaConsume,
  javaSend,
  startJavaConsumer,
} from './harness/java-clients.ts';
import { ourSend, startOurConsumer, withProducer } from './harness/our-clients.ts';
import { sharedPair, sleep, until } from './harness/pair.ts';
import { countTopic, readTopic } from './harness/read-topic.ts';
import { assertConsumed, assertStored, sampleMessages } from './harness/sample-messages.ts';

const COUNT = 200;
const pair = sharedPair(startJavaNamesrv, startJavaBroker, {
  config: {
    enablePropertyFilter: true,
    messageDelayLevel: '1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s 1s',
  },
});

const bodyOf = (message: { body: Buffer }): string => message.body.toString();

test('what ours sends is stored whole, and the official consumer gets it', { timeout: 600_000 }, async () => {
  const { namesrv, broker } = await pair();
  const sent = sampleMessages(COUNT);
  await ourSend(namesrv.address, 'OurSends', sent);
  // The broker puts messages into their queues a moment after it has answered.
  const isThere = async () => (await countTopic(broker.address, 'OurSends')) === sent.length;
  await until('all are in their queues', 20_000, isThere);
  const stored = await readTopic(broker.address, 'OurSends');
  assertStored(stored, sent);
  assert.equal(stored.filter((record) => record.compressed).length, 40);
  const consumed = await javaConsume({
    namesrvAddr: namesrv.address,
    group: 'CG_J1',
    topic: 'OurSends',
    expected: COUNT,
  });
  assertConsumed(consumed, sent);
});

test('batches, one-way sends, selectors, callbacks and the VIP channel', { timeout: 600_000 }, async () => {
  const { namesrv, broker } = await pair();
  const sent = sampleMessages(100, false);
  await withProducer(namesrv.address, async (producer) => {
    const topic = 'OurBatches';
    await producer.createTopic('TBW102', topic, 4);
    await until('the topic has a route', 10_000, () =>
      producer.fetchPublishMessageQueues(topic).then(
        () => true,
        () => false,
      ),
    );
    const messages = sent.map((message) => ({ topic, ...message }));
    for (const batch of splitBatch(messages.slice(0, 70), 2000)) {
      const result = await producer.sendBatch(batch);
      assert.equal(result.msgId.split(',').length, batch.length);
    }
    for (const message of messages.slice(70, 80)) await producer.sendOneway(message);
    for (const message of messages.slice(80, 90)) {
      const result = await producer.send(message, {
        selector: (queues, _m, id: number) => queues[id % queues.length],
        arg: 3,
      });
      assert.equal(result.messageQueue.queueId, 3);
    }
    const callbacks = messages
      .slice(90)
      .map(
        (message) =>
          new Promise<string>((resolve) =>
            producer.sendAsync(message, (error, result) =>
              resolve(error?.message ?? result?.sendStatus ?? ''),
            ),
          ),
      );
    assert.deepEqual(new Set(await Promise.all(callbacks)), new Set(['SEND_OK']));
    await until(
      'all are stored',
      10_000,
      async () => (await countTopic(broker.address, topic)) === sent.length,
    );
    assertStored(await readTopic(broker.address, topic), sent);
  });
});

test('offsets, store times and messages by id are asked for', { timeout: 600_000 }, async () => {
  const { namesrv } = await pair();
  await withProducer(namesrv.address, async (producer) => {
    const before = Date.now();
    const result = await producer.send({ topic: 'OurQueries', body: 'hello', keys: 'k' });
    const queue = result.messageQueue;
    await until('it is in its queue', 5000, async () => (await producer.maxOffset(queue)) === 1);
    assert.equal(await producer.minOffset(queue), 0);
    assert.equal(await producer.searchOffset(queue, before), 0);
    assert.ok(Math.abs((await producer.earliestMsgStoreTime(queue)) - before) < 10_000);
    const found = await producer.viewMessage(result.offsetMsgId);
    assert.equal(bodyOf(found), 'hello');
    assert.equal(found.msgId, result.msgId);
    assert.equal(bodyOf(await producer.viewMessage('OurQueries', result.offsetMsgId)), 'hello');
    await until('the index has it', 10_000, () =>
      producer.queryMessage('OurQueries', 'k', 32, 0, Date.now()).then(
        ({ messageList }) => messageList[0]?.msgId === result.msgId,
        () => false,
      ),
    );
    assert.equal(bodyOf(await producer.viewMessage('OurQueries', result.msgId)), 'hello');
    await assert.rejects(
      producer.queryMessage('OurQueries', 'none', 32, 0, Date.now()),
      /NO_MESSAGE|but no message/,
    );
  });
});

test('ours consumes what the official producer sends, by tags as well', { timeout: 600_000 }, async () => {
  const { namesrv } = await pair();
  const sent = sampleMessages(COUNT);
  await javaSend(namesrv.address, 'JavaSends', sent);
  await javaSend(namesrv.address, 'JavaSends', sent.slice(0, 20), 'sync', 'ROCKETMQ');
  const all = await startOurConsumer(namesrv.address, 'CG_OURS_ALL', 'JavaSends');
  const tagged = await startOurConsumer(namesrv.address, 'CG_OURS_TAGS', 'JavaSends', {
    expression: 'TagA || 标签',
  });
  const everything = [...sent, ...sent.slice(0, 20)];
  const wanted = everything.filter(({ tags }) => tags === 'TagA' || tags === '标签');
  await until(
    'all are consumed',
    30_000,
    () => all.consumed.length >= everything.length && tagged.consumed.length >= wanted.length,
  );
  await sleep(300);
  await Promise.all([all.consumer.shutdown(), tagged.consumer.shutdown()]);
  assertConsumed(all.consumed, everything);
  assertConsumed(tagged.consumed, wanted);
  const again = await startOurConsumer(namesrv.address, 'CG_OURS_ALL', 'JavaSends');
  await sleep(1500);
  await again.consumer.shutdown();
  assert.deepEqual(again.consumed, [], 'offsets were stored at shutdown');
});

test('ours and the official consumer share a group, and take over from each other', {
  timeout: 600_000,
}, async () => {
  const { namesrv } = await pair();
  const topic = 'Shared';
  const group = 'CG_SHARED';
  const sent = sampleMessages(300);
  const parts = [sent.slice(0, 100), sent.slice(100, 200), sent.slice(200)] as const;
  await ourSend(namesrv.address, topic, parts[0]);
  const ours = await startOurConsumer(namesrv.address, group, topic);
  await until('ours has consumed the first hundred alone', 20_000, () => ours.consumed.length === 100);
  const java = await startJavaConsumer({ namesrvAddr: namesrv.address, group, topic, expected: 1_000_000 });
  await java.waitForLine(/Consumer started/, 20_000);
  const queues = (): number =>
    ours.consumer.assignedMessageQueues().filter((queue) => queue.topic === topic).length;
  await until('the queues are shared', 25_000, () => queues() === 2);
  await ourSend(namesrv.address, topic, parts[1]);
  // Of the first hundred, some may come again where queues moved.
  const second = new Set(parts[1].map(({ keys }) => keys));
  const ofSecond = (consumed: readonly ConsumedMessage[]) =>
    new Set(consumed.map(({ keys }) => keys).filter((keys) => second.has(keys)));
  await until(
    'both have consumed the second hundred',
    20_000,
    () => new Set([...ofSecond(ours.consumed), ...ofSecond(consumedMessages(java))]).size === 100,
  );
  const byJava = ofSecond(consumedMessages(java)).size;
  assert.ok(byJava >= 25 && byJava <= 75, `the official consumer got ${byJava} of 100`);
  java.write('\n');
  await java.waitForExit(20_000);
  await until('ours has all queues again', 25_000, () => queues() === 4);
  await ourSend(namesrv.address, topic, parts[2]);
  const third = new Set(parts[2].map(({ keys }) => keys));
  const hasThird = () => new Set(ours.consumed.map(({ keys }) => keys).filter((keys) => third.has(keys)));
  await until('ours has consumed the rest', 20_000, () => hasThird().size === 100);
  await sleep(300);
  await ours.consumer.shutdown();
  const all = [...ours.consumed, ...consumedMessages(java)];
  const distinct = new Map(all.map((message) => [message.msgId, message]));
  assertConsumed([...distinct.values()], sent);
  assert.ok(all.length < 450, `${all.length - 300} of 300 were consumed twice, while two queues moved twice`);
});

test('what fails comes again, and goes to the dead-letter queue in the end', {
  timeout: 600_000,
}, async () => {
  const { namesrv, broker } = await pair();
  const topic = 'Retries';
  await ourSend(
    namesrv.address,
    topic,
    ['ok', 'once', 'always'].map((body) => ({ body: Buffer.from(body), tags: 'TagA' })),
  );
  const tries: string[] = [];
  const { consumer } = await startOurConsumer(
    namesrv.address,
    'CG_RETRY',
    topic,
    { maxReconsumeTimes: 2 },
    (message) => {
      const body = bodyOf(message);
      tries.push(`${body} ${message.reconsumeTimes} ${message.topic}`);
      if (body === 'always' || (body === 'once' && message.reconsumeTimes === 0)) throw new Error('not now');
    },
  );
  await until('all tries are made', 40_000, () => tries.length === 6);
  assert.deepEqual(tries.sort(), [
    'always 0 Retries',
    'always 1 Retries',
    'always 2 Retries',
    'ok 0 Retries',
    'once 0 Retries',
    'once 1 Retries',
  ]);
  await until(
    'the dead letter is there',
    10_000,
    async () => (await countTopic(broker.address, '%DLQ%CG_RETRY')) === 1,
  );
  await consumer.shutdown();
});

test('in order, by two members, while one joins', { timeout: 600_000 }, async () => {
  const { namesrv } = await pair();
  const topic = 'Ordered';
  await withProducer(namesrv.address, async (producer) => {
    for (let i = 0; i < 200; i++) {
      await producer.send(
        { topic, body: `${i}` },
        { selector: (queues, _m, id: number) => queues[id % queues.length], arg: i },
      );
    }
  });
  const seen = new Map<number, number[]>();
  const busy = new Set<number>();
  const failed = new Set<string>();
  const make = (instanceName: string): PushConsumer => {
    const consumer = new PushConsumer({
      consumerGroup: 'CG_ORDER',
      namesrvAddr: namesrv.address,
      instanceName: `order-${process.pid}-${instanceName}`,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      suspendCurrentQueueTimeMillis: 100,
      logger: silentLogger,
    });
    consumer.subscribe(topic);
    consumer.registerMessageListenerOrderly(async (messages, context) => {
      const { queueId } = context.messageQueue;
      const body = bodyOf(messages[0] as { body: Buffer });
      assert.ok(!busy.has(queueId), `queue ${queueId} is consumed twice at once`);
      busy.add(queueId);
      await sleep(10);
      busy.delete(queueId);
      if (Number(body) % 50 === 7 && !failed.has(body)) {
        failed.add(body);
        return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
      }
      const queue = seen.get(queueId);
      if (queue === undefined) seen.set(queueId, [Number(body)]);
      else if (!queue.includes(Number(body))) queue.push(Number(body));
      return ConsumeOrderlyStatus.SUCCESS;
    });
    return consumer;
  };
  const [one, two] = [make('1'), make('2')];
  await one.start();
  await until('the first has begun', 20_000, () => seen.size > 0);
  await two.start();
  await until('all are consumed', 60_000, () => [...seen.values()].flat().length === 200);
  await Promise.all([one.shutdown(), two.shutdown()]);
  for (const queue of seen.values())
    assert.deepEqual(
      queue,
      [...queue].sort((a, b) => a - b),
    );
  assert.equal(failed.size, 4);
});

test('SQL92 expressions are checked at start and evaluated by the broker', { timeout: 600_000 }, async () => {
  const { namesrv } = await pair();
  const messages = Array.from({ length: 10 }, (_, a) => ({
    body: Buffer.from(`${a}`),
    properties: { a: `${a}` },
  }));
  await ourSend(namesrv.address, 'Filtered', messages);
  const make = (group: string, sql: string): PushConsumer => {
    const consumer = new PushConsumer({
      consumerGroup: group,
      namesrvAddr: namesrv.address,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      logger: silentLogger,
    });
    consumer.subscribe('Filtered', MessageSelector.bySql(sql));
    return consumer;
  };
  const bad = make('CG_SQL_BAD', 'a >');
  bad.registerMessageListener(() => {});
  await assert.rejects(bad.start(), /SUBSCRIPTION_PARSE_FAILED/);
  const got: string[] = [];
  const good = make('CG_SQL', 'a between 3 and 5');
  good.registerMessageListener((received) => {
    got.push(...received.map(bodyOf));
  });
  await good.start();
  await until('they are consumed', 20_000, () => got.length >= 3);
  await sleep(300);
  await good.shutdown();
  assert.deepEqual(got.sort(), ['3', '4', '5']);
});

test('delayed messages come after their time', { timeout: 600_000 }, async () => {
  const { namesrv } = await pair();
  const delays: number[] = [];
  const { consumer } = await startOurConsumer(namesrv.address, 'CG_DELAY', 'Delayed', {}, (message) => {
    delays.push(Date.now() - message.bornTimestamp);
  });
  await withProducer(namesrv.address, (producer) =>
    producer.send({ topic: 'Delayed', body: 'x', delayTimeLevel: 1 }),
  );
  await until('it is consumed', 45_000, () => delays.length === 1);
  await consumer.shutdown();
  assert.ok((delays[0] ?? 0) >= 950, `after ${delays[0]} ms`);
});
