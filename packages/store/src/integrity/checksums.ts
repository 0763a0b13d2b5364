/**
 * Owns the checksums of whole records, beside the log in `rocketmq-ts/checksums/`: a file for each log file. Follows the log
 * out of the way of its users, takes what a start has verified, and cuts off what is no longer true.
 *
 * Invariants:
 * - An entry speaks of the record that lies at its place now, or the record is damaged. Where a start cuts the log, entries
 *   above are durably gone before anything new is acknowledged; where another program has written, before they are used.
 * - A missing entry is not damage: such a record is checked by structure, place and body checksum, and covered anew.
 * - Everything below the mark of the progress file was covered durably when the mark moved.
 */
import type { FileSystem, Logger, Turn, TurnTask } from '@rocketmq-ts/platform';
import { TurnPhase } from '@rocketmq-ts/platform';
import { MAGIC } from '@rocketmq-ts/protocol';
import type { CommitLog } from '../log/commit-log.ts';
import type { LogFiles } from '../log/log-files.ts';
import { offsetOfFileName } from '../store-paths.ts';
import { ChecksumFile, ChecksumTable } from './checksum-file.ts';
import { SECTOR_BYTES } from './checksum-sector.ts';
import { ChecksumWriter } from './checksum-writer.ts';
import { ownEntryCount } from './own-entries.ts';
import { recordChecksum, viewOf } from './record-checksum.ts';

const EMPTY = new ChecksumTable();

export class Checksums implements TurnTask {
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #files: LogFiles;
  readonly #logger: Logger;
  readonly writer: ChecksumWriter;
  #table = EMPTY;
  #tableBase = -1;
  #fromOffset = 0;
  #changed = false;
  #viewed: Buffer | undefined;
  #view: DataView | undefined;
  #log: CommitLog | undefined;
  #turn: Turn | undefined;
  #offset = 0;
  #deferred = false;

  constructor(fileSystem: FileSystem, folder: string, files: LogFiles, logger: Logger) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#files = files;
    this.#logger = logger;
    this.writer = new ChecksumWriter(fileSystem, folder, logger);
  }

  /**
   * Before the log is read from `fromOffset` on. `foreign`: another program may have written since; what it has written is
   * told by its records differing from their entries, from some record on, all of them.
   */
  begin(fromOffset: number, foreign: boolean): void {
    this.#fileSystem.mkdirSync(this.#folder);
    const bases = this.#bases();
    for (const base of bases) if (!this.#files.has(base)) this.#remove(base);
    if (foreign) this.#cutForeign(bases.filter((base) => this.#files.has(base)));
    this.#fromOffset = fromOffset;
    this.#tableBase = -1;
  }

  /**
   * Whether the record is the one that its entry speaks of; without one, whether it lacks no sector that a power failure could
   * have kept from the disk. For the walk from `fromOffset` on.
   */
  matches(buffer: Buffer, at: number, size: number, physicalOffset: number): boolean {
    const base = this.#files.baseOf(physicalOffset);
    if (base !== this.#tableBase) this.#enter(base);
    const index = this.#table.find(physicalOffset - base);
    if (index < 0) return !hasLostSector(buffer, at, size, physicalOffset - base);
    const right = this.#table.sizeOf(index) === size;
    return right && this.#table.checksumOf(index) === recordChecksum(buffer, this.#viewOf(buffer), at, size);
  }

  /** Size of the record that an entry states at this place; 0 without one. For the walk from `fromOffset` on. */
  claimedAt(physicalOffset: number): number {
    const base = this.#files.baseOf(physicalOffset);
    if (base !== this.#tableBase) this.#enter(base);
    const index = this.#table.find(physicalOffset - base);
    return index < 0 ? 0 : this.#table.sizeOf(index);
  }

  /** Covers a record that the walk has found intact. */
  add(buffer: Buffer, at: number, size: number, physicalOffset: number): void {
    const base = this.#files.baseOf(physicalOffset);
    const checksum = recordChecksum(buffer, this.#viewOf(buffer), at, size);
    this.writer.add(base, physicalOffset - base, size, checksum);
    // Should the walk come back into this file after a look at later ones.
    this.#fromOffset = physicalOffset + size;
  }

  /** After the walk: nothing is left of entries at or above its end, or of records that it has not found. */
  async finish(endOffset: number): Promise<void> {
    const endBase = this.#files.baseOf(endOffset);
    if (this.#tableBase !== endBase) this.#enter(endBase);
    for (const base of this.#bases()) if (base > endBase) this.#remove(base);
    this.writer.truncate();
    if (this.#changed || this.writer.hasRewritten) await this.writer.sync();
    this.#changed = false;
    this.#table = EMPTY;
    this.#viewed = undefined;
    this.#view = undefined;
  }

  /** Covers what is appended from `offset` on. */
  start(log: CommitLog, turn: Turn, offset: number): void {
    this.#log = log;
    this.#turn = turn;
    this.#offset = offset;
    this.logGrew();
  }

  /** Hot, once per turn. */
  logGrew(): void {
    if (this.#deferred || this.#turn === undefined) return;
    this.#deferred = true;
    // After the answers of this turn have gone out.
    this.#turn.defer(TurnPhase.socketFlush, this);
  }

  runAtTurnEnd(): void {
    this.#deferred = false;
    this.follow();
  }

  /** Covers what has been written. What has left memory before stays uncovered. */
  follow(): void {
    const log = this.#log;
    if (log === undefined) return;
    while (this.#offset < log.writtenOffset) {
      const chunk = log.memory.find(this.#offset);
      if (chunk === undefined) {
        this.#offset = Math.min(log.memory.from(this.#offset)[0]?.baseOffset ?? Infinity, log.writtenOffset);
        continue;
      }
      const { buffer, view, baseOffset } = chunk;
      const base = this.#files.baseOf(this.#offset);
      const end = Math.min(chunk.usedBytes, log.writtenOffset - baseOffset);
      let at = this.#offset - baseOffset;
      while (at < end) {
        const size = view.getInt32(at);
        if (view.getInt32(at + 4) !== MAGIC) break;
        this.writer.add(base, baseOffset + at - base, size, recordChecksum(buffer, view, at, size));
        at += size;
      }
      // The blank end of a file, or nothing at all.
      this.#offset = at < end ? base + this.#files.fileBytes : baseOffset + at;
    }
  }

  /** Makes the cover of everything written until now durable. */
  sync(): Promise<void> {
    this.follow();
    return this.writer.sync();
  }

  /** The log file at `base` has been removed. */
  async removed(base: number): Promise<void> {
    await this.#fileSystem.unlink(this.writer.path(base));
    this.writer.noteFolder();
  }

  #bases(): number[] {
    const bases: number[] = [];
    for (const name of this.#fileSystem.readdirSync(this.#folder)) {
      const base = offsetOfFileName(name);
      if (base !== undefined) bases.push(base);
    }
    return bases.sort((a, b) => a - b);
  }

  #remove(base: number): void {
    this.#fileSystem.unlinkSync(this.writer.path(base));
    this.writer.noteFolder();
    this.#changed = true;
  }

  /** Loads the entries from where the walk comes into the file, and lets the writer begin there. */
  #enter(base: number): void {
    const from = Math.max(0, this.#fromOffset - base);
    if (this.#tableBase >= 0) this.writer.truncate();
    this.#tableBase = base;
    this.#table = EMPTY;
    const file = ChecksumFile.open(this.#fileSystem, this.writer.path(base));
    if (file === undefined) {
      this.writer.continueAt(base);
      return;
    }
    try {
      const first = Math.max(0, file.boundary(from) - 1);
      this.#table = file.readTable(first, file.sectors);
      const kept = this.#table.indexFrom(from);
      const isFiled = kept === this.#table.count && this.#table.badSectors === 0 && file.sectors <= first + 1;
      this.writer.continueAt(base, first, this.#table, kept, isFiled);
    } finally {
      file.file.closeSync();
    }
  }

  #cutForeign(bases: readonly number[]): void {
    for (const base of [...bases].reverse()) {
      const file = ChecksumFile.open(this.#fileSystem, this.writer.path(base));
      if (file === undefined) continue;
      const table = file.readTable(0, file.sectors);
      file.file.closeSync();
      const count = ownEntryCount(this.#files, base, table);
      if (count === table.count && count > 0) return;
      this.#changed = true;
      if (count === 0) {
        this.#remove(base);
        continue;
      }
      this.#fromOffset = base + table.offsetOf(count);
      this.#enter(base);
      this.writer.truncate();
      this.#logger.info('Another program has written to the log: its records are covered anew', {
        fromOffset: this.#fromOffset,
      });
      return;
    }
  }

  #viewOf(buffer: Buffer): DataView {
    if (this.#viewed !== buffer || this.#view === undefined) {
      this.#viewed = buffer;
      this.#view = viewOf(buffer);
    }
    return this.#view;
  }
}

/**
 * Whether a sector of topic and properties, which the body's checksum does not cover, is all zeros, as the space ahead of the
 * log is: it was not written before the power went. Text has no zeros.
 */
function hasLostSector(buffer: Buffer, at: number, size: number, fileOffset: number): boolean {
  const topicAt = 88 + buffer.readInt32BE(at + 84) + 1;
  const topicEnd = topicAt + (buffer[at + topicAt - 1] as number);
  const firstSector = Math.ceil((fileOffset + topicAt) / SECTOR_BYTES) * SECTOR_BYTES;
  for (let from = firstSector - fileOffset; from < size; from += SECTOR_BYTES) {
    const to = Math.min(from + SECTOR_BYTES, size);
    // The length of the properties may be zero.
    const hasText = from < topicEnd || to > topicEnd + 2;
    let zeros = hasText;
    for (let place = from; zeros && place < to; place++) zeros = buffer[at + place] === 0;
    if (zeros) return true;
  }
  return false;
}
