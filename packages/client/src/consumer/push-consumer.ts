/**
 * Gives the messages of topics to a listener as they arrive: RocketMQ's DefaultMQPushConsumer.
 *
 *     const consumer = new PushConsumer({ consumerGroup: 'billing', namesrvAddr: '127.0.0.1:9876' });
 *     consumer.subscribe('TopicTest', 'TagA || TagB');
 *     consumer.registerMessageListener(async (messages) => { … });
 *     await consumer.start();
 */
import { retryTopic } from '@rocketmq-ts/protocol';
import { MQClientError } from '../errors.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { ConsumeConcurrently } from './consume-concurrently.ts';
import { ConsumeOrderly } from './consume-orderly.ts';
import type { ConsumeService } from './consume-service.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import { GroupConsumer, newSubscription } from './group-consumer.ts';
import type {
  ConcurrentAnswer,
  MessageListenerConcurrently,
  MessageListenerOrderly,
  OrderlyAnswer,
} from './listeners.ts';
import {
  type PushConsumerOptions,
  type PushConsumerTuning,
  resolvePushConsumerOptions,
} from './push-consumer-options.ts';

interface RegisteredListener {
  readonly orderly: boolean;
  readonly makeService: (parts: ConsumerParts) => ConsumeService;
}

export class PushConsumer extends GroupConsumer {
  readonly #clustering: boolean;
  #listener: RegisteredListener | undefined;

  /** Throws CLIENT_CONFIG_ILLEGAL. */
  constructor(options: PushConsumerOptions) {
    const settings = resolvePushConsumerOptions(options);
    super(options, settings);
    this.#clustering = settings.messageModel === 'CLUSTERING';
  }

  /** Messages in any order, many calls at a time. Before `start`. */
  registerMessageListener(listener: MessageListenerConcurrently<Promise<ConcurrentAnswer>>): void;
  registerMessageListener(listener: MessageListenerConcurrently): void;
  /** TypeScript takes one status literal returned by a function that is not async for `string`: checked at run time. */
  registerMessageListener(listener: MessageListenerConcurrently<string>): void;
  registerMessageListener(listener: MessageListenerConcurrently<unknown>): void {
    this.#check(listener);
    this.#listener = {
      orderly: false,
      makeService: (parts) => new ConsumeConcurrently(parts, listener as MessageListenerConcurrently),
    };
  }

  /** Messages of each queue in order, one call at a time per queue. Before `start`. */
  registerMessageListenerOrderly(listener: MessageListenerOrderly<Promise<OrderlyAnswer>>): void;
  registerMessageListenerOrderly(listener: MessageListenerOrderly): void;
  /** TypeScript takes one status literal returned by a function that is not async for `string`: checked at run time. */
  registerMessageListenerOrderly(listener: MessageListenerOrderly<string>): void;
  registerMessageListenerOrderly(listener: MessageListenerOrderly<unknown>): void {
    this.#check(listener);
    this.#listener = {
      orderly: true,
      makeService: (parts) => new ConsumeOrderly(parts, listener as MessageListenerOrderly),
    };
  }

  #check(listener: unknown): void {
    if (this.isStarted) throw this.stateError('a listener must be registered before start');
    if (typeof listener !== 'function') {
      throw new MQClientError('CLIENT_CONFIG_ILLEGAL', 'messageListener must be a function');
    }
  }

  /**
   * Joins the group and begins to consume. Rejects with CLIENT_CONFIG_ILLEGAL, NO_NAME_SERVER_EXCEPTION,
   * GROUP_EXISTS_ALREADY, OFFSET_STORE_FAILED, or with the MQBrokerError of a broker that refuses an SQL92 expression. A
   * topic that does not exist yet is waited for.
   */
  async start(): Promise<void> {
    const listener = this.#listener;
    if (listener === undefined) {
      throw new MQClientError(
        'CLIENT_CONFIG_ILLEGAL',
        'messageListener is null: call registerMessageListener or registerMessageListenerOrderly before start',
      );
    }
    if (this.#clustering && !this.isStarted) {
      const retry = retryTopic(this.consumerGroup);
      this.subscriptions.set(retry, newSubscription(retry, '*'));
    }
    await this.startAs({ consumeType: 'CONSUME_PASSIVELY', assigned: undefined, ...listener });
  }

  /**
   * Changes how fast messages are pulled and consumed, before the start or while it runs:
   * `consumer.updateSettings({ consumeThreadMax: 8, pullBatchSize: 64 })`. Throws CLIENT_CONFIG_ILLEGAL.
   */
  updateSettings(changes: PushConsumerTuning): void {
    this.tune(changes);
  }

  /** RocketMQ's name for `updateSettings({ consumeThreadMax })`. */
  updateCorePoolSize(corePoolSize: number): void {
    this.tune({ consumeThreadMax: corePoolSize });
  }

  /** Pulls nothing more until `resume`; what is cached is still consumed. */
  suspend(): void {
    this.running().suspend();
  }

  resume(): void {
    this.running().resume();
  }

  /**
   * Has a message delivered to the group again later. `delayLevel` 0: as its count of tries says; -1: to the dead-letter
   * queue.
   */
  async sendMessageBack(message: ReceivedMessage, delayLevel: number, brokerName?: string): Promise<void> {
    await this.running().sendMessageBack(message, delayLevel, brokerName);
  }
}
