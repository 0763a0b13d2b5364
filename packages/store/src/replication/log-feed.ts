/**
 * Owns reading the log as bytes for other brokers: any range, from memory where it is, else from the files off the loop.
 *
 * Invariants: nothing is given away that a restart of this broker could still lose: with SYNC_FLUSH only what is durable, with
 * ASYNC_FLUSH what has been handed to the operating system; no piece spans two files, because 4.4.0's slaves cannot take one
 * that does.
 *
 * Counterpart in RocketMQ: DefaultMessageStore.getCommitLogData.
 */
import type { CommitLog } from '../log/commit-log.ts';
import type { StoreOptions } from '../store-options.ts';

export class LogFeed {
  readonly #log: CommitLog;
  readonly #options: StoreOptions;

  constructor(log: CommitLog, options: StoreOptions) {
    this.#log = log;
    this.#options = options;
  }

  /** First byte that may not be given away yet. */
  get endOffset(): number {
    const { durableOffset, writtenOffset } = this.#log;
    return this.#options.flushDiskType === 'SYNC_FLUSH' ? durableOffset : writtenOffset;
  }

  /** First byte of the log. */
  get minOffset(): number {
    return this.#log.files.minOffset;
  }

  /** Where the file begins that holds `offset`. */
  fileStart(offset: number): number {
    return this.#log.files.baseOf(offset);
  }

  /**
   * Copies up to `maxBytes` bytes from `offset` on into `target`; answers how many, 0 when there are none yet. A promise when
   * they have to be read from a file; it rejects as the file system does, also when the file has been removed.
   */
  read(offset: number, maxBytes: number, target: Buffer, targetStart: number): number | Promise<number> {
    const { files, memory } = this.#log;
    const fileEnd = files.baseOf(offset) + files.fileBytes;
    const length = Math.min(maxBytes, this.endOffset - offset, fileEnd - offset);
    if (length <= 0) return 0;
    const chunk = memory.find(offset);
    if (chunk === undefined) return files.read(offset, target, targetStart, length);
    const at = offset - chunk.baseOffset;
    return chunk.buffer.copy(target, targetStart, at, Math.min(chunk.usedBytes, at + length));
  }
}
