/**
 * Owns finding the last unit of a queue file that counts: whole, and of a record below a given offset of the log.
 *
 * Invariant: the units that count lie together at the start of the file, because those below that offset are known to be
 * durable; so a search by halves finds their end. Most files are short, so it begins with the first block.
 *
 * A start that dies while it clears units of records that did not survive may leave one of them half cleared, with a smaller
 * offset that counts. Offsets never decrease, which tells; the file is then read from its beginning.
 */
import type { QueueFiles } from './queue-files.ts';
import { FILLER_SIZE, readUnit, UNIT_BYTES } from './queue-unit.ts';

const BLOCK_UNITS = 204;
const BLOCK = Buffer.allocUnsafeSlow(BLOCK_UNITS * UNIT_BYTES);

export interface TailFound {
  readonly count: number;
  /** Of the last unit that counts; -1 for a filler, or without any. */
  readonly lastPhysicalOffset: number;
}

export class QueueTail {
  readonly #files: QueueFiles;
  readonly #folder: string;
  readonly #start: number;
  readonly #below: number;
  #read = 0;

  constructor(files: QueueFiles, folder: string, start: number, below: number) {
    this.#files = files;
    this.#folder = folder;
    this.#start = start;
    this.#below = below;
  }

  find(): TailFound {
    const blocks = Math.ceil(this.#files.unitsPerFile / BLOCK_UNITS);
    // The last block whose first unit counts.
    let low = 0;
    let high = blocks - 1;
    this.#load(0);
    if (!this.#counts(this.#read - 1)) high = 0;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      this.#load(middle);
      if (!this.#counts(0)) high = middle - 1;
      else low = middle;
    }
    this.#load(low);
    let count = 0;
    let end = this.#read;
    while (count < end) {
      const middle = (count + end) >> 1;
      if (this.#counts(middle)) count = middle + 1;
      else end = middle;
    }
    if (count === 0) return { count: low * BLOCK_UNITS, lastPhysicalOffset: -1 };
    const last = this.#physicalOffset(count - 1);
    if (!this.#follows(low * BLOCK_UNITS + count - 1, last)) return this.#findFromStart();
    return { count: low * BLOCK_UNITS + count, lastPhysicalOffset: last };
  }

  /** Whether the unit before the one at `index`, which counts with this offset, leaves room for it. */
  #follows(index: number, physicalOffset: number): boolean {
    if (index === 0) return true;
    const before = Buffer.allocUnsafe(UNIT_BYTES);
    if (this.#files.readSync(this.#folder, this.#start + index - 1, 1, before) !== 1) return false;
    const { size, physicalOffset: previous } = readUnit(before, 0);
    if (size === FILLER_SIZE) return true;
    return size > 0 && previous <= physicalOffset;
  }

  #findFromStart(): TailFound {
    let count = 0;
    let last = -1;
    for (let block = 0; block * BLOCK_UNITS < this.#files.unitsPerFile; block++) {
      this.#load(block);
      for (let index = 0; index < this.#read; index++, count++) {
        if (!this.#counts(index)) return { count, lastPhysicalOffset: last };
        const physicalOffset = this.#physicalOffset(index);
        if (physicalOffset < last) return { count, lastPhysicalOffset: last };
        last = physicalOffset;
      }
    }
    return { count, lastPhysicalOffset: last };
  }

  /** -1 for a filler. */
  #physicalOffset(index: number): number {
    const { size, physicalOffset } = readUnit(BLOCK, index * UNIT_BYTES);
    return size === FILLER_SIZE ? -1 : physicalOffset;
  }

  #load(block: number): void {
    this.#read = this.#files.readSync(this.#folder, this.#start + block * BLOCK_UNITS, BLOCK_UNITS, BLOCK);
  }

  #counts(index: number): boolean {
    if (index < 0 || index >= this.#read) return false;
    const { size, physicalOffset } = readUnit(BLOCK, index * UNIT_BYTES);
    return size > 0 && physicalOffset >= 0 && physicalOffset < this.#below;
  }
}
