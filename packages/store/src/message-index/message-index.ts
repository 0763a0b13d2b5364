/**
 * The message index of a store: finds records by UNIQ_KEY and KEYS. Owns the folder `index/`, whose files are named by
 * the local time of their creation. Counterpart: org.apache.rocketmq.store.index.IndexService.
 *
 * Invariants:
 * - Files are in the order of their creation; only the newest is written.
 * - A file with a broken header, and after an unclean stop one that the checkpoint does not vouch for, is removed with those
 *   after it, and `rebuildFromOffset` says from where the log must be indexed again. (Java removes it too, but indexes again only what its recovery happens to pass.)
 * - An index that cannot be written is given up until the next start, loudly: messages matter more than finding them.
 */
import { type Clock, type FileSystem, type Logger, silentLogger } from '@rocketmq-ts/platform';
import { RecordOffset, readInt64 } from '@rocketmq-ts/protocol';
import { IndexFile, type IndexGeometry } from './index-file.ts';
import { forEachRecordKeyHash, indexKeyHash } from './index-key.ts';

/** Bits of sysFlag that say what part of a transaction a record is; a rollback is not indexed. */
const TRANSACTION_MASK = 12;
const TRANSACTION_ROLLBACK = 12;

export interface MessageIndexOptions extends IndexGeometry {
  /** The folder `index/` of the store. */
  readonly folder: string;
  /** Most log offsets that a query answers (maxMsgsNumBatch). */
  readonly maxMsgsNumBatch: number;
  readonly logger?: Logger;
}

export interface IndexQueryResult {
  /** Log offsets, newest first; records with another key of the same hash can be among them. */
  readonly phyOffsets: number[];
  readonly indexLastUpdateTimestamp: number;
  readonly indexLastUpdatePhyoffset: number;
}

export class MessageIndex {
  /** Where indexing of the log must begin again after `load`; undefined when the index is complete. */
  rebuildFromOffset: number | undefined;
  readonly #fileSystem: FileSystem;
  readonly #clock: Clock;
  readonly #options: MessageIndexOptions;
  readonly #logger: Logger;
  #files: IndexFile[] = [];
  #givenUp = false;
  #sealing: Promise<void> = Promise.resolve();
  #sealedTimestamp = 0;
  #recordOffset = 0;
  #recordTimestamp = 0;

  constructor(fileSystem: FileSystem, clock: Clock, options: MessageIndexOptions) {
    this.#fileSystem = fileSystem;
    this.#clock = clock;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Time of the newest record in a sealed file: what the checkpoint may claim for the index. Milliseconds. */
  get sealedTimestamp(): number {
    return this.#sealedTimestamp;
  }

  /** Log offset of the newest indexed record; older ones are skipped. A roll-over can fall between the keys of that one. */
  get endPhyOffset(): number {
    return this.#files.at(-1)?.endPhyOffset ?? 0;
  }

  /** Opens the folder. `indexMsgTimestamp` is the checkpoint's. */
  load(cleanStop: boolean, indexMsgTimestamp: number): void {
    this.#fileSystem.mkdirSync(this.#options.folder);
    for (const name of this.#fileSystem.readdirSync(this.#options.folder)) {
      if (!/^\d{17}$/.test(name)) continue;
      const path = `${this.#options.folder}/${name}`;
      const file = IndexFile.open(this.#fileSystem, path, this.#options);
      if (file === undefined) {
        this.#logger.warn('index file left alone: its length is not that of maxHashSlotNum and maxIndexNum', {
          path,
        });
      } else if (
        this.rebuildFromOffset !== undefined ||
        !isPlausible(file) ||
        (!cleanStop && !this.#vouchedFor(file, indexMsgTimestamp))
      ) {
        this.#dropUnsafe(file);
      } else {
        this.#files.push(file);
      }
    }
    this.#sealedTimestamp = this.#files.at(-1)?.endTimestamp ?? 0;
  }

  /** Puts the keys of a whole, well-formed record into the index. Never throws. */
  indexRecord(record: Buffer, start: number): void {
    if (this.#givenUp) return;
    const sysFlag = record.readInt32BE(start + RecordOffset.sysFlag);
    if ((sysFlag & TRANSACTION_MASK) === TRANSACTION_ROLLBACK) return;
    this.#recordOffset = readInt64(record, start + RecordOffset.physicalOffset, 'physicalOffset');
    if (this.#files.length > 0 && this.#recordOffset < this.endPhyOffset) return;
    this.#recordTimestamp = readInt64(record, start + RecordOffset.storeTimestamp, 'storeTimestamp');
    try {
      forEachRecordKeyHash(record, start, this.#put);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** Log offsets of records that may have the key, stored between the times. */
  async query(
    topic: string,
    key: string,
    maxNum: number,
    beginMs: number,
    endMs: number,
  ): Promise<IndexQueryResult> {
    const wanted = Math.min(maxNum, this.#options.maxMsgsNumBatch);
    const hash = indexKeyHash(topic, key);
    const phyOffsets: number[] = [];
    for (let i = this.#files.length - 1; i >= 0 && phyOffsets.length < wanted; i--) {
      const file = this.#files[i];
      if (file.covers(beginMs, endMs)) await file.find(hash, wanted, beginMs, endMs, phyOffsets);
      if (file.beginTimestamp < beginMs) break;
    }
    const newest = this.#files.at(-1);
    return {
      phyOffsets,
      indexLastUpdateTimestamp: newest?.endTimestamp ?? 0,
      indexLastUpdatePhyoffset: newest?.endPhyOffset ?? 0,
    };
  }

  /** Removes files all of whose records have gone from the log. */
  removeBefore(minPhyOffset: number): void {
    while (this.#files.length > 1 && this.#files[0].endPhyOffset < minPhyOffset) {
      const file = this.#files.shift() as IndexFile;
      file.closeSync();
      this.#fileSystem.unlinkSync(file.path);
    }
  }

  /** Writes everything out and closes the files. The folder is then complete for us and for Java. */
  async close(): Promise<void> {
    await this.#sealing;
    const newest = this.#files.at(-1);
    if (newest !== undefined && !this.#givenUp) {
      await newest.seal();
      this.#sealedTimestamp = newest.endTimestamp;
    }
    for (const file of this.#files) file.closeSync();
    this.#files = [];
  }

  readonly #put = (keyHash: number): void => {
    this.#writable().put(keyHash, this.#recordOffset, this.#recordTimestamp);
  };

  #writable(): IndexFile {
    const newest = this.#files.at(-1);
    if (newest !== undefined && !newest.isFull) return newest;
    const file = IndexFile.create(this.#fileSystem, this.#freePath(), this.#options);
    // Empty files count from where the last one ended, so that nothing is indexed twice.
    file.endPhyOffset = newest?.endPhyOffset ?? 0;
    this.#files.push(file);
    if (newest !== undefined) this.#seal(newest);
    return file;
  }

  #seal(file: IndexFile): void {
    this.#sealing = this.#sealing
      .then(() => file.seal())
      .then(() => {
        this.#sealedTimestamp = Math.max(this.#sealedTimestamp, file.endTimestamp);
      })
      .catch((error: unknown) => this.#giveUp(error));
  }

  #freePath(): string {
    for (let timeMs = this.#clock.now(); ; timeMs++) {
      const path = `${this.#options.folder}/${localTimeName(timeMs)}`;
      if (!this.#fileSystem.existsSync(path)) return path;
    }
  }

  #vouchedFor(file: IndexFile, indexMsgTimestamp: number): boolean {
    return file.indexCount > 1 && file.endTimestamp <= indexMsgTimestamp;
  }

  #dropUnsafe(file: IndexFile): void {
    file.closeSync();
    this.#fileSystem.unlinkSync(file.path);
    this.rebuildFromOffset ??= this.endPhyOffset;
    this.#logger.warn(
      'index file is broken, or was being written when the process stopped: it is built anew from the log',
      {
        path: file.path,
        fromPhyOffset: this.rebuildFromOffset,
      },
    );
  }

  #giveUp(error: unknown): void {
    this.#givenUp = true;
    this.#logger.error(
      'the message index cannot be written: queries by key find nothing newer until a restart',
      {
        error: String(error),
        folder: this.#options.folder,
      },
    );
  }
}

/** Whether the header does not contradict itself. */
function isPlausible(file: IndexFile): boolean {
  const inTime = file.beginTimestamp >= 0 && file.endTimestamp >= file.beginTimestamp;
  return (
    inTime && file.beginPhyOffset >= 0 && file.endPhyOffset >= file.beginPhyOffset && file.indexCount >= 0
  );
}

/** `yyyyMMddHHmmssSSS` in local time. */
function localTimeName(timeMs: number): string {
  const time = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  const clock = `${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
  return `${date}${clock}${String(time.getMilliseconds()).padStart(3, '0')}`;
}
