/**
 * Messages that were pulled and wait to be polled by the application: what a lite pull consumer has in place of a
 * listener.
 *
 * Invariants: what was handed out is committed only once the application says so (`settle`); messages of a queue that was
 * dropped, or in which was sought, are not handed out any more, nor committed.
 */
import type { Timer } from '@rocketmq-ts/platform';
import type { ConsumeMessageDirectlyResult } from '@rocketmq-ts/protocol';
import type { MessageQueue } from '../message/message-queue.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Consuming } from './consume-hooks.ts';
import type { ConsumeService } from './consume-service.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import type { CachedMessage, ProcessQueue } from './process-queue.ts';

interface Waiting {
  readonly queue: ProcessQueue;
  readonly entry: CachedMessage;
}

interface Poll {
  readonly maxMessages: number;
  readonly resolve: (messages: ReceivedMessage[]) => void;
  readonly timer: Timer;
}

export class PollBuffer implements ConsumeService {
  readonly #parts: ConsumerParts;
  #waiting: Waiting[] = [];
  #next = 0;
  readonly #handedOut = new Map<ProcessQueue, CachedMessage[]>();
  readonly #polls: Poll[] = [];
  /** What hooks have seen handed out. */
  #hooked: Consuming[] = [];
  #stopped = false;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
  }

  start(): void {}

  submit(queue: ProcessQueue, added: readonly CachedMessage[]): void {
    for (const entry of added) this.#waiting.push({ queue, entry });
    while (this.#polls.length > 0) {
      const [poll] = this.#polls;
      const messages = this.#take(poll.maxMessages);
      if (messages.length === 0) return;
      this.#polls.shift();
      poll.timer.cancel();
      poll.resolve(messages);
    }
  }

  /** Up to `maxMessages`, as soon as there is one; none after `timeoutMs`, or when the consumer shuts down. */
  poll(maxMessages: number, timeoutMs: number): Promise<ReceivedMessage[]> {
    const messages = this.#take(maxMessages);
    if (messages.length > 0 || timeoutMs <= 0 || this.#stopped) return Promise.resolve(messages);
    return new Promise((resolve) => {
      const timer = this.#parts.clock.setTimeout(() => {
        this.#polls.splice(
          this.#polls.findIndex((each) => each.timer === timer),
          1,
        );
        resolve([]);
      }, timeoutMs);
      this.#polls.push({ maxMessages, resolve, timer });
    });
  }

  #take(maxMessages: number): ReceivedMessage[] {
    const messages: ReceivedMessage[] = [];
    while (messages.length < maxMessages && this.#next < this.#waiting.length) {
      const { queue, entry } = this.#waiting[this.#next++];
      if (queue.dropped || entry.done) continue;
      entry.consumeStartMs = this.#parts.clock.monotonicMs();
      messages.push(entry.message);
      const handedOut = this.#handedOut.get(queue);
      if (handedOut === undefined) this.#handedOut.set(queue, [entry]);
      else handedOut.push(entry);
    }
    if (this.#next === this.#waiting.length || this.#next >= 1024) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    if (messages.length > 0 && this.#parts.hooks.active) this.#beginHooked(messages);
    return messages;
  }

  /** To hooks, the messages of one queue are one batch. */
  #beginHooked(messages: readonly ReceivedMessage[]): void {
    const byQueue = new Map<MessageQueue, ReceivedMessage[]>();
    for (const [{ messageQueue }, entries] of this.#handedOut) {
      const ofQueue = entries.map((entry) => entry.message).filter((message) => messages.includes(message));
      if (ofQueue.length > 0) byQueue.set(messageQueue, ofQueue);
    }
    for (const [queue, ofQueue] of byQueue) {
      const shown = this.#parts.settings.namespace.stripQueue(queue);
      const hooked = this.#parts.hooks.before(ofQueue, shown);
      if (hooked !== undefined) this.#hooked.push(hooked);
    }
  }

  /** What was handed out is consumed: its offsets may be stored. */
  settle(): void {
    const { offsets, stats, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    for (const [queue, entries] of this.#handedOut) {
      if (queue.dropped) continue;
      const offset = queue.remove(entries, nowMs);
      if (offset >= 0) offsets.updateOffset(queue.messageQueue, offset, true);
      const took = nowMs - (entries[0]?.consumeStartMs ?? nowMs);
      stats.consumed(queue.messageQueue.topic, entries.length, 0, took);
    }
    this.#handedOut.clear();
    for (const hooked of this.#hooked.splice(0)) {
      const outcome = { success: true, status: 'CONSUME_SUCCESS', how: 'SUCCESS' } as const;
      this.#parts.hooks.after(hooked, outcome, this.#parts.settings.consumeTimeout * 60_000);
    }
  }

  concurrencyChanged(): void {}

  async consumeDirectly(): Promise<ConsumeMessageDirectlyResult> {
    return {
      order: false,
      autoCommit: true,
      consumeResult: 'CR_THROW_EXCEPTION',
      remark: 'a lite pull consumer has no listener',
      spentTimeMills: 0,
    };
  }

  async whenIdle(): Promise<boolean> {
    return true;
  }

  async shutdown(): Promise<number> {
    this.#stopped = true;
    for (const poll of this.#polls.splice(0)) {
      poll.timer.cancel();
      poll.resolve([]);
    }
    return 0;
  }
}
