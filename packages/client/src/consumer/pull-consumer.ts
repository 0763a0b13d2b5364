/**
 * Pulls messages from where the application says, and keeps its offsets: RocketMQ's DefaultMQPullConsumer.
 *
 *     const consumer = new PullConsumer({ consumerGroup: 'export', namesrvAddr: '127.0.0.1:9876' });
 *     await consumer.start();
 *     for (const queue of await consumer.fetchSubscribeMessageQueues('TopicTest')) {
 *       const offset = Math.max(0, await consumer.fetchConsumeOffset(queue, true));
 *       const result = await consumer.pull(queue, '*', offset, 32);
 *       …
 *       consumer.updateConsumeOffset(queue, result.nextBeginOffset);
 *     }
 *
 * Offsets that were updated are stored every persistConsumerOffsetInterval and at shutdown, whether or not their topics
 * are registered: 4.4.0 forgets those of other topics. Of registered topics only those of this member's share are.
 */
import {
  CLIENT_INNER_PRODUCER_GROUP,
  type ConsumeMessageDirectlyResult,
  type ConsumerRunningInfo,
  DEFAULT_CONSUMER_GROUP,
  type MessageModel,
  type SubscriptionData,
  type TopicRouteData,
} from '@rocketmq-ts/protocol';
import { type ClientOptions, positive, resolveClientConfig } from '../client-options.ts';
import { MQClientError } from '../errors.ts';
import { ClientInstance } from '../instance/client-instance.ts';
import type { ConsumerMember, QueueOffset } from '../instance/members.ts';
import { MQAdmin, type QueueLike } from '../instance/mq-admin.ts';
import { QueueQueries, subscribeQueues } from '../instance/queue-queries.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { Namespace } from '../namespace.ts';
import { MessageSender } from '../producer/message-sender.ts';
import { resolveSendSettings } from '../producer/producer-options.ts';
import { checkGroup, checkTopic } from '../validators.ts';
import { AllocateMessageQueueAveragely } from './allocate/averagely.ts';
import type { AllocateMessageQueueStrategy } from './allocate/strategy.ts';
import { ConsumeHooks, type FilterMessageHook } from './consume-hooks.ts';
import { type MessageSelector, newSubscription } from './group-consumer.ts';
import type { MessageQueueListener } from './listeners.ts';
import { localOffsetStore } from './local-offset-store.ts';
import { noOffset, type OffsetStore, unreadableOffset } from './offset-store.ts';
import { PullClient, type PullResult } from './pull-client.ts';
import { divideQueues } from './queue-division.ts';
import { RemoteOffsetStore } from './remote-offset-store.ts';
import { SendBack } from './send-back.ts';

export interface PullConsumerOptions extends ClientOptions {
  /** Whose offsets these are. Required. */
  readonly consumerGroup: string;
  /** Default: CLUSTERING. */
  readonly messageModel?: MessageModel;
  /** Topics whose queues are divided among the group; see fetchMessageQueuesInBalance. Default: none. */
  readonly registerTopics?: Iterable<string>;
  /** Default: AllocateMessageQueueAveragely. */
  readonly allocateMessageQueueStrategy?: AllocateMessageQueueStrategy;
  /** Milliseconds until the answer to `pull` is given up. Default: 10000. */
  readonly consumerPullTimeoutMillis?: number;
  /** Milliseconds the broker holds `pullBlockIfNotFound`. Default: 20000. */
  readonly brokerSuspendMaxTimeMillis?: number;
  /** Milliseconds until the answer to `pullBlockIfNotFound` is given up. Default: 30000. */
  readonly consumerTimeoutMillisWhenSuspend?: number;
  /** Tries before a message that was sent back goes to the dead-letter queue. Default: 16. */
  readonly maxReconsumeTimes?: number;
  /** Default: on the brokers; for BROADCASTING in a local file. */
  readonly offsetStore?: OffsetStore;
  /** Folder of the offsets files of broadcasting consumers. Default: `~/.rocketmq_offsets`. */
  readonly localOffsetStoreDir?: string;
}

export interface PullOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

interface Running {
  readonly instance: ClientInstance;
  readonly offsets: OffsetStore;
  readonly pullClient: PullClient;
  readonly queries: QueueQueries;
  readonly sendBack: SendBack;
}

export class PullConsumer extends MQAdmin {
  /** As brokers know it: with the namespace. */
  readonly consumerGroup: string;
  readonly #namespace: Namespace;
  readonly #options: PullConsumerOptions;
  readonly #topics = new Set<string>();
  readonly #strategy: AllocateMessageQueueStrategy;
  readonly #pullTimeoutMs: number;
  readonly #suspendMs: number;
  readonly #suspendTimeoutMs: number;
  readonly #hooks = new ConsumeHooks();
  readonly #listeners = new Map<string, MessageQueueListener>();
  /** This member's share of each registered topic, by key; unknown until it was asked for. */
  readonly #shares = new Map<string, ReadonlyMap<string, MessageQueue>>();
  /** Topics whose listener has not been told yet. */
  readonly #untold = new Set<string>();
  /** Routes come in before the brokers have heard of the group. */
  #begun = false;
  #dividing = false;
  #divideAgain = false;
  #state: 'CREATE_JUST' | 'RUNNING' | 'SHUTDOWN_ALREADY' = 'CREATE_JUST';
  #running: Running | undefined;

  /** Throws CLIENT_CONFIG_ILLEGAL. */
  constructor(options: PullConsumerOptions) {
    super();
    this.#options = options;
    this.#namespace = new Namespace(options.namespace ?? '');
    const group = checkGroup(options.consumerGroup, 'consumerGroup', DEFAULT_CONSUMER_GROUP);
    this.consumerGroup = this.#namespace.wrap(group);
    for (const topic of options.registerTopics ?? [])
      this.#topics.add(this.#namespace.wrap(checkTopic(topic)));
    this.#strategy = options.allocateMessageQueueStrategy ?? new AllocateMessageQueueAveragely();
    this.#pullTimeoutMs = positive('consumerPullTimeoutMillis', options.consumerPullTimeoutMillis ?? 10_000);
    this.#suspendMs = positive('brokerSuspendMaxTimeMillis', options.brokerSuspendMaxTimeMillis ?? 20_000);
    this.#suspendTimeoutMs = positive(
      'consumerTimeoutMillisWhenSuspend',
      options.consumerTimeoutMillisWhenSuspend ?? 30_000,
    );
    if (this.#suspendTimeoutMs < this.#suspendMs) {
      throw new MQClientError(
        'CLIENT_CONFIG_ILLEGAL',
        'Long polling mode, the consumer consumerTimeoutMillisWhenSuspend must greater than brokerSuspendMaxTimeMillis',
      );
    }
  }

  /** Rejects with NO_NAME_SERVER_EXCEPTION, GROUP_EXISTS_ALREADY or OFFSET_STORE_FAILED. */
  async start(): Promise<void> {
    if (this.#state !== 'CREATE_JUST') throw this.#notRunning();
    const clustering = this.#messageModel === 'CLUSTERING';
    const config = resolveClientConfig(this.#options, clustering);
    const instance = ClientInstance.acquire(config, this);
    const offsets =
      this.#options.offsetStore ??
      (clustering
        ? new RemoteOffsetStore(instance, this.consumerGroup)
        : localOffsetStore(instance, this.consumerGroup, this.#options.localOffsetStoreDir));
    const sender = new MessageSender(instance, resolveSendSettings(CLIENT_INNER_PRODUCER_GROUP, {}));
    const maxReconsumeTimes = this.#options.maxReconsumeTimes ?? 16;
    const running = {
      instance,
      offsets,
      pullClient: new PullClient(
        instance,
        this.consumerGroup,
        this.#namespace,
        this.#hooks.bind(
          this.consumerGroup,
          this.#options.unitMode ?? false,
          instance.config.platform.clock,
          instance.config.logger,
        ),
      ),
      queries: new QueueQueries(instance, this.#namespace),
      sendBack: new SendBack(instance, sender, this.consumerGroup, maxReconsumeTimes, this.#namespace),
    };
    try {
      await instance.nameServersFound();
      await offsets.load();
      if (this.#state !== 'CREATE_JUST') throw this.#notRunning();
      instance.registerConsumer(this.#member(running));
    } catch (error) {
      await instance.letGo(this);
      throw error;
    }
    void instance.letGo(this);
    this.#running = running;
    this.#state = 'RUNNING';
    await Promise.all([...this.#topics].map((topic) => instance.routes.refresh(topic)));
    await instance.heartbeat();
    this.#begun = true;
    void this.#divideAll(running);
  }

  /** Sees what was pulled, and may leave messages out. What it throws is logged and changes nothing. */
  registerFilterMessageHook(hook: FilterMessageHook): void {
    this.#hooks.filtering.register(hook, ['filterMessage']);
  }

  /** Stores the offsets and leaves the group. Never rejects. */
  async shutdown(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    this.#state = 'SHUTDOWN_ALREADY';
    if (running === undefined) return;
    await this.#persist(running, true);
    await running.instance.unregister('consumer', this.consumerGroup);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** Resolves to what is there at the offset, which may be nothing. Rejects with MQBrokerError or a RemotingError. */
  async pull(
    queue: QueueLike,
    selector: string | MessageSelector,
    offset: number,
    maxNums: number,
    options: PullOptions = {},
  ): Promise<PullResult> {
    return this.#pull(
      queue,
      selector,
      offset,
      maxNums,
      0,
      options.timeoutMs ?? this.#pullTimeoutMs,
      options.signal,
    );
  }

  /** As `pull`; when there is nothing the broker waits for a message, up to brokerSuspendMaxTimeMillis. */
  async pullBlockIfNotFound(
    queue: QueueLike,
    selector: string | MessageSelector,
    offset: number,
    maxNums: number,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<PullResult> {
    return this.#pull(
      queue,
      selector,
      offset,
      maxNums,
      this.#suspendMs,
      this.#suspendTimeoutMs,
      options.signal,
    );
  }

  #pull(
    queue: QueueLike,
    selector: string | MessageSelector,
    offset: number,
    maxNums: number,
    suspendMs: number,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<PullResult> {
    const { pullClient } = this.#get();
    if (!(Number.isSafeInteger(offset) && offset >= 0)) {
      throw new MQClientError('CLIENT_CONFIG_ILLEGAL', `offset < 0: ${offset} is no offset to pull from`);
    }
    if (!(Number.isSafeInteger(maxNums) && maxNums > 0)) {
      throw new MQClientError('CLIENT_CONFIG_ILLEGAL', `maxNums <= 0: ${maxNums} is no number of messages`);
    }
    const messageQueue = this.#namespace.wrapQueue(queue);
    return pullClient.pull({
      queue: messageQueue,
      subscription: newSubscription(messageQueue.topic, selector),
      offset,
      maxNums,
      commitOffset: undefined,
      suspendMs,
      timeoutMs,
      inlineSubscription: true,
      signal,
    });
  }

  /** Notes how far a queue is consumed; stored with the next round, and at shutdown. */
  updateConsumeOffset(queue: QueueLike, offset: number): void {
    this.#get().offsets.updateOffset(this.#namespace.wrapQueue(queue), offset, false);
  }

  /**
   * How far the group has consumed a queue: what was noted here, or with `fromStore`, and when nothing was, what is
   * stored; -1 when there is neither. Rejects when the stored offset cannot be read.
   */
  async fetchConsumeOffset(queue: QueueLike, fromStore: boolean): Promise<number> {
    const { offsets } = this.#get();
    const messageQueue = this.#namespace.wrapQueue(queue);
    const noted = offsets.memoryOffset(messageQueue);
    if (!fromStore && noted !== noOffset) return noted;
    const stored = await offsets.readOffset(messageQueue);
    if (stored !== unreadableOffset) return stored;
    throw new MQClientError(
      'BROKER_NOT_EXIST_EXCEPTION',
      `the stored offset of ${messageQueue} could not be read; the log says why`,
    );
  }

  /** All queues of a topic that may be read, freshly from the name servers. */
  async fetchSubscribeMessageQueues(topic: string): Promise<MessageQueue[]> {
    return this.#get().queries.fetchSubscribeMessageQueues(topic);
  }

  /** The queues of a topic that are this member's share among those of the group. */
  async fetchMessageQueuesInBalance(topic: string): Promise<MessageQueue[]> {
    const mine = await this.#share(this.#get(), this.#namespace.wrap(topic));
    return mine.map((queue) => this.#namespace.stripQueue(queue));
  }

  async #share({ instance, queries }: Running, topic: string): Promise<readonly MessageQueue[]> {
    const all = subscribeQueues(topic, await queries.route(topic));
    if (this.#messageModel === 'BROADCASTING') return all;
    const { consumerGroup } = this;
    const mine = await divideQueues(instance, consumerGroup, this.#strategy, topic, all, this.#namespace);
    if (mine !== undefined) return mine;
    throw new MQClientError(
      'BROKER_NOT_EXIST_EXCEPTION',
      `the members of group ${consumerGroup} could not be asked from a broker of topic ${topic}; the log says why`,
    );
  }

  /** Registers a topic whose queues are divided among the group; the listener hears of every change. */
  registerMessageQueueListener(topic: string, listener: MessageQueueListener): void {
    const wrapped = this.#namespace.wrap(checkTopic(topic));
    this.#topics.add(wrapped);
    this.#listeners.set(wrapped, listener);
    this.#untold.add(wrapped);
    const running = this.#running;
    if (running !== undefined) void running.instance.heartbeat().then(() => this.#divideAll(running));
  }

  /** As PushConsumer.sendMessageBack. */
  async sendMessageBack(message: ReceivedMessage, delayLevel: number, brokerName?: string): Promise<void> {
    await this.#get().sendBack.sendBack(message, delayLevel, brokerName ?? message.brokerName);
  }

  get #messageModel(): MessageModel {
    return this.#options.messageModel ?? 'CLUSTERING';
  }

  /** Divides the registered topics and tells listeners of what has changed. One round at a time. Never rejects. */
  async #divideAll(running: Running): Promise<void> {
    if (!this.#begun) return;
    this.#divideAgain = true;
    if (this.#dividing) return;
    this.#dividing = true;
    while (this.#divideAgain) {
      this.#divideAgain = false;
      for (const topic of this.#topics) {
        if (this.#running !== running) break;
        try {
          await this.#divide(running, topic);
        } catch (error) {
          running.instance.config.logger.warn(`the queues of topic ${topic} could not be divided`, { error });
        }
      }
    }
    this.#dividing = false;
  }

  async #divide(running: Running, topic: string): Promise<void> {
    const mine = new Map((await this.#share(running, topic)).map((queue) => [queue.key, queue]));
    const before = this.#shares.get(topic);
    const route = running.instance.routes.get(topic);
    if (this.#running !== running || route === undefined) return;
    this.#shares.set(topic, mine);
    const lost = [...(before?.values() ?? [])].filter((queue) => !mine.has(queue.key));
    for (const queue of lost) {
      // Whoever has it now writes its offset from here on.
      await running.offsets.persist(queue);
      running.offsets.removeOffset(queue);
    }
    const changed = before === undefined || lost.length > 0 || before.size !== mine.size;
    if (!this.#untold.delete(topic) && !changed) return;
    const shown = (queue: MessageQueue): MessageQueue => this.#namespace.stripQueue(queue);
    const all = subscribeQueues(topic, route).map(shown);
    this.#listeners.get(topic)?.(this.#namespace.strip(topic), all, [...mine.values()].map(shown));
  }

  /** Offsets of queues that are not another member's. Never rejects. */
  async #persist({ offsets, instance }: Running, acknowledged: boolean): Promise<void> {
    const queues = offsets
      .offsets('')
      .map(({ messageQueue }) => messageQueue)
      .filter(({ topic, key }) => this.#shares.get(topic)?.has(key) ?? true);
    try {
      await offsets.persistAll(queues, acknowledged);
    } catch (error) {
      instance.config.logger.error('the offsets of a pull consumer could not be stored', { error });
    }
  }

  #member(running: Running): ConsumerMember {
    return {
      group: this.consumerGroup,
      consumeType: 'CONSUME_ACTIVELY',
      messageModel: this.#messageModel,
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      unitMode: this.#options.unitMode ?? false,
      subscriptions: () => [...this.#topics].map((topic): SubscriptionData => newSubscription(topic, '*')),
      onRouteChanged: (topic: string, _route: TopicRouteData) => {
        if (this.#topics.has(topic)) void this.#divideAll(running);
      },
      membersChanged: () => {},
      rebalance: () => void this.#divideAll(running),
      persistOffsets: () => this.#persist(running, false),
      resetOffset: async (topic, offsets) => {
        for (const { messageQueue, offset } of offsets) {
          if (messageQueue.topic === topic) running.offsets.updateOffset(messageQueue, offset, false);
        }
      },
      offsets: (topic): readonly QueueOffset[] => running.offsets.offsets(topic),
      runningInfo: async (): Promise<ConsumerRunningInfo> => ({
        properties: new Map([
          ['consumerGroup', this.consumerGroup],
          ['messageModel', this.#messageModel],
          ['PROP_CONSUMER_START_TIMESTAMP', String(running.instance.startedAtMs)],
        ]),
        subscriptionSet: [...this.#topics].map((topic) => newSubscription(topic, '*')),
        mqTable: new Map(),
        statusTable: new Map(),
      }),
      consumeDirectly: async (): Promise<ConsumeMessageDirectlyResult> => ({
        order: false,
        autoCommit: true,
        consumeResult: 'CR_THROW_EXCEPTION',
        remark: 'a pull consumer has no listener',
        spentTimeMills: 0,
      }),
    };
  }

  /** Between `start` and `shutdown`. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  protected override queries(): QueueQueries {
    return this.#get().queries;
  }

  #get(): Running {
    if (this.#running === undefined) throw this.#notRunning();
    return this.#running;
  }

  #notRunning(): MQClientError {
    return new MQClientError(
      'CLIENT_NOT_RUNNING',
      `The consumer service state not OK, ${this.#state}: ${this.consumerGroup} is started once, and used until its shutdown`,
    );
  }
}
