/**
 * Owns bringing log and queues together at a start: from where to read the log, putting its records into the queues, clearing
 * what a crash left behind the end.
 *
 * Where to begin:
 * - at the place that our progress file states, if the log still holds the record it names before that place;
 * - else, after a clean stop of Java, at the third-last file, as Java does, or earlier where the queues end earlier;
 * - else at the last file whose first record was stored before the checkpoint (3 s less), as Java does.
 * - With no queues at all on disk: at the start of the log.
 *
 * Invariants: units of records below that place are taken as they are, all others are built anew from the log; nothing
 * intact is cut off; queues ahead of the log lose the units that have no record.
 *
 * Counterparts in RocketMQ: DefaultMessageStore.recover, CommitLog.recoverNormally and recoverAbnormally.
 */
import type { FileSystem, Logger } from '@rocketmq-ts/platform';
import { MAGIC } from '@rocketmq-ts/protocol';
import type { CheckpointFile } from '../checkpoint-file.ts';
import type { DamageReport } from '../log/damage.ts';
import type { LogFiles } from '../log/log-files.ts';
import { checkRecord } from '../log/record-check.ts';
import type { LastRecord, Progress } from '../progress-file.ts';
import type { QueueFiles } from '../queue/queue-files.ts';
import { readUnit, UNIT_BYTES } from '../queue/queue-unit.ts';
import type { StoreOptions } from '../store-options.ts';
import { queueIdOfFolder, type StorePaths } from '../store-paths.ts';

export interface RecoveryParts {
  readonly fileSystem: FileSystem;
  readonly paths: StorePaths;
  readonly options: StoreOptions;
  readonly files: LogFiles;
  readonly queueFiles: QueueFiles;
  readonly checkpoint: CheckpointFile;
  readonly progress: Progress | undefined;
  readonly damage: DamageReport;
  readonly logger: Logger;
  /** The last stop was not clean. */
  readonly abnormal: boolean;
}

export interface RecoveryStart {
  readonly fromOffset: number;
  /** Nothing has been written at or above this. */
  readonly searchLimit: number;
  /** Our progress file is in force: what lies below `fromOffset` is known to be complete. */
  readonly trusted: boolean;
  /** The record before `fromOffset`. */
  readonly lastRecord: LastRecord | undefined;
}

const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const RECORD_HEAD_BYTES = 91;

export class Recovery {
  readonly #parts: RecoveryParts;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Decides where to begin. Reads only. */
  start(): RecoveryStart {
    const { files, progress, abnormal, logger } = this.#parts;
    const minOffset = files.minOffset;
    if (files.bases.length === 0) return whole(0);
    const hasQueues = this.#hasQueues();
    if (progress !== undefined && this.#isInForce(progress)) {
      const fromOffset = Math.max(minOffset, progress.queuesCompleteTo);
      if (!hasQueues && fromOffset > minOffset) {
        logger.warn('Consume queues are gone; building them from the whole log', { fromOffset: minOffset });
        return { ...whole(minOffset), searchLimit: progress.writeLimit };
      }
      // After a clean stop nothing follows; only what Java has appended since could.
      const isEnd = !abnormal && this.#isZero(fromOffset);
      const searchLimit = isEnd ? fromOffset : progress.writeLimit;
      return { fromOffset, searchLimit, trusted: true, lastRecord: progress.lastRecord };
    }
    if (!hasQueues) return whole(minOffset);
    return whole(abnormal ? this.#abnormalStart() : this.#normalStart());
  }

  #isZero(offset: number): boolean {
    const { files } = this.#parts;
    const bytes = Buffer.alloc(8);
    if (!files.has(files.baseOf(offset))) return true;
    files.readSync(offset, bytes, 0, Math.min(8, files.fileBytes - (offset % files.fileBytes)));
    return bytes.every((byte) => byte === 0);
  }

  #hasQueues(): boolean {
    const { fileSystem, paths } = this.#parts;
    return fileSystem.readdirSync(paths.consumeQueue).length > 0;
  }

  /** Whether the log is still the one that the progress file speaks of. */
  #isInForce(progress: Progress): boolean {
    const { files } = this.#parts;
    const record = progress.lastRecord;
    if (record === undefined) return progress.queuesCompleteTo <= files.minOffset;
    // The file of that record has been removed since: what it says of later ones still holds.
    if (record.offset < files.minOffset) return progress.queuesCompleteTo <= files.endOffset;
    const end = record.offset + record.size;
    const boundary = files.baseOf(record.offset) + files.fileBytes;
    if (progress.queuesCompleteTo !== end && progress.queuesCompleteTo !== boundary) return false;
    if (!files.has(files.baseOf(record.offset)) || end > boundary) return false;
    const bytes = Buffer.alloc(record.size);
    if (files.readSync(record.offset, bytes, 0, record.size) !== record.size) return false;
    const check = checkRecord(bytes, 0, record.size, record.offset, boundary - record.offset, true);
    const storeTimestamp = check > 0 ? bytes.readInt32BE(56) * 0x1_0000_0000 + bytes.readUInt32BE(60) : -1;
    return (
      check === record.size &&
      storeTimestamp === record.storeTimestamp &&
      bytes.readInt32BE(8) === record.bodyCRC
    );
  }

  /** The third-last file, or the one where the queues end if that is before. */
  #normalStart(): number {
    const { files } = this.#parts;
    const third = files.bases[Math.max(0, files.bases.length - 3)] as number;
    const held = this.#maxPhysicalOffsetOfQueues();
    if (held >= third) return third;
    return Math.max(files.minOffset, files.baseOf(Math.max(0, held)));
  }

  /** The last file whose first record was stored before the checkpoint. */
  #abnormalStart(): number {
    const { files, checkpoint, options } = this.#parts;
    const limit = checkpoint.minTimestamp(options.messageIndexEnable && options.messageIndexSafe);
    const head = Buffer.alloc(RECORD_HEAD_BYTES);
    for (let i = files.bases.length - 1; i >= 0; i--) {
      const base = files.bases[i] as number;
      if (files.readSync(base, head, 0, head.length) < head.length || head.readInt32BE(4) !== MAGIC) continue;
      const storeTimestamp = head.readInt32BE(56) * 0x1_0000_0000 + head.readUInt32BE(60);
      if (storeTimestamp > 0 && storeTimestamp <= limit) return base;
    }
    return files.minOffset;
  }

  /** The highest offset that any queue points to, -1 when none does. */
  #maxPhysicalOffsetOfQueues(): number {
    const { fileSystem, paths } = this.#parts;
    let max = -1;
    for (const topic of fileSystem.readdirSync(paths.consumeQueue)) {
      for (const name of fileSystem.readdirSync(paths.topicFolder(topic))) {
        if (queueIdOfFolder(name) === undefined) continue;
        max = Math.max(max, this.#lastPhysicalOffset(`${paths.topicFolder(topic)}/${name}`));
      }
    }
    return max;
  }

  #lastPhysicalOffset(folder: string): number {
    const { queueFiles } = this.#parts;
    const bytes = Buffer.alloc(UNIT_BYTES);
    const starts = queueFiles.list(folder);
    for (let i = starts.length - 1; i >= 0; i--) {
      let low = 0;
      let high = queueFiles.unitsPerFile;
      let last = -1;
      while (low < high) {
        const middle = (low + high) >> 1;
        const there = queueFiles.readSync(folder, (starts[i] as number) + middle, 1, bytes) === 1;
        const unit = readUnit(bytes, 0);
        if (there && unit.size > 0) {
          last = Math.max(last, unit.physicalOffset);
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      if (last >= 0) return last;
    }
    return -1;
  }
}

function whole(fromOffset: number): RecoveryStart {
  return { fromOffset, searchLimit: NO_LIMIT, trusted: false, lastRecord: undefined };
}
