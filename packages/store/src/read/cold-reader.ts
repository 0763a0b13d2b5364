/**
 * Owns reading those parts of the log that have left memory: off the loop, in blocks, some of which are kept because
 * readers that are behind mostly read on, and often several of them the same.
 *
 * Invariants: only blocks of bytes that can no longer change are kept; kept bytes stay below `cacheBytes`; one call reads
 * at most RUN_BYTES unless a single record is larger; bytes are not verified here. The memory of a block is used again
 * once it is neither kept nor read by anybody.
 */
import type { LogFiles } from '../log/log-files.ts';
import { ColdBuffers } from './cold-buffers.ts';

const RUN_BYTES = 1024 * 1024;
/** Memory kept for the next reads. */
const FREE_BYTES = 4 * 1024 * 1024;
/** Pulls that read from disk at the same time; more wait. */
const MAX_READERS = 32;
/** Read calls under way for one pull. */
const LANES = 4;

/** A stretch of the log, shorter than a whole block where the log ends. */
interface Block {
  readonly memory: Buffer;
  readonly sizeBytes: number;
  /** Reads under way that look at it. */
  users: number;
  kept: boolean;
}

interface Run {
  readonly offset: number;
  readonly sizeBytes: number;
}

export class ColdReader {
  readonly #files: LogFiles;
  readonly #cacheBytes: number;
  readonly #blockBytes: number;
  readonly #writtenOffset: () => number;
  /** Also for the answers that are made of the blocks. */
  readonly buffers = new ColdBuffers(FREE_BYTES);
  /** By offset of the first byte, in the order of last use. */
  readonly #blocks = new Map<number, Block>();
  #keptBytes = 0;
  #readers = 0;
  readonly #waiting: (() => void)[] = [];
  readCount = 0;

  constructor(files: LogFiles, cacheBytes: number, blockBytes: number, writtenOffset: () => number) {
    this.#files = files;
    this.#cacheBytes = cacheBytes;
    this.#blockBytes = blockBytes;
    this.#writtenOffset = writtenOffset;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /**
   * Copies `count` ranges of the log, each in one file, one after the other into `target`. Answers, per range, whether
   * its bytes are there: a file may have been removed, or be unreadable (then `onError` is told).
   */
  async read(
    offsets: readonly number[],
    sizes: readonly number[],
    count: number,
    target: Buffer,
    onError: (offset: number, error: unknown) => void,
  ): Promise<boolean[]> {
    if (this.#readers >= MAX_READERS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#readers++;
    const blocks = new Map<number, Block>();
    try {
      await this.#load(offsets, sizes, count, blocks, onError);
      const present: boolean[] = [];
      let at = 0;
      for (let i = 0; i < count; i++) {
        present.push(this.#copy(blocks, offsets[i] as number, sizes[i] as number, target, at));
        at += sizes[i] as number;
      }
      return present;
    } finally {
      for (const block of blocks.values()) {
        block.users--;
        this.#reuse(block);
      }
      this.#readers--;
      this.#waiting.shift()?.();
    }
  }

  /** As `read`, of blocks that are kept; answers false, and has copied nothing, when one of them is not. */
  readKept(offsets: readonly number[], sizes: readonly number[], target: Buffer): boolean {
    let start = -1;
    let block: Block | undefined;
    for (let i = 0; i < offsets.length; i++) {
      const offset = offsets[i] as number;
      const end = offset + (sizes[i] as number);
      for (let at = this.#blockStart(offset); at < end; at += this.#blockLength(at)) {
        if (at === start) continue;
        start = at;
        block = this.#blocks.get(at);
        if (block === undefined) return false;
        this.#blocks.delete(at);
        this.#blocks.set(at, block);
      }
    }
    let at = 0;
    for (let i = 0; i < offsets.length; i++) {
      const size = sizes[i] as number;
      this.#copy(this.#blocks, offsets[i] as number, size, target, at);
      at += size;
    }
    return true;
  }

  /** Lets go of what is kept. */
  clear(): void {
    for (const block of this.#blocks.values()) block.kept = false;
    this.#blocks.clear();
    this.#keptBytes = 0;
    this.buffers.clear();
  }

  async #load(
    offsets: readonly number[],
    sizes: readonly number[],
    count: number,
    blocks: Map<number, Block>,
    onError: (offset: number, error: unknown) => void,
  ): Promise<void> {
    const missing: number[] = [];
    const asked = new Set<number>();
    for (let i = 0; i < count; i++) {
      const end = (offsets[i] as number) + (sizes[i] as number);
      for (
        let start = this.#blockStart(offsets[i] as number);
        start < end;
        start += this.#blockLength(start)
      ) {
        if (asked.has(start)) continue;
        asked.add(start);
        const kept = this.#blocks.get(start);
        if (kept === undefined) {
          missing.push(start);
        } else {
          this.#blocks.delete(start);
          this.#blocks.set(start, kept);
          use(blocks, start, kept);
        }
      }
    }
    const runs = this.#runsOf(missing.sort((a, b) => a - b));
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < runs.length) {
        const run = runs[next++] as Run;
        try {
          await this.#readRun(run, blocks);
        } catch (error) {
          onError(run.offset, error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(LANES, runs.length) }, lane));
  }

  /** Adjacent blocks of one file are read by one call. */
  #runsOf(starts: readonly number[]): Run[] {
    const runs: Run[] = [];
    for (const start of starts) {
      const length = this.#blockLength(start);
      const last = runs[runs.length - 1];
      const adjacent = last !== undefined && last.offset + last.sizeBytes === start;
      const sameFile = last !== undefined && this.#files.baseOf(last.offset) === this.#files.baseOf(start);
      if (last !== undefined && adjacent && sameFile && last.sizeBytes + length <= RUN_BYTES) {
        runs[runs.length - 1] = { offset: last.offset, sizeBytes: last.sizeBytes + length };
      } else {
        runs.push({ offset: start, sizeBytes: length });
      }
    }
    return runs;
  }

  async #readRun(run: Run, blocks: Map<number, Block>): Promise<void> {
    const limit = this.#writtenOffset();
    const wanted = Math.min(run.sizeBytes, limit - run.offset);
    if (wanted <= 0 || !this.#files.has(this.#files.baseOf(run.offset))) return;
    const buffer = this.buffers.take(wanted);
    this.readCount++;
    const count = await this.#files.read(run.offset, buffer, 0, wanted);
    const single = run.sizeBytes <= this.#blockLength(run.offset);
    for (let at = 0; at < count; ) {
      const start = run.offset + at;
      const length = this.#blockLength(start);
      const sizeBytes = Math.min(length, count - at);
      let memory = buffer;
      if (!single) {
        memory = this.buffers.take(sizeBytes);
        buffer.copy(memory, 0, at, at + sizeBytes);
      }
      const block: Block = { memory, sizeBytes, users: 0, kept: false };
      use(blocks, start, block);
      if (sizeBytes === length) this.#keep(start, block);
      at += length;
    }
    if (!single || count <= 0) this.buffers.give(buffer);
  }

  #keep(start: number, block: Block): void {
    if (this.#cacheBytes < block.sizeBytes || this.#blocks.has(start)) return;
    this.#blocks.set(start, block);
    block.kept = true;
    this.#keptBytes += block.sizeBytes;
    for (const [oldest, other] of this.#blocks) {
      if (this.#keptBytes <= this.#cacheBytes) break;
      this.#blocks.delete(oldest);
      this.#keptBytes -= other.sizeBytes;
      other.kept = false;
      this.#reuse(other);
    }
  }

  #reuse(block: Block): void {
    if (block.users === 0 && !block.kept) this.buffers.give(block.memory);
  }

  #copy(
    blocks: ReadonlyMap<number, Block>,
    offset: number,
    size: number,
    target: Buffer,
    at: number,
  ): boolean {
    let done = 0;
    while (done < size) {
      const position = offset + done;
      const start = this.#blockStart(position);
      const block = blocks.get(start);
      if (block === undefined || position - start >= block.sizeBytes) return false;
      const end = Math.min(block.sizeBytes, position - start + size - done);
      done += block.memory.copy(target, at + done, position - start, end);
    }
    return true;
  }

  #blockStart(offset: number): number {
    const inFile = offset % this.#files.fileBytes;
    return offset - (inFile % this.#blockBytes);
  }

  /** Blocks end with their file. */
  #blockLength(start: number): number {
    return Math.min(this.#blockBytes, this.#files.fileBytes - (start % this.#files.fileBytes));
  }
}

function use(blocks: Map<number, Block>, start: number, block: Block): void {
  block.users++;
  blocks.set(start, block);
}
