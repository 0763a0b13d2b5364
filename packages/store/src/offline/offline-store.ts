/**
 * Owns a store folder that no broker has open, for looking at it and mending it: its files and their sizes, found out from the
 * files themselves, so that folders of other settings and of 4.4.0 are read too.
 *
 * Invariants: a folder that a living process holds is refused; nothing is written here.
 */
import { type Platform, type ProcessTable, realProcessTable } from '@rocketmq-ts/platform';
import { CheckpointFile } from '../checkpoint-file.ts';
import { FolderLock } from '../folder-lock.ts';
import { ChecksumFile, ChecksumTable } from '../integrity/checksum-file.ts';
import { ownEntryCount } from '../integrity/own-entries.ts';
import { recordChecksum, viewOf } from '../integrity/record-checksum.ts';
import { LogFiles } from '../log/log-files.ts';
import { isOwnLock, type Progress, ProgressFile } from '../progress-file.ts';
import { QueueFiles } from '../queue/queue-files.ts';
import { StoreError, StoreErrorCode } from '../store-error.ts';
import { CONSUME_QUEUE_UNIT_BYTES } from '../store-options.ts';
import { fileNameOf, offsetOfFileName, queueIdOfFolder, StorePaths } from '../store-paths.ts';

const DEFAULT_LOG_FILE_BYTES = 1024 * 1024 * 1024;
const DEFAULT_QUEUE_FILE_BYTES = 300_000 * CONSUME_QUEUE_UNIT_BYTES;
const MAX_OPEN = 16;

export interface OfflineOptions {
  /** storePathRootDir */
  readonly folder: string;
  /** When it is not `commitlog` in the folder. */
  readonly commitLogFolder?: string | undefined;
  readonly processTable?: ProcessTable;
  /** Told how many bytes of the log have been read, of how many. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export class OfflineStore {
  readonly platform: Platform;
  readonly paths: StorePaths;
  readonly files: LogFiles;
  readonly queueFiles: QueueFiles;
  readonly checkpoint: CheckpointFile;
  readonly progress: Progress | undefined;
  readonly lock: FolderLock;
  /** The last stop was not clean: what lies behind the marks is built at the next start. */
  readonly abnormal: boolean;
  /** Another program may have written since our last start. */
  readonly foreign: boolean;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;

  /** Throws StoreError: STORE_BAD_OPTION when it is no store, STORE_LOCKED when somebody has it open. */
  constructor(platform: Platform, options: OfflineOptions) {
    const { fileSystem } = platform;
    const root = options.folder;
    this.platform = platform;
    this.paths = new StorePaths(root, options.commitLogFolder ?? `${root}/commitlog`);
    if (!fileSystem.existsSync(this.paths.commitLog)) {
      const message = `${root} is no store: there is no ${this.paths.commitLog}; name the folder of storePathRootDir, and the log's if it is elsewhere`;
      throw new StoreError(StoreErrorCode.STORE_BAD_OPTION, message);
    }
    this.lock = new FolderLock(fileSystem, this.paths, options.processTable ?? realProcessTable);
    this.lock.check();
    this.files = new LogFiles(fileSystem, this.paths.commitLog, this.#logFileBytes(), MAX_OPEN);
    this.files.load();
    this.queueFiles = new QueueFiles(fileSystem, this.paths, this.#queueFileBytes(), MAX_OPEN);
    this.checkpoint = new CheckpointFile(fileSystem, this.paths.checkpoint);
    this.checkpoint.load();
    this.progress = new ProgressFile(fileSystem, this.paths).load();
    this.abnormal = fileSystem.existsSync(this.paths.abort);
    const lockedMs = fileSystem.statSync(this.paths.lock)?.modifiedMs;
    this.foreign = lockedMs === undefined || !isOwnLock(this.progress, lockedMs);
    this.onProgress = options.onProgress ?? (() => {});
  }

  close(): void {
    this.files.closeAll();
    this.queueFiles.closeAll();
  }

  topics(): string[] {
    return this.platform.fileSystem.readdirSync(this.paths.consumeQueue);
  }

  queueIds(topic: string): number[] {
    const names = this.platform.fileSystem.readdirSync(this.paths.topicFolder(topic));
    return names.flatMap((name) => queueIdOfFolder(name) ?? []).sort((a, b) => a - b);
  }

  /** The checksums of one log file, without those of records that another program has replaced. */
  checksumsOf(base: number): ChecksumTable {
    const { fileSystem } = this.platform;
    const file = ChecksumFile.open(fileSystem, `${this.paths.checksums}/${fileNameOf(base)}`);
    if (file === undefined) return new ChecksumTable();
    try {
      const table = file.readTable(0, file.sectors);
      if (this.foreign) table.count = ownEntryCount(this.files, base, table);
      return table;
    } finally {
      file.file.closeSync();
    }
  }

  #logFileBytes(): number {
    const { fileSystem } = this.platform;
    const sizes = fileSystem
      .readdirSync(this.paths.commitLog)
      .map((name) =>
        offsetOfFileName(name) === undefined
          ? 0
          : (fileSystem.statSync(`${this.paths.commitLog}/${name}`)?.sizeBytes ?? 0),
      );
    return Math.max(0, ...sizes) || DEFAULT_LOG_FILE_BYTES;
  }

  #queueFileBytes(): number {
    const { fileSystem } = this.platform;
    let bytes = 0;
    for (const topic of this.topics()) {
      for (const queueId of this.queueIds(topic)) {
        const folder = this.paths.queueFolder(topic, queueId);
        for (const name of fileSystem.readdirSync(folder)) {
          if (offsetOfFileName(name) !== undefined)
            bytes = Math.max(bytes, fileSystem.statSync(`${folder}/${name}`)?.sizeBytes ?? 0);
        }
        if (bytes > 0) return bytes;
      }
    }
    return DEFAULT_QUEUE_FILE_BYTES;
  }
}

/** Checks records against the checksums beside the log, for a walk in the order of the log. */
export class OfflineChecksums {
  readonly #store: OfflineStore;
  #base = -1;
  #table = new ChecksumTable();
  #viewed: Buffer | undefined;
  #view: DataView | undefined;
  /** Records that have a checksum, and those that have none. */
  covered = 0;
  uncovered = 0;
  badSectors = 0;

  constructor(store: OfflineStore) {
    this.#store = store;
  }

  matches(buffer: Buffer, at: number, size: number, physicalOffset: number): boolean {
    const index = this.#find(physicalOffset);
    if (index < 0) {
      this.uncovered++;
      return true;
    }
    this.covered++;
    if (this.#viewed !== buffer || this.#view === undefined) {
      this.#viewed = buffer;
      this.#view = viewOf(buffer);
    }
    if (this.#table.sizeOf(index) !== size) return false;
    return this.#table.checksumOf(index) === recordChecksum(buffer, this.#view, at, size);
  }

  claimedAt(physicalOffset: number): number {
    const index = this.#find(physicalOffset);
    return index < 0 ? 0 : this.#table.sizeOf(index);
  }

  #find(physicalOffset: number): number {
    const base = this.#store.files.baseOf(physicalOffset);
    if (base !== this.#base) {
      this.#base = base;
      this.#table = this.#store.checksumsOf(base);
      this.badSectors += this.#table.badSectors;
    }
    return this.#table.find(physicalOffset - base);
  }
}
