/**
 * Every kind of message, with our client on the official broker and on ours: delayed, in batches, chosen by SQL92 expressions; found
 * by key, by ids and by time; seen by hooks. `java-kinds.test.ts` has the official client on our broker.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  MessageSelector,
  type MQBrokerError,
  type MQClientError,
  type Producer,
  PushConsumer,
  type ReceivedMessage,
  splitBatch,
} from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { createTopic, startOurConsumer, withProducer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { type Pair, sharedPair, sleep, until } from './harness/pair.ts';

const DELAYS_MS = [1000, 2000, 3000];
/** What a busy machine may add. */
const LATE_MS = 30_000;
const TIMEOUT_MS = 120_000;
const config = { messageDelayLevel: '1s 2s 3s', enablePropertyFilter: true };
const kinds = [
  ['an official', sharedPair(startJavaNamesrv, startJavaBroker, { config })],
  ['our', sharedPair(startOurNamesrv, startOurBroker, { config })],
] as const;

const bodyOf = (message: ReceivedMessage): string => message.body.toString();

for (const [kind, pair] of kinds) {
  test(`at ${kind} broker`, { timeout: 600_000 }, async (t) => {
    const servers = await pair();
    await t.test('delay levels: not before their time, and soon after it', (each) => delayed(each, servers));
    await t.test('batches: each message with its own ids, tags and offsets, in order', () =>
      batches(servers),
    );
    await t.test('SQL92 expressions choose; a wrong one is refused at the start', () => expressions(servers));
    await t.test('messages are found by key, unique key and offset id, within a time', () => found(servers));
    await t.test('offsets by time, the earliest store time', () => times(servers));
    await t.test('hooks see every send and every call of a listener', () => hooks(servers));
  });
}

async function delayed(t: TestContext, { namesrv }: Pair): Promise<void> {
  await createTopic(namesrv.address, 'Delayed', 1);
  const received: ReceivedMessage[] = [];
  const { consumer } = await startOurConsumer(namesrv.address, 'CG_DELAYED', 'Delayed', {}, (message) => {
    received.push(message);
  });
  const sent = new Map<string, { startMs: number; endMs: number; delayMs: number }>();
  await withProducer(namesrv.address, async (producer) => {
    // The last level stands for every one beyond it.
    for (const [i, level] of [1, 2, 3, 9].entries()) {
      const startMs = Date.now();
      await producer.send({
        topic: 'Delayed',
        body: `level ${level}`,
        keys: `key-${level}`,
        delayTimeLevel: level,
      });
      sent.set(`level ${level}`, {
        startMs,
        endMs: Date.now(),
        delayMs: DELAYS_MS[Math.min(i, 2)] as number,
      });
    }
  });
  await until('all are consumed', TIMEOUT_MS, () => received.length >= 4);
  await sleep(300);
  await consumer.shutdown();
  assert.deepEqual(received.map(bodyOf).sort(), [...sent.keys()]);
  for (const message of received) {
    const body = bodyOf(message);
    const { startMs, endMs, delayMs } = sent.get(body) as { startMs: number; endMs: number; delayMs: number };
    const lateMs = message.storeTimestamp - endMs - delayMs;
    t.diagnostic(`${body} was stored ${lateMs} ms after its time`);
    assert.ok(message.storeTimestamp >= startMs + delayMs, `${body} is early`);
    assert.ok(lateMs <= LATE_MS, `${body} is ${lateMs} ms late`);
    assert.deepEqual(
      [message.topic, message.keys, message.reconsumeTimes],
      ['Delayed', body.replace('level ', 'key-'), 0],
    );
    assert.equal(message.properties.get('REAL_TOPIC'), 'Delayed');
  }
}

async function batches({ namesrv }: Pair): Promise<void> {
  const topic = 'Batches';
  await createTopic(namesrv.address, topic, 1);
  const messages = Array.from({ length: 60 }, (_, i) => ({
    topic,
    body: `b${i} ${'x'.repeat(i * 20)}`,
    tags: ['TagX', 'TagY', 'TagZ'][i % 3] as string,
    keys: `batch-${i}`,
    properties: { number: `${i}` },
  }));
  const msgIds: string[] = [];
  const offsetMsgIds: string[] = [];
  await withProducer(namesrv.address, async (producer) => {
    const parts = [...splitBatch(messages, 10_000)];
    assert.ok(parts.length > 3, `${parts.length} batches`);
    let next = 0;
    for (const part of parts) {
      const result = await producer.sendBatch(part);
      assert.equal(result.queueOffset, next);
      next += part.length;
      msgIds.push(...result.msgId.split(','));
      offsetMsgIds.push(...result.offsetMsgId.split(','));
    }
    assert.equal(next, messages.length);
    await assert.rejects(
      producer.sendBatch([
        { topic, body: 'x' },
        { topic: 'Other', body: 'x' },
      ]),
      /should be the same/,
    );
    await assert.rejects(
      producer.sendBatch([{ topic, body: 'x', delayTimeLevel: 1 }]),
      /not supported for batching/,
    );
    const large = Array.from({ length: 3 }, () => ({ topic, body: Buffer.alloc(2 * 1024 * 1024) }));
    await assert.rejects(producer.sendBatch(large), /over max value, MAX: 4194304/);
    for (const [i, offsetMsgId] of offsetMsgIds.entries())
      assert.equal((await producer.viewMessage(offsetMsgId)).keys, `batch-${i}`);
  });
  assert.equal(new Set(msgIds).size, messages.length);
  assert.equal(new Set(offsetMsgIds).size, messages.length);
  const received: ReceivedMessage[] = [];
  const options = { expression: 'TagX || TagZ', consumeThreadMax: 1 };
  const { consumer } = await startOurConsumer(namesrv.address, 'CG_BATCHES', topic, options, (message) => {
    received.push(message);
  });
  const wanted = messages.map((_, i) => i).filter((i) => i % 3 !== 1);
  await until('all are consumed', TIMEOUT_MS, () => received.length >= wanted.length);
  await sleep(300);
  await consumer.shutdown();
  assert.deepEqual(
    received.map(({ queueOffset, msgId, keys, tags, properties, body }) => ({
      ...{ queueOffset, msgId, keys, tags },
      number: properties.get('number'),
      body: body.toString(),
    })),
    wanted.map((i) => {
      const { body, keys, tags, properties } = messages[i] as (typeof messages)[0];
      return { queueOffset: i, msgId: msgIds[i], keys, tags, number: properties.number, body };
    }),
  );
}

async function expressions({ namesrv }: Pair): Promise<void> {
  const topic = 'Sql';
  await createTopic(namesrv.address, topic, 2);
  await withProducer(namesrv.address, async (producer) => {
    for (let a = 0; a < 6; a++)
      for (const name of [undefined, 'no', 'yes'])
        await producer.send({
          topic,
          body: `${a}/${name}`,
          properties: { a: `${a}`, ...(name && { name }) },
        });
  });
  const start = async (group: string, sql: string): Promise<{ consumer: PushConsumer; got: string[] }> => {
    const got: string[] = [];
    const consumer = new PushConsumer({
      consumerGroup: group,
      namesrvAddr: namesrv.address,
      instanceName: group,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      logger: silentLogger,
    });
    consumer.subscribe(topic, MessageSelector.bySql(sql));
    consumer.registerMessageListener((messages) => {
      got.push(...messages.map(bodyOf));
    });
    await consumer.start();
    return { consumer, got };
  };
  for (const [i, sql, expected] of [
    [1, "a BETWEEN 1 AND 3 AND name IS NOT NULL AND NOT (name = 'no')", ['1/yes', '2/yes', '3/yes']],
    [
      2,
      "a > 3.5 AND (name IS NULL OR name IN ('yes', 'no'))",
      ['4', '5'].flatMap((a) => [`${a}/no`, `${a}/undefined`, `${a}/yes`]),
    ],
    // What is unknown is not chosen, nor is its negation.
    [3, "NOT (name = 'yes') AND a < 1", ['0/no']],
  ] as const) {
    const { consumer, got } = await start(`CG_SQL_${i}`, sql);
    await until(`${sql}: all are consumed`, TIMEOUT_MS, () => got.length >= expected.length);
    await sleep(300);
    await consumer.shutdown();
    assert.deepEqual(got.sort(), expected, sql);
  }
  await assert.rejects(start('CG_SQL_BAD', 'a >> 3'), (error: MQBrokerError) => error.responseCode === 23);
}

async function found({ namesrv }: Pair): Promise<void> {
  const topic = 'Keyed';
  await createTopic(namesrv.address, topic, 1);
  await withProducer(namesrv.address, async (producer) => {
    const beforeMs = Date.now() - 1000; // the index knows whole seconds
    const sent = await producer.send({ topic, body: 'keyed', tags: 'TagK', keys: ['alpha', 'beta'] });
    await producer.send({ topic, body: 'other', tags: 'TagK', keys: 'beta' });
    await until(
      'the index has both',
      TIMEOUT_MS,
      async () => (await byKey(producer, 'beta', beforeMs)).length === 2,
    );
    assert.deepEqual(await byKey(producer, 'alpha', beforeMs), ['keyed']);
    assert.deepEqual(await byKey(producer, 'beta', beforeMs), ['keyed', 'other']);
    assert.deepEqual(await byKey(producer, 'gamma', beforeMs), []);
    assert.deepEqual(await byKey(producer, 'alpha', beforeMs - 100_000, beforeMs - 50_000), []);
    for (const message of [
      await producer.viewMessage(topic, sent.msgId),
      await producer.viewMessage(sent.offsetMsgId),
      ...(await producer.queryMessage(topic, 'alpha', 32, beforeMs, Date.now())).messageList,
    ]) {
      const { msgId, keys, tags, queueOffset } = message;
      assert.deepEqual(
        [bodyOf(message), msgId, keys, tags, queueOffset],
        ['keyed', sent.msgId, 'alpha beta', 'TagK', 0],
      );
    }
    const unknown = `${sent.offsetMsgId.slice(0, -8)}7FFFFFFF`;
    await assert.rejects(producer.viewMessage(unknown));
  });
}

/** The bodies; none when the broker says that there is no such message. */
async function byKey(
  producer: Producer,
  key: string,
  beginMs: number,
  endMs = Date.now(),
): Promise<string[]> {
  try {
    return (await producer.queryMessage('Keyed', key, 32, beginMs, endMs)).messageList.map(bodyOf).sort();
  } catch (error) {
    assert.equal((error as MQClientError).code, 'NO_MESSAGE');
    return [];
  }
}

async function times({ namesrv }: Pair): Promise<void> {
  const topic = 'Times';
  await createTopic(namesrv.address, topic, 1);
  await withProducer(namesrv.address, async (producer) => {
    const storedMs: number[] = [];
    for (let i = 0; i < 5; i++) {
      const { offsetMsgId } = await producer.send({ topic, body: `${i}` });
      storedMs.push((await producer.viewMessage(offsetMsgId)).storeTimestamp);
      await sleep(20);
    }
    const [queue] = await producer.fetchPublishMessageQueues(topic);
    assert.ok(queue);
    await until('all are in their queue', TIMEOUT_MS, async () => (await producer.maxOffset(queue)) === 5);
    assert.equal(await producer.minOffset(queue), 0);
    assert.equal(await producer.earliestMsgStoreTime(queue), storedMs[0]);
    assert.equal(await producer.searchOffset(queue, (storedMs[0] as number) - 10_000), 0);
    for (const [i, timeMs] of storedMs.entries()) {
      assert.equal(await producer.searchOffset(queue, timeMs), i);
      // Between two messages it is the nearer one.
      if (i < 4) assert.equal(await producer.searchOffset(queue, timeMs + 1), i);
      if (i > 0) assert.equal(await producer.searchOffset(queue, timeMs - 1), i);
    }
  });
}

async function hooks({ namesrv, broker }: Pair): Promise<void> {
  const topic = 'Hooked';
  await createTopic(namesrv.address, topic, 1);
  const seen: string[] = [];
  await withProducer(namesrv.address, async (producer) => {
    producer.registerSendMessageHook({
      sendMessageBefore: ({ brokerAddr, sendResult }) =>
        seen.push(`before ${brokerAddr} ${sendResult?.sendStatus}`),
      sendMessageAfter: ({ sendResult, msgId }) =>
        seen.push(
          `after ${sendResult?.sendStatus} ${msgId === sendResult?.msgId} ${sendResult?.queueOffset}`,
        ),
    });
    producer.registerCheckForbiddenHook({
      checkForbidden({ messages }) {
        if (messages.some(({ keys }) => !keys)) throw new Error('without a key');
      },
    });
    await producer.send({ topic, body: 'a', keys: 'k' });
    await producer.send({ topic, body: 'b', keys: 'k' });
    await assert.rejects(producer.send({ topic, body: 'c' }), /without a key/);
  });
  assert.deepEqual(seen, [
    `before ${broker.address} undefined`,
    'after SEND_OK true 0',
    `before ${broker.address} undefined`,
    'after SEND_OK true 1',
  ]);
  const calls: string[] = [];
  const consumer = new PushConsumer({
    consumerGroup: 'CG_HOOKED',
    namesrvAddr: namesrv.address,
    instanceName: 'hooked',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    logger: silentLogger,
  });
  consumer.subscribe(topic);
  consumer.registerFilterMessageHook({
    filterMessage: ({ messages }) => messages.filter((message) => bodyOf(message) !== 'a'),
  });
  consumer.registerConsumeMessageHook({
    consumeMessageBefore: ({ messages }) => calls.push(`before ${messages.map(bodyOf)}`),
    consumeMessageAfter: ({ messages, success, status }) =>
      calls.push(`after ${messages.map(bodyOf)} ${success} ${status}`),
  });
  consumer.registerMessageListener(() => {});
  await consumer.start();
  await until('it is consumed', TIMEOUT_MS, () => calls.length >= 2);
  await sleep(300);
  await consumer.shutdown();
  assert.deepEqual(calls, ['before b', 'after b true CONSUME_SUCCESS']);
}
