/**
 * Owns handing appended bytes to the operating system: once per turn, one call per contiguous range.
 *
 * Invariants: bytes reach the file in order; after a failed write everything not yet written is taken back and nothing
 * is accepted until the bytes that may have reached the file are zeros again, so that a later start cannot mistake
 * them for records.
 */
import type { SyncedMark } from '../synced-mark.ts';
import type { CommitLog } from './commit-log.ts';
import type { LogPreparer } from './log-preparer.ts';
import type { LogSyncer } from './log-syncer.ts';

export const WriteOutcome = {
  /** Everything appended has been handed over. */
  written: 0,
  /** Zeros are being written at the same place off the loop: try again when that is over. */
  postponed: 1,
} as const;
export type WriteOutcome = (typeof WriteOutcome)[keyof typeof WriteOutcome];

const ZEROS = Buffer.alloc(64 * 1024);

export class LogWriter {
  readonly #log: CommitLog;
  readonly #preparer: LogPreparer;
  readonly #syncer: LogSyncer;
  readonly #syncedMark: SyncedMark;
  /** Between these, the files may hold parts of records that were taken back. */
  #soiledFrom = Infinity;
  #soiledTo = 0;
  /** Calls of the file system's write since the start. */
  writeCount = 0;

  constructor(log: CommitLog, preparer: LogPreparer, syncer: LogSyncer, syncedMark: SyncedMark) {
    this.#log = log;
    this.#syncer = syncer;
    this.#syncedMark = syncedMark;
    this.#preparer = preparer;
  }

  /** Writes what is appended. Throws as the file system does; the caller then rolls back. */
  write(): WriteOutcome {
    const log = this.#log;
    if (log.writtenOffset === log.appendOffset) return WriteOutcome.written;
    if (this.#preparer.isZeroing(log.writtenOffset, log.appendOffset)) return WriteOutcome.postponed;
    const begin = log.writtenOffset;
    try {
      const only = log.onlyDirtyChunk;
      if (only !== undefined) {
        this.#writeChunk(only.buffer, only.baseOffset, only.usedBytes, begin);
      } else {
        for (const chunk of log.memory.from(begin)) {
          this.#writeChunk(chunk.buffer, chunk.baseOffset, chunk.usedBytes, begin);
        }
      }
    } catch (error) {
      // All of a turn's records or none: the queues are taken back to where the turn began.
      this.#soiledFrom = Math.min(this.#soiledFrom, begin);
      throw error;
    }
    log.markWritten();
    return WriteOutcome.written;
  }

  #writeChunk(buffer: Buffer, baseOffset: number, usedBytes: number, begin: number): void {
    const log = this.#log;
    const from = Math.max(begin, baseOffset);
    const end = baseOffset + usedBytes;
    if (from >= end) return;
    const base = log.files.baseOf(from);
    const current = log.currentFile;
    const file = current !== undefined && current.baseOffset === base ? current : log.files.open(base);
    this.writeCount++;
    this.#syncer.note(file);
    if (end > this.#soiledTo) this.#soiledTo = end;
    log.files.writeSync(file, buffer, from - baseOffset, usedBytes, from);
    if (end > file.zeroedTo) file.zeroedTo = end;
  }

  /** After a roll-back: puts zeros where parts of it may have reached the files. Throws while the disk refuses. */
  cleanAfterRollBack(): void {
    const { files } = this.#log;
    let from = this.#soiledFrom;
    if (from < this.#soiledTo) this.#syncedMark.noteCleared(this.#soiledTo);
    while (from < this.#soiledTo) {
      const base = files.baseOf(from);
      const end = Math.min(this.#soiledTo, base + files.fileBytes, from + ZEROS.length);
      if (files.has(base)) files.writeSync(files.open(base), ZEROS, 0, end - from, from);
      from = end;
    }
    this.#soiledFrom = Infinity;
    this.#soiledTo = 0;
  }
}
