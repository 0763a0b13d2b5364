/**
 * Owns finding the last unit of a queue file that counts: whole, and of a record below a given offset of the log.
 *
 * Invariant: the units that count lie together at the start of the file, because those below that offset are known to be
 * durable; so a search by halves finds their end. Most files are short, so it begins with the first block.
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
    const last = readUnit(BLOCK, (count - 1) * UNIT_BYTES);
    const lastPhysicalOffset = last.size === FILLER_SIZE ? -1 : last.physicalOffset;
    return { count: low * BLOCK_UNITS + count, lastPhysicalOffset };
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
