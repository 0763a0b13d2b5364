/**
 * Calls a concurrent listener: many calls at a time, in any order. RocketMQ's ConsumeMessageConcurrentlyService.
 *
 * Invariants: at most `consumeThreadMax` calls run; a queue's committed offset never passes a message that is neither
 * consumed nor sent back; a listener's error is logged and its messages come again; no message has a timer of its own.
 * Listeners that return at once are not run for longer than a few milliseconds in one turn of the event loop, so that
 * heartbeats and answers get their turn.
 */
import type { Timer } from '@rocketmq-ts/platform';
import { type CMResult, type ConsumeMessageDirectlyResult, retryTopic } from '@rocketmq-ts/protocol';
import { describeError } from '../errors.ts';
import { MessageQueue } from '../message/message-queue.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { giveApplicationTopic } from './application-topic.ts';
import type { Consuming, ListenerOutcome } from './consume-hooks.ts';
import type { ConsumeService } from './consume-service.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import {
  type ConsumeConcurrentlyContext,
  ConsumeConcurrentlyStatus,
  isPromiseLike,
  type MessageListenerConcurrently,
} from './listeners.ts';
import type { CachedMessage, ProcessQueue } from './process-queue.ts';

/** What may run in one turn, milliseconds. */
const turnBudgetMs = 10;
const resubmitDelayMs = 5000;
/** Messages of a queue that one round of the timeout cleaner looks at. */
const expiredPerRound = 16;
const expiredDelayLevel = 3;

interface ConsumeRequest {
  readonly queue: ProcessQueue;
  readonly entries: readonly CachedMessage[];
}

/** What came of a call of the listener, for hooks. */
interface Answer {
  readonly status: ConsumeConcurrentlyStatus;
  readonly how: ListenerOutcome;
}

const consumed: Answer = { status: ConsumeConcurrentlyStatus.CONSUME_SUCCESS, how: 'SUCCESS' };
const reconsume: Answer = { status: ConsumeConcurrentlyStatus.RECONSUME_LATER, how: 'FAILED' };
const threw: Answer = { status: ConsumeConcurrentlyStatus.RECONSUME_LATER, how: 'EXCEPTION' };
const noStatus: Answer = { status: ConsumeConcurrentlyStatus.RECONSUME_LATER, how: 'RETURNNULL' };

export class ConsumeConcurrently implements ConsumeService {
  readonly #parts: ConsumerParts;
  readonly #listener: MessageListenerConcurrently;
  readonly #retryTopic: string;
  #waiting: ConsumeRequest[] = [];
  #next = 0;
  #running = 0;
  readonly #runningOf = new Map<ProcessQueue, number>();
  #scheduled = false;
  #stopped = false;
  #onIdle: (() => void)[] = [];
  readonly #resubmits = new Set<Timer>();
  #cleaner: Timer | undefined;

  constructor(parts: ConsumerParts, listener: MessageListenerConcurrently) {
    this.#parts = parts;
    this.#listener = listener;
    this.#retryTopic = retryTopic(parts.settings.consumerGroup);
  }

  start(): void {
    const periodMs = this.#parts.settings.consumeTimeout * 60_000;
    this.#cleaner = this.#parts.clock.setInterval(() => void this.#cleanExpired(periodMs), periodMs);
  }

  submit(queue: ProcessQueue, added: readonly CachedMessage[]): void {
    const size = this.#parts.settings.consumeMessageBatchMaxSize;
    if (added.length <= size) {
      if (added.length > 0) this.#waiting.push({ queue, entries: added });
    } else {
      for (let i = 0; i < added.length; i += size) {
        this.#waiting.push({ queue, entries: added.slice(i, i + size) });
      }
    }
    this.#schedule();
  }

  concurrencyChanged(): void {
    this.#schedule();
  }

  async consumeDirectly(message: ReceivedMessage): Promise<ConsumeMessageDirectlyResult> {
    this.#giveTopic(message);
    const { clock } = this.#parts;
    const startMs = clock.monotonicMs();
    let consumeResult: CMResult;
    let remark: string | undefined;
    try {
      const status = await this.#listener([message], this.#context(message));
      if (status === undefined || status === ConsumeConcurrentlyStatus.CONSUME_SUCCESS)
        consumeResult = 'CR_SUCCESS';
      else
        consumeResult = status === ConsumeConcurrentlyStatus.RECONSUME_LATER ? 'CR_LATER' : 'CR_RETURN_NULL';
    } catch (error) {
      consumeResult = 'CR_THROW_EXCEPTION';
      remark = describeError(error);
      this.#parts.logger.error('the listener failed at a message to be consumed directly', {
        group: this.#parts.settings.consumerGroup,
        msgId: message.msgId,
        error,
      });
    }
    const spentTimeMills = Math.round(clock.monotonicMs() - startMs);
    return { order: false, autoCommit: true, consumeResult, remark, spentTimeMills };
  }

  async whenIdle(queue: ProcessQueue, timeoutMs: number): Promise<boolean> {
    return this.#waitUntil(() => !this.#runningOf.has(queue), timeoutMs);
  }

  async shutdown(timeoutMs: number): Promise<number> {
    this.#stopped = true;
    this.#cleaner?.cancel();
    this.#waiting = [];
    this.#next = 0;
    for (const timer of this.#resubmits) timer.cancel();
    await this.#waitUntil(() => this.#running === 0, timeoutMs);
    return this.#running;
  }

  #waitUntil(done: () => boolean, timeoutMs: number): Promise<boolean> {
    if (done()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#parts.clock.setTimeout(() => finish(false), timeoutMs);
      const check = (): void => {
        if (done()) finish(true);
        else this.#onIdle.push(check);
      };
      const finish = (result: boolean): void => {
        timer.cancel();
        this.#onIdle = this.#onIdle.filter((each) => each !== check);
        resolve(result);
      };
      this.#onIdle.push(check);
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#parts.clock.setImmediate(this.#pump);
  }

  readonly #pump = (): void => {
    this.#scheduled = false;
    const { clock, settings } = this.#parts;
    const endMs = clock.monotonicMs() + turnBudgetMs;
    while (this.#running < settings.consumeThreadMax && this.#next < this.#waiting.length && !this.#stopped) {
      const request = this.#waiting[this.#next];
      this.#next++;
      this.#compact();
      this.#run(request);
      if (clock.monotonicMs() >= endMs) {
        this.#schedule();
        return;
      }
    }
  };

  #compact(): void {
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    } else if (this.#next >= 1024 && this.#next * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
  }

  #run(request: ConsumeRequest): void {
    const { queue, entries } = request;
    if (queue.dropped) return;
    const startMs = this.#parts.clock.monotonicMs();
    const messages = entries.map((entry) => entry.message);
    for (const entry of entries) {
      entry.consumeStartMs = startMs;
      this.#giveTopic(entry.message);
    }
    const context = this.#context(messages[0], queue);
    this.#running++;
    this.#runningOf.set(queue, (this.#runningOf.get(queue) ?? 0) + 1);
    const hooked = this.#parts.hooks.before(messages, context.messageQueue);
    let answer: unknown;
    try {
      answer = this.#listener(messages, context);
    } catch (error) {
      this.#answered(request, context, startMs, hooked, this.#failed(request, error));
      return;
    }
    if (isPromiseLike(answer)) {
      answer.then(
        (status) => this.#answered(request, context, startMs, hooked, this.#answerOf(request, status)),
        (error: unknown) => this.#answered(request, context, startMs, hooked, this.#failed(request, error)),
      );
    } else {
      this.#answered(request, context, startMs, hooked, this.#answerOf(request, answer));
    }
  }

  #answered(
    request: ConsumeRequest,
    context: ConsumeConcurrentlyContext,
    startMs: number,
    hooked: Consuming | undefined,
    { status, how }: Answer,
  ): void {
    if (hooked !== undefined) {
      const success = status === ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
      const { hooks, settings } = this.#parts;
      hooks.after(hooked, { success, status, how }, settings.consumeTimeout * 60_000);
    }
    this.#finish(request, context, startMs, status);
  }

  #context(message: ReceivedMessage, queue?: ProcessQueue): ConsumeConcurrentlyContext {
    return {
      messageQueue:
        queue === undefined
          ? directQueue(message)
          : this.#parts.settings.namespace.stripQueue(queue.messageQueue),
      delayLevelWhenNextConsume: 0,
      ackIndex: Number.MAX_SAFE_INTEGER,
      signal: this.#parts.signal,
    };
  }

  #answerOf(request: ConsumeRequest, answer: unknown): Answer {
    if (answer === undefined || answer === ConsumeConcurrentlyStatus.CONSUME_SUCCESS) return consumed;
    if (answer === ConsumeConcurrentlyStatus.RECONSUME_LATER) return reconsume;
    this.#parts.logger.error(
      `the listener returned ${String(answer)}, which is no ConsumeConcurrentlyStatus; its messages come again`,
      describe(request, this.#parts.settings.consumerGroup),
    );
    return noStatus;
  }

  #failed(request: ConsumeRequest, error: unknown): Answer {
    this.#parts.logger.error('the listener failed; its messages come again', {
      ...describe(request, this.#parts.settings.consumerGroup),
      error,
    });
    return threw;
  }

  #finish(
    request: ConsumeRequest,
    context: ConsumeConcurrentlyContext,
    startMs: number,
    status: ConsumeConcurrentlyStatus,
  ): void {
    const { queue, entries } = request;
    const { stats, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    const ackIndex = status === ConsumeConcurrentlyStatus.RECONSUME_LATER ? -1 : context.ackIndex;
    const ok = Math.max(0, Math.min(ackIndex + 1, entries.length));
    stats.consumed(queue.messageQueue.topic, ok, entries.length - ok, nowMs - startMs);
    if (queue.dropped) {
      // Another client has the queue: it consumes these messages again.
      this.#ended(queue);
    } else if (ok === entries.length) {
      this.#commit(queue, entries, nowMs);
      this.#ended(queue);
    } else {
      // Counts as running until the messages are sent back, so that a shutdown waits for that too.
      this.#retry(queue, entries, ok, context).finally(() => this.#ended(queue));
    }
  }

  #ended(queue: ProcessQueue): void {
    this.#running--;
    const left = (this.#runningOf.get(queue) ?? 1) - 1;
    if (left === 0) this.#runningOf.delete(queue);
    else this.#runningOf.set(queue, left);
    if (this.#onIdle.length > 0) {
      const checks = this.#onIdle;
      this.#onIdle = [];
      for (const check of checks) check();
    }
    if (this.#next < this.#waiting.length) this.#schedule();
  }

  #commit(queue: ProcessQueue, entries: readonly CachedMessage[], nowMs: number): void {
    const offset = queue.remove(entries, nowMs);
    if (offset >= 0 && !queue.dropped) this.#parts.offsets.updateOffset(queue.messageQueue, offset, true);
  }

  /** The first `ok` entries succeeded. Never rejects. */
  async #retry(
    queue: ProcessQueue,
    entries: readonly CachedMessage[],
    ok: number,
    context: ConsumeConcurrentlyContext,
  ): Promise<void> {
    const { clustering, clock, logger, settings } = this.#parts;
    const failed = entries.slice(ok);
    const done = entries.slice(0, ok);
    const kept: CachedMessage[] = [];
    if (clustering) {
      await Promise.all(
        failed.map(async (entry) => {
          // The timeout cleaner may have sent it back meanwhile.
          const back = entry.done || (await this.#sendBack(entry, context));
          (back ? done : kept).push(entry);
        }),
      );
    } else {
      logger.warn(
        'BROADCASTING, the message consume failed, drop it',
        describe({ queue, entries: failed }, settings.consumerGroup),
      );
      done.push(...failed);
    }
    if (queue.dropped) return;
    this.#commit(queue, done, clock.monotonicMs());
    if (kept.length > 0) this.#resubmitLater(queue, kept);
  }

  async #sendBack(entry: CachedMessage, context: ConsumeConcurrentlyContext): Promise<boolean> {
    const { message } = entry;
    try {
      const { brokerName } = context.messageQueue;
      await this.#parts.sendBack.sendBack(message, context.delayLevelWhenNextConsume, brokerName);
      return true;
    } catch (error) {
      message.reconsumeTimes++;
      this.#parts.logger.error(
        `message ${message.msgId} could not be sent back; it is consumed again here in ${resubmitDelayMs} ms`,
        { group: this.#parts.settings.consumerGroup, error },
      );
      return false;
    }
  }

  #resubmitLater(queue: ProcessQueue, entries: readonly CachedMessage[]): void {
    if (this.#stopped) return;
    const timer = this.#parts.clock.setTimeout(() => {
      this.#resubmits.delete(timer);
      if (!queue.dropped) this.submit(queue, entries);
    }, resubmitDelayMs);
    this.#resubmits.add(timer);
  }

  /** Sends back what a listener has had for longer than consumeTimeout: its queue could not advance otherwise. */
  async #cleanExpired(timeoutMs: number): Promise<void> {
    const { processQueues, clock, clustering, logger, sendBack, settings } = this.#parts;
    if (!clustering) return;
    for (const queue of [...processQueues.values()]) {
      for (let i = 0; i < expiredPerRound && !queue.dropped; i++) {
        const entry = queue.first();
        if (entry === undefined || entry.consumeStartMs < 0) break;
        if (clock.monotonicMs() - entry.consumeStartMs <= timeoutMs) break;
        try {
          await sendBack.sendBack(entry.message, expiredDelayLevel, queue.messageQueue.brokerName);
          logger.warn(
            `message ${entry.message.msgId} is still being consumed after ${settings.consumeTimeout} min; it was sent back for retry`,
            { group: settings.consumerGroup },
          );
        } catch (error) {
          logger.error(`message ${entry.message.msgId}, overdue, could not be sent back`, { error });
          break;
        }
        if (!queue.dropped && queue.first() === entry) this.#commit(queue, [entry], clock.monotonicMs());
      }
    }
  }

  #giveTopic(message: ReceivedMessage): void {
    giveApplicationTopic(message, this.#retryTopic, this.#parts.settings.namespace);
  }
}

function directQueue(message: ReceivedMessage): MessageQueue {
  return new MessageQueue(message.topic, message.brokerName ?? '', message.queueId);
}

/** Which messages, for the log. */
function describe(request: ConsumeRequest, group: string): Record<string, unknown> {
  const { queue, entries } = request;
  return {
    group,
    queue: String(queue.messageQueue),
    offsets: entries.map((entry) => entry.offset).join(','),
    msgIds: entries.map((entry) => entry.message.msgId).join(','),
  };
}
