/**
 * Sends a message through the servers and receives it, with the same client that applications use. Uses RocketMQ's own
 * topic and groups for that, which every broker has, so that it leaves nothing new behind.
 */
import { randomUUID } from 'node:crypto';
import { Producer, PushConsumer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import type { TlsClientSettings } from '@rocketmq-ts/remoting';

const TOPIC = 'SELF_TEST_TOPIC';
const LIMIT_MS = 15_000;

/** Resolves to the milliseconds it took. Rejects with what went wrong. */
export async function selfCheck(namesrvAddr: string, tls?: TlsClientSettings): Promise<number> {
  const startedMs = performance.now();
  const key = randomUUID();
  const common = { namesrvAddr, logger: silentLogger, ...(tls && { useTLS: true, tls }) };
  await using consumer = new PushConsumer({
    ...common,
    consumerGroup: 'SELF_TEST_C_GROUP',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  });
  const received = new Promise<void>((resolve) => {
    consumer.registerMessageListener((messages) => {
      if (messages.some((message) => message.keys === key)) resolve();
    });
  });
  consumer.subscribe(TOPIC);
  await consumer.start();
  await using producer = new Producer({ ...common, producerGroup: 'SELF_TEST_P_GROUP' });
  await producer.start();
  await producer.send({ topic: TOPIC, keys: key, body: 'rocketmq-ts checks itself' });
  await within(LIMIT_MS, received);
  return Math.round(performance.now() - startedMs);
}

async function within(limitMs: number, wait: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the message that was sent did not arrive within ${limitMs} ms`)),
      limitMs,
    );
  });
  try {
    await Promise.race([wait, limit]);
  } finally {
    clearTimeout(timer);
  }
}
