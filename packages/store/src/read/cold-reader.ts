/**
 * Owns reading those parts of the log that have left memory: off the loop, in blocks, some of which are kept because
 * readers that are behind mostly read on, and often several of them the same.
 *
 * Invariants: only blocks of bytes that can no longer change are kept; kept bytes stay below `cacheBytes`; one call reads
 * at most RUN_BYTES unless a single record is larger; bytes are not verified here.
 */
import type { LogFiles } from '../log/log-files.ts';

const RUN_BYTES = 1024 * 1024;
/** Pulls that read from disk at the same time; more wait. */
const MAX_READERS = 32;
/** Read calls under way for one pull. */
const LANES = 4;

interface Run {
  readonly offset: number;
  readonly sizeBytes: number;
}

export class ColdReader {
  readonly #files: LogFiles;
  readonly #cacheBytes: number;
  readonly #blockBytes: number;
  readonly #writtenOffset: () => number;
  /** By offset of the first byte, in the order of last use. */
  readonly #blocks = new Map<number, Buffer>();
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
    try {
      const blocks = await this.#load(offsets, sizes, count, onError);
      const present: boolean[] = [];
      let at = 0;
      for (let i = 0; i < count; i++) {
        present.push(this.#copy(blocks, offsets[i] as number, sizes[i] as number, target, at));
        at += sizes[i] as number;
      }
      return present;
    } finally {
      this.#readers--;
      this.#waiting.shift()?.();
    }
  }

  /** Lets go of what is kept. */
  clear(): void {
    this.#blocks.clear();
    this.#keptBytes = 0;
  }

  async #load(
    offsets: readonly number[],
    sizes: readonly number[],
    count: number,
    onError: (offset: number, error: unknown) => void,
  ): Promise<Map<number, Buffer>> {
    const blocks = new Map<number, Buffer>();
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
          blocks.set(start, kept);
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
    return blocks;
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

  async #readRun(run: Run, blocks: Map<number, Buffer>): Promise<void> {
    const limit = this.#writtenOffset();
    const wanted = Math.min(run.sizeBytes, limit - run.offset);
    if (wanted <= 0 || !this.#files.has(this.#files.baseOf(run.offset))) return;
    const buffer = Buffer.allocUnsafeSlow(wanted);
    this.readCount++;
    const count = await this.#files.read(run.offset, buffer, 0, wanted);
    for (let at = 0; at < count; ) {
      const start = run.offset + at;
      const length = this.#blockLength(start);
      const whole = at + length <= count;
      // A copy, so that one kept block does not keep the whole run.
      const block =
        whole && run.sizeBytes > length ? Buffer.from(buffer.subarray(at, at + length)) : undefined;
      blocks.set(start, block ?? buffer.subarray(at, Math.min(at + length, count)));
      if (whole) this.#keep(start, blocks.get(start) as Buffer);
      at += length;
    }
  }

  #keep(start: number, block: Buffer): void {
    if (this.#cacheBytes < block.length || this.#blocks.has(start)) return;
    this.#blocks.set(start, block);
    this.#keptBytes += block.length;
    for (const [oldest, buffer] of this.#blocks) {
      if (this.#keptBytes <= this.#cacheBytes) break;
      this.#blocks.delete(oldest);
      this.#keptBytes -= buffer.length;
    }
  }

  #copy(blocks: Map<number, Buffer>, offset: number, size: number, target: Buffer, at: number): boolean {
    let done = 0;
    while (done < size) {
      const position = offset + done;
      const start = this.#blockStart(position);
      const block = blocks.get(start);
      if (block === undefined || position - start >= block.length) return false;
      done += block.copy(
        target,
        at + done,
        position - start,
        Math.min(block.length, position - start + size - done),
      );
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
