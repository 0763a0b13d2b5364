/**
 * Owns units of consume queues that readers of a backlog will ask for next: one stretch per queue, read from its file at
 * once, for as many queues as were read last.
 *
 * Invariant: what is kept lies below the queue's `filedOffset` and cannot change, unless the queue begins anew: then it
 * does not count.
 */
import type { ConsumeQueue } from '../queue/consume-queue.ts';
import type { QueueFiles } from '../queue/queue-files.ts';
import { UNIT_BYTES } from '../queue/queue-unit.ts';
import type { ColdBuffers } from './cold-buffers.ts';

/** Units read at once: 32 KiB. */
const STRETCH_UNITS = Math.floor((32 * 1024) / UNIT_BYTES);
const QUEUES_MAX = 64;

interface Stretch {
  readonly first: number;
  readonly count: number;
  /** What `restarts` of the queue was. */
  readonly restarts: number;
  readonly bytes: Buffer;
}

export class UnitCache {
  readonly #files: QueueFiles;
  readonly #buffers: ColdBuffers;
  /** In the order of last use. */
  readonly #stretches = new Map<ConsumeQueue, Stretch>();

  constructor(files: QueueFiles, buffers: ColdBuffers) {
    this.#files = files;
    this.#buffers = buffers;
  }

  /** Copies up to `count` units from `first` on, as far as they are kept. Answers how many. */
  copy(queue: ConsumeQueue, first: number, count: number, target: Buffer): number {
    const stretch = this.#stretches.get(queue);
    if (stretch === undefined || stretch.restarts !== queue.restarts) return 0;
    const skipped = first - stretch.first;
    if (skipped < 0 || skipped >= stretch.count) return 0;
    const copied = Math.min(count, stretch.count - skipped);
    stretch.bytes.copy(target, 0, skipped * UNIT_BYTES, (skipped + copied) * UNIT_BYTES);
    return copied;
  }

  /** As `copy`; what is not kept is read from the queue's file, and more with it. Answers 0 when the file is missing. */
  async read(queue: ConsumeQueue, first: number, count: number, target: Buffer): Promise<number> {
    const kept = this.copy(queue, first, count, target);
    if (kept > 0) return kept;
    const { restarts } = queue;
    const ahead = Math.min(STRETCH_UNITS, queue.filedOffset - first);
    const bytes = this.#buffers.take(STRETCH_UNITS * UNIT_BYTES);
    const got = await this.#files.read(queue.folder, first, ahead, bytes);
    const copied = Math.min(count, got);
    bytes.copy(target, 0, 0, copied * UNIT_BYTES);
    if (got > 0 && restarts === queue.restarts && !queue.deleted) {
      this.#keep(queue, { first, count: got, restarts, bytes });
    } else {
      this.#buffers.give(bytes);
    }
    return copied;
  }

  #keep(queue: ConsumeQueue, stretch: Stretch): void {
    this.#forget(queue);
    this.#stretches.set(queue, stretch);
    if (this.#stretches.size <= QUEUES_MAX) return;
    for (const oldest of this.#stretches.keys()) {
      this.#forget(oldest);
      return;
    }
  }

  #forget(queue: ConsumeQueue): void {
    const stretch = this.#stretches.get(queue);
    if (stretch === undefined) return;
    this.#stretches.delete(queue);
    this.#buffers.give(stretch.bytes);
  }
}
