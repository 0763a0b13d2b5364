/**
 * Gives the messages of topics to a listener as they arrive: RocketMQ's DefaultMQPushConsumer.
 *
 *     const consumer = new PushConsumer({ consumerGroup: 'billing', namesrvAddr: '127.0.0.1:9876' });
 *     consumer.subscribe('TopicTest', 'TagA || TagB');
 *     consumer.registerMessageListener(async (messages) => { … });
 *     await consumer.start();
 */
import {
  buildSubscription,
  ExpressionType,
  type MessageExt,
  ProtocolError,
  retryTopic,
  type SubscriptionData,
} from '@rocketmq-ts/protocol';
import { resolveClientConfig } from '../client-options.ts';
import { MQClientError } from '../errors.ts';
import { ClientInstance } from '../instance/client-instance.ts';
import { QueueQueries } from '../instance/queue-queries.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { ReceivedMessage } from '../message/received-message.ts';
import { checkTopic } from '../validators.ts';
import type {
  ConcurrentAnswer,
  MessageListenerConcurrently,
  MessageListenerOrderly,
  OrderlyAnswer,
} from './listeners.ts';
import {
  type PushConsumerOptions,
  type PushConsumerSettings,
  resolvePushConsumerOptions,
} from './push-consumer-options.ts';
import { type MessageListener, PushConsumption } from './push-consumption.ts';

type Queue = Pick<MessageQueue, 'topic' | 'brokerName' | 'queueId'>;
type State = 'CREATE_JUST' | 'STARTING' | 'RUNNING' | 'START_FAILED' | 'SHUTDOWN_ALREADY';

/** What is consumed of a topic: by tags, or by an SQL92 expression over properties. */
export const MessageSelector = {
  byTag: (tags: string) => ({ expressionType: ExpressionType.TAG as string, expression: tags }),
  bySql: (sql: string) => ({ expressionType: ExpressionType.SQL92 as string, expression: sql }),
};
export type MessageSelector = ReturnType<(typeof MessageSelector)['byTag']>;

export class PushConsumer {
  readonly consumerGroup: string;
  readonly #options: PushConsumerOptions;
  readonly #settings: PushConsumerSettings;
  /** Shared with what runs: changes count from the next round on. */
  readonly #subscriptions = new Map<string, SubscriptionData>();
  #listener: MessageListener | undefined;
  #state: State = 'CREATE_JUST';
  #consumption: PushConsumption | undefined;
  #queries: QueueQueries | undefined;
  #shutdown: Promise<void> | undefined;

  /** Throws CLIENT_CONFIG_ILLEGAL. */
  constructor(options: PushConsumerOptions) {
    this.#options = options;
    this.#settings = resolvePushConsumerOptions(options);
    this.consumerGroup = this.#settings.consumerGroup;
  }

  /**
   * Consumes a topic: all of it (`*`), messages with certain tags (`TagA || TagB`), or what a MessageSelector selects.
   * All members of a group must subscribe to the same. May be called while running.
   */
  subscribe(topic: string, subExpression: string | MessageSelector = '*'): void {
    this.#subscriptions.set(checkTopic(topic), build(topic, subExpression));
    this.#consumption?.subscriptionChanged(topic);
  }

  /** Stops consuming a topic. */
  unsubscribe(topic: string): void {
    this.#subscriptions.delete(topic);
    this.#consumption?.subscriptionChanged(topic);
  }

  /** Messages in any order, many calls at a time. Before `start`. */
  registerMessageListener(listener: MessageListenerConcurrently<Promise<ConcurrentAnswer>>): void;
  registerMessageListener(listener: MessageListenerConcurrently): void;
  /** TypeScript takes one status literal returned by a function that is not async for `string`: checked at run time. */
  registerMessageListener(listener: MessageListenerConcurrently<string>): void;
  registerMessageListener(listener: MessageListenerConcurrently<unknown>): void {
    this.#setListener({ orderly: false, call: listener as MessageListenerConcurrently });
  }

  /** Messages of each queue in order, one call at a time per queue. Before `start`. */
  registerMessageListenerOrderly(listener: MessageListenerOrderly<Promise<OrderlyAnswer>>): void;
  registerMessageListenerOrderly(listener: MessageListenerOrderly): void;
  /** TypeScript takes one status literal returned by a function that is not async for `string`: checked at run time. */
  registerMessageListenerOrderly(listener: MessageListenerOrderly<string>): void;
  registerMessageListenerOrderly(listener: MessageListenerOrderly<unknown>): void {
    this.#setListener({ orderly: true, call: listener as MessageListenerOrderly });
  }

  #setListener(listener: MessageListener): void {
    if (this.#state !== 'CREATE_JUST') throw this.#stateError('a listener must be registered before start');
    if (typeof listener.call !== 'function') {
      throw new MQClientError('CLIENT_CONFIG_ILLEGAL', 'messageListener must be a function');
    }
    this.#listener = listener;
  }

  /**
   * Joins the group and begins to consume. Rejects with CLIENT_CONFIG_ILLEGAL, NO_NAME_SERVER_EXCEPTION,
   * GROUP_EXISTS_ALREADY, OFFSET_STORE_FAILED, or with the MQBrokerError of a broker that refuses an SQL92 expression. A
   * topic that does not exist yet is waited for.
   */
  async start(): Promise<void> {
    if (this.#state !== 'CREATE_JUST') throw this.#stateError('it can be started once');
    const listener = this.#listener;
    if (listener === undefined) {
      throw new MQClientError(
        'CLIENT_CONFIG_ILLEGAL',
        'messageListener is null: call registerMessageListener or registerMessageListenerOrderly before start',
      );
    }
    this.#options.signal?.throwIfAborted();
    this.#state = 'STARTING';
    let instance: ClientInstance | undefined;
    try {
      const clustering = this.#settings.messageModel === 'CLUSTERING';
      instance = ClientInstance.acquire(resolveClientConfig(this.#options, clustering));
      if (clustering) {
        const retry = retryTopic(this.consumerGroup);
        this.#subscriptions.set(retry, build(retry, '*'));
      }
      this.#queries = new QueueQueries(instance);
      this.#consumption = new PushConsumption(
        instance,
        this.#settings,
        this.#options,
        this.#subscriptions,
        listener,
      );
      await this.#consumption.start();
    } catch (error) {
      if (this.#shutdown === undefined) this.#state = 'START_FAILED';
      const consumption = this.#consumption;
      this.#consumption = undefined;
      if (consumption !== undefined) await consumption.stop(0);
      await instance?.releaseIfUnused();
      throw error;
    }
    if (this.#shutdown !== undefined) return;
    this.#state = 'RUNNING';
    const { signal } = this.#options;
    if (signal?.aborted) await this.shutdown();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => void this.shutdown();

  /**
   * Takes no more messages, waits up to awaitTerminationMillisWhenShutdown for running listeners, stores the offsets and
   * leaves the group. Never rejects; a second call waits for the first.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#stop();
    return this.#shutdown;
  }

  async #stop(): Promise<void> {
    const consumption = this.#consumption;
    this.#state = 'SHUTDOWN_ALREADY';
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    if (consumption !== undefined) {
      await consumption.stop(this.#settings.awaitTerminationMillisWhenShutdown);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** Pulls nothing more until `resume`; what is cached is still consumed. */
  suspend(): void {
    this.#running().suspend();
  }

  resume(): void {
    this.#running().resume();
  }

  /** The queues of a topic that may be read, freshly from the name servers. */
  async fetchSubscribeMessageQueues(topic: string): Promise<MessageQueue[]> {
    return this.#asked().fetchSubscribeMessageQueues(topic);
  }

  /** The queues that this member of the group consumes now. */
  assignedMessageQueues(): MessageQueue[] {
    return this.#running().assignedMessageQueues();
  }

  /**
   * Has a message delivered to the group again later. `delayLevel` 0: as its count of tries says; -1: to the dead-letter
   * queue.
   */
  async sendMessageBack(message: ReceivedMessage, delayLevel: number, brokerName?: string): Promise<void> {
    await this.#running().sendMessageBack(message, delayLevel, brokerName);
  }

  async maxOffset(queue: Queue): Promise<number> {
    return this.#asked().maxOffset(queue);
  }

  async minOffset(queue: Queue): Promise<number> {
    return this.#asked().minOffset(queue);
  }

  /** The offset of the first message stored at or after `timestamp` (milliseconds since the epoch). */
  async searchOffset(queue: Queue, timestamp: number): Promise<number> {
    return this.#asked().searchOffset(queue, timestamp);
  }

  /** When the queue's oldest message was stored, milliseconds since the epoch. */
  async earliestMsgStoreTime(queue: Queue): Promise<number> {
    return this.#asked().earliestMsgStoreTime(queue);
  }

  /** A stored message by its offset id. */
  async viewMessage(offsetMsgId: string): Promise<ReceivedMessage> {
    const message: MessageExt = await this.#asked().viewMessage(offsetMsgId);
    return new ReceivedMessage(message, undefined);
  }

  #running(): PushConsumption {
    if (this.#state !== 'RUNNING' || this.#consumption === undefined)
      throw this.#stateError('it is not running');
    return this.#consumption;
  }

  #asked(): QueueQueries {
    if (this.#state !== 'RUNNING' || this.#queries === undefined) throw this.#stateError('it is not running');
    return this.#queries;
  }

  #stateError(what: string): MQClientError {
    return new MQClientError(
      'CLIENT_NOT_RUNNING',
      `The consumer service state not OK, ${this.#state}: ${this.consumerGroup}: ${what}`,
    );
  }
}

/** Versions are given when the consumer runs. */
function build(topic: string, selector: string | MessageSelector): SubscriptionData {
  const { expression, expressionType } =
    typeof selector === 'string' ? MessageSelector.byTag(selector) : selector;
  try {
    return buildSubscription(topic, expression, expressionType, 0);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new MQClientError(
      'CLIENT_CONFIG_ILLEGAL',
      `subscription exception: topic ${topic}: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}
