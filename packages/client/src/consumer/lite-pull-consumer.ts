/**
 * Hands messages out when they are asked for, by `poll` or `for await`: RocketMQ's DefaultLitePullConsumer (4.6 and
 * later), which works with 4.4.0 brokers as well.
 *
 *     const consumer = new LitePullConsumer({ consumerGroup: 'export', namesrvAddr: '127.0.0.1:9876' });
 *     consumer.subscribe('TopicTest');
 *     await consumer.start();
 *     for await (const message of consumer) { … }
 *
 * With autoCommit a message counts as consumed once the next one is asked for; a consumer that dies before that gets it
 * again. Messages are pulled ahead, up to the thresholds of flow control.
 */
import { type ClientOptions, inRange } from '../client-options.ts';
import { MQClientError } from '../errors.ts';
import type { QueueLike } from '../instance/mq-admin.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { GroupConsumer } from './group-consumer.ts';
import { PollBuffer } from './poll-buffer.ts';
import { type PushConsumerOptions, resolvePushConsumerOptions } from './push-consumer-options.ts';

type SharedOptions = Pick<
  PushConsumerOptions,
  | 'consumerGroup'
  | 'messageModel'
  | 'consumeFromWhere'
  | 'consumeTimestamp'
  | 'allocateMessageQueueStrategy'
  | 'pullThresholdForQueue'
  | 'pullThresholdSizeForQueue'
  | 'offsetStore'
  | 'localOffsetStoreDir'
  | 'messageQueueListener'
  | 'signal'
  | 'enableMsgTrace'
  | 'traceTopic'
>;

export interface LitePullConsumerOptions extends ClientOptions, SharedOptions {
  /** Whether messages count as consumed when the next are asked for; otherwise on `commit`. Default: true. */
  readonly autoCommit?: boolean;
  /** Messages per pull, and most per poll. 1 to 1024. Default: 10. */
  readonly pullBatchSize?: number;
  /** Milliseconds a poll waits for messages. Default: 5000. */
  readonly pollTimeoutMillis?: number;
  /** Flow control: a queue is not pulled while its cached offsets span more than this. Default: 2000. */
  readonly consumeMaxSpan?: number;
}

export class LitePullConsumer extends GroupConsumer implements AsyncIterable<ReceivedMessage> {
  readonly #autoCommit: boolean;
  readonly #pullBatchSize: number;
  readonly #pollTimeoutMs: number;
  #buffer: PollBuffer | undefined;
  #assigned: ReadonlyMap<string, readonly MessageQueue[]> | undefined;

  /** Throws CLIENT_CONFIG_ILLEGAL. */
  constructor(options: LitePullConsumerOptions) {
    const pullBatchSize = options.pullBatchSize ?? 10;
    super(
      options,
      resolvePushConsumerOptions({
        ...options,
        pullBatchSize,
        consumeConcurrentlyMaxSpan: options.consumeMaxSpan ?? 2000,
        // A group of pull consumers has its subscriptions in its pulls.
        postSubscriptionWhenPull: true,
      }),
    );
    this.#autoCommit = options.autoCommit ?? true;
    this.#pullBatchSize = pullBatchSize;
    this.#pollTimeoutMs = inRange('pollTimeoutMillis', options.pollTimeoutMillis ?? 5000, 0, 0x7fffffff);
  }

  /**
   * Consumes these queues and no others, whoever else is in the group. In place of `subscribe`; replaces what was
   * assigned before.
   */
  assign(queues: readonly QueueLike[]): void {
    const byTopic = new Map<string, MessageQueue[]>();
    for (const each of queues) {
      const queue = this.namespace.wrapQueue(each);
      const ofTopic = byTopic.get(queue.topic);
      if (ofTopic === undefined) byTopic.set(queue.topic, [queue]);
      else ofTopic.push(queue);
    }
    const before = this.#assigned ?? new Map();
    this.#assigned = byTopic;
    for (const topic of before.keys()) if (!byTopic.has(topic)) this.unsubscribe(topic);
    for (const topic of byTopic.keys()) this.subscribe(topic);
  }

  /** Joins the group and begins to pull. Rejects as PushConsumer.start does. */
  async start(): Promise<void> {
    await this.startAs({
      consumeType: 'CONSUME_ACTIVELY',
      orderly: false,
      makeService: (parts) => {
        this.#buffer = new PollBuffer(parts);
        return this.#buffer;
      },
      assigned: (topic) => this.#assigned?.get(topic),
    });
  }

  /**
   * The next messages, as soon as there are any; none after `timeoutMs`. With autoCommit, those of the last poll then
   * count as consumed.
   */
  async poll(timeoutMs: number = this.#pollTimeoutMs): Promise<ReceivedMessage[]> {
    this.running();
    const buffer = this.#buffer as PollBuffer;
    if (this.#autoCommit) buffer.settle();
    return buffer.poll(this.#pullBatchSize, timeoutMs);
  }

  /** All messages that were polled count as consumed; resolves once the brokers have stored that. */
  async commit(): Promise<void> {
    const running = this.running();
    this.#buffer?.settle();
    await running.parts.offsets.persistAll(running.assignedMessageQueues(), true);
  }

  /**
   * One message at a time, until the consumer is shut down. Leaving the loop early leaves the message at hand
   * uncommitted; `commit` commits it.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedMessage, void> {
    this.running();
    const buffer = this.#buffer as PollBuffer;
    for (;;) {
      if (this.#autoCommit) buffer.settle();
      const [message] = await buffer.poll(1, this.#pollTimeoutMs);
      if (message !== undefined) yield message;
      if (this.isShutDown) return;
    }
  }

  /** Goes on with a queue at another offset; messages of it that wait here are dropped. */
  async seek(queue: QueueLike, offset: number): Promise<void> {
    const messageQueue = this.namespace.wrapQueue(queue);
    const [min, max] = [await this.minOffset(messageQueue), await this.maxOffset(messageQueue)];
    if (!(Number.isSafeInteger(offset) && offset >= min && offset <= max)) {
      throw new MQClientError(
        'CLIENT_CONFIG_ILLEGAL',
        `Seek offset illegal: ${offset} in ${messageQueue}, which has ${min} to ${max}`,
      );
    }
    await this.running().seek(messageQueue, offset);
  }

  async seekToBegin(queue: QueueLike): Promise<void> {
    await this.running().seek(this.namespace.wrapQueue(queue), await this.minOffset(queue));
  }

  async seekToEnd(queue: QueueLike): Promise<void> {
    await this.running().seek(this.namespace.wrapQueue(queue), await this.maxOffset(queue));
  }

  /** Pulls nothing more from these queues until `resume`; what is cached is still handed out. */
  pause(queues: readonly QueueLike[]): void {
    this.running().setPaused(
      queues.map((queue) => this.namespace.wrapQueue(queue)),
      true,
    );
  }

  resume(queues: readonly QueueLike[]): void {
    this.running().setPaused(
      queues.map((queue) => this.namespace.wrapQueue(queue)),
      false,
    );
  }

  /** The group's stored offset of a queue; -1 when there is none. */
  async committed(queue: QueueLike): Promise<number> {
    return this.running().committed(this.namespace.wrapQueue(queue));
  }

  /** The offset of the first message stored at or after `timestamp` (milliseconds since the epoch). */
  async offsetForTimestamp(queue: QueueLike, timestamp: number): Promise<number> {
    return this.searchOffset(queue, timestamp);
  }
}
