/**
 * One send from the first attempt to its outcome, within one time budget.
 *
 * Invariants: settles exactly once, at most a clock tick after its budget; a message whose queue was given or selected
 * has one attempt (`send`) or stays on that queue (`sendAsync`); another attempt goes to another broker if there is
 * one. What is retried is Java's rule: lost connections, silence and missing brokers always; answers of the broker
 * only by `send`, and only TOPIC_NOT_EXIST, SERVICE_NOT_AVAILABLE, SYSTEM_ERROR, NO_PERMISSION, NO_BUYER_ID and
 * NOT_IN_CURRENT_UNIT. Behaviour from DefaultMQProducerImpl.sendDefaultImpl and MQClientAPIImpl.sendMessageAsync.
 */
import type { Timer } from '@rocketmq-ts/platform';
import type { HeaderView } from '@rocketmq-ts/protocol';
import {
  type CallListener,
  type OutputTarget,
  RemotingClosedError,
  RemotingConnectError,
  RemotingError,
  RemotingTimeoutError,
  RemotingTooMuchRequestError,
  type RequestWriter,
} from '@rocketmq-ts/remoting';
import { describeError, isRetriedBySend, MQBrokerError, MQClientError } from '../errors.ts';
import { brokerNotExist } from '../instance/queue-queries.ts';
import type { HookedRequest, RpcHook } from '../instance/rpc-hook.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { answerOf, generalRequest, writeGeneralRequest } from './general-request.ts';
import type { PreparedMessage } from './prepared-message.ts';
import { readSendAnswer } from './send-answer.ts';
import type { SendAttempt } from './send-hooks.ts';
import { type SendResult, SendStatus } from './send-result.ts';
import type { SenderParts } from './sender-parts.ts';
import type { TopicSender } from './topic-sender.ts';

export interface SendPlan {
  readonly timeoutMs: number;
  /** Attempts in all. */
  readonly attempts: number;
  /** Set when the application chose the queue. */
  readonly queue: MessageQueue | undefined;
  /** Whether answers of the broker may be retried: `send`, not `sendAsync`. */
  readonly retryAnswers: boolean;
  readonly signal: AbortSignal | undefined;
}

export class SendOperation implements CallListener {
  readonly #parts: SenderParts;
  readonly #topic: TopicSender;
  readonly #message: PreparedMessage;
  readonly #plan: SendPlan;
  readonly #resolve: (result: SendResult) => void;
  readonly #reject: (error: Error) => void;
  readonly #startMs: number;
  readonly #deadlineMs: number;
  #settled = false;
  #attempt = 0;
  #attemptStartMs: number;
  #queue: MessageQueue | undefined;
  #address = '';
  #brokersSent: string[] | undefined;
  #stored: SendResult | undefined;
  #lastError: Error | undefined;
  #timer: Timer | undefined;
  /** Set when a hook has seen it. */
  #request: HookedRequest | undefined;
  /** What the application's hooks have seen begin, and not yet end. */
  #hooked: SendAttempt | undefined;
  #onAbort: (() => void) | undefined;

  constructor(
    parts: SenderParts,
    topic: TopicSender,
    message: PreparedMessage,
    plan: SendPlan,
    startMs: number,
    resolve: (result: SendResult) => void,
    reject: (error: Error) => void,
  ) {
    this.#parts = parts;
    this.#topic = topic;
    this.#message = message;
    this.#plan = plan;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#startMs = startMs;
    this.#attemptStartMs = startMs;
    this.#deadlineMs = startMs + plan.timeoutMs;
  }

  start(): void {
    const { signal } = this.#plan;
    if (signal !== undefined) {
      this.#onAbort = () => this.#fail(abortReason(signal));
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    this.#try();
  }

  #try(): void {
    const parts = this.#parts;
    const info = this.#topic.info;
    const queue = this.#plan.queue ?? (info && parts.faults.select(info, this.#queue?.brokerName));
    if (queue === undefined) {
      this.#giveUp();
      return;
    }
    const nowMs = this.#attempt === 0 ? this.#startMs : parts.clock.monotonicMs();
    const leftMs = this.#deadlineMs - nowMs;
    if (leftMs <= 0) {
      this.#fail(this.#budgetSpent());
      return;
    }
    this.#attempt++;
    this.#attemptStartMs = nowMs;
    this.#queue = queue;
    const master = parts.brokers.master(queue.brokerName);
    if (master === undefined) {
      this.#findBroker(queue);
      return;
    }
    this.#call(parts.brokerClient.channel(master), leftMs);
  }

  #call(address: string, leftMs: number): void {
    this.#address = address;
    const { hooks, settings } = this.#parts;
    if (hooks.active) {
      try {
        const mode = this.#plan.retryAnswers ? 'SYNC' : 'ASYNC';
        const queue = settings.namespace.stripQueue(this.#queue as MessageQueue);
        this.#hooked = hooks.before(this.#message, queue, address, mode);
      } catch (error) {
        this.#fail(error as Error);
        return;
      }
    }
    const connection = this.#parts.remoting.connection(address);
    if (connection !== undefined) connection.callEncoded(this.#write, leftMs, this);
    else this.#connect(address, leftMs);
  }

  readonly #write: RequestWriter = (output, opaque) => {
    const { hook } = this.#parts.requests;
    if (hook !== undefined) {
      this.#writeHooked(hook, output, opaque);
      return;
    }
    this.#topic
      .template(this.#queue as MessageQueue)
      .write(output, opaque, this.#message, this.#parts.clock.now());
  };

  #writeHooked(hook: RpcHook, output: OutputTarget, opaque: number): void {
    const { settings, clock } = this.#parts;
    const { queueId } = this.#queue as MessageQueue;
    const request = generalRequest(settings, this.#message, queueId, clock.now());
    hook.doBeforeRequest(this.#address, request);
    this.#request = request;
    writeGeneralRequest(output, opaque, request);
  }

  /** Not the usual case: the connection is made first, in no more than the time left. */
  #connect(address: string, leftMs: number): void {
    const { clock, remoting } = this.#parts;
    const attempt = this.#attempt;
    const isCurrent = (): boolean => !this.#settled && attempt === this.#attempt;
    const timer = clock.setTimeout(() => {
      if (isCurrent())
        this.onError(new RemotingTimeoutError(`connecting to ${address} took longer than ${leftMs} ms`));
    }, leftMs);
    this.#timer = timer;
    remoting.connect(address).then(
      (connection) => {
        timer.cancel();
        if (!isCurrent()) return;
        const stillLeftMs = this.#deadlineMs - clock.monotonicMs();
        if (stillLeftMs > 0) connection.callEncoded(this.#write, stillLeftMs, this);
        else this.onError(new RemotingTimeoutError(`connecting to ${address} took all of the time left`));
      },
      (error: Error) => {
        timer.cancel();
        if (isCurrent()) this.onError(error);
      },
    );
  }

  /** The queue's broker has no known address: its route is asked for once more. */
  #findBroker(queue: MessageQueue): void {
    const { clock, routes, brokers, brokerClient } = this.#parts;
    const leftMs = this.#deadlineMs - clock.monotonicMs();
    this.#timer = clock.setTimeout(() => this.#fail(this.#budgetSpent()), leftMs);
    void routes.refresh(queue.topic).then(() => {
      this.#timer?.cancel();
      if (this.#settled) return;
      const master = brokers.master(queue.brokerName);
      if (master === undefined) this.onError(brokerNotExist(queue.brokerName, queue.topic));
      else this.#call(brokerClient.channel(master), this.#deadlineMs - clock.monotonicMs());
    });
  }

  // ---- CallListener

  onResponse(view: HeaderView): void {
    if (this.#settled) return;
    const queue = this.#queue as MessageQueue;
    let result: SendResult;
    try {
      if (this.#request !== undefined) {
        this.#parts.requests.hook?.doAfterResponse?.(this.#address, this.#request, answerOf(view));
      }
      const shown = this.#parts.settings.namespace.stripQueue(queue);
      result = readSendAnswer(view, shown, this.#message.msgId, this.#address);
    } catch (error) {
      this.onError(error as Error);
      return;
    }
    if (this.#hooked !== undefined) this.#endHooked(result, undefined);
    const { faults, clock, settings } = this.#parts;
    if (faults.enabled) faults.update(queue.brokerName, clock.monotonicMs() - this.#attemptStartMs, false);
    if (
      result.sendStatus !== SendStatus.SEND_OK &&
      settings.retryAnotherBrokerWhenNotStoreOK &&
      this.#mayRetry()
    ) {
      this.#stored = result;
      this.#retry();
      return;
    }
    this.#succeed(result);
  }

  onError(error: Error): void {
    if (this.#settled) return;
    const { faults, clock, routes } = this.#parts;
    const queue = this.#queue as MessageQueue;
    this.#lastError = error;
    if (this.#hooked !== undefined) this.#endHooked(undefined, error);
    if (faults.enabled) faults.update(queue.brokerName, clock.monotonicMs() - this.#attemptStartMs, true);
    if (!this.#isRetried(error)) {
      this.#fail(error instanceof RemotingClosedError ? shutDown(error) : error);
      return;
    }
    if (error instanceof RemotingTimeoutError) this.#parts.requests.onTimeout(this.#address);
    // The broker may have gone for good: learn of it sooner than the timer would.
    if (error instanceof RemotingConnectError) routes.refreshSoon(queue.topic);
    if (this.#mayRetry()) this.#retry();
    else this.#giveUp();
  }

  #isRetried(error: Error): boolean {
    if (error instanceof MQBrokerError) return this.#plan.retryAnswers && isRetriedBySend(error.responseCode);
    if (error instanceof RemotingClosedError) return false;
    return error instanceof RemotingError || error instanceof MQClientError;
  }

  #mayRetry(): boolean {
    return this.#attempt < this.#plan.attempts;
  }

  #retry(): void {
    this.#brokersSent ??= [];
    this.#brokersSent.push((this.#queue as MessageQueue).brokerName);
    this.#try();
  }

  #giveUp(): void {
    if (this.#stored !== undefined) this.#succeed(this.#stored);
    else if (this.#plan.queue !== undefined && this.#lastError !== undefined) this.#fail(this.#lastError);
    else this.#fail(this.#allFailed());
  }

  #budgetSpent(): Error {
    const error = new RemotingTooMuchRequestError(
      `sendDefaultImpl call timeout: ${this.#plan.timeoutMs} ms were over after ${this.#describeAttempts()}. ` +
        'The message may have been stored. Raise sendMsgTimeout if brokers are slow',
    );
    error.cause = this.#lastError;
    return error;
  }

  #allFailed(): Error {
    const cause = this.#lastError;
    const message =
      `Send [${this.#attempt}] times, still failed, cost [${Math.round(this.#parts.clock.monotonicMs() - this.#startMs)}]ms, ` +
      `Topic: ${this.#topic.topic}, ${this.#describeAttempts()}`;
    if (cause instanceof MQBrokerError) {
      return new MQClientError('SEND_FAILED', message, { cause, responseCode: cause.responseCode });
    }
    if (cause instanceof RemotingConnectError) {
      const advertised = `${this.#address} is the address that broker ${this.#queue?.brokerName} advertises`;
      const advice = 'if it runs and cannot be reached there from here, set its brokerIP1';
      return new MQClientError('CONNECT_BROKER_EXCEPTION', `${message}. ${advertised}: ${advice}`, { cause });
    }
    if (cause instanceof RemotingTimeoutError)
      return new MQClientError('ACCESS_BROKER_TIMEOUT', message, { cause });
    if (cause instanceof MQClientError)
      return new MQClientError('BROKER_NOT_EXIST_EXCEPTION', message, { cause });
    return new MQClientError('SEND_FAILED', message, { cause });
  }

  #describeAttempts(): string {
    const brokers = [...(this.#brokersSent ?? [])];
    if (this.#queue !== undefined && brokers.length < this.#attempt) brokers.push(this.#queue.brokerName);
    const last = this.#lastError === undefined ? '' : `, the last error: ${describeError(this.#lastError)}`;
    return `BrokersSent: [${brokers.join(', ')}]${last}`;
  }

  #succeed(result: SendResult): void {
    this.#settle();
    this.#resolve(result);
  }

  #endHooked(result: SendResult | undefined, error: Error | undefined): void {
    const attempt = this.#hooked as SendAttempt;
    this.#hooked = undefined;
    this.#parts.hooks.after(attempt, result, error);
  }

  #fail(error: Error): void {
    if (this.#settled) return;
    this.#settle();
    if (this.#hooked !== undefined) this.#endHooked(undefined, error);
    this.#reject(error);
  }

  #settle(): void {
    this.#settled = true;
    this.#timer?.cancel();
    if (this.#onAbort !== undefined) this.#plan.signal?.removeEventListener('abort', this.#onAbort);
  }
}

export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(`the send was aborted: ${String(reason)}`);
}

function shutDown(cause: Error): MQClientError {
  return new MQClientError('CLIENT_SHUT_DOWN', 'The client was shut down before the send was over', {
    cause,
  });
}
