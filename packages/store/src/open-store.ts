/**
 * Owns opening a store: takes the folder, finds out where things stand, brings log and queues together, and puts the parts
 * together.
 *
 * Invariants: the abort file is there before anything is changed; a failure on the way lets go of the folder.
 */
import type { Platform } from '@rocketmq-ts/platform';
import { CheckpointFile } from './checkpoint-file.ts';
import { Checkpointer } from './checkpointer.ts';
import { Cleaner } from './cleaner.ts';
import { DelayLevels } from './delay-levels.ts';
import { makeDurableFolder } from './durable-folder.ts';
import { FolderLock } from './folder-lock.ts';
import { ChecksumLookup } from './integrity/checksum-lookup.ts';
import { Checksums } from './integrity/checksums.ts';
import { Scrubber } from './integrity/scrubber.ts';
import { CommitLog } from './log/commit-log.ts';
import { DamageReport } from './log/damage.ts';
import { LogFiles } from './log/log-files.ts';
import { LogMemory } from './log/log-memory.ts';
import { IndexFollower } from './message-index/index-follower.ts';
import { MessageIndex } from './message-index/message-index.ts';
import { isOwnLock, type LastRecord, type Progress, ProgressFile } from './progress-file.ts';
import type { ConsumeQueue } from './queue/consume-queue.ts';
import { QueueFiles } from './queue/queue-files.ts';
import { QueueFlusher } from './queue/queue-flusher.ts';
import { QueueTable } from './queue/queue-table.ts';
import { RecordDispatcher } from './queue/record-dispatcher.ts';
import { ColdPull } from './read/cold-pull.ts';
import { ColdReader } from './read/cold-reader.ts';
import { MessageReader } from './read/message-reader.ts';
import { PullRules } from './read/pull-rules.ts';
import { StoreQueries } from './read/store-queries.ts';
import { LogScanner, type ScanResult } from './recovery/log-scanner.ts';
import { Recovery, type RecoveryStart } from './recovery/recovery.ts';
import { rewriteLog } from './recovery/rewrite-log.ts';
import { diskError, StoreError, StoreErrorCode } from './store-error.ts';
import type { StoreOptions } from './store-options.ts';
import { StorePaths } from './store-paths.ts';
import { SyncedMark } from './synced-mark.ts';
import { WritePath } from './write-path.ts';

/** What a start found and did. */
export interface RecoveryReport {
  /** The last stop was not clean: ours or Java's abort file was there. */
  readonly abnormal: boolean;
  /** The log was read from here on, to its end. */
  readonly fromOffset: number;
  readonly endOffset: number;
  readonly recordCount: number;
  /** Bytes after the end that were not zeros: a record cut short by the crash. */
  readonly tornBytes: number;
  readonly damageCount: number;
}

export interface StoreParts {
  readonly platform: Platform;
  readonly options: StoreOptions;
  readonly paths: StorePaths;
  readonly lock: FolderLock;
  readonly log: CommitLog;
  readonly queueFiles: QueueFiles;
  readonly table: QueueTable;
  readonly flusher: QueueFlusher;
  /** Makes one that tells `grown` of every queue that got a unit. */
  readonly makeDispatcher: (grown: (queue: ConsumeQueue) => void) => RecordDispatcher;
  readonly writePath: WritePath;
  readonly checkpointer: Checkpointer;
  readonly cleaner: Cleaner;
  readonly coldReader: ColdReader;
  readonly reader: MessageReader;
  readonly rules: PullRules;
  readonly queries: StoreQueries;
  readonly damage: DamageReport;
  readonly checksums: Checksums;
  readonly syncedMark: SyncedMark;
  readonly checksumLookup: ChecksumLookup;
  readonly scrubber: Scrubber;
  /** Undefined without messageIndexEnable. */
  readonly index: MessageIndex | undefined;
  readonly indexFollower: IndexFollower | undefined;
  readonly recovery: RecoveryReport;
  /** The last record that the start found; undefined without one. */
  readonly lastRecord: LastRecord | undefined;
}

/** Units built from the log before they are written to their files. */
const UNITS_BETWEEN_FLUSHES = 200_000;
const ZEROS = Buffer.alloc(64 * 1024);

export async function openStore(platform: Platform, options: StoreOptions): Promise<StoreParts> {
  const paths = new StorePaths(options.storePathRootDir, options.storePathCommitLog);
  const lock = new FolderLock(platform.fileSystem, paths, options.processTable);
  try {
    // The progress file is the last thing that the first start of a store makes durable.
    const made = platform.fileSystem.existsSync(paths.progress);
    for (const folder of [paths.own, paths.commitLog])
      await makeDurableFolder(platform.fileSystem, folder, made);
    lock.take();
    return await new StoreOpening(platform, options, paths, lock).open();
  } catch (error) {
    lock.release();
    throw diskError(`Store folder ${paths.root} cannot be opened`, error);
  }
}

class StoreOpening {
  readonly #platform: Platform;
  readonly #options: StoreOptions;
  readonly #paths: StorePaths;
  readonly #lock: FolderLock;
  readonly #damage: DamageReport;
  readonly #files: LogFiles;
  readonly #queueFiles: QueueFiles;
  readonly #checkpoint: CheckpointFile;
  readonly #progressFile: ProgressFile;
  readonly #syncedMark: SyncedMark;
  readonly #checksums: Checksums;
  readonly #lockModifiedMs: number | undefined;
  #loadBelow = 0;
  /** Queues that got units since they were last written. */
  readonly #grown = new Set<ConsumeQueue>();
  #dispatched = 0;
  #lastRecord: LastRecord | undefined;

  constructor(platform: Platform, options: StoreOptions, paths: StorePaths, lock: FolderLock) {
    const { fileSystem } = platform;
    this.#platform = platform;
    this.#options = options;
    this.#paths = paths;
    this.#lock = lock;
    this.#damage = new DamageReport(options.logger);
    this.#files = new LogFiles(
      fileSystem,
      paths.commitLog,
      options.mapedFileSizeCommitLog,
      options.maxOpenLogFiles,
      options.plantedBugs,
    );
    this.#queueFiles = new QueueFiles(
      fileSystem,
      paths,
      options.mapedFileSizeConsumeQueue,
      options.maxOpenQueueFiles,
      options.plantedBugs,
    );
    this.#checkpoint = new CheckpointFile(fileSystem, paths.checkpoint);
    this.#progressFile = new ProgressFile(fileSystem, paths);
    this.#checksums = new Checksums(fileSystem, paths.checksums, this.#files, options.logger);
    const lockedMs = fileSystem.statSync(paths.lock)?.modifiedMs;
    this.#lockModifiedMs = lockedMs === undefined ? undefined : Math.floor(lockedMs);
    this.#syncedMark = new SyncedMark(fileSystem, paths.synced, options.logger);
  }

  async open(): Promise<StoreParts> {
    const { fileSystem, clock } = this.#platform;
    const { logger } = this.#options;
    const abnormal = fileSystem.existsSync(this.#paths.abort);
    const progress = this.#progressFile.load();
    this.#checkFileSize(progress);
    this.#files.load();
    this.#checkpoint.load();
    const recovery = new Recovery({
      ...{ fileSystem, paths: this.#paths, options: this.#options, files: this.#files, logger },
      ...{
        queueFiles: this.#queueFiles,
        checkpoint: this.#checkpoint,
        progress,
        damage: this.#damage,
        abnormal,
      },
    });
    const start = recovery.start();
    await this.#beginChanges();
    const foreign = !isOwnLock(progress, this.#lockModifiedMs);
    this.#checksums.begin(start.fromOffset, foreign);
    this.#syncedMark.load(foreign);
    this.#loadBelow = start.fromOffset;
    this.#lastRecord = start.lastRecord;

    const memory = new LogMemory(this.#options);
    const log = new CommitLog(this.#files, memory, clock, this.#options);
    const table = this.#makeTable(memory, !abnormal && start.trusted);
    const flusher = new QueueFlusher(clock, () => memory.startOffset);
    const parts = this.#assemble(log, table, flusher);
    const { plantedBugs } = this.#options;
    const dispatcher = parts.makeDispatcher((queue) => this.#grown.add(queue));
    const scan = await this.#replay(start, dispatcher, flusher);
    const sound = !abnormal && start.trusted && this.#dispatched === 0 && scan.soiledTo === scan.endOffset;
    if (!plantedBugs.keepTornTail) await this.#clearAfterEnd(start, scan, abnormal, sound);
    await this.#checksums.finish(scan.endOffset);
    log.openAt(scan.endOffset, this.#lastRecord?.storeTimestamp ?? 0);
    parts.writePath.syncer.openAt(log.lastStoreTimestamp);
    await parts.checkpointer.openAt(start.fromOffset, start.lastRecord, !sound);
    this.#checksums.start(log, this.#platform.turn, scan.endOffset);
    parts.index?.load(!abnormal, this.#checkpoint.indexMsgTimestamp);
    parts.indexFollower?.start(
      parts.index?.rebuildFromOffset ?? (abnormal ? start.fromOffset : scan.endOffset),
    );
    if (!sound) this.#tell(abnormal, start, scan);
    return { ...parts, recovery: this.#report(abnormal, start, scan), lastRecord: this.#lastRecord };
  }

  #checkFileSize(progress: Progress | undefined): void {
    const wanted = this.#options.mapedFileSizeCommitLog;
    if (progress === undefined || progress.mapedFileSizeCommitLog === wanted) return;
    throw new StoreError(
      StoreErrorCode.STORE_BAD_OPTION,
      `The log in ${this.#paths.commitLog} has files of ${progress.mapedFileSizeCommitLog} bytes, but ` +
        `mapedFileSizeCommitLog is ${wanted}: set it to what the store was made with`,
    );
  }

  /** From here on the folder is in use: a crash must be noticed by the next start, ours or Java's. */
  async #beginChanges(): Promise<void> {
    const { fileSystem } = this.#platform;
    if (!fileSystem.existsSync(this.#paths.abort))
      fileSystem.writeFileSync(this.#paths.abort, Buffer.alloc(0));
    fileSystem.mkdirSync(this.#paths.consumeQueue);
    // Queues without a log point nowhere.
    if (this.#files.bases.length === 0) {
      fileSystem.mkdirSync(this.#paths.trash);
      fileSystem.renameSync(
        this.#paths.consumeQueue,
        `${this.#paths.trash}/consumequeue-${this.#platform.clock.now()}`,
      );
      fileSystem.mkdirSync(this.#paths.consumeQueue);
    }
    await fileSystem.removeTree(this.#paths.trash);
    await fileSystem.syncFolder(this.#paths.root);
  }

  #makeIndex(): MessageIndex {
    const { maxHashSlotNum, maxIndexNum, maxMsgsNumBatch, logger } = this.#options;
    return new MessageIndex(this.#platform.fileSystem, this.#platform.clock, {
      ...{
        folder: this.#paths.index,
        hashSlots: maxHashSlotNum,
        entries: maxIndexNum,
        maxMsgsNumBatch,
        logger,
      },
    });
  }

  #makeTable(memory: LogMemory, isClean: boolean): QueueTable {
    const opening = this;
    const table = new QueueTable(this.#platform.fileSystem, this.#paths, {
      files: this.#queueFiles,
      queueFolder: (topic, queueId) => this.#paths.queueFolder(topic, queueId),
      logMinOffset: () => this.#files.minOffset,
      memoryStartOffset: () => memory.startOffset,
      get loadBelow() {
        return opening.#loadBelow;
      },
      isClean,
    });
    table.load();
    return table;
  }

  #assemble(
    log: CommitLog,
    table: QueueTable,
    flusher: QueueFlusher,
  ): Omit<StoreParts, 'recovery' | 'lastRecord'> {
    const { clock, turn, fileSystem } = this.#platform;
    const options = this.#options;
    const { logger } = options;
    const shared = { log, table, flusher, clock, options, logger };
    const holder: { checkpointer?: Checkpointer } = {};
    const index = options.messageIndexEnable ? this.#makeIndex() : undefined;
    const indexFollower = index === undefined ? undefined : new IndexFollower(log, index, turn, logger);
    const afterWrite = (): void => {
      holder.checkpointer?.keepLimit();
      indexFollower?.logGrew();
      this.#checksums.logGrew();
    };
    const writePath = new WritePath({ ...shared, turn, afterWrite, syncedMark: this.#syncedMark });
    const checkpointer = new Checkpointer({
      ...{ ...shared, writePath, queueFiles: this.#queueFiles },
      ...{ checkpoint: this.#checkpoint, progress: this.#progressFile },
      ...{ checksums: this.#checksums, lockModifiedMs: this.#lockModifiedMs },
    });
    holder.checkpointer = checkpointer;
    const coldReader = new ColdReader(
      this.#files,
      options.coldCacheBytes,
      options.coldBlockBytes,
      () => log.writtenOffset,
    );
    const rules = new PullRules(log, options, options.totalMemoryBytes);
    const delayLevels = delayLevelsOf(options);
    const checksumLookup = this.#makeLookup();
    const scrubParts = { log, checksumLookup, damage: this.#damage, path: this.#paths.scrub };
    const scrubber = new Scrubber({ fileSystem, clock, options, logger, ...scrubParts });
    const coldParts = {
      log,
      queueFiles: this.#queueFiles,
      coldReader,
      damage: this.#damage,
      checksums: checksumLookup,
    };
    return {
      ...{ platform: this.#platform, options, paths: this.#paths, lock: this.#lock, log, table, flusher },
      ...{ queueFiles: this.#queueFiles, writePath, checkpointer, coldReader, rules, damage: this.#damage },
      makeDispatcher: (grown) => new RecordDispatcher(table, delayLevels, this.#damage, { grown }),
      cleaner: new Cleaner({ ...shared, fileSystem, paths: this.#paths, writePath, checkpointer }),
      reader: new MessageReader(log, rules, new ColdPull(coldParts, rules)),
      queries: new StoreQueries(log, coldReader, this.#damage, checksumLookup),
      ...{ index, indexFollower, checksums: this.#checksums, checksumLookup, scrubber },
      syncedMark: this.#syncedMark,
    };
  }

  #makeLookup(): ChecksumLookup {
    const { logger } = this.#options;
    const lookup = new ChecksumLookup(this.#platform.fileSystem, this.#paths.checksums, this.#files);
    this.#files.onRemoved = (base) => {
      lookup.forget(base);
      this.#checksums.removed(base).catch((error: unknown) => {
        logger.warn('Cannot remove the checksums of a removed log file', { base, error });
      });
    };
    return lookup;
  }

  async #replay(
    start: RecoveryStart,
    dispatcher: RecordDispatcher,
    flusher: QueueFlusher,
  ): Promise<ScanResult> {
    const { checkCRCOnRecover, isReplica } = this.#options;
    const endAtDamage = isReplica && start.trusted;
    const scanner = new LogScanner(
      this.#files,
      this.#damage,
      checkCRCOnRecover,
      endAtDamage,
      this.#checksums,
    );
    let sinceFlush = 0;
    const flush = async (): Promise<void> => {
      for (const queue of this.#grown) {
        queue.publish();
        flusher.note(queue);
      }
      this.#grown.clear();
      if (sinceFlush < UNITS_BETWEEN_FLUSHES) return;
      sinceFlush = 0;
      await flusher.flush(0);
    };
    const scan = await scanner.scan(
      start.fromOffset,
      start.searchLimit,
      (buffer, at, size, physicalOffset) => {
        if (!this.#options.plantedBugs.skipReplay) dispatcher.dispatch(buffer, at, size, physicalOffset);
        this.#checksums.add(buffer, at, size, physicalOffset);
        this.#dispatched++;
        sinceFlush++;
        const storeTimestamp = buffer.readInt32BE(at + 56) * 0x1_0000_0000 + buffer.readUInt32BE(at + 60);
        this.#lastRecord = {
          offset: physicalOffset,
          size,
          storeTimestamp,
          bodyCRC: buffer.readInt32BE(at + 8),
        };
      },
      flush,
    );
    await flush();
    return scan;
  }

  /** Zeros and removals behind the end, so that nothing there can be taken for records later; what is read is made durable. */
  async #clearAfterEnd(
    start: RecoveryStart,
    scan: ScanResult,
    abnormal: boolean,
    sound: boolean,
  ): Promise<void> {
    const files = this.#files;
    const mark = this.#syncedMark;
    let from = scan.endOffset;
    if (from < scan.soiledTo) mark.noteCleared(scan.soiledTo);
    while (from < scan.soiledTo) {
      const base = files.baseOf(from);
      const end = Math.min(scan.soiledTo, base + files.fileBytes, from + ZEROS.length);
      if (files.has(base)) files.writeSync(files.open(base), ZEROS, 0, end - from, from);
      from = end;
    }
    if (abnormal && !this.#options.plantedBugs.trustPageCache) {
      const unsure = Math.max(start.fromOffset, Math.min(mark.syncedTo, scan.endOffset));
      await rewriteLog(files, unsure, Math.max(scan.endOffset, mark.clearedTo));
    }
    const endBase = files.baseOf(scan.endOffset);
    for (const base of [...files.bases]) {
      if (base > endBase + files.fileBytes) await files.remove(base);
      else if (!sound && base + files.fileBytes > this.#loadBelow) await this.#syncFile(base);
    }
    if (!sound) await this.#platform.fileSystem.syncFolder(files.folder);
    mark.openAt(scan.endOffset);
  }

  async #syncFile(base: number): Promise<void> {
    const file = this.#files.open(base);
    file.unsynced = false;
    await file.file.datasync();
  }

  #tell(abnormal: boolean, start: RecoveryStart, scan: ScanResult): void {
    this.#options.logger.info('Recovered the store', { ...this.#report(abnormal, start, scan) });
  }

  #report(abnormal: boolean, start: RecoveryStart, scan: ScanResult): RecoveryReport {
    return {
      abnormal,
      fromOffset: start.fromOffset,
      endOffset: scan.endOffset,
      recordCount: scan.recordCount,
      tornBytes: scan.soiledTo - scan.endOffset,
      damageCount: this.#damage.count,
    };
  }
}

/** The levels as they are set now; parsed again only when the setting has changed. */
function delayLevelsOf(options: StoreOptions): () => DelayLevels {
  let text = options.messageDelayLevel;
  let levels = new DelayLevels(text);
  return () => {
    if (options.messageDelayLevel !== text) {
      text = options.messageDelayLevel;
      levels = new DelayLevels(text);
    }
    return levels;
  };
}
