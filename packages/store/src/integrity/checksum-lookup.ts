/**
 * Owns finding the checksums of records that are read from disk: pieces of the files of checksums, some of which are kept
 * because readers that are behind read on.
 *
 * Invariant: what is not known here is not wrong: a record without an entry passes.
 */
import type { FileSystem } from '@rocketmq-ts/platform';
import type { LogFiles } from '../log/log-files.ts';
import { fileNameOf } from '../store-paths.ts';
import { ChecksumFile, ChecksumTable } from './checksum-file.ts';
import { recordChecksum, viewOf } from './record-checksum.ts';

/** 2,688 records: some 600 KB of log with small messages. */
const PIECE_SECTORS = 64;
const MAX_KEPT = 32;
/** Reads for one record, before it is given up. */
const MAX_READS = 40;

const NOTHING = new ChecksumTable();

interface Piece {
  readonly base: number;
  readonly index: number;
  readonly table: ChecksumTable;
  /** Offsets in the log file that it decides about: from its first entry to before the next piece's. */
  readonly first: number;
  last: number;
}

export class ChecksumLookup {
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #files: LogFiles;
  /** In the order of last use. */
  #kept: Piece[] = [];
  /** Log files that have no checksums at all. */
  readonly #uncovered = new Set<number>();
  #viewed: Buffer | undefined;
  #view: DataView | undefined;

  constructor(fileSystem: FileSystem, folder: string, files: LogFiles) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#files = files;
  }

  /** Whether `isIntact` can answer for these without the disk. */
  has(offsets: readonly number[]): boolean {
    for (const offset of offsets) if (!this.#isKnown(offset)) return false;
    return true;
  }

  /** Sees to it that `isIntact` can answer for these. Never rejects. */
  async load(offsets: readonly number[]): Promise<void> {
    for (const offset of offsets) {
      if (this.#isKnown(offset)) continue;
      try {
        await this.#search(offset);
      } catch {
        // What cannot be read says nothing about the log; the next start tells of a failing disk.
        this.#uncovered.add(this.#files.baseOf(offset));
      }
    }
  }

  /** Whether the record at `at`, whose structure is right, is what was stored. */
  isIntact(buffer: Buffer, at: number, size: number, physicalOffset: number): boolean {
    const base = this.#files.baseOf(physicalOffset);
    const offset = physicalOffset - base;
    const piece = this.#find(base, offset);
    const index = piece === undefined ? -1 : piece.table.find(offset);
    if (piece === undefined || index < 0) return true;
    if (this.#viewed !== buffer || this.#view === undefined) {
      this.#viewed = buffer;
      this.#view = viewOf(buffer);
    }
    return (
      piece.table.sizeOf(index) === size &&
      piece.table.checksumOf(index) === recordChecksum(buffer, this.#view, at, size)
    );
  }

  /** Where the record begins that holds this byte of the log, as far as an entry tells. */
  startOf(physicalOffset: number): number | undefined {
    const base = this.#files.baseOf(physicalOffset);
    const table = this.#find(base, physicalOffset - base)?.table ?? NOTHING;
    const index = table.indexFrom(physicalOffset - base + 1) - 1;
    if (index < 0) return undefined;
    const start = base + table.offsetOf(index);
    return physicalOffset < start + table.sizeOf(index) ? start : undefined;
  }

  /** The log file has been removed, or another one got its first checksums. */
  forget(base: number): void {
    this.#kept = this.#kept.filter((piece) => piece.base !== base);
    this.#uncovered.delete(base);
  }

  clear(): void {
    this.#kept = [];
    this.#uncovered.clear();
    this.#viewed = undefined;
    this.#view = undefined;
  }

  #isKnown(physicalOffset: number): boolean {
    const base = this.#files.baseOf(physicalOffset);
    return this.#uncovered.has(base) || this.#find(base, physicalOffset - base) !== undefined;
  }

  #find(base: number, offset: number): Piece | undefined {
    for (let i = this.#kept.length - 1; i >= 0; i--) {
      const piece = this.#kept[i] as Piece;
      if (piece.base === base && offset >= piece.first && offset <= piece.last) return piece;
    }
    return undefined;
  }

  /** Reads pieces, guessing where the entry lies, until one decides. */
  async #search(physicalOffset: number): Promise<void> {
    const base = this.#files.baseOf(physicalOffset);
    const offset = physicalOffset - base;
    const file = ChecksumFile.open(this.#fileSystem, `${this.#folder}/${fileNameOf(base)}`);
    if (file === undefined || file.sectors === 0) {
      file?.file.closeSync();
      // The newest may get its first checksums at any moment.
      if (base === this.#files.bases.at(-1)) this.#keepGap(base, offset);
      else this.#uncovered.add(base);
      return;
    }
    try {
      const pieces = Math.ceil(file.sectors / PIECE_SECTORS);
      let low = 0;
      let high = pieces - 1;
      let guess = this.#guess(base, offset, high);
      let before: Piece | undefined;
      for (let reads = 0; low <= high && reads < MAX_READS; reads++) {
        const table = await file.readTableLater(guess * PIECE_SECTORS, (guess + 1) * PIECE_SECTORS);
        const piece = this.#keep(base, guess, table);
        if (piece === undefined || offset > piece.last) {
          if (piece !== undefined) before = piece;
          low = guess + 1;
        } else if (offset < piece.first) {
          high = guess - 1;
        } else {
          return;
        }
        guess =
          reads < 2 && piece !== undefined && low <= high
            ? clampNear(piece, offset, guess, low, high)
            : (low + high) >> 1;
      }
      // Between two pieces, or behind the last: there is no entry. Behind the last there may be one soon.
      if (before !== undefined && before.index + 1 < pieces) before.last = Math.max(before.last, offset);
      else this.#keepGap(base, offset);
    } finally {
      file.file.closeSync();
    }
  }

  /** Readers mostly read on: behind the nearest piece before it, if one is kept. */
  #guess(base: number, offset: number, high: number): number {
    let nearest: Piece | undefined;
    for (const piece of this.#kept) {
      if (piece.base !== base || piece.index < 0 || piece.last >= offset) continue;
      if (nearest === undefined || piece.last > nearest.last) nearest = piece;
    }
    if (nearest !== undefined) return clampNear(nearest, offset, nearest.index, 0, high);
    return Math.min(high, Math.floor((offset / this.#files.fileBytes) * (high + 1)));
  }

  #keep(base: number, index: number, table: ChecksumTable): Piece | undefined {
    if (table.count === 0) return undefined;
    this.#kept = this.#kept.filter((piece) => piece.base !== base || piece.index !== index);
    const piece = { base, index, table, first: table.offsetOf(0), last: table.offsetOf(table.count - 1) };
    this.#push(piece);
    return piece;
  }

  /** Remembers that there is no entry for this one record. */
  #keepGap(base: number, offset: number): void {
    this.#push({ base, index: -1, table: NOTHING, first: offset, last: offset });
  }

  #push(piece: Piece): void {
    this.#kept.push(piece);
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
  }
}

/** Where the entry would be if records were as dense as in the piece read last. */
function clampNear(piece: Piece, offset: number, guess: number, low: number, high: number): number {
  const span = Math.max(1, piece.last - piece.first);
  const away = Math.trunc((offset - (offset > piece.last ? piece.last : piece.first)) / span);
  const step = away === 0 ? Math.sign(offset - piece.first) : away;
  return Math.min(high, Math.max(low, guess + step));
}
