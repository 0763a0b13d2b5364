/**
 * Owns writing queue units to their files: in batches, late, a slice of queues at a time, so that many queues do not hold
 * up the loop.
 *
 * Invariant: a queue with units not yet in its file is in the list of dirty ones.
 *
 * Counterpart in RocketMQ: FlushConsumeQueueService.
 */
import type { Clock } from '@rocketmq-ts/platform';
import type { ConsumeQueue } from './consume-queue.ts';
import { UNIT_BYTES } from './queue-unit.ts';

const PAGE_BYTES = 4096;
/** Milliseconds of writing before others get their turn of the loop. */
const SLICE_MS = 3;

export class QueueFlusher {
  readonly #clock: Clock;
  #dirty: ConsumeQueue[] = [];
  /** Queues that hold memory for units and may be able to let it go. */
  #resident: ConsumeQueue[] = [];
  #running: Promise<void> = Promise.resolve();
  readonly #memoryStartOffset: () => number;
  #trimmedAt = -1;

  /** `memoryStartOffset` tells below which offset records have left the log's memory. */
  constructor(clock: Clock, memoryStartOffset: () => number) {
    this.#clock = clock;
    this.#memoryStartOffset = memoryStartOffset;
  }

  /** To be called when a queue has got units; cheap when it is known already. */
  note(queue: ConsumeQueue): void {
    queue.quiet = false;
    if (queue.dirty) return;
    queue.dirty = true;
    this.#dirty.push(queue);
  }

  get dirtyCount(): number {
    return this.#dirty.length;
  }

  /** Writes queues with at least so many unwritten pages; 0 writes all. Rejects as the file system does. */
  flush(leastPages: number): Promise<void> {
    const run = this.#running.then(() => this.#flush(leastPages));
    this.#running = run.catch(() => {});
    return run;
  }

  async #flush(leastPages: number): Promise<void> {
    const queues = this.#dirty;
    this.#dirty = [];
    const least = Math.max(1, Math.ceil((leastPages * PAGE_BYTES) / UNIT_BYTES));
    let sliceEndMs = this.#clock.monotonicMs() + SLICE_MS;
    let index = 0;
    try {
      for (; index < queues.length; index++) {
        const queue = queues[index] as ConsumeQueue;
        if (queue.deleted) {
          queue.dirty = false;
          continue;
        }
        const waiting = queue.writtenOffset - queue.filedOffset;
        if (waiting > 0 && waiting >= least) {
          queue.file();
          if (this.#clock.monotonicMs() > sliceEndMs) {
            await this.#pause();
            sliceEndMs = this.#clock.monotonicMs() + SLICE_MS;
          }
        }
        if (queue.filedOffset < queue.nextOffset) {
          this.#dirty.push(queue);
        } else {
          queue.dirty = false;
          if (!queue.resident) this.#resident.push(queue);
          queue.resident = true;
        }
      }
    } finally {
      // What a refusing disk left over stays on the list.
      for (; index < queues.length; index++) this.#dirty.push(queues[index] as ConsumeQueue);
    }
    await this.#trim(leastPages === 0);
  }

  /** Lets units of records that have left memory go, and, at a thorough look, all of queues that had a quiet time. */
  async #trim(thorough: boolean): Promise<void> {
    const start = this.#memoryStartOffset();
    if (start === this.#trimmedAt && !thorough) return;
    this.#trimmedAt = start;
    const queues = this.#resident;
    this.#resident = [];
    for (let index = 0; index < queues.length; index++) {
      const queue = queues[index] as ConsumeQueue;
      const keep = !queue.deleted && (queue.dirty || !queue.trimMemory(queue.quiet));
      if (thorough) queue.quiet = true;
      if (keep) this.#resident.push(queue);
      else queue.resident = false;
      if (index % 4096 === 4095) await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#clock.setImmediate(resolve));
  }
}
