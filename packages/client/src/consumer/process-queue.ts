/**
 * The messages of one queue that were pulled and are not yet done with: RocketMQ's ProcessQueue.
 *
 * Invariants: entries are in ascending offset order; the first entry is never done, so its offset is what may be
 * committed: everything before it is finished. Orderly consumption takes from the front: entries before `#cursor` are
 * being consumed, those from it on wait.
 *
 * A dropped queue belongs to another client (or is about to be re-added): nothing of it is consumed or committed any
 * more, though a running listener is not interrupted.
 */
import type { MessageQueue } from '../message/message-queue.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

/** One cached message. `consumeStartMs` is -1 until a listener gets it. */
export class CachedMessage {
  readonly message: ReceivedMessage;
  readonly offset: number;
  readonly sizeBytes: number;
  consumeStartMs = -1;
  done = false;

  constructor(message: ReceivedMessage) {
    this.message = message;
    this.offset = message.queueOffset;
    this.sizeBytes = message.body.length;
  }
}

/** The broker's lock on an orderly queue counts as lost after this long without renewal, milliseconds. */
export const rebalanceLockMaxLiveMs = 30000;
/** A queue that was not pulled for this long is dropped and added again, milliseconds. */
export const pullMaxIdleMs = 120000;
const compactAfter = 1024;

export class ProcessQueue {
  readonly messageQueue: MessageQueue;
  dropped = false;
  /** Whether the application wants nothing pulled. */
  paused = false;
  /** Orderly: whether the broker has given this client the queue. */
  locked = false;
  /** Monotonic times in milliseconds, as are all that are passed in. */
  lastLockMs: number;
  lastPullMs: number;
  lastConsumeMs: number;
  /** Whether the puller waits on purpose: for room, for the lock, or for the consumer to be resumed. */
  pullWaits = false;
  tryUnlockTimes = 0;
  /** Called whenever entries have gone: set while the puller waits for room. */
  onRoom: (() => void) | undefined;
  msgCount = 0;
  msgSizeBytes = 0;
  /** How far the queue's end is ahead of the last pulled message. */
  msgAccCnt = 0;
  #entries: CachedMessage[] = [];
  #head = 0;
  #cursor = 0;
  #queueOffsetMax = -1;

  constructor(messageQueue: MessageQueue, nowMs: number) {
    this.messageQueue = messageQueue;
    this.lastLockMs = nowMs;
    this.lastPullMs = nowMs;
    this.lastConsumeMs = nowMs;
  }

  isLockExpired(nowMs: number): boolean {
    return nowMs - this.lastLockMs > rebalanceLockMaxLiveMs;
  }

  isPullExpired(nowMs: number): boolean {
    return !this.pullWaits && nowMs - this.lastPullMs > pullMaxIdleMs;
  }

  get isEmpty(): boolean {
    return this.#head === this.#entries.length;
  }

  /** The first offset not done with, or -1. */
  get minOffset(): number {
    return this.isEmpty ? -1 : this.#entries[this.#head].offset;
  }

  /** The last cached offset, or -1. */
  get maxOffset(): number {
    return this.isEmpty ? -1 : this.#entries[this.#entries.length - 1].offset;
  }

  get maxSpan(): number {
    return this.isEmpty ? 0 : this.maxOffset - this.minOffset;
  }

  /** Entries an orderly listener has taken and not committed. */
  get consumingCount(): number {
    return this.#cursor - this.#head;
  }

  get consumingMinOffset(): number {
    return this.consumingCount === 0 ? 0 : this.#entries[this.#head].offset;
  }

  get consumingMaxOffset(): number {
    return this.consumingCount === 0 ? 0 : this.#entries[this.#cursor - 1].offset;
  }

  /** Caches what was pulled; answers the new entries, without those whose offset is cached already. */
  put(messages: readonly ReceivedMessage[]): CachedMessage[] {
    const added: CachedMessage[] = [];
    for (const message of messages) {
      const entry = new CachedMessage(message);
      if (this.isEmpty || entry.offset > this.maxOffset) this.#entries.push(entry);
      else if (!this.#insert(entry)) continue;
      if (entry.offset > this.#queueOffsetMax) this.#queueOffsetMax = entry.offset;
      this.msgCount++;
      this.msgSizeBytes += entry.sizeBytes;
      added.push(entry);
    }
    return added;
  }

  /** Only after an offset went backwards. False when the offset is cached. */
  #insert(entry: CachedMessage): boolean {
    let position = this.#cursor;
    while (position < this.#entries.length && this.#entries[position].offset < entry.offset) position++;
    const taken = this.#entries
      .slice(this.#head)
      .some((cached) => cached.offset === entry.offset && !cached.done);
    if (taken) return false;
    this.#entries.splice(position, 0, entry);
    return true;
  }

  /**
   * Concurrent: done with these. Answers the offset that may be committed, or -1 when nothing was cached.
   */
  remove(entries: readonly CachedMessage[], nowMs: number): number {
    this.lastConsumeMs = nowMs;
    if (this.isEmpty) return -1;
    for (const entry of entries) this.#finish(entry);
    while (this.#head < this.#entries.length && this.#entries[this.#head].done) this.#head++;
    this.#cursor = this.#head;
    this.#compact();
    this.#madeRoom();
    return this.isEmpty ? this.#queueOffsetMax + 1 : this.minOffset;
  }

  #finish(entry: CachedMessage): void {
    if (entry.done) return;
    entry.done = true;
    this.msgCount--;
    this.msgSizeBytes -= entry.sizeBytes;
  }

  /** The oldest entry, unless nothing is cached. */
  first(): CachedMessage | undefined {
    return this.isEmpty ? undefined : this.#entries[this.#head];
  }

  /** Orderly: the next messages, to be committed or put back. */
  take(batchSize: number, nowMs: number): CachedMessage[] {
    this.lastConsumeMs = nowMs;
    const taken = this.#entries.slice(this.#cursor, this.#cursor + batchSize);
    this.#cursor += taken.length;
    return taken;
  }

  /** Orderly: whether messages wait to be taken. */
  get hasWaiting(): boolean {
    return this.#cursor < this.#entries.length;
  }

  /** Orderly: done with all that was taken. Answers the offset that may be committed, or -1 when nothing was taken. */
  commit(): number {
    if (this.consumingCount === 0) return -1;
    const next = this.#entries[this.#cursor - 1].offset + 1;
    for (let i = this.#head; i < this.#cursor; i++) this.#finish(this.#entries[i]);
    this.#head = this.#cursor;
    this.#compact();
    this.#madeRoom();
    return next;
  }

  /** Orderly: all that was taken waits again. */
  rollback(): void {
    this.#cursor = this.#head;
  }

  /** Orderly: the last `count` taken wait again. */
  putBack(count: number): void {
    this.#cursor = Math.max(this.#head, this.#cursor - count);
  }

  clear(): void {
    for (let i = this.#head; i < this.#entries.length; i++) this.#entries[i].done = true;
    this.#entries = [];
    this.#head = 0;
    this.#cursor = 0;
    this.msgCount = 0;
    this.msgSizeBytes = 0;
    this.#queueOffsetMax = -1;
  }

  #madeRoom(): void {
    const { onRoom } = this;
    if (onRoom !== undefined) onRoom();
  }

  #compact(): void {
    if (this.#head === this.#entries.length) {
      this.#entries = [];
    } else if (this.#head >= compactAfter && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
    } else {
      return;
    }
    this.#cursor -= this.#head;
    this.#head = 0;
  }
}
