/**
 * What push and lite pull consumers have in common: subscriptions, life cycle, questions about queues.
 *
 * Invariants: started once, shut down once; a start that fails leaves nothing behind; subscriptions may change while the
 * consumer runs.
 */
import {
  buildSubscription,
  ExpressionType,
  ProtocolError,
  type SubscriptionData,
} from '@rocketmq-ts/protocol';
import { type ClientOptions, resolveClientConfig } from '../client-options.ts';
import { MQClientError } from '../errors.ts';
import { ClientInstance } from '../instance/client-instance.ts';
import { MQAdmin } from '../instance/mq-admin.ts';
import { QueueQueries } from '../instance/queue-queries.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { Namespace } from '../namespace.ts';
import { uniqueIds } from '../producer/message-sender.ts';
import type { TraceDispatcher } from '../trace/trace-dispatcher.ts';
import { ConsumeTraceHook } from '../trace/trace-hooks.ts';
import { resolveTraceTopic, type TraceOptions, traceDispatcher } from '../trace/tracing.ts';
import { checkTopic } from '../validators.ts';
import { ConsumeHooks, type ConsumeMessageHook, type FilterMessageHook } from './consume-hooks.ts';
import { Consumption, type ConsumptionKind } from './consumption.ts';
import type { OffsetStore } from './offset-store.ts';
import { type PushConsumerSettings, type PushConsumerTuning, tuned } from './push-consumer-options.ts';

/** What is consumed of a topic: by tags, or by an SQL92 expression over properties. */
export const MessageSelector = {
  byTag: (tags: string) => ({ expressionType: ExpressionType.TAG as string, expression: tags }),
  bySql: (sql: string) => ({ expressionType: ExpressionType.SQL92 as string, expression: sql }),
};
export type MessageSelector = ReturnType<(typeof MessageSelector)['byTag']>;

export interface GroupConsumerOptions extends ClientOptions, TraceOptions {
  readonly offsetStore?: OffsetStore;
  readonly localOffsetStoreDir?: string;
  readonly signal?: AbortSignal;
}

type State = 'CREATE_JUST' | 'STARTING' | 'RUNNING' | 'START_FAILED' | 'SHUTDOWN_ALREADY';

export class GroupConsumer extends MQAdmin {
  /** As brokers know it: with the namespace. */
  readonly consumerGroup: string;
  readonly #options: GroupConsumerOptions;
  #settings: PushConsumerSettings;
  readonly #traceTopic: string | undefined;
  readonly #hooks = new ConsumeHooks();
  #tracing: TraceDispatcher | undefined;
  /** Shared with what runs: changes count from the next round on. */
  protected readonly subscriptions = new Map<string, SubscriptionData>();
  #state: State = 'CREATE_JUST';
  #consumption: Consumption | undefined;
  #queries: QueueQueries | undefined;
  #shutdown: Promise<void> | undefined;

  protected constructor(options: GroupConsumerOptions, settings: PushConsumerSettings) {
    super();
    this.#options = options;
    this.#settings = settings;
    this.#traceTopic = resolveTraceTopic(options);
    this.consumerGroup = settings.consumerGroup;
  }

  /** Sees every batch of messages before and after it is consumed. What it throws is logged and changes nothing. */
  registerConsumeMessageHook(hook: ConsumeMessageHook): void {
    this.#hooks.consuming.register(hook, ['consumeMessageBefore', 'consumeMessageAfter']);
  }

  /** Sees what was pulled, and may leave messages out. What it throws is logged and changes nothing. */
  registerFilterMessageHook(hook: FilterMessageHook): void {
    this.#hooks.filtering.register(hook, ['filterMessage']);
  }

  /** Message traces that were lost because there were too many, or because no broker took them. */
  get lostTraces(): number {
    return this.#tracing?.lost ?? 0;
  }

  /**
   * Consumes a topic: all of it (`*`), messages with certain tags (`TagA || TagB`), or what a MessageSelector selects.
   * All members of a group must subscribe to the same. May be called while running.
   */
  subscribe(topic: string, subExpression: string | MessageSelector = '*'): void {
    const wrapped = this.namespace.wrap(checkTopic(topic));
    this.subscriptions.set(wrapped, newSubscription(wrapped, subExpression));
    this.#consumption?.subscriptionChanged(wrapped);
  }

  /** Stops consuming a topic. */
  unsubscribe(topic: string): void {
    const wrapped = this.namespace.wrap(topic);
    this.subscriptions.delete(wrapped);
    this.#consumption?.subscriptionChanged(wrapped);
  }

  protected get namespace(): Namespace {
    return this.#settings.namespace;
  }

  /** Settings from now on, before the start or while it runs. Throws CLIENT_CONFIG_ILLEGAL. */
  protected tune(changes: PushConsumerTuning): void {
    this.#settings = tuned(this.#settings, changes);
    this.#consumption?.tune(this.#settings);
  }

  protected get isStarted(): boolean {
    return this.#state !== 'CREATE_JUST';
  }

  protected get isShutDown(): boolean {
    return this.#state === 'SHUTDOWN_ALREADY';
  }

  protected async startAs(kind: ConsumptionKind): Promise<void> {
    if (this.#state !== 'CREATE_JUST') throw this.stateError('it can be started once');
    const { signal } = this.#options;
    signal?.throwIfAborted();
    this.#state = 'STARTING';
    let instance: ClientInstance | undefined;
    try {
      const clustering = this.#settings.messageModel === 'CLUSTERING';
      instance = ClientInstance.acquire(resolveClientConfig(this.#options, clustering), this);
      await instance.nameServersFound();
      if (this.#shutdown !== undefined) {
        await instance.letGo(this);
        return;
      }
      this.#queries = new QueueQueries(instance, this.namespace);
      if (this.#traceTopic !== undefined) this.#trace(instance, this.#traceTopic);
      this.#consumption = new Consumption(instance, this.#settings, this.#options, this.subscriptions, kind, {
        hooks: this.#hooks,
        tracing: this.#tracing,
      });
      await this.#consumption.start();
      await instance.letGo(this);
    } catch (error) {
      if (this.#shutdown === undefined) this.#state = 'START_FAILED';
      const consumption = this.#consumption;
      this.#consumption = undefined;
      if (consumption !== undefined) await consumption.stop(0);
      await instance?.letGo(this);
      throw error;
    }
    if (this.#shutdown !== undefined) return;
    this.#state = 'RUNNING';
    if (signal?.aborted) await this.shutdown();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  #trace(instance: ClientInstance, traceTopic: string): void {
    this.#tracing = traceDispatcher(instance, traceTopic);
    const { clock } = instance.config.platform;
    this.#hooks.consuming.hooks.push(
      new ConsumeTraceHook(this.#tracing, uniqueIds(instance), () => clock.now()),
    );
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

  /** The queues of a topic that may be read, freshly from the name servers. */
  async fetchSubscribeMessageQueues(topic: string): Promise<MessageQueue[]> {
    return this.queries().fetchSubscribeMessageQueues(topic);
  }

  /** The queues that this member of the group consumes now. */
  assignedMessageQueues(): MessageQueue[] {
    return this.running()
      .assignedMessageQueues()
      .map((queue) => this.namespace.stripQueue(queue));
  }

  /** Throws CLIENT_NOT_RUNNING. */
  protected running(): Consumption {
    if (this.#state !== 'RUNNING' || this.#consumption === undefined) {
      throw this.stateError('it is not running');
    }
    return this.#consumption;
  }

  /** Between `start` and `shutdown`. */
  get isRunning(): boolean {
    return this.#state === 'RUNNING';
  }

  protected override queries(): QueueQueries {
    this.running();
    return this.#queries as QueueQueries;
  }

  protected stateError(what: string): MQClientError {
    return new MQClientError(
      'CLIENT_NOT_RUNNING',
      `The consumer service state not OK, ${this.#state}: ${this.consumerGroup}: ${what}`,
    );
  }
}

/** Versions are given when the consumer runs. Throws CLIENT_CONFIG_ILLEGAL. */
export function newSubscription(topic: string, selector: string | MessageSelector): SubscriptionData {
  const { expression, expressionType } =
    typeof selector === 'string' ? MessageSelector.byTag(selector) : selector;
  try {
    return buildSubscription(topic, expression, expressionType, 0);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new MQClientError(
      'CLIENT_CONFIG_ILLEGAL',
      `subscription exception: topic ${topic}: ${error.message}`,
      { cause: error },
    );
  }
}
