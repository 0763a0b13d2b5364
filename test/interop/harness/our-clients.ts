/** Our client in this process: producers and consumers that end with the test, and what they were given. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { Producer, PushConsumer, type PushConsumerOptions, type ReceivedMessage } from '@rocketmq-ts/client';
import { type Logger, silentLogger } from '@rocketmq-ts/platform';
import type { ConsumedMessage, TestMessage } from './java-clients.ts';
import { until } from './pair.ts';

/** Every producer and consumer is a client of its own. */
let clients = 0;

/** Ends with the block it was made in: `await using`-like, for Node 20. */
export async function withProducer<T>(
  namesrvAddr: string,
  use: (producer: Producer) => Promise<T>,
): Promise<T> {
  const instanceName = `${process.pid}-${++clients}`;
  const producer = new Producer({
    producerGroup: 'PG_ours',
    namesrvAddr,
    instanceName,
    sendMsgTimeout: 60_000,
  });
  await producer.start();
  try {
    return await use(producer);
  } finally {
    await producer.shutdown();
  }
}

/** Sends with ours, `inFlight` at a time. */
export async function ourSend(
  namesrvAddr: string,
  topic: string,
  messages: readonly TestMessage[],
  inFlight = 16,
): Promise<void> {
  await withProducer(namesrvAddr, async (producer) => {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < messages.length) {
        const { keys, ...message } = messages[next++] as TestMessage;
        const result = await producer.send({ topic, keys, ...message });
        assert.equal(result.sendStatus, 'SEND_OK');
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  });
}

/** Made before anybody sends, so that the queues are there at once; answers when its route is known. */
export async function createTopic(namesrvAddr: string, topic: string, queues: number): Promise<void> {
  await withProducer(namesrvAddr, async (producer) => {
    await producer.createTopic('TBW102', topic, queues);
    const hasRoute = () =>
      producer.fetchPublishMessageQueues(topic).then(
        ({ length }) => length === queues,
        () => false,
      );
    await until(`topic ${topic} has a route`, 30_000, hasRoute);
  });
}

export interface OurConsumer {
  readonly consumer: PushConsumer;
  readonly consumed: ConsumedMessage[];
}

const started: PushConsumer[] = [];

/** A failed test leaves its consumers running, which would keep this process alive. */
after(() => Promise.all(started.map((consumer) => consumer.shutdown())));

/** A concurrent consumer that notes what it gets; every one is a member of its own. */
export async function startOurConsumer(
  namesrvAddr: string,
  consumerGroup: string,
  topic: string,
  options: Partial<PushConsumerOptions> & { readonly expression?: string; readonly logger?: Logger } = {},
  listener: (message: ReceivedMessage) => Promise<void> | void = () => {},
): Promise<OurConsumer> {
  const { expression = '*', ...rest } = options;
  const consumer = new PushConsumer({
    consumerGroup,
    namesrvAddr,
    instanceName: `${process.pid}-${++clients}`,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    logger: silentLogger,
    ...rest,
  });
  started.push(consumer);
  const consumed: ConsumedMessage[] = [];
  consumer.subscribe(topic, expression);
  consumer.registerMessageListener(async (messages) => {
    for (const message of messages) {
      await listener(message);
      consumed.push(asConsumed(message));
    }
  });
  await consumer.start();
  return { consumer, consumed };
}

export function asConsumed(message: ReceivedMessage): ConsumedMessage {
  const { topic, tags, keys, flag, msgId, queueId, queueOffset, reconsumeTimes, body } = message;
  return {
    topic,
    ...(tags === undefined ? {} : { tags }),
    ...(keys === undefined ? {} : { keys }),
    flag,
    msgId,
    queueId,
    queueOffset,
    reconsumeTimes,
    properties: Object.fromEntries(message.properties),
    body,
  };
}
