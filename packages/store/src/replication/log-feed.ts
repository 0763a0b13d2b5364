/**
 * Owns what other brokers may have of the log, as bytes.
 *
 * Invariant: nothing is given away that a restart of this broker could still lose: with SYNC_FLUSH only what is durable, with
 * ASYNC_FLUSH what has been handed to the operating system.
 *
 * Counterpart in RocketMQ: DefaultMessageStore.getCommitLogData.
 */
import type { ChecksumLookup } from '../integrity/checksum-lookup.ts';
import type { CommitLog } from '../log/commit-log.ts';
import type { DamageReport } from '../log/damage.ts';
import type { StoreOptions } from '../store-options.ts';
import { FeedReader } from './feed-reader.ts';

export interface LogFeedParts {
  readonly log: CommitLog;
  readonly options: StoreOptions;
  readonly checksumLookup: ChecksumLookup;
  readonly damage: DamageReport;
}

export class LogFeed {
  readonly #parts: LogFeedParts;

  constructor(parts: LogFeedParts) {
    this.#parts = parts;
  }

  /** First byte that may not be given away yet. */
  get endOffset(): number {
    const { log, options } = this.#parts;
    return options.flushDiskType === 'SYNC_FLUSH' ? log.durableOffset : log.writtenOffset;
  }

  /** First byte of the log. */
  get minOffset(): number {
    return this.#parts.log.files.minOffset;
  }

  /** Where the file begins that holds `offset`. */
  fileStart(offset: number): number {
    return this.#parts.log.files.baseOf(offset);
  }

  /** For one broker that follows. */
  openReader(): FeedReader {
    return new FeedReader(this.#parts, () => this.endOffset);
  }
}
