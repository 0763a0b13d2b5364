/**
 * Owns what a pull found: spans of memory that hold whole records, to be sent without looking into them.
 *
 * Invariants: spans are in queue order and each holds one or more whole records; adjacent records share a span. Without
 * a pin the memory of the spans is good until the caller returns to the event loop or resets the result; with one, until
 * it is released. Spans read from disk live in memory that is this result's alone; a reset, or a pin's release, gives it
 * back for other reads.
 *
 * Counterpart in RocketMQ: GetMessageResult.
 */
import type { LogChunk, LogMemory, LogPin } from '../log/log-memory.ts';
import type { ColdBuffers } from './cold-buffers.ts';
import { GetMessageStatus } from './get-message-status.ts';

export class GetResult {
  status: GetMessageStatus = GetMessageStatus.NO_MESSAGE_IN_QUEUE;
  /** Where the next pull should start. */
  nextBeginOffset = 0;
  minOffset = 0;
  maxOffset = 0;
  /** The reader is so far behind that a slave should serve it. */
  suggestPullingFromSlave = false;
  /** Bytes of log between the last unit looked at and the end. */
  fallBehindBytes = 0;
  /** Records and their bytes. */
  count = 0;
  sizeBytes = 0;
  spanCount = 0;
  readonly spanBuffers: Buffer[] = [];
  readonly spanStarts: number[] = [];
  readonly spanEnds: number[] = [];
  /** Pieces of log memory behind the spans; undefined for memory of their own. */
  readonly #chunks: (LogChunk | undefined)[] = [];
  #memory: LogMemory | undefined;
  /** Memory of what was read from disk, and where it goes afterwards. */
  readonly #owned: Buffer[] = [];
  #buffers: ColdBuffers | undefined;

  reset(): void {
    this.status = GetMessageStatus.NO_MESSAGE_IN_QUEUE;
    this.nextBeginOffset = 0;
    this.minOffset = 0;
    this.maxOffset = 0;
    this.suggestPullingFromSlave = false;
    this.fallBehindBytes = 0;
    this.dropSpans();
  }

  /** Lets go of the memory; the numbers stay. */
  dropSpans(): void {
    this.count = 0;
    this.sizeBytes = 0;
    for (let i = 0; i < this.spanCount; i++) {
      this.spanBuffers[i] = EMPTY;
      this.#chunks[i] = undefined;
    }
    this.spanCount = 0;
    this.#memory = undefined;
    if (this.#buffers === undefined) return;
    for (const buffer of this.#owned) this.#buffers.give(buffer);
    this.#owned.length = 0;
    this.#buffers = undefined;
  }

  /** Adds one record of log memory. */
  addFromMemory(memory: LogMemory, chunk: LogChunk, start: number, end: number): void {
    this.#memory = memory;
    this.#add(chunk.buffer, chunk, start, end);
  }

  /** Adds one record that lies in memory of this result's own, which goes back to `buffers` when it is done with. */
  addOwned(buffer: Buffer, start: number, end: number, buffers?: ColdBuffers): void {
    if (buffers !== undefined) {
      if (this.#owned[this.#owned.length - 1] !== buffer) this.#owned.push(buffer);
      this.#buffers = buffers;
    }
    this.#add(buffer, undefined, start, end);
  }

  #add(buffer: Buffer, chunk: LogChunk | undefined, start: number, end: number): void {
    this.count++;
    this.sizeBytes += end - start;
    const last = this.spanCount - 1;
    if (last >= 0 && this.spanBuffers[last] === buffer && this.spanEnds[last] === start) {
      this.spanEnds[last] = end;
      return;
    }
    const index = this.spanCount++;
    this.spanBuffers[index] = buffer;
    this.spanStarts[index] = start;
    this.spanEnds[index] = end;
    this.#chunks[index] = chunk;
  }

  /** Copies all spans to `target` at `position`; answers the position after them. */
  copyTo(target: Uint8Array, position: number): number {
    for (let i = 0; i < this.spanCount; i++) {
      position += (this.spanBuffers[i] as Buffer).copy(
        target,
        position,
        this.spanStarts[i] as number,
        this.spanEnds[i] as number,
      );
    }
    return position;
  }

  /**
   * Keeps the memory of the spans from being reused until the pin is released. `onCutOff` is called when unfinished
   * readers hold too much memory and this is the oldest: drop the connection; release the pin as always.
   * Undefined when the spans need no pin.
   */
  pin(onCutOff: () => void): Pick<LogPin, 'release'> | undefined {
    if (this.#memory === undefined) return this.#pinOwned();
    return this.#memory.pin(this.#chunks, this.spanCount, onCutOff);
  }

  /** From now on the memory is the pin's. */
  #pinOwned(): OwnedPin | undefined {
    if (this.#buffers === undefined) return undefined;
    const pin = new OwnedPin(this.#buffers, [...this.#owned]);
    this.#owned.length = 0;
    this.#buffers = undefined;
    return pin;
  }
}

class OwnedPin {
  readonly #buffers: ColdBuffers;
  readonly #owned: Buffer[];

  constructor(buffers: ColdBuffers, owned: Buffer[]) {
    this.#buffers = buffers;
    this.#owned = owned;
  }

  release(): void {
    for (const buffer of this.#owned) this.#buffers.give(buffer);
    this.#owned.length = 0;
  }
}

const EMPTY = Buffer.alloc(0);

/** Decides which records a pull returns. */
export interface MessageFilter {
  /** By the hash of the tag. Not asked for units that hold no hash. */
  matchesTagsCode(tagsCode: number): boolean;
  /** By the record itself, which starts at `start` of `buffer`; read it during the call only. */
  matchesRecord?(buffer: Buffer, start: number): boolean;
}
