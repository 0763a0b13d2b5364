/**
 * Owns removing what is too old: log files by age or because the disk is filling, queue files whose records are gone.
 *
 * Rules of 4.4.0 (CleanCommitLogService, CleanConsumeQueueService): at the hours of deleteWhen, or when the disk is fuller
 * than diskMaxUsedSpaceRatio, or when asked to, files whose last write is fileReservedTime ago go, at most ten a round,
 * oldest first, never the last; above diskSpaceCleanForciblyRatio younger ones too; above diskSpaceWarningLevelRatio writes
 * are refused as well.
 */
import type { Clock, FileSystem, Logger } from '@rocketmq-ts/platform';
import type { Checkpointer } from './checkpointer.ts';
import type { CommitLog } from './log/commit-log.ts';
import type { QueueTable } from './queue/queue-table.ts';
import { StoreError, StoreErrorCode } from './store-error.ts';
import type { StoreOptions } from './store-options.ts';
import type { StorePaths } from './store-paths.ts';
import type { WritePath } from './write-path.ts';

const MAX_FILES_A_ROUND = 10;
const MANUAL_ROUNDS = 20;
const HOUR_MS = 3_600_000;
const QUEUE_SLICE = 32;

export interface CleanerParts {
  readonly fileSystem: FileSystem;
  readonly paths: StorePaths;
  readonly options: StoreOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: CommitLog;
  readonly table: QueueTable;
  readonly writePath: WritePath;
  readonly checkpointer: Checkpointer;
}

export class Cleaner {
  readonly #parts: CleanerParts;
  #manualRounds = 0;
  #cleanedBelow = 0;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: CleanerParts) {
    this.#parts = parts;
    this.#cleanedBelow = parts.log.files.minOffset;
  }

  /** Lets the next rounds remove files whatever the hour. */
  requestManually(): void {
    this.#manualRounds = MANUAL_ROUNDS;
  }

  /** One round; does nothing while the one before is under way. */
  round(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Share of the disk in use, 0 to 1, of the fuller of the disks under log and queues. */
  usedRatio(path: string): number {
    try {
      const { freeBytes, totalBytes } = this.#parts.fileSystem.spaceSync(path);
      return totalBytes > 0 ? (totalBytes - freeBytes) / totalBytes : 0;
    } catch {
      return -1;
    }
  }

  async #round(): Promise<void> {
    try {
      const { options } = this.#parts;
      const ratio = this.judgeSpace();
      const full = ratio > clamp(options.diskMaxUsedSpaceRatio, 10, 95) / 100;
      const manual = this.#manualRounds > 0;
      if (manual) this.#manualRounds--;
      if (full || manual || this.#isHour()) {
        const forced = options.cleanFileForciblyEnable && ratio > options.diskSpaceCleanForciblyRatio;
        await this.#cleanLog(forced, full);
      }
      await this.#cleanQueues();
    } catch (error) {
      this.#parts.logger.warn('Cleaning the store failed; it is tried again', { error });
    }
  }

  /** Refuses writes, or lets them in again, as the disk is now; answers how full it is, 0 to 1. */
  judgeSpace(): number {
    const { options, paths, writePath } = this.#parts;
    const ratio = Math.max(this.usedRatio(paths.commitLog), this.usedRatio(paths.consumeQueue));
    if (ratio > options.diskSpaceWarningLevelRatio) {
      const percent = Math.round(ratio * 1000) / 10;
      const limit = options.diskSpaceWarningLevelRatio * 100;
      writePath.setSpaceProblem(
        new StoreError(
          StoreErrorCode.STORE_DISK_FULL,
          `The disk of ${paths.commitLog} is ${percent} % full, above ${limit} %: messages are refused until it is not; ` +
            'free space, or lower fileReservedTime',
          { retriable: true },
        ),
      );
    } else if (ratio <= options.diskSpaceCleanForciblyRatio) {
      writePath.setSpaceProblem(undefined);
    }
    return ratio;
  }

  #isHour(): boolean {
    const { clock, options } = this.#parts;
    const hour = new Date(clock.now()).getHours();
    return options.deleteWhen.split(';').some((text) => text.trim() !== '' && Number(text) === hour);
  }

  async #cleanLog(forced: boolean, full: boolean): Promise<void> {
    const { log, options, clock, logger } = this.#parts;
    const reservedMs = options.fileReservedTime * HOUR_MS;
    let removed = 0;
    while (!this.#stopped && removed < MAX_FILES_A_ROUND) {
      const base = log.files.bases[0];
      // The file being written stays, and so do those prepared after it.
      if (base === undefined || base + log.files.fileBytes > log.durableOffset) break;
      const modifiedMs = log.files.lastModifiedMs(base) ?? 0;
      if (!forced && clock.now() < modifiedMs + reservedMs) break;
      if (!(await this.#queuesHold(base + log.files.fileBytes)) && !forced) break;
      if (!(await log.files.remove(base))) break;
      removed++;
      logger.info('Removed a log file', { file: log.files.path(base), forced });
      await this.#sleep(options.deleteCommitLogFilesInterval);
    }
    if (removed === 0 && full) logger.warn('The disk is filling and no log file is old enough to be removed');
  }

  /**
   * Whether the queues are durable up to there: a start must not find records gone whose queues it would have to build from
   * them. On a disk too full for the queues, room goes first: one file is removed, and the queues follow into its place.
   */
  async #queuesHold(offset: number): Promise<boolean> {
    const { checkpointer, logger } = this.#parts;
    if (offset <= checkpointer.queuesCompleteTo) return true;
    try {
      await checkpointer.run();
    } catch (error) {
      logger.warn('The queues cannot be made durable before a log file is removed', { error });
    }
    return offset <= checkpointer.queuesCompleteTo;
  }

  async #cleanQueues(): Promise<void> {
    const { log, table, options, clock } = this.#parts;
    const minOffset = log.files.minOffset;
    if (minOffset <= this.#cleanedBelow) return;
    let seen = 0;
    for (const topic of table.topicNames()) {
      for (const queueId of table.queueIds(topic)) {
        if (this.#stopped) return;
        if (++seen % QUEUE_SLICE === 0) await new Promise<void>((resolve) => clock.setImmediate(resolve));
        if (!table.hasSeveralFiles(topic, queueId)) continue;
        const removed = (await table.findQueue(topic, queueId)?.removeFilesBelow(minOffset)) ?? 0;
        if (removed > 0) await this.#sleep(options.deleteConsumeQueueFilesInterval);
      }
    }
    this.#cleanedBelow = minOffset;
  }

  #sleep(delayMs: number): Promise<void> {
    if (delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#parts.clock.setTimeout(resolve, delayMs);
    });
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
