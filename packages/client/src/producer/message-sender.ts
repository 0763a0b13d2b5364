/**
 * Sends messages through a ClientInstance: what Producer is made of, and what consumers send messages back with.
 *
 * Invariants: a promise or callback for every send settles exactly once; nothing is sent for a message that is refused.
 * On the usual path (route and connection at hand) a send costs no timer and no await, and its request is in the
 * connection's output before `send` returns.
 */
import { ipv4ToInt, UniqueIdGenerator } from '@rocketmq-ts/protocol';
import { RemotingTooMuchRequestError } from '@rocketmq-ts/remoting';
import { MQClientError } from '../errors.ts';
import { HookList } from '../hooks.ts';
import type { ClientInstance } from '../instance/client-instance.ts';
import type { NameServerAnswer } from '../instance/name-servers.ts';
import { noRouteError } from '../instance/no-route-error.ts';
import { brokerNotExist } from '../instance/queue-queries.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { checkTopic, illegal } from '../validators.ts';
import { FaultStrategy } from './fault-strategy.ts';
import { generalRequest } from './general-request.ts';
import type { OutgoingMessage } from './message.ts';
import {
  type PreparedMessage,
  prepareBatch,
  prepareHalf,
  prepareMessage,
  prepareRaw,
  type RawMessage,
} from './prepared-message.ts';
import type { SendSettings } from './producer-options.ts';
import type { MessageQueueSelector } from './queue-selectors.ts';
import { type CheckForbiddenHook, SendHooks, type SendMessageHook } from './send-hooks.ts';
import { abortReason, SendOperation, type SendPlan } from './send-operation.ts';
import type { SendResult } from './send-result.ts';
import type { SenderParts } from './sender-parts.ts';
import type { TopicPublishInfo } from './topic-publish-info.ts';
import { TopicSender } from './topic-sender.ts';

/** Where and for how long: options of one send. */
export interface SendOptions<Arg = unknown> {
  /** Milliseconds for all attempts together. Default: the producer's sendMsgTimeout. */
  readonly timeoutMs?: number | undefined;
  /** Gives the send up; the message may have been stored. */
  readonly signal?: AbortSignal | undefined;
  /** Sends to this queue and no other; `send` then tries once. */
  readonly queue?:
    | { readonly topic: string; readonly brokerName: string; readonly queueId: number }
    | undefined;
  /** Chooses the queue, with `arg`; `send` then tries once. */
  readonly selector?: MessageQueueSelector<Arg> | undefined;
  readonly arg?: Arg | undefined;
}

/** The application's hooks. Those registered later count from the next send on. */
export interface SenderHooks {
  readonly watching: HookList<SendMessageHook>;
  readonly forbidding: readonly CheckForbiddenHook[];
}

type Resolve = (result: SendResult) => void;
type Reject = (error: Error) => void;

const noHooks: SenderHooks = { watching: new HookList(), forbidding: [] };

export class MessageSender {
  readonly #instance: ClientInstance;
  readonly #settings: SendSettings;
  readonly #parts: SenderParts;
  readonly #ids: UniqueIdGenerator;
  readonly #topics = new Map<string, TopicSender>();
  readonly #syncAttempts: number;
  readonly #asyncAttempts: number;

  constructor(instance: ClientInstance, settings: SendSettings, hooks: SenderHooks = noHooks) {
    this.#instance = instance;
    this.#settings = settings;
    const { clock, random } = instance.config.platform;
    const { clientIP: bornHost, logger } = instance.config;
    const { producerGroup } = settings;
    this.#parts = {
      clock,
      remoting: instance.remoting,
      requests: instance.requests,
      brokerClient: instance.brokerClient,
      brokers: instance.routes.brokers,
      routes: instance.routes,
      faults: new FaultStrategy(settings, clock, random),
      settings,
      hooks: new SendHooks({ producerGroup, bornHost, clock, logger }, hooks.watching, hooks.forbidding),
    };
    this.#ids = uniqueIds(instance);
    this.#syncAttempts = 1 + settings.retryTimesWhenSendFailed;
    this.#asyncAttempts = 1 + settings.retryTimesWhenSendAsyncFailed;
  }

  send<Arg>(message: OutgoingMessage, options: SendOptions<Arg> = {}): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      this.#send(prepareMessage(message, this.#settings, this.#ids), options, true, resolve, reject);
    });
  }

  sendBatch<Arg>(messages: readonly OutgoingMessage[], options: SendOptions<Arg> = {}): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      this.#send(prepareBatch(messages, this.#settings, this.#ids), options, true, resolve, reject);
    });
  }

  /** The first half of a transaction: stored, and not delivered yet. */
  sendHalf(message: OutgoingMessage): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      this.#send(prepareHalf(message, this.#settings, this.#ids), {}, true, resolve, reject);
    });
  }

  /** With the properties as they are. */
  sendRaw(message: RawMessage): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      this.#send(prepareRaw(message, this.#settings, this.#ids), {}, true, resolve, reject);
    });
  }

  /** As `send`, by Java's rules for callbacks: what a broker answered is not retried. */
  sendAsync<Arg>(
    message: OutgoingMessage,
    options: SendOptions<Arg>,
    resolve: Resolve,
    reject: Reject,
  ): void {
    try {
      this.#send(prepareMessage(message, this.#settings, this.#ids), options, false, resolve, reject);
    } catch (error) {
      reject(error as Error);
    }
  }

  /** Resolves once the request is on its way to the socket: whether it arrives is not known. */
  async sendOneway<Arg>(message: OutgoingMessage, options: SendOptions<Arg> = {}): Promise<void> {
    const prepared = prepareMessage(message, this.#settings, this.#ids);
    const topic = this.#topic(prepared.topic);
    const info = topic.info ?? (await this.#lookUp(topic, options));
    const queue = this.#chosenQueue(prepared, info, options) ?? this.#parts.faults.select(info, undefined);
    if (queue === undefined) throw brokerNotExist('', prepared.topic);
    const master = this.#parts.brokers.master(queue.brokerName);
    if (master === undefined) throw brokerNotExist(queue.brokerName, prepared.topic);
    const address = this.#parts.brokerClient.channel(master);
    const { hooks } = this.#parts;
    const attempt = hooks.active
      ? hooks.before(prepared, this.#settings.namespace.stripQueue(queue), address, 'ONEWAY')
      : undefined;
    const request = generalRequest(this.#settings, prepared, queue.queueId, this.#parts.clock.now());
    try {
      await this.#parts.requests.oneway(address, request);
    } catch (error) {
      if (attempt !== undefined) hooks.after(attempt, undefined, error as Error);
      throw error;
    }
    if (attempt !== undefined) hooks.after(attempt, undefined, undefined);
  }

  #send<Arg>(
    message: PreparedMessage,
    options: SendOptions<Arg>,
    sync: boolean,
    resolve: Resolve,
    reject: Reject,
  ): void {
    const startMs = this.#parts.clock.monotonicMs();
    const topic = this.#topic(message.topic);
    if (options.signal?.aborted) throw abortReason(options.signal);
    const { info } = topic;
    if (info !== undefined) {
      this.#start(topic, info, message, options, sync, startMs, resolve, reject);
      return;
    }
    this.#lookUp(topic, options)
      .then((found) => this.#start(topic, found, message, options, sync, startMs, resolve, reject))
      .catch(reject);
  }

  #start<Arg>(
    topic: TopicSender,
    info: TopicPublishInfo,
    message: PreparedMessage,
    options: SendOptions<Arg>,
    sync: boolean,
    startMs: number,
    resolve: Resolve,
    reject: Reject,
  ): void {
    const queue = this.#chosenQueue(message, info, options);
    const plan: SendPlan = {
      timeoutMs: options.timeoutMs ?? this.#settings.sendMsgTimeout,
      attempts: sync ? (queue === undefined ? this.#syncAttempts : 1) : this.#asyncAttempts,
      queue,
      retryAnswers: sync,
      signal: options.signal,
    };
    new SendOperation(this.#parts, topic, message, plan, startMs, resolve, reject).start();
  }

  /** The queue that the application wants, if it does. */
  #chosenQueue<Arg>(
    message: PreparedMessage,
    info: TopicPublishInfo,
    options: SendOptions<Arg>,
  ): MessageQueue | undefined {
    const { namespace } = this.#settings;
    if (options.queue !== undefined) {
      const queue = namespace.wrapQueue(options.queue);
      if (queue.topic !== message.topic) {
        throw illegal(`message's topic not equal mq's topic: ${message.topic} and ${queue.topic}`);
      }
      return queue;
    }
    if (options.selector === undefined) return undefined;
    const { random } = this.#instance.config.platform;
    const queues =
      namespace.name === '' ? info.queues : info.queues.map((each) => namespace.stripQueue(each));
    const queue = options.selector(queues, message.original, options.arg as Arg, random);
    if (queue === undefined || queue === null) {
      throw new MQClientError(
        'QUEUE_NOT_FOUND',
        `select message queue return null: the selector chose none of the ${info.queues.length} queues of topic ${message.topic}`,
      );
    }
    return namespace.wrapQueue(queue);
  }

  #topic(topic: string): TopicSender {
    let sender = this.#topics.get(topic);
    if (sender === undefined) {
      checkTopic(topic);
      sender = new TopicSender(
        topic,
        this.#parts.routes,
        this.#settings,
        this.#instance.config.platform.random,
      );
      this.#topics.set(topic, sender);
    }
    return sender;
  }

  /** Asks the name servers, in no more than the send's time. */
  #lookUp<Arg>(topic: TopicSender, options: SendOptions<Arg>): Promise<TopicPublishInfo> {
    const timeoutMs = options.timeoutMs ?? this.#settings.sendMsgTimeout;
    return new Promise((resolve, reject) => {
      const timer = this.#parts.clock.setTimeout(() => {
        reject(
          new RemotingTooMuchRequestError(
            `sendDefaultImpl call timeout: the route of topic ${topic.topic} was not known after ${timeoutMs} ms; ` +
              `name servers: ${this.#instance.nameServers.addresses.join(';')}`,
          ),
        );
      }, timeoutMs);
      const { signal } = options;
      const abort = (): void => reject(abortReason(signal as AbortSignal));
      signal?.addEventListener('abort', abort, { once: true });
      this.#findRoute(topic)
        .then(resolve, reject)
        .finally(() => {
          timer.cancel();
          signal?.removeEventListener('abort', abort);
        });
    });
  }

  async #findRoute(topic: TopicSender): Promise<TopicPublishInfo> {
    const { routes } = this.#parts;
    let answers: readonly NameServerAnswer[] = [];
    if (routes.get(topic.topic) === undefined) {
      answers = await routes.refresh(topic.topic);
      if (routes.get(topic.topic) === undefined) {
        const { createTopicKey, defaultTopicQueueNums } = this.#settings;
        await routes.refreshFromTemplate(topic.topic, createTopicKey, defaultTopicQueueNums);
      }
    } else {
      await routes.refresh(topic.topic);
    }
    const { info } = topic;
    if (info !== undefined) return info;
    if (routes.get(topic.topic) !== undefined) {
      throw new MQClientError(
        'NOT_FOUND_TOPIC_EXCEPTION',
        `No route info of this topic, ${topic.topic}, to send to: it has a route, but no broker of it is a master that may be written to. ` +
          "Check the topic's permission (mqadmin topicRoute) and that its masters run",
      );
    }
    throw await noRouteError(this.#instance.nameServers, topic.topic, answers, this.#settings.createTopicKey);
  }
}

/** Ids that no other generator of this process gives. */
export function uniqueIds(instance: ClientInstance): UniqueIdGenerator {
  const { clientIP, platform } = instance.config;
  const { clock, random } = platform;
  return new UniqueIdGenerator({ clock, random, ip: ipv4OrNothing(clientIP), pid: process.pid });
}

function ipv4OrNothing(ip: string): number | undefined {
  return /^\d+\.\d+\.\d+\.\d+$/.test(ip) ? ipv4ToInt(ip) : undefined;
}
