/**
 * Owns moving the marks from which the next start goes on: Java's checkpoint and our progress file.
 *
 * Invariant: a mark moves only over what is durable: first the log, then the units of every queue and the checksums of the
 * records, then the marks. After a
 * crash no mark moves before every queue on disk has been looked at once, because units of records that did not survive may
 * lie behind the end of queues which nobody has opened.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import type { CheckpointFile } from './checkpoint-file.ts';
import type { Checksums } from './integrity/checksums.ts';
import type { CommitLog } from './log/commit-log.ts';
import type { LastRecord, ProgressFile } from './progress-file.ts';
import type { QueueFiles } from './queue/queue-files.ts';
import type { QueueFlusher } from './queue/queue-flusher.ts';
import type { QueueTable } from './queue/queue-table.ts';
import type { StoreOptions } from './store-options.ts';
import type { WritePath } from './write-path.ts';

/** The log may grow this far beyond a mark's writeLimit's margin before a new one has to be durable. */
const LIMIT_STEP_BYTES = 32 * 1024 * 1024;
const LIMIT_MARGIN_BYTES = 16 * 1024 * 1024;
/** Queue files synced at the same time: the log's own syncs must find a free thread. */
const SYNCS_AT_ONCE = 2;
/** The same at the stop, when the log is closed: as many threads as Node has for files. */
const SYNCS_AT_STOP = 4;
const SWEEP_SLICE = 32;

export interface CheckpointerParts {
  readonly log: CommitLog;
  readonly writePath: WritePath;
  readonly table: QueueTable;
  readonly flusher: QueueFlusher;
  readonly queueFiles: QueueFiles;
  readonly checkpoint: CheckpointFile;
  readonly progress: ProgressFile;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: StoreOptions;
  readonly checksums: Checksums;
  /** When the lock file was last written. */
  readonly lockModifiedMs: number | undefined;
}

export class Checkpointer {
  readonly #parts: CheckpointerParts;
  #queuesCompleteTo = 0;
  #lastRecord: LastRecord | undefined;
  #writeLimit = 0;
  #limitSaving = false;
  #sweepNeeded = false;
  #indexMoved = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
  }

  /** What the checkpoint may claim for the message index; set when the index is closed. Milliseconds. */
  set indexTimestamp(storeTimestamp: number) {
    this.#parts.checkpoint.indexMsgTimestamp = storeTimestamp;
    this.#indexMoved = true;
  }

  /** Starts from what recovery found. `sweepNeeded`: the last stop was not clean. */
  async openAt(completeTo: number, lastRecord: LastRecord | undefined, sweepNeeded: boolean): Promise<void> {
    this.#queuesCompleteTo = completeTo;
    this.#lastRecord = lastRecord;
    this.#sweepNeeded = sweepNeeded;
    this.#writeLimit = this.#parts.log.appendOffset + LIMIT_STEP_BYTES;
    await this.#saveProgress();
  }

  /** Log and queues are durable and complete below this offset of the log, and the marks say so. */
  get queuesCompleteTo(): number {
    return this.#queuesCompleteTo;
  }

  /** Hot, once per turn: keeps the stated limit of what has been written ahead of the log. */
  keepLimit(): void {
    if (this.#parts.log.appendOffset + LIMIT_MARGIN_BYTES <= this.#writeLimit || this.#limitSaving) return;
    this.#limitSaving = true;
    const before = this.#writeLimit;
    this.#writeLimit = this.#parts.log.appendOffset + LIMIT_STEP_BYTES;
    this.#saveProgress()
      .catch((error: unknown) => {
        this.#writeLimit = before;
        this.#parts.logger.warn('Cannot write the progress file', { error });
      })
      .finally(() => {
        this.#limitSaving = false;
      });
  }

  /** Makes everything written until now durable, queues included, and moves the marks. Rejects when the disk refuses. */
  run(atStop = false): Promise<void> {
    const run = this.#running.then(() => this.#run(atStop ? SYNCS_AT_STOP : SYNCS_AT_ONCE));
    this.#running = run.catch(() => {});
    return run;
  }

  async #run(syncsAtOnce: number): Promise<void> {
    const { log, writePath, flusher, queueFiles, checkpoint, checksums } = this.#parts;
    await this.#sweep();
    const target = log.writtenOffset;
    const lastRecord = this.#recordBelow();
    const storeTimestamp = log.writtenStoreTimestamp;
    const unmoved = target === this.#queuesCompleteTo && !this.#indexMoved;
    const covered = checksums.writer.unsyncedCount === 0;
    if (unmoved && covered && queueFiles.unsyncedCount === 0 && flusher.dirtyCount === 0) return;
    this.#indexMoved = false;
    await writePath.flush();
    await flusher.flush(0);
    if (!this.#parts.options.plantedBugs.markBeforeSync) {
      await queueFiles.sync(syncsAtOnce);
      await checksums.sync();
    }
    checkpoint.physicMsgTimestamp = Math.max(
      checkpoint.physicMsgTimestamp,
      writePath.syncer.durableStoreTimestamp,
    );
    checkpoint.logicsMsgTimestamp = Math.max(checkpoint.logicsMsgTimestamp, storeTimestamp);
    await checkpoint.save();
    this.#queuesCompleteTo = target;
    this.#lastRecord = lastRecord;
    await this.#saveProgress();
  }

  /** Opens every queue once, which clears what lies behind its end; their names are to be made durable too. */
  async #sweep(): Promise<void> {
    if (!this.#sweepNeeded) return;
    const { table, clock } = this.#parts;
    let opened = 0;
    for (const topic of table.topicNames()) {
      for (const queueId of table.queueIds(topic)) {
        const queue = table.findQueue(topic, queueId);
        if (queue !== undefined) this.#parts.queueFiles.distrust(queue.folder);
        if (++opened % SWEEP_SLICE === 0) await new Promise<void>((resolve) => clock.setImmediate(resolve));
      }
    }
    this.#sweepNeeded = false;
  }

  /** The last record written, as it is at this moment. */
  #recordBelow(): LastRecord | undefined {
    const { log } = this.#parts;
    const offset = log.writtenRecordOffset;
    if (offset < 0) return this.#lastRecord;
    if (offset === this.#lastRecord?.offset) return this.#lastRecord;
    const chunk = log.memory.find(offset);
    if (chunk === undefined) return this.#lastRecord;
    const bodyCRC = chunk.buffer.readInt32BE(offset - chunk.baseOffset + 8);
    return { offset, size: log.writtenRecordBytes, storeTimestamp: log.writtenStoreTimestamp, bodyCRC };
  }

  #saveProgress(): Promise<void> {
    return this.#parts.progress.save({
      mapedFileSizeCommitLog: this.#parts.log.files.fileBytes,
      queuesCompleteTo: this.#queuesCompleteTo,
      lastRecord: this.#lastRecord,
      writeLimit: this.#writeLimit,
      lockModifiedMs: this.#parts.lockModifiedMs,
    });
  }
}
