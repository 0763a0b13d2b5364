/**
 * A running consumer, push or lite pull: puts its parts together, starts and stops them in order, and answers what its ClientInstance
 * asks it. RocketMQ's DefaultMQPushConsumerImpl.
 *
 * Invariants: pulling begins after the brokers have heard of the subscription; at the end the offsets are stored after
 * the last listener and before the group is left.
 */
import type { Timer } from '@rocketmq-ts/platform';
import {
  CLIENT_INNER_PRODUCER_GROUP,
  type ConsumeFromWhere,
  type ConsumeMessageDirectlyResult,
  type ConsumerRunningInfo,
  type ConsumeType,
  DEFAULT_TOPIC,
  ExpressionType,
  isRetryTopic,
  type MessageExt,
  type MessageModel,
  type SubscriptionData,
  type TopicRouteData,
} from '@rocketmq-ts/protocol';
import { MQBrokerError, MQClientError } from '../errors.ts';
import type { ClientInstance } from '../instance/client-instance.ts';
import type { ConsumerMember, QueueOffset } from '../instance/members.ts';
import type { NameServerAnswer } from '../instance/name-servers.ts';
import { noRouteError } from '../instance/no-route-error.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { ReceivedMessage } from '../message/received-message.ts';
import { MessageSender } from '../producer/message-sender.ts';
import { resolveSendSettings } from '../producer/producer-options.ts';
import type { TraceDispatcher } from '../trace/trace-dispatcher.ts';
import { traceCloseMs } from '../trace/tracing.ts';
import type { ConsumeHooks } from './consume-hooks.ts';
import type { ConsumeService } from './consume-service.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import { ConsumerStats } from './consumer-stats.ts';
import { type LocalOffsetStore, localOffsetStore } from './local-offset-store.ts';
import { unreadableOffset } from './offset-store.ts';
import type { ProcessQueue } from './process-queue.ts';
import { PullClient } from './pull-client.ts';
import type { PushConsumerOptions, PushConsumerSettings } from './push-consumer-options.ts';
import { QueueLocks } from './queue-locks.ts';
import { Rebalancer } from './rebalancer.ts';
import { RemoteOffsetStore } from './remote-offset-store.ts';
import { runningInfo } from './running-info.ts';
import { SendBack } from './send-back.ts';
import { SubscriptionWatch } from './subscription-watch.ts';

/** What makes one kind of consumer differ from another. */
export interface ConsumptionKind {
  readonly consumeType: ConsumeType;
  readonly orderly: boolean;
  readonly makeService: (parts: ConsumerParts) => ConsumeService;
  /** Queues chosen by the application, which are then not divided among the group; undefined: they are divided. */
  readonly assigned: ((topic: string) => readonly MessageQueue[] | undefined) | undefined;
}

/** What the application has registered besides its listener. */
export interface ConsumptionHooks {
  readonly hooks: ConsumeHooks;
  /** Ended with the consumption. */
  readonly tracing: TraceDispatcher | undefined;
}

const resetWaitMs = 10_000;
const routeRetryDelaysMs = [500, 1000, 2000, 4000, 8000];

export class Consumption implements ConsumerMember {
  readonly group: string;
  readonly consumeType: ConsumeType;
  readonly messageModel: MessageModel;
  readonly consumeFromWhere: ConsumeFromWhere;
  readonly unitMode: boolean;
  readonly #instance: ClientInstance;
  readonly #tracing: TraceDispatcher | undefined;
  readonly #parts: ConsumerParts;
  readonly #rebalancer: Rebalancer;
  readonly #watch: SubscriptionWatch;
  readonly #abort = new AbortController();
  readonly #startedAtMs: number;
  readonly #waits = new Map<Timer, () => void>();
  #registered = false;
  #paused = false;
  #stopped = false;

  constructor(
    instance: ClientInstance,
    settings: PushConsumerSettings,
    options: Pick<PushConsumerOptions, 'offsetStore' | 'localOffsetStoreDir'>,
    subscriptions: Map<string, SubscriptionData>,
    kind: ConsumptionKind,
    { hooks, tracing }: ConsumptionHooks,
  ) {
    this.#tracing = tracing;
    this.consumeType = kind.consumeType;
    this.group = settings.consumerGroup;
    this.messageModel = settings.messageModel;
    this.consumeFromWhere = settings.consumeFromWhere;
    this.unitMode = settings.unitMode;
    this.#instance = instance;
    const { platform, logger } = instance.config;
    this.#startedAtMs = platform.clock.now();
    const sender = new MessageSender(instance, resolveSendSettings(CLIENT_INNER_PRODUCER_GROUP, {}));
    const processQueues = new Map<string, ProcessQueue>();
    const boundHooks = hooks.bind(this.group, this.unitMode, platform.clock, logger);
    this.#parts = withConsumeService(
      {
        instance,
        settings,
        clock: platform.clock,
        logger,
        orderly: kind.orderly,
        clustering: settings.messageModel === 'CLUSTERING',
        subscriptions,
        processQueues,
        offsets: options.offsetStore ?? defaultOffsetStore(instance, settings, options),
        pullClient: new PullClient(instance, this.group, settings.namespace, boundHooks),
        stats: new ConsumerStats(platform.clock),
        sendBack: new SendBack(instance, sender, this.group, settings.maxReconsumeTimes, settings.namespace),
        hooks: boundHooks,
        locks: new QueueLocks(instance, this.group, processQueues),
        thresholds: { messages: settings.pullThresholdForQueue, mib: settings.pullThresholdSizeForQueue },
        signal: this.#abort.signal,
        assigned: kind.assigned,
        isPaused: () => this.#paused,
      },
      kind,
    );
    this.#rebalancer = new Rebalancer(this.#parts);
    this.#watch = new SubscriptionWatch(this.#parts);
  }

  async start(): Promise<void> {
    const { subscriptions, offsets, consumeService, clock } = this.#parts;
    for (const subscription of subscriptions.values()) subscription.subVersion = clock.now();
    await offsets.load();
    this.#instance.registerConsumer(this);
    this.#registered = true;
    consumeService.start();
    await Promise.all([...subscriptions.keys()].map((topic) => this.#findRoute(topic)));
    await this.#checkSubscriptions();
    if (this.#stopped) return;
    await this.#instance.heartbeat();
    this.#rebalancer.begin();
    this.#watch.request();
    void this.#awaitRoutes();
  }

  /**
   * Asks again, sooner than the timer would, for topics without a route: the brokers make the group's retry topic when
   * they hear of the group.
   */
  async #awaitRoutes(): Promise<void> {
    const { routes } = this.#instance;
    let explained = false;
    for (const delayMs of routeRetryDelaysMs) {
      const missing = [...this.#parts.subscriptions.keys()].filter(
        (topic) => routes.get(topic) === undefined,
      );
      if (missing.length === 0 || this.#stopped) return;
      await this.#wait(delayMs);
      if (this.#stopped) return;
      const answers = await Promise.all(missing.map((topic) => routes.refresh(topic)));
      if (!explained) await this.#explainMissing(missing, answers);
      explained = true;
    }
  }

  async #explainMissing(
    topics: readonly string[],
    answers: readonly (readonly NameServerAnswer[])[],
  ): Promise<void> {
    const { nameServers, routes } = this.#instance;
    for (const [i, topic] of topics.entries()) {
      // Groups whose messages have never failed have no retry topic.
      if (isRetryTopic(topic) || routes.get(topic) !== undefined) continue;
      const { message } = await noRouteError(nameServers, topic, answers[i] ?? [], DEFAULT_TOPIC);
      if (this.#stopped) return;
      this.#parts.logger.warn(`consumer group ${this.group} waits for a topic. ${message}`);
    }
  }

  /** Never rejects. */
  async stop(waitForListenersMs: number): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const { consumeService, offsets, stats, logger, processQueues } = this.#parts;
    this.#watch.stop();
    this.#abort.abort(new Error(`consumer group ${this.group} is shutting down`));
    for (const [timer, done] of this.#waits) {
      timer.cancel();
      done();
    }
    try {
      await this.#rebalancer.stop();
      const stillRunning = await consumeService.shutdown(waitForListenersMs);
      if (stillRunning > 0) {
        logger.warn(
          `${stillRunning} listeners of group ${this.group} still run after ${waitForListenersMs} ms; ` +
            'their messages are consumed again elsewhere',
        );
      }
      if (this.#registered) await offsets.persistAll(assigned(processQueues), true);
      await this.#rebalancer.drop();
    } catch (error) {
      logger.error(`consumer group ${this.group} could not be shut down in order`, { error });
    }
    stats.stop();
    await this.#tracing?.close(traceCloseMs);
    if (this.#registered) await this.#instance.unregister('consumer', this.group);
  }

  /** Other settings from now on. */
  tune(settings: PushConsumerSettings): void {
    this.#parts.settings = settings;
    this.#rebalancer.divideThresholds();
    for (const queue of this.#parts.processQueues.values()) queue.onRoom?.();
    this.#parts.consumeService.concurrencyChanged();
  }

  suspend(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#rebalancer.resume();
  }

  /** Goes on with a queue at another offset; messages of it that wait here are dropped. */
  async seek(queue: MessageQueue, offset: number): Promise<void> {
    await this.#rebalancer.seek(queue, offset);
  }

  setPaused(queues: readonly MessageQueue[], paused: boolean): void {
    for (const { key } of queues) {
      const queue = this.#parts.processQueues.get(key);
      if (queue === undefined) continue;
      queue.paused = paused;
      if (!paused) this.#rebalancer.wake(queue);
    }
  }

  /** The stored offset, -1 when there is none. Rejects when it cannot be read. */
  async committed(queue: MessageQueue): Promise<number> {
    const stored = await this.#parts.offsets.readOffset(queue);
    if (stored !== unreadableOffset) return stored;
    throw new MQClientError(
      'BROKER_NOT_EXIST_EXCEPTION',
      `the stored offset of ${queue} could not be read; the log says why`,
    );
  }

  get parts(): ConsumerParts {
    return this.#parts;
  }

  assignedMessageQueues(): MessageQueue[] {
    return assigned(this.#parts.processQueues);
  }

  async sendMessageBack(message: ReceivedMessage, delayLevel: number, brokerName?: string): Promise<void> {
    await this.#parts.sendBack.sendBack(message, delayLevel, brokerName ?? message.brokerName);
  }

  /** A subscription was added, changed or removed. */
  subscriptionChanged(topic: string): void {
    const subscription = this.#parts.subscriptions.get(topic);
    if (subscription !== undefined) subscription.subVersion = this.#parts.clock.now();
    void this.#applySubscription(topic);
  }

  async #applySubscription(topic: string): Promise<void> {
    if (this.#parts.subscriptions.has(topic)) await this.#findRoute(topic);
    await this.#instance.heartbeat();
    this.#rebalancer.request();
    this.#watch.request();
    void this.#awaitRoutes();
  }

  /** A route that is there already is not fetched again. */
  async #findRoute(topic: string): Promise<void> {
    const { routes } = this.#instance;
    const known = routes.get(topic);
    if (known === undefined) await routes.refresh(topic);
    else this.#rebalancer.setRoute(topic, known);
  }

  /** SQL92 expressions are compiled by a broker before anything starts. */
  async #checkSubscriptions(): Promise<void> {
    for (const subscriptionData of this.#parts.subscriptions.values()) {
      if (subscriptionData.expressionType === ExpressionType.TAG) continue;
      const brokers = this.#instance.routes.get(subscriptionData.topic)?.brokerDatas ?? [];
      const address = brokers.flatMap((broker) => [...broker.brokerAddrs.values()])[0];
      if (address === undefined) continue;
      const { clientId } = this.#instance;
      try {
        await this.#instance.brokerClient.checkClient(address, {
          clientId,
          group: this.group,
          subscriptionData,
        });
      } catch (error) {
        if (error instanceof MQBrokerError) throw error;
        this.#parts.logger.warn(
          `broker ${address} could not be asked whether it understands ${subscriptionData.expressionType} ` +
            `"${subscriptionData.subString}" of topic ${subscriptionData.topic}`,
          { error },
        );
      }
    }
  }

  // ---- ConsumerMember

  subscriptions(): readonly SubscriptionData[] {
    return [...this.#parts.subscriptions.values()];
  }

  onRouteChanged(topic: string, route: TopicRouteData): void {
    this.#rebalancer.setRoute(topic, route);
  }

  membersChanged(): void {
    this.#watch.request();
  }

  rebalance(): void {
    this.#rebalancer.request();
  }

  async persistOffsets(): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#parts.offsets.persistAll(assigned(this.#parts.processQueues), false);
    } catch (error) {
      this.#parts.logger.error(`the offsets of group ${this.group} could not be stored`, { error });
    }
  }

  /**
   * Suspends, drops the queues of the topic, waits for what is being consumed of them to end, and goes on at the new
   * offsets.
   */
  async resetOffset(topic: string, offsets: readonly QueueOffset[]): Promise<void> {
    const { processQueues } = this.#parts;
    const wasPaused = this.#paused;
    const wanted = offsets.filter(({ messageQueue }) => messageQueue.topic === topic);
    this.suspend();
    try {
      for (const { messageQueue } of wanted) {
        const queue = processQueues.get(messageQueue.key);
        if (queue === undefined) continue;
        queue.dropped = true;
        queue.clear();
      }
      await this.#wait(resetWaitMs);
      if (this.#stopped) return;
      for (const { messageQueue, offset } of wanted) {
        if (processQueues.has(messageQueue.key)) await this.#rebalancer.resetTo(messageQueue, offset);
      }
    } finally {
      if (!wasPaused && !this.#stopped) this.resume();
    }
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.setTimeout(() => {
        this.#waits.delete(timer);
        resolve();
      }, delayMs);
      this.#waits.set(timer, resolve);
    });
  }

  offsets(topic: string): readonly QueueOffset[] {
    return this.#parts.offsets.offsets(topic);
  }

  async runningInfo(): Promise<ConsumerRunningInfo> {
    return runningInfo(this.#parts, this.subscriptions(), this.#startedAtMs);
  }

  async consumeDirectly(
    message: MessageExt,
    brokerName: string | undefined,
  ): Promise<ConsumeMessageDirectlyResult> {
    return this.#parts.consumeService.consumeDirectly(new ReceivedMessage(message, brokerName));
  }
}

function assigned(processQueues: ReadonlyMap<string, ProcessQueue>): MessageQueue[] {
  return [...processQueues.values()].map((queue) => queue.messageQueue);
}

function defaultOffsetStore(
  instance: ClientInstance,
  settings: PushConsumerSettings,
  options: Pick<PushConsumerOptions, 'localOffsetStoreDir'>,
): RemoteOffsetStore | LocalOffsetStore {
  if (settings.messageModel === 'CLUSTERING') return new RemoteOffsetStore(instance, settings.consumerGroup);
  return localOffsetStore(instance, settings.consumerGroup, options.localOffsetStoreDir);
}

/** The service is made of the parts it is one of. */
function withConsumeService(
  parts: Omit<ConsumerParts, 'consumeService'>,
  kind: ConsumptionKind,
): ConsumerParts {
  const complete = parts as ConsumerParts;
  complete.consumeService = kind.makeService(complete);
  return complete;
}
