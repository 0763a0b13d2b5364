/** Where a group's consumed offsets are kept: RocketMQ's OffsetStore. */
import type { QueueOffset } from '../instance/members.ts';
import type { MessageQueue } from '../message/message-queue.ts';

/** What was never consumed has this offset. */
export const noOffset = -1;
/** The offset could not be read; try again later. */
export const unreadableOffset = -2;

export interface OffsetStore {
  /** Called once, before anything else. Rejects when the stored offsets cannot be read. */
  load(): Promise<void>;
  /** Notes an offset in memory; with `increaseOnly`, not if a higher one is there. */
  updateOffset(queue: MessageQueue, offset: number, increaseOnly: boolean): void;
  /** The offset in memory, or -1. */
  memoryOffset(queue: MessageQueue): number;
  /** The stored offset, -1 when there is none, -2 when it could not be read. Never rejects. */
  readOffset(queue: MessageQueue): Promise<number>;
  /** Stores the offsets of these queues, and forgets all others. Never rejects. `acknowledged`: waits for the answer. */
  persistAll(queues: readonly MessageQueue[], acknowledged: boolean): Promise<void>;
  /** Stores one offset; resolves once it is stored, or that failed. */
  persist(queue: MessageQueue): Promise<void>;
  /** Forgets an offset in memory. */
  removeOffset(queue: MessageQueue): void;
  /** Offsets in memory, of one topic. */
  offsets(topic: string): QueueOffset[];
}

/** The part that all stores have in common: offsets in memory. */
export class OffsetTable {
  readonly #table = new Map<string, { readonly messageQueue: MessageQueue; offset: number }>();

  get(queue: MessageQueue): number {
    return this.#table.get(queue.key)?.offset ?? noOffset;
  }

  update(queue: MessageQueue, offset: number, increaseOnly: boolean): void {
    const entry = this.#table.get(queue.key);
    if (entry === undefined) this.#table.set(queue.key, { messageQueue: queue, offset });
    else if (!increaseOnly || offset > entry.offset) entry.offset = offset;
  }

  delete(queue: MessageQueue): void {
    this.#table.delete(queue.key);
  }

  /** Drops every queue but these. */
  retain(queues: readonly MessageQueue[]): void {
    const keys = new Set(queues.map((queue) => queue.key));
    for (const key of this.#table.keys()) if (!keys.has(key)) this.#table.delete(key);
  }

  entries(): Iterable<QueueOffset> {
    return this.#table.values();
  }

  ofTopic(topic: string): QueueOffset[] {
    return [...this.#table.values()]
      .filter((entry) => topic === '' || entry.messageQueue.topic === topic)
      .map((entry) => ({ ...entry }));
  }
}
