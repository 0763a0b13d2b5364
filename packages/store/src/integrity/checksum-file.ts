/**
 * Owns reading one file of checksums: the entries of a part of its log file, found by searching its sectors.
 *
 * Invariant: what is not right in it is passed over; a missing entry is not damage.
 */
import type { FileSystem, OpenFile } from '@rocketmq-ts/platform';
import { ENTRY_WORDS, entryAt, SECTOR_BYTES, sectorCount } from './checksum-sector.ts';

const PIECE_SECTORS = 64;

/** Entries in ascending order of offset. */
export class ChecksumTable {
  /** Three int32 each: offset in the log file, size, checksum. */
  words = new Int32Array(0);
  count = 0;
  /** Sectors that were not right. */
  badSectors = 0;

  add(offset: number, size: number, checksum: number): void {
    if (this.count > 0 && offset <= this.offsetOf(this.count - 1)) return;
    const at = this.count * ENTRY_WORDS;
    if (at === this.words.length) {
      const grown = new Int32Array(Math.max(1024 * ENTRY_WORDS, this.words.length * 2));
      grown.set(this.words);
      this.words = grown;
    }
    this.words[at] = offset;
    this.words[at + 1] = size;
    this.words[at + 2] = checksum;
    this.count++;
  }

  offsetOf(index: number): number {
    return this.words[index * ENTRY_WORDS] as number;
  }

  sizeOf(index: number): number {
    return this.words[index * ENTRY_WORDS + 1] as number;
  }

  checksumOf(index: number): number {
    return this.words[index * ENTRY_WORDS + 2] as number;
  }

  /** The first entry at or above `offset`; `count` when there is none. */
  indexFrom(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.offsetOf(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The entry for exactly `offset`, -1 without one. */
  find(offset: number): number {
    const index = this.indexFrom(offset);
    return index < this.count && this.offsetOf(index) === offset ? index : -1;
  }
}

/** An open file of checksums. */
export class ChecksumFile {
  readonly file: OpenFile;
  readonly sectors: number;

  private constructor(file: OpenFile) {
    this.file = file;
    this.sectors = Math.floor(file.sizeSync() / SECTOR_BYTES);
  }

  /** Undefined when there is none. */
  static open(fileSystem: FileSystem, path: string): ChecksumFile | undefined {
    try {
      return new ChecksumFile(fileSystem.openSync(path, 'read-write'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** The first sector all of whose entries lie at or above `offset` of the log file; so may some of the sector before. */
  boundary(offset: number): number {
    const bytes = Buffer.allocUnsafe(SECTOR_BYTES);
    let low = 0;
    let high = this.sectors;
    while (low < high) {
      const middle = (low + high) >> 1;
      // One that is not right says nothing: the next one that is decides.
      let probe = middle;
      let first = -1;
      for (; probe < high && first < 0; probe++) first = this.#firstOffset(probe, bytes);
      if (first >= 0 && first < offset) low = probe;
      else high = middle;
    }
    return low;
  }

  /** All entries in sectors from `first` to before `end`. */
  readTable(first: number, end: number, table = new ChecksumTable()): ChecksumTable {
    const bytes = Buffer.allocUnsafe(PIECE_SECTORS * SECTOR_BYTES);
    for (let sector = first; sector < end; sector += PIECE_SECTORS) {
      const wanted = Math.min(PIECE_SECTORS, end - sector) * SECTOR_BYTES;
      addSectors(bytes.subarray(0, this.#read(bytes, wanted, sector * SECTOR_BYTES)), table);
    }
    return table;
  }

  /** As `readTable`, off the loop. */
  async readTableLater(first: number, end: number): Promise<ChecksumTable> {
    const table = new ChecksumTable();
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(end, this.sectors) - first) * SECTOR_BYTES);
    let done = 0;
    while (done < bytes.length) {
      const count = await this.file.read(bytes, done, bytes.length - done, first * SECTOR_BYTES + done);
      if (count === 0) break;
      done += count;
    }
    addSectors(bytes.subarray(0, done), table);
    return table;
  }

  #firstOffset(sector: number, bytes: Buffer): number {
    if (this.#read(bytes, SECTOR_BYTES, sector * SECTOR_BYTES) < SECTOR_BYTES) return -1;
    return sectorCount(bytes, 0) > 0 ? entryAt(bytes, 0, 0).offset : -1;
  }

  #read(bytes: Buffer, length: number, position: number): number {
    let done = 0;
    while (done < length) {
      const count = this.file.readSync(bytes, done, length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }
}

function addSectors(bytes: Buffer, table: ChecksumTable): void {
  for (let at = 0; at + SECTOR_BYTES <= bytes.length; at += SECTOR_BYTES) {
    const count = sectorCount(bytes, at);
    if (count < 0) table.badSectors++;
    for (let index = 0; index < count; index++) {
      const { offset, size, checksum } = entryAt(bytes, at, index);
      table.add(offset, size, checksum);
    }
  }
}
