/**
 * Owns the settings of the store and their defaults. Names and units are RocketMQ's where RocketMQ has them
 * (MessageStoreConfig), so `mapedFileSizeCommitLog` is spelt as it is there.
 */
import { totalmem } from 'node:os';
import type { Logger, ProcessTable } from '@rocketmq-ts/platform';
import { realProcessTable, silentLogger } from '@rocketmq-ts/platform';
import { DelayLevels } from './delay-levels.ts';
import type { PlantedBugs } from './planted-bugs.ts';
import { StoreError, StoreErrorCode } from './store-error.ts';

export type FlushDiskType = 'ASYNC_FLUSH' | 'SYNC_FLUSH';

/** What can be changed while the store is open, through `MessageStore.reconfigure`. Read at each use. */
export interface StoreSettings {
  flushDiskType: FlushDiskType;
  /** Milliseconds between two looks whether the log needs a sync (ASYNC_FLUSH). */
  flushIntervalCommitLog: number;
  /** 4 KiB pages that must be unsynced for such a look to lead to a sync. */
  flushCommitLogLeastPages: number;
  /** Milliseconds after which anything unsynced is synced. */
  flushCommitLogThoroughInterval: number;
  /** Milliseconds between two looks whether queue files need a write. */
  flushIntervalConsumeQueue: number;
  /** 4 KiB pages of a queue that must be unwritten for such a look to lead to a write. */
  flushConsumeQueueLeastPages: number;
  /** Milliseconds after which every queue is written and synced and the checkpoint moves. */
  flushConsumeQueueThoroughInterval: number;
  /** Largest record in bytes. */
  maxMessageSize: number;
  /** Hours a log file is kept after its last write. */
  fileReservedTime: number;
  /** Local hours at which old files are removed: `04`, or several separated by `;`. */
  deleteWhen: string;
  /** Percent of the disk above which old files are removed at any hour; 10 to 95. */
  diskMaxUsedSpaceRatio: number;
  /** Whether files younger than fileReservedTime may go when the disk is nearly full. */
  cleanFileForciblyEnable: boolean;
  /** Milliseconds between two looks for files to remove; the first comes after a minute. */
  cleanResourceInterval: number;
  /** Milliseconds between the removal of two log files. */
  deleteCommitLogFilesInterval: number;
  deleteConsumeQueueFilesInterval: number;
  /** Above this share of the disk, writes are refused. */
  diskSpaceWarningLevelRatio: number;
  /** Above this share of the disk, files go before their time. */
  diskSpaceCleanForciblyRatio: number;
  /** Percent of the machine's memory: what lies further behind the end of the log counts as being on disk. */
  accessMessageInMemoryMaxRatio: number;
  maxTransferBytesOnMessageInMemory: number;
  maxTransferCountOnMessageInMemory: number;
  maxTransferBytesOnMessageInDisk: number;
  maxTransferCountOnMessageInDisk: number;
  /** Corrects out-of-range pull offsets; false on a slave unless offsetCheckInSlave. */
  correctOffsets: boolean;
  /** Bytes of the log that are read for damage in a second, at most; 0 reads none. */
  scrubBytesPerSecond: number;
  /** Levels of the delay topic; needed to rebuild its queues. */
  messageDelayLevel: string;
}

/** What is fixed while the store is open. */
export interface StoreOptions extends StoreSettings {
  readonly storePathRootDir: string;
  readonly storePathCommitLog: string;
  /** Bytes of one log file. */
  readonly mapedFileSizeCommitLog: number;
  /** Bytes of one queue file; rounded up to whole units of 20. */
  readonly mapedFileSizeConsumeQueue: number;
  readonly checkCRCOnRecover: boolean;
  /**
   * The log is a copy. What a power failure left behind a gap, above what is known to be durable, is then not kept: a copy with
   * a gap would claim to hold what is in it, while all of it comes again from the other broker.
   */
  readonly isReplica: boolean;
  readonly messageIndexEnable: boolean;
  readonly messageIndexSafe: boolean;
  /** Slots and entries of one index file: a file of another size is not read. */
  readonly maxHashSlotNum: number;
  readonly maxIndexNum: number;
  /** Most messages that a query by key answers. */
  readonly maxMsgsNumBatch: number;
  /** Address written into records as storeHost: IPv4 as a signed 32-bit integer, big-endian. */
  readonly storeHostIp: number;
  readonly storeHostPort: number;
  /** Bytes of the recent log that are kept in memory. */
  readonly memoryWindowBytes: number;
  /** Bytes of one piece of that memory. */
  readonly chunkBytes: number;
  /** Bytes that unfinished socket writes may hold beyond the window before the slowest is cut off. */
  readonly maxPinnedBytes: number;
  /** Bytes of older log kept in memory for readers that are behind. */
  readonly coldCacheBytes: number;
  /** Bytes of one read from an older file. */
  readonly coldBlockBytes: number;
  /** Bytes of zeros kept written ahead of the end of the log, at most. */
  readonly zeroAheadBytes: number;
  /** Open queue files. */
  readonly maxOpenQueueFiles: number;
  /** Open log files besides the ones being written. */
  readonly maxOpenLogFiles: number;
  /** Memory of the machine, for accessMessageInMemoryMaxRatio. */
  readonly totalMemoryBytes: number;
  readonly logger: Logger;
  readonly processTable: ProcessTable;
  readonly plantedBugs: PlantedBugs;
}

/** What a caller must say; the rest has defaults. */
export type StoreOptionsInput = Partial<StoreOptions> & Pick<StoreOptions, 'storePathRootDir'>;

export const DEFAULT_DELAY_LEVELS = '1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h';
const MIB = 1024 * 1024;
export const CONSUME_QUEUE_UNIT_BYTES = 20;

export function resolveStoreOptions(input: StoreOptionsInput): StoreOptions {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const options: StoreOptions = {
    storePathCommitLog: `${input.storePathRootDir}/commitlog`,
    mapedFileSizeCommitLog: 1024 * MIB,
    mapedFileSizeConsumeQueue: 300_000 * CONSUME_QUEUE_UNIT_BYTES,
    flushDiskType: 'ASYNC_FLUSH',
    flushIntervalCommitLog: 500,
    flushCommitLogLeastPages: 4,
    flushCommitLogThoroughInterval: 10_000,
    flushIntervalConsumeQueue: 1000,
    flushConsumeQueueLeastPages: 2,
    flushConsumeQueueThoroughInterval: 60_000,
    maxMessageSize: 4 * MIB,
    checkCRCOnRecover: true,
    isReplica: false,
    messageIndexEnable: true,
    messageIndexSafe: false,
    maxHashSlotNum: 5_000_000,
    maxIndexNum: 20_000_000,
    maxMsgsNumBatch: 64,
    fileReservedTime: 72,
    deleteWhen: '04',
    diskMaxUsedSpaceRatio: 75,
    cleanFileForciblyEnable: true,
    cleanResourceInterval: 10_000,
    deleteCommitLogFilesInterval: 100,
    deleteConsumeQueueFilesInterval: 100,
    diskSpaceWarningLevelRatio: 0.9,
    diskSpaceCleanForciblyRatio: 0.85,
    accessMessageInMemoryMaxRatio: 40,
    maxTransferBytesOnMessageInMemory: 262_144,
    maxTransferCountOnMessageInMemory: 32,
    maxTransferBytesOnMessageInDisk: 65_536,
    maxTransferCountOnMessageInDisk: 8,
    correctOffsets: true,
    scrubBytesPerSecond: MIB,
    messageDelayLevel: DEFAULT_DELAY_LEVELS,
    storeHostIp: 0x7f000001,
    storeHostPort: 10911,
    memoryWindowBytes: 64 * MIB,
    chunkBytes: MIB,
    maxPinnedBytes: 64 * MIB,
    coldCacheBytes: 16 * MIB,
    coldBlockBytes: 256 * 1024,
    zeroAheadBytes: 32 * MIB,
    maxOpenQueueFiles: 256,
    maxOpenLogFiles: 32,
    totalMemoryBytes: totalmem(),
    logger: silentLogger,
    processTable: realProcessTable,
    plantedBugs: {},
    ...given,
    storePathRootDir: input.storePathRootDir,
  };
  checkSettings(options);
  const unit = CONSUME_QUEUE_UNIT_BYTES;
  return {
    ...options,
    mapedFileSizeConsumeQueue: Math.ceil(options.mapedFileSizeConsumeQueue / unit) * unit,
  };
}

/** Throws StoreError STORE_BAD_OPTION. */
export function checkSettings(options: StoreOptions): void {
  const positive = [
    'mapedFileSizeCommitLog',
    'mapedFileSizeConsumeQueue',
    'maxMessageSize',
    'memoryWindowBytes',
    'chunkBytes',
    'coldBlockBytes',
    'maxOpenQueueFiles',
    'maxOpenLogFiles',
  ] as const;
  for (const name of positive) {
    const value = options[name];
    if (!Number.isSafeInteger(value) || value <= 0) {
      throw badOption(name, value, 'a positive integer');
    }
  }
  new DelayLevels(options.messageDelayLevel);
  if (options.storePathRootDir === '') throw badOption('storePathRootDir', '""', 'the path of a folder');
  if (options.mapedFileSizeCommitLog > 0x7fffffff) {
    // A blank record states the rest of its file as an int32.
    throw badOption('mapedFileSizeCommitLog', options.mapedFileSizeCommitLog, 'at most 2147483647');
  }
  if (options.maxMessageSize + 8 > options.mapedFileSizeCommitLog) {
    throw badOption(
      'maxMessageSize',
      options.maxMessageSize,
      'small enough for one record in one file of mapedFileSizeCommitLog',
    );
  }
}

function badOption(name: string, value: unknown, expected: string): StoreError {
  return new StoreError(
    StoreErrorCode.STORE_BAD_OPTION,
    `Store setting ${name}=${String(value)}: expected ${expected}`,
  );
}
