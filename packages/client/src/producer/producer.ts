/**
 * Sends messages to topics: RocketMQ's DefaultMQProducer.
 *
 *     const producer = new Producer({ producerGroup: 'orders', namesrvAddr: '127.0.0.1:9876' });
 *     await producer.start();
 *     const result = await producer.send({ topic: 'TopicTest', tags: 'TagA', body: 'Hello RocketMQ' });
 *     await producer.shutdown();
 */
import { resolveClientConfig } from '../client-options.ts';
import { MQClientError } from '../errors.ts';
import { HookList } from '../hooks.ts';
import { ClientInstance } from '../instance/client-instance.ts';
import type { ProducerMember } from '../instance/members.ts';
import { MQAdmin } from '../instance/mq-admin.ts';
import { QueueQueries } from '../instance/queue-queries.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { Namespace } from '../namespace.ts';
import type { TraceDispatcher } from '../trace/trace-dispatcher.ts';
import { SendTraceHook } from '../trace/trace-hooks.ts';
import { resolveTraceTopic, traceCloseMs, traceDispatcher } from '../trace/tracing.ts';
import type { OutgoingMessage } from './message.ts';
import { MessageSender, type SendOptions } from './message-sender.ts';
import { type ProducerOptions, resolveProducerOptions, type SendSettings } from './producer-options.ts';
import type { CheckForbiddenHook, SendMessageHook } from './send-hooks.ts';
import type { SendResult } from './send-result.ts';

/** Gets the outcome of a `sendAsync`: exactly one of its methods is called, once. */
export interface SendCallback {
  onSuccess(result: SendResult): void;
  onException(error: Error): void;
}

export interface RunningProducer {
  readonly instance: ClientInstance;
  readonly sender: MessageSender;
  readonly queries: QueueQueries;
}

export class Producer extends MQAdmin {
  /** As brokers know it: with the namespace. */
  readonly producerGroup: string;
  readonly #options: ProducerOptions;
  readonly #settings: SendSettings;
  readonly #traceTopic: string | undefined;
  readonly #watching = new HookList<SendMessageHook>();
  readonly #forbidding = new HookList<CheckForbiddenHook>();
  #tracing: TraceDispatcher | undefined;
  #state: 'CREATE_JUST' | 'STARTING' | 'RUNNING' | 'SHUTDOWN_ALREADY' = 'CREATE_JUST';
  #running: RunningProducer | undefined;
  #sending = 0;
  #onIdle: (() => void) | undefined;

  /** Throws CLIENT_CONFIG_ILLEGAL. */
  constructor(options: ProducerOptions) {
    super();
    this.#options = options;
    this.#settings = resolveProducerOptions(options);
    this.#traceTopic = resolveTraceTopic(options);
    this.producerGroup = this.#settings.producerGroup;
  }

  /** Joins the client's connections. No broker is contacted yet: routes are asked for as messages are sent. */
  async start(): Promise<void> {
    if (this.#state !== 'CREATE_JUST') throw this.#notRunning('started twice');
    const config = resolveClientConfig(this.#options, true);
    const instance = ClientInstance.acquire(config, this);
    this.#state = 'STARTING';
    try {
      if (config.addressServer !== undefined) await instance.nameServersFound();
      if (this.#state !== 'STARTING') throw this.#notRunning('was shut down as it started');
      instance.registerProducer(this.member());
    } catch (error) {
      if (this.#state === 'STARTING') this.#state = 'CREATE_JUST';
      await instance.letGo(this);
      throw error;
    }
    void instance.letGo(this);
    const hooks = { watching: this.#watching, forbidding: this.#forbidding.hooks };
    if (this.#traceTopic !== undefined) this.#trace(instance, this.#traceTopic);
    this.#running = {
      instance,
      sender: new MessageSender(instance, this.#settings, hooks),
      queries: new QueueQueries(instance, this.#settings.namespace),
    };
    this.#state = 'RUNNING';
    void instance.heartbeat();
  }

  #trace(instance: ClientInstance, traceTopic: string): void {
    this.#tracing = traceDispatcher(instance, traceTopic);
    const { clock } = instance.config.platform;
    this.#watching.hooks.push(new SendTraceHook(this.#tracing, traceTopic, () => clock.now()));
  }

  /** Sees every attempt to send, before and after it. What it throws is logged and changes nothing. */
  registerSendMessageHook(hook: SendMessageHook): void {
    this.#watching.register(hook, ['sendMessageBefore', 'sendMessageAfter']);
  }

  /** May refuse messages: a send is rejected with what it throws. */
  registerCheckForbiddenHook(hook: CheckForbiddenHook): void {
    this.#forbidding.register(hook, ['checkForbidden']);
  }

  /** Message traces that were lost because there were too many, or because no broker took them. */
  get lostTraces(): number {
    return this.#tracing?.lost ?? 0;
  }

  /** Waits for sends under way (within their own time), then leaves. Sends after it are refused. */
  async shutdown(): Promise<void> {
    const running = this.#running;
    this.#state = 'SHUTDOWN_ALREADY';
    this.#running = undefined;
    if (running === undefined) return;
    if (this.#sending > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#tracing?.close(traceCloseMs);
    await running.instance.unregister('producer', this.producerGroup);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /**
   * Sends one message and resolves to where it was stored.
   *
   * Rejects with MQClientError: MESSAGE_ILLEGAL (13), NOT_FOUND_TOPIC_EXCEPTION (10005), and after all attempts
   * SEND_FAILED, CONNECT_BROKER_EXCEPTION, ACCESS_BROKER_TIMEOUT or BROKER_NOT_EXIST_EXCEPTION; with MQBrokerError when
   * a broker refused in a way that is not retried; with RemotingTooMuchRequestError when the time was over. After
   * timeouts and lost connections the message may have been stored.
   */
  send<Arg>(message: OutgoingMessage, options?: SendOptions<Arg>): Promise<SendResult> {
    const running = this.#running;
    if (running === undefined) return Promise.reject(this.#notRunning('cannot send'));
    return this.track(running.sender.send(message, options));
  }

  /** Sends messages of one topic in one request. See `splitBatch` for long lists. */
  sendBatch<Arg>(messages: readonly OutgoingMessage[], options?: SendOptions<Arg>): Promise<SendResult> {
    const running = this.#running;
    if (running === undefined) return Promise.reject(this.#notRunning('cannot send'));
    return this.track(running.sender.sendBatch(messages, options));
  }

  /** As `send`, for code that prefers callbacks; what a broker answered is not retried, as in Java. */
  sendAsync<Arg>(
    message: OutgoingMessage,
    callback: SendCallback | ((error: Error | null, result?: SendResult) => void),
    options: SendOptions<Arg> = {},
  ): void {
    const { onSuccess, onException } = asCallback(callback);
    const running = this.#running;
    if (running === undefined) {
      onException(this.#notRunning('cannot send'));
      return;
    }
    const { logger } = running.instance.config;
    const done = <T>(handle: (outcome: T) => void, outcome: T): void => {
      this.#ended();
      try {
        handle(outcome);
      } catch (error) {
        logger.error('the callback of a send failed', { error });
      }
    };
    this.#sending++;
    running.sender.sendAsync(
      message,
      options,
      (result) => done(onSuccess, result),
      (error) => done(onException, error),
    );
  }

  /** Sends without an answer: the fastest, and messages may be lost. Resolves once the request is on its way. */
  async sendOneway<Arg>(message: OutgoingMessage, options?: SendOptions<Arg>): Promise<void> {
    await this.running().sender.sendOneway(message, options);
  }

  /** The queues of a topic that may be written, freshly from the name servers. */
  async fetchPublishMessageQueues(topic: string): Promise<MessageQueue[]> {
    return this.running().queries.fetchPublishMessageQueues(topic);
  }

  /** What is registered at the client instance. */
  protected member(): ProducerMember {
    return { group: this.producerGroup };
  }

  protected get namespace(): Namespace {
    return this.#settings.namespace;
  }

  protected override queries(): QueueQueries {
    return this.running().queries;
  }

  /** Between `start` and `shutdown`. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Throws CLIENT_NOT_RUNNING. */
  protected running(): RunningProducer {
    if (this.#running === undefined) throw this.#notRunning('cannot be used');
    return this.#running;
  }

  /** Something under way that `shutdown` waits for. */
  protected track<T>(sending: Promise<T>): Promise<T> {
    this.#sending++;
    sending.then(this.#ended, this.#ended);
    return sending;
  }

  readonly #ended = (): void => {
    if (--this.#sending === 0 && this.#onIdle !== undefined) this.#onIdle();
  };

  #notRunning(what: string): MQClientError {
    return new MQClientError(
      'CLIENT_NOT_RUNNING',
      `The producer service state not OK, ${this.#state}: ${this.producerGroup} ${what}. ` +
        'Call start() once and before sending, and nothing after shutdown()',
    );
  }
}

function asCallback(
  callback: SendCallback | ((error: Error | null, result?: SendResult) => void),
): SendCallback {
  if (typeof callback !== 'function')
    return { onSuccess: (r) => callback.onSuccess(r), onException: (e) => callback.onException(e) };
  return { onSuccess: (result) => callback(null, result), onException: (error) => callback(error) };
}
