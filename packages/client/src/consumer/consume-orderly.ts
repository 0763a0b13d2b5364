/**
 * Calls an orderly listener: per queue one call at a time, messages in order. RocketMQ's ConsumeMessageOrderlyService.
 *
 * Invariants: a clustering consumer calls its listener only while it holds the broker's lock on the queue; a message
 * that fails holds its queue up until it succeeds or is handed to the dead-letter queue; with autoCommit off nothing
 * is committed but by COMMIT. At most `consumeThreadMax` queues are at work, none for longer than a minute in one go.
 */
import type { Timer } from '@rocketmq-ts/platform';
import { type CMResult, type ConsumeMessageDirectlyResult, retryTopic } from '@rocketmq-ts/protocol';
import { describeError } from '../errors.ts';
import { MessageQueue } from '../message/message-queue.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { giveApplicationTopic } from './application-topic.ts';
import type { ListenerOutcome } from './consume-hooks.ts';
import type { ConsumeService } from './consume-service.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import {
  type ConsumeOrderlyContext,
  ConsumeOrderlyStatus,
  type MessageListenerOrderly,
} from './listeners.ts';
import type { CachedMessage, ProcessQueue } from './process-queue.ts';

const maxContinuousMs = 60_000;
const firstLockDelayMs = 1000;
const lockIntervalMs = 20_000;
const relockDelayMs = 100;
const relockFailedDelayMs = 3000;
const minSuspendMs = 10;
const maxSuspendMs = 30_000;
/** What listeners that return at once may use of one turn, milliseconds. */
const turnBudgetMs = 10;
const bytesPerMib = 1024 * 1024;

export class ConsumeOrderly implements ConsumeService {
  readonly #parts: ConsumerParts;
  readonly #listener: MessageListenerOrderly;
  readonly #retryTopic: string;
  /** Queues at work, waiting for their turn, or suspended until a timer. */
  readonly #active = new Set<ProcessQueue>();
  readonly #ready: ProcessQueue[] = [];
  #working = 0;
  /** Queues whose listener is running now. */
  readonly #listening = new Set<ProcessQueue>();
  readonly #timers = new Set<Timer>();
  /** Warned about. */
  readonly #stalled = new WeakSet<ProcessQueue>();
  #onIdle: (() => void)[] = [];
  #stopped = false;

  constructor(parts: ConsumerParts, listener: MessageListenerOrderly) {
    this.#parts = parts;
    this.#listener = listener;
    this.#retryTopic = retryTopic(parts.settings.consumerGroup);
  }

  start(): void {
    if (!this.#parts.clustering) return;
    this.#later(firstLockDelayMs, () => {
      void this.#parts.locks.lockAll();
      this.#timers.add(this.#parts.clock.setInterval(() => void this.#parts.locks.lockAll(), lockIntervalMs));
    });
  }

  submit(queue: ProcessQueue, _added: readonly CachedMessage[]): void {
    if (this.#stopped || this.#active.has(queue)) return;
    this.#active.add(queue);
    this.#enqueue(queue);
  }

  concurrencyChanged(): void {
    this.#fill();
  }

  async consumeDirectly(message: ReceivedMessage): Promise<ConsumeMessageDirectlyResult> {
    this.#giveTopic(message);
    const { clock, logger, settings } = this.#parts;
    const context = this.#context(new MessageQueue(message.topic, message.brokerName ?? '', message.queueId));
    const startMs = clock.monotonicMs();
    let consumeResult: CMResult;
    let remark: string | undefined;
    try {
      consumeResult = directResult(await this.#listener([message], context));
    } catch (error) {
      consumeResult = 'CR_THROW_EXCEPTION';
      remark = describeError(error);
      const { msgId } = message;
      logger.error('the listener failed at a message to be consumed directly', {
        group: settings.consumerGroup,
        msgId,
        error,
      });
    }
    const spentTimeMills = Math.round(clock.monotonicMs() - startMs);
    return { order: true, autoCommit: context.autoCommit, consumeResult, remark, spentTimeMills };
  }

  whenIdle(queue: ProcessQueue, timeoutMs: number): Promise<boolean> {
    return this.#waitUntil(() => !this.#listening.has(queue), timeoutMs);
  }

  async shutdown(timeoutMs: number): Promise<number> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    await this.#waitUntil(() => this.#listening.size === 0, timeoutMs);
    return this.#listening.size;
  }

  #waitUntil(done: () => boolean, timeoutMs: number): Promise<boolean> {
    if (done()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (result: boolean): void => {
        timer.cancel();
        this.#onIdle = this.#onIdle.filter((each) => each !== check);
        resolve(result);
      };
      const check = (): void => {
        if (done()) finish(true);
      };
      const timer = this.#parts.clock.setTimeout(() => finish(false), timeoutMs);
      this.#onIdle.push(check);
    });
  }

  #enqueue(queue: ProcessQueue): void {
    if (this.#working >= this.#parts.settings.consumeThreadMax) {
      this.#ready.push(queue);
      return;
    }
    this.#working++;
    this.#work(queue)
      .catch((error: unknown) => {
        this.#active.delete(queue);
        this.#parts.logger.error(`consuming ${queue.messageQueue} failed`, { error });
      })
      .finally(() => {
        this.#working--;
        this.#fill();
      });
  }

  #fill(): void {
    while (this.#working < this.#parts.settings.consumeThreadMax) {
      const next = this.#ready.shift();
      if (next === undefined) return;
      this.#enqueue(next);
    }
  }

  /** Consumes a queue until it is empty, suspended, lost, or has had its minute. */
  async #work(queue: ProcessQueue): Promise<void> {
    const { clock, settings } = this.#parts;
    // Never within the turn that pulled.
    let turnStartMs = await this.#nextTurn();
    const startMs = turnStartMs;
    for (;;) {
      if (queue.dropped || this.#stopped) {
        this.#active.delete(queue);
        return;
      }
      const nowMs = clock.monotonicMs();
      if (this.#parts.clustering && (!queue.locked || queue.isLockExpired(nowMs))) {
        this.#relockLater(queue);
        return;
      }
      if (nowMs - startMs > maxContinuousMs) {
        this.#resumeLater(queue, minSuspendMs);
        return;
      }
      if (nowMs - turnStartMs > turnBudgetMs) {
        turnStartMs = await this.#nextTurn();
        continue;
      }
      const taken = queue.take(settings.consumeMessageBatchMaxSize, nowMs);
      if (taken.length === 0) {
        this.#active.delete(queue);
        this.#warnOfStall(queue);
        return;
      }
      if (!(await this.#consume(queue, taken))) return;
    }
  }

  /** False when the queue is suspended. Counts as listening until what the listener answered is carried out. */
  async #consume(queue: ProcessQueue, taken: readonly CachedMessage[]): Promise<boolean> {
    const { clock, stats } = this.#parts;
    const context = this.#context(queue.messageQueue);
    const startMs = clock.monotonicMs();
    this.#listening.add(queue);
    try {
      const status = await this.#call(queue, taken, context);
      const failed = isFailure(status) ? taken.length : 0;
      stats.consumed(queue.messageQueue.topic, taken.length - failed, failed, clock.monotonicMs() - startMs);
      return queue.dropped || (await this.#goesOn(queue, taken, context, status));
    } finally {
      this.#listening.delete(queue);
      for (const check of [...this.#onIdle]) check();
    }
  }

  /** With autoCommit off and SUCCESS as the only answer nothing makes room: the queue stands still, silently in RocketMQ. */
  #warnOfStall(queue: ProcessQueue): void {
    const { messages, mib } = this.#parts.thresholds;
    const isFull = queue.consumingCount > messages || queue.msgSizeBytes >= (mib + 1) * bytesPerMib;
    if (!isFull || this.#stalled.has(queue)) return;
    this.#stalled.add(queue);
    this.#parts.logger.warn(
      `${queue.messageQueue} stands still: the listener sets autoCommit to false and has consumed ${queue.consumingCount} messages ` +
        'without answering COMMIT, and no more are pulled (pullThresholdForQueue, pullThresholdSizeForQueue). ' +
        'Answer COMMIT from time to time, or leave autoCommit on',
      { group: this.#parts.settings.consumerGroup },
    );
  }

  #context(messageQueue: MessageQueue): ConsumeOrderlyContext {
    return {
      messageQueue: this.#parts.settings.namespace.stripQueue(messageQueue),
      autoCommit: true,
      suspendCurrentQueueTimeMillis: -1,
      signal: this.#parts.signal,
    };
  }

  async #call(
    queue: ProcessQueue,
    taken: readonly CachedMessage[],
    context: ConsumeOrderlyContext,
  ): Promise<ConsumeOrderlyStatus> {
    const messages = taken.map((entry) => entry.message);
    for (const message of messages) this.#giveTopic(message);
    const { hooks, settings } = this.#parts;
    const hooked = hooks.before(messages, context.messageQueue);
    const { status, how } = await this.#listen(queue, taken, messages, context);
    if (hooked !== undefined) {
      const success = status === ConsumeOrderlyStatus.SUCCESS || status === ConsumeOrderlyStatus.COMMIT;
      hooks.after(hooked, { success, status, how }, settings.consumeTimeout * 60_000);
    }
    return status;
  }

  async #listen(
    queue: ProcessQueue,
    taken: readonly CachedMessage[],
    messages: readonly ReceivedMessage[],
    context: ConsumeOrderlyContext,
  ): Promise<{ readonly status: ConsumeOrderlyStatus; readonly how: ListenerOutcome }> {
    let answer: unknown;
    try {
      answer = await this.#listener(messages, context);
    } catch (error) {
      this.#parts.logger.error('the listener failed; its queue is suspended', {
        ...this.#describe(queue, taken),
        error,
      });
      return { status: ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT, how: 'EXCEPTION' };
    }
    if (answer === undefined) return { status: ConsumeOrderlyStatus.SUCCESS, how: 'SUCCESS' };
    if (typeof answer === 'string' && Object.hasOwn(ConsumeOrderlyStatus, answer)) {
      const status = answer as ConsumeOrderlyStatus;
      const failed = status === ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
      return { status, how: failed ? 'FAILED' : 'SUCCESS' };
    }
    this.#parts.logger.error(
      `the listener returned ${String(answer)}, which is no ConsumeOrderlyStatus; its queue is suspended`,
      this.#describe(queue, taken),
    );
    return { status: ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT, how: 'RETURNNULL' };
  }

  /** Carries out the listener's status; false when the queue is suspended. */
  async #goesOn(
    queue: ProcessQueue,
    taken: readonly CachedMessage[],
    context: ConsumeOrderlyContext,
    status: ConsumeOrderlyStatus,
  ): Promise<boolean> {
    if (status === ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT) {
      if (await this.#mustTryAgain(taken)) {
        queue.putBack(taken.length);
        this.#resumeLater(queue, context.suspendCurrentQueueTimeMillis);
        return false;
      }
      if (context.autoCommit) this.#commit(queue);
      return true;
    }
    if (!context.autoCommit && status === ConsumeOrderlyStatus.ROLLBACK) {
      queue.rollback();
      this.#resumeLater(queue, context.suspendCurrentQueueTimeMillis);
      return false;
    }
    if (context.autoCommit && status !== ConsumeOrderlyStatus.SUCCESS) {
      this.#parts.logger.warn(
        `the message queue consume result is illegal, we think you want to ack these messages: ${status} needs autoCommit false`,
        this.#describe(queue, taken),
      );
    }
    if (context.autoCommit || status === ConsumeOrderlyStatus.COMMIT) this.#commit(queue);
    return true;
  }

  #commit(queue: ProcessQueue): void {
    const offset = queue.commit();
    if (offset >= 0 && !queue.dropped) this.#parts.offsets.updateOffset(queue.messageQueue, offset, false);
  }

  /** Counts the failure of each message; those that failed too often go to the dead-letter queue. */
  async #mustTryAgain(taken: readonly CachedMessage[]): Promise<boolean> {
    const { sendBack, logger } = this.#parts;
    let again = false;
    for (const { message } of taken) {
      if (message.reconsumeTimes >= sendBack.orderlyMaxReconsumeTimes) {
        try {
          await sendBack.sendToDeadLetters(message);
          continue;
        } catch (error) {
          logger.error(`message ${message.msgId} could not be sent to the dead-letter queue`, { error });
        }
      }
      message.reconsumeTimes++;
      again = true;
    }
    return again;
  }

  /** `delayMs` -1: the consumer's setting. */
  #resumeLater(queue: ProcessQueue, delayMs: number): void {
    const wanted = delayMs === -1 ? this.#parts.settings.suspendCurrentQueueTimeMillis : delayMs;
    this.#later(Math.min(Math.max(wanted, minSuspendMs), maxSuspendMs), () => this.#enqueue(queue));
  }

  #relockLater(queue: ProcessQueue): void {
    this.#later(relockDelayMs, () => {
      void this.#parts.locks.lock(queue.messageQueue).then((locked) => {
        if (!this.#stopped) this.#resumeLater(queue, locked ? minSuspendMs : relockFailedDelayMs);
      });
    });
  }

  #later(delayMs: number, task: () => void): void {
    if (this.#stopped) return;
    const timer = this.#parts.clock.setTimeout(() => {
      this.#timers.delete(timer);
      task();
    }, delayMs);
    this.#timers.add(timer);
  }

  #nextTurn(): Promise<number> {
    const { clock } = this.#parts;
    return new Promise((resolve) => clock.setImmediate(() => resolve(clock.monotonicMs())));
  }

  #giveTopic(message: ReceivedMessage): void {
    giveApplicationTopic(message, this.#retryTopic, this.#parts.settings.namespace);
  }

  #describe(queue: ProcessQueue, taken: readonly CachedMessage[]): Record<string, unknown> {
    return {
      group: this.#parts.settings.consumerGroup,
      queue: String(queue.messageQueue),
      offsets: taken.map((entry) => entry.offset).join(','),
      msgIds: taken.map((entry) => entry.message.msgId).join(','),
    };
  }
}

function isFailure(status: ConsumeOrderlyStatus): boolean {
  return (
    status === ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT || status === ConsumeOrderlyStatus.ROLLBACK
  );
}

function directResult(status: unknown): CMResult {
  switch (status) {
    case undefined:
    case ConsumeOrderlyStatus.SUCCESS:
      return 'CR_SUCCESS';
    case ConsumeOrderlyStatus.COMMIT:
      return 'CR_COMMIT';
    case ConsumeOrderlyStatus.ROLLBACK:
      return 'CR_ROLLBACK';
    case ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT:
      return 'CR_LATER';
    default:
      return 'CR_RETURN_NULL';
  }
}
