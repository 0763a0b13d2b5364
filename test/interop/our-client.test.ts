/** Our client against Java servers that answer with binary headers, going on where the official consumer stopped. */
import { test } from 'node:test';
import { Producer, PushConsumer } from '@rocketmq-ts/client';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { type ConsumedMessage, javaConsume, type TestMessage } from './harness/java-clients.ts';
import { killPair, sleep, startPair, until } from './harness/pair.ts';
import { assertConsumed, sampleMessages } from './harness/sample-messages.ts';

const topic = 'Turns';
const group = 'CG_TURNS';

test('sends and consumes, in turns with the official consumer', { timeout: 600_000 }, async () => {
  const pair = await startPair(startJavaNamesrv, startJavaBroker, { serializeType: 'ROCKETMQ' });
  const namesrvAddr = pair.namesrv.address;
  try {
    const all = sampleMessages(180);
    for (const turn of [0, 1, 2]) {
      const now = all.slice(60 * turn, 60 * (turn + 1));
      await send(namesrvAddr, now);
      const consumed =
        turn === 1
          ? await javaConsume({ namesrvAddr, group, topic, expected: now.length })
          : await consume(namesrvAddr, now.length);
      assertConsumed(consumed, now);
    }
  } finally {
    await killPair(pair);
  }
});

async function send(namesrvAddr: string, messages: readonly TestMessage[]): Promise<void> {
  const producer = new Producer({ producerGroup: 'PG_TURNS', namesrvAddr, sendMsgTimeout: 60_000 });
  await producer.start();
  try {
    await Promise.all(messages.map((message) => producer.send({ ...message, topic })));
  } finally {
    await producer.shutdown();
  }
}

async function consume(namesrvAddr: string, expected: number): Promise<ConsumedMessage[]> {
  const consumed: ConsumedMessage[] = [];
  const consumer = new PushConsumer({
    consumerGroup: group,
    namesrvAddr,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  });
  consumer.subscribe(topic);
  consumer.registerMessageListener((messages) => {
    for (const { flag, msgId, queueId, queueOffset, reconsumeTimes, properties, body } of messages)
      consumed.push({
        ...{ topic, flag, msgId, queueId, queueOffset, reconsumeTimes, body },
        properties: Object.fromEntries(properties),
      });
  });
  await consumer.start();
  try {
    await until(`${expected} messages consumed`, 30_000, () => consumed.length >= expected);
    await sleep(300);
  } finally {
    await consumer.shutdown();
  }
  return consumed;
}
