/**
 * Owns the way of a message from the request to being acknowledged and visible: into the log's memory and its queue at once,
 * to the file once per turn, durable by group commit, then told to the listeners.
 *
 * Invariants:
 * - Nothing is reported as written or durable before it is; after a failed sync nothing is reported at all.
 * - ASYNC_FLUSH: a record is visible to consumers once it is written. SYNC_FLUSH: once it is durable, so that consumer
 *   offsets never run ahead of what survives.
 * - When a write fails, every record of that turn is taken back, and appends are refused until the disk accepts again.
 *
 * Counterparts in RocketMQ: CommitLog.putMessage, handleDiskFlush, ReputMessageService.
 */
import type { Clock, Timer, Turn, TurnTask } from '@rocketmq-ts/platform';
import { TurnPhase } from '@rocketmq-ts/platform';
import { RECORD_FIXED_BYTES } from '@rocketmq-ts/protocol';
import { type AppendRequest, type AppendResult, AppendStatus } from './append-request.ts';
import { BatchEntries } from './batch-entries.ts';
import type { CommitLog } from './log/commit-log.ts';
import { LogPreparer } from './log/log-preparer.ts';
import { LogSyncer } from './log/log-syncer.ts';
import { LogWriter, WriteOutcome } from './log/log-writer.ts';
import type { ConsumeQueue } from './queue/consume-queue.ts';
import type { QueueFlusher } from './queue/queue-flusher.ts';
import type { QueueTable } from './queue/queue-table.ts';
import { StoreError, StoreErrorCode } from './store-error.ts';
import type { StoreOptions } from './store-options.ts';
import type { SyncedMark } from './synced-mark.ts';

const MAX_TOPIC_BYTES = 127;
const MAX_PROPERTIES_BYTES = 32_767;
const BLANK_BYTES = 8;
const TRANSACTION_PREPARED = 4;
const TRANSACTION_ROLLBACK = 12;
const PAGE_BYTES = 4096;
/** Milliseconds between two tries whether a disk that refused accepts again. */
const PROBE_INTERVAL_MS = 1000;

/** Why appends are refused; the first that applies is told. */
const PROBLEMS = ['sync', 'closed', 'write', 'create', 'prepare', 'space', 'replica'] as const;
type Problem = (typeof PROBLEMS)[number];

export interface WritePathParts {
  readonly log: CommitLog;
  readonly table: QueueTable;
  readonly flusher: QueueFlusher;
  readonly clock: Clock;
  readonly turn: Turn;
  readonly options: StoreOptions;
  /** Called after each write, for what has to keep up with the log. */
  readonly afterWrite: () => void;
  readonly syncedMark: SyncedMark;
}

export class WritePath {
  readonly #log: CommitLog;
  readonly #table: QueueTable;
  readonly #flusher: QueueFlusher;
  readonly #clock: Clock;
  readonly #turn: Turn;
  readonly #options: StoreOptions;
  readonly #afterWrite: () => void;
  readonly #syncedMark: SyncedMark;
  readonly #batch = new BatchEntries();
  readonly syncer: LogSyncer;
  readonly preparer: LogPreparer;
  readonly writer: LogWriter;
  readonly lastAppend: AppendResult = {
    physicalOffset: 0,
    endOffset: 0,
    queueOffset: 0,
    storeTimestamp: 0,
    sizeBytes: 0,
    count: 0,
    physicalOffsets: [],
  };
  readonly #problems = new Map<Problem, StoreError>();
  #refusal: StoreError | undefined;
  #probeTimer: Timer | undefined;
  /** Queues that got units since the last write. */
  #touched: ConsumeQueue[] = [];
  /** Queues with written records that the next sync will make visible, and those of the sync under way. */
  #awaitingSync: ConsumeQueue[] = [];
  #inSync: ConsumeQueue[] = [];
  #arrivals: ConsumeQueue[] = [];
  #dropped: { keptOffset: number; error: StoreError }[] = [];
  #failure: StoreError | undefined;
  #failureTold = false;
  /** Why a queue could not be opened. */
  #openStatus: AppendStatus = AppendStatus.MESSAGE_ILLEGAL;
  /** The message being appended gets a place in its queue. */
  #enqueue = true;
  #writeDeferred = false;
  #completeDeferred = false;
  #postponed = false;
  /** Who waits for the zeros that hold up a write. */
  readonly #zeroWaiters: (() => void)[] = [];
  #toldWritten = 0;
  #toldDurable = 0;
  readonly #progressListeners: ((writtenOffset: number, durableOffset: number) => void)[] = [];
  readonly #droppedListeners: ((keptOffset: number, error: StoreError) => void)[] = [];
  readonly #failureListeners: ((error: StoreError) => void)[] = [];
  /** Appended since the start. */
  appendedCount = 0;
  appendedBytes = 0;

  constructor(parts: WritePathParts) {
    this.#log = parts.log;
    this.#table = parts.table;
    this.#flusher = parts.flusher;
    this.#clock = parts.clock;
    this.#turn = parts.turn;
    this.#options = parts.options;
    this.#afterWrite = parts.afterWrite;
    this.#syncedMark = parts.syncedMark;
    this.syncer = new LogSyncer(
      parts.log,
      {
        begun: () => this.#syncBegun(),
        done: () => this.#syncDone(),
        failed: (error) => this.#syncFailed(error),
      },
      parts.options.plantedBugs,
    );
    this.preparer = new LogPreparer(parts.log, parts.options.zeroAheadBytes, {
      stepDone: () => this.#zerosDone(),
      succeeded: () => this.#solve('prepare'),
      failed: (error) => this.#refuseForDisk('prepare', error),
      syncFailed: (error) => this.syncer.fail(error),
    });
    this.writer = new LogWriter(parts.log, this.preparer, this.syncer, parts.syncedMark);
    this.#problems.set('closed', closedError());
    this.#refusal = closedError();
  }

  start(): void {
    this.#toldWritten = this.#log.writtenOffset;
    this.#toldDurable = this.#log.durableOffset;
    this.#solve('closed');
    this.preparer.start();
  }

  get refusal(): StoreError | undefined {
    return this.#refusal;
  }

  /** Nothing has failed for good. */
  get isSound(): boolean {
    return this.#failure === undefined;
  }

  onProgress(listener: (writtenOffset: number, durableOffset: number) => void): void {
    this.#progressListeners.push(listener);
  }

  onDropped(listener: (keptOffset: number, error: StoreError) => void): void {
    this.#droppedListeners.push(listener);
  }

  onFailure(listener: (error: StoreError) => void): void {
    this.#failureListeners.push(listener);
  }

  /** See MessageStore.append. */
  append(request: AppendRequest): AppendStatus {
    if (this.#refusal !== undefined) return AppendStatus.SERVICE_NOT_AVAILABLE;
    const { topic } = request;
    const propertiesBytes = request.propertiesEnd - request.propertiesStart;
    if (propertiesBytes > MAX_PROPERTIES_BYTES) return AppendStatus.PROPERTIES_SIZE_EXCEEDED;
    const size =
      RECORD_FIXED_BYTES + request.bodyEnd - request.bodyStart + topic.bytes.length + propertiesBytes;
    if (size > this.#maxRecordBytes || topic.bytes.length > MAX_TOPIC_BYTES || topic.deleted) {
      return AppendStatus.MESSAGE_ILLEGAL;
    }
    const queue = topic.queues[request.queueId] ?? this.#openQueue(request);
    if (queue === undefined) return this.#openStatus;
    if (!this.#reserve(size)) return AppendStatus.CREATE_MAPEDFILE_FAILED;
    this.#beginResult(queue, request.sysFlag);
    this.#put(request, request, queue, request.tagsCode);
    this.#endResult(queue);
    return AppendStatus.PUT_OK;
  }

  /** See MessageStore.appendBatch. */
  appendBatch(request: AppendRequest): AppendStatus {
    if (this.#refusal !== undefined) return AppendStatus.SERVICE_NOT_AVAILABLE;
    const { topic } = request;
    const batch = this.#batch;
    const fixedBytes = RECORD_FIXED_BYTES + topic.bytes.length;
    const maxBytes = this.#maxRecordBytes;
    const sizeBytes = batch.measure(request.body, request.bodyStart, request.bodyEnd, fixedBytes);
    if (sizeBytes < 0 || sizeBytes > maxBytes || topic.bytes.length > MAX_TOPIC_BYTES || topic.deleted) {
      return AppendStatus.MESSAGE_ILLEGAL;
    }
    const queue = topic.queues[request.queueId] ?? this.#openQueue(request);
    if (queue === undefined) return this.#openStatus;
    if (!this.#reserve(sizeBytes)) return AppendStatus.CREATE_MAPEDFILE_FAILED;
    this.#beginResult(queue, request.sysFlag);
    batch.rewind(request.body, request.bodyStart, request.bodyEnd);
    while (batch.next()) this.#put(request, batch, queue, batch.tagsCode());
    this.#endResult(queue);
    return AppendStatus.PUT_OK;
  }

  /** Syncs the log when enough is unsynced, or it has waited long enough (ASYNC_FLUSH). */
  syncIfDue(): void {
    const unsyncedBytes = this.#log.writtenOffset - this.#log.durableOffset;
    if (unsyncedBytes === 0) return;
    const now = this.#clock.monotonicMs();
    const waited = now - this.syncer.lastBegunMs >= this.#options.flushCommitLogThoroughInterval;
    if (waited || unsyncedBytes >= this.#options.flushCommitLogLeastPages * PAGE_BYTES) this.syncer.sync(now);
  }

  /** Resolves once everything appended until now is durable. Rejects when it cannot become so. */
  async flush(): Promise<void> {
    const log = this.#log;
    // What is taken back meanwhile, because a write failed, is not waited for.
    let target = log.appendOffset;
    while (log.writtenOffset < target && this.#failure === undefined) {
      this.#runWrite();
      if (this.#postponed) await new Promise<void>((resolve) => this.#zeroWaiters.push(resolve));
      target = Math.min(target, log.appendOffset);
    }
    while (log.durableOffset < target) {
      if (this.#failure !== undefined) throw this.#failure;
      this.syncer.sync(this.#clock.monotonicMs());
      await this.syncer.settle();
    }
  }

  /** Takes no more appends, finishes what is under way. */
  async close(): Promise<void> {
    this.#refuse('closed', closedError());
    try {
      await this.preparer.stop();
      if (this.#failure === undefined) await this.flush();
      await this.syncer.settle();
    } finally {
      this.#probeTimer?.cancel();
    }
  }

  /** Refuses appends because the disk is nearly full, or accepts them again. */
  setSpaceProblem(error: StoreError | undefined): void {
    if (error === undefined) this.#solve('space');
    else this.#refuse('space', error);
  }

  /** From now on the log is a copy: appends are refused, only `appendRaw` adds to it. */
  becomeReplica(): void {
    this.#refuse('replica', replicaError());
  }

  /** Takes a record, or the blank end of a file, of another broker's log for the own end. Throws why the disk refuses. */
  appendRaw(bytes: Buffer, start: number, end: number): void {
    const refusal = this.#refusal;
    if (refusal !== undefined && refusal.code !== StoreErrorCode.STORE_REPLICA) throw refusal;
    try {
      this.#log.reserveRaw(end - start);
    } catch (error) {
      throw this.#refuseForDisk('create', error);
    }
    this.#log.putRaw(bytes, start, end);
    this.appendedCount++;
    this.appendedBytes += end - start;
    this.deferWrite();
  }

  /** A record of another broker's log has been put into the queue. */
  noteGrown(queue: ConsumeQueue): void {
    this.#touch(queue);
  }

  /** Something was appended: write it at the end of the turn. */
  deferWrite(): void {
    if (this.#writeDeferred) return;
    this.#writeDeferred = true;
    this.#turn.defer(TurnPhase.storeWrite, this.#writeTask);
  }

  readonly #writeTask: TurnTask = { runAtTurnEnd: () => this.#runWrite() };
  readonly #completeTask: TurnTask = { runAtTurnEnd: () => this.#complete() };

  get #maxRecordBytes(): number {
    return Math.min(this.#options.maxMessageSize, this.#options.mapedFileSizeCommitLog - BLANK_BYTES);
  }

  #openQueue(request: AppendRequest): ConsumeQueue | undefined {
    try {
      return this.#table.queue(request.topic, request.queueId);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const badName = error.code === StoreErrorCode.STORE_BAD_NAME;
      this.#openStatus = badName ? AppendStatus.MESSAGE_ILLEGAL : AppendStatus.SERVICE_NOT_AVAILABLE;
      return undefined;
    }
  }

  #reserve(sizeBytes: number): boolean {
    try {
      this.#log.reserve(sizeBytes);
      return true;
    } catch (error) {
      this.#refuseForDisk('create', error);
      return false;
    }
  }

  #beginResult(queue: ConsumeQueue, sysFlag: number): void {
    const result = this.lastAppend;
    const type = sysFlag & 0xc;
    this.#enqueue = type !== TRANSACTION_PREPARED && type !== TRANSACTION_ROLLBACK;
    result.physicalOffset = this.#log.appendOffset;
    result.queueOffset = this.#enqueue ? queue.nextOffset : 0;
    result.count = 0;
  }

  #put(
    request: AppendRequest,
    part: Parameters<CommitLog['put']>[1],
    queue: ConsumeQueue,
    tagsCode: number,
  ): void {
    const log = this.#log;
    const result = this.lastAppend;
    const physicalOffset = log.appendOffset;
    const size = log.put(request, part, this.#enqueue ? queue.nextOffset : 0);
    if (this.#enqueue) queue.append(physicalOffset, size, tagsCode);
    result.physicalOffsets[result.count++] = physicalOffset;
  }

  #endResult(queue: ConsumeQueue): void {
    const result = this.lastAppend;
    const log = this.#log;
    result.endOffset = log.appendOffset;
    result.sizeBytes = log.appendOffset - result.physicalOffset;
    result.storeTimestamp = log.lastStoreTimestamp;
    this.appendedCount += result.count;
    this.appendedBytes += result.sizeBytes;
    if (!queue.touched && this.#enqueue) this.#touch(queue);
    if (!this.#writeDeferred) this.deferWrite();
  }

  #touch(queue: ConsumeQueue): void {
    if (queue.touched) return;
    queue.touched = true;
    this.#touched.push(queue);
  }

  #runWrite(): void {
    this.#writeDeferred = false;
    this.#postponed = false;
    try {
      if (this.writer.write() === WriteOutcome.postponed) {
        this.#postponed = true;
        return;
      }
    } catch (error) {
      this.#dropUnwritten(error);
      return;
    }
    this.#written();
  }

  #written(): void {
    const visible = this.#options.flushDiskType === 'ASYNC_FLUSH';
    const touched = this.#touched;
    for (const queue of touched) {
      queue.touched = false;
      queue.markWritten();
      this.#flusher.note(queue);
      if (visible) {
        queue.maxOffset = queue.nextOffset;
        this.#arrivals.push(queue);
      } else if (!queue.awaitingSync) {
        queue.awaitingSync = true;
        this.#awaitingSync.push(queue);
      }
    }
    touched.length = 0;
    if (!visible) {
      if (this.#options.plantedBugs.acknowledgeBeforeSync) this.#log.durableOffset = this.#log.writtenOffset;
      this.syncer.sync(this.#clock.monotonicMs());
    }
    this.preparer.advance();
    this.#afterWrite();
    this.#deferComplete();
  }

  #syncBegun(): void {
    if (this.#options.plantedBugs.markSyncEarly) this.#syncedMark.noteSynced(this.#log.writtenOffset);
    const queues = this.#awaitingSync;
    this.#awaitingSync = this.#inSync;
    this.#awaitingSync.length = 0;
    this.#inSync = queues;
    for (const queue of queues) {
      queue.awaitingSync = false;
      queue.syncTarget = queue.writtenOffset;
    }
  }

  #syncDone(): void {
    this.#syncedMark.noteSynced(this.#log.durableOffset);
    for (const queue of this.#inSync) {
      if (queue.syncTarget > queue.maxOffset) {
        queue.maxOffset = queue.syncTarget;
        this.#arrivals.push(queue);
      }
    }
    this.#inSync.length = 0;
    this.#deferComplete();
  }

  #syncFailed(cause: unknown): void {
    this.#failure = new StoreError(
      StoreErrorCode.STORE_SYNC_FAILED,
      `The disk refused to make the log in ${this.#log.files.folder} durable (${messageOf(cause)}); ` +
        'nothing is accepted or acknowledged any more: check the disk, then start the broker again',
      { cause },
    );
    this.#refuse('sync', this.#failure);
    this.#deferComplete();
  }

  #zerosDone(): void {
    for (const resolve of this.#zeroWaiters.splice(0)) resolve();
    if (this.#postponed) this.deferWrite();
  }

  #dropUnwritten(cause: unknown): void {
    for (const queue of this.#touched) {
      queue.touched = false;
      queue.rollBack();
    }
    this.#touched.length = 0;
    this.#log.rollBack();
    const error = this.#refuseForDisk('write', cause);
    this.#dropped.push({ keptOffset: this.#log.writtenOffset, error });
    this.#deferComplete();
  }

  #deferComplete(): void {
    if (this.#completeDeferred) return;
    this.#completeDeferred = true;
    this.#turn.defer(TurnPhase.complete, this.#completeTask);
  }

  #complete(): void {
    this.#completeDeferred = false;
    if (this.#failure !== undefined) {
      if (this.#failureTold) return;
      this.#failureTold = true;
      for (const listener of this.#failureListeners) listener(this.#failure);
      return;
    }
    const { writtenOffset, durableOffset } = this.#log;
    if (writtenOffset !== this.#toldWritten || durableOffset !== this.#toldDurable) {
      this.#toldWritten = writtenOffset;
      this.#toldDurable = durableOffset;
      for (const listener of this.#progressListeners) listener(writtenOffset, durableOffset);
    }
    for (const { keptOffset, error } of this.#dropped.splice(0)) {
      for (const listener of this.#droppedListeners) listener(keptOffset, error);
    }
    const arrivals = this.#arrivals;
    if (arrivals.length === 0) return;
    this.#arrivals = [];
    for (const queue of arrivals) queue.arrivalListener?.(queue);
  }

  #refuseForDisk(problem: Problem, cause: unknown): StoreError {
    const full = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
    const { folder } = this.#log.files;
    const error = full
      ? new StoreError(
          StoreErrorCode.STORE_DISK_FULL,
          `No space left for ${folder}: messages are refused until there is; free some, or lower fileReservedTime`,
          { retriable: true, cause },
        )
      : new StoreError(
          StoreErrorCode.STORE_WRITE_FAILED,
          `The disk refused a write in ${folder} (${messageOf(cause)}): messages are refused until it accepts one; check it`,
          { retriable: true, cause },
        );
    this.#refuse(problem, error);
    this.#probeTimer ??= this.#clock.setInterval(() => this.#probe(), PROBE_INTERVAL_MS);
    return error;
  }

  /** Tries whether the disk accepts what it refused. */
  #probe(): void {
    try {
      if (this.#problems.has('write')) {
        this.writer.cleanAfterRollBack();
        this.#solve('write');
      }
      if (this.#problems.has('create')) {
        this.#log.files.create(this.#log.fileEnd);
        this.#solve('create');
      }
    } catch {
      // Still refused: the problem stays as it was told.
    }
    if (this.#problems.has('prepare')) this.preparer.retry();
  }

  #refuse(problem: Problem, error: StoreError): void {
    this.#problems.set(problem, error);
    this.#updateRefusal();
  }

  #solve(problem: Problem): void {
    if (this.#problems.delete(problem)) this.#updateRefusal();
  }

  #updateRefusal(): void {
    this.#refusal = undefined;
    for (const problem of PROBLEMS) {
      this.#refusal ??= this.#problems.get(problem);
    }
    const probing =
      this.#problems.has('write') || this.#problems.has('create') || this.#problems.has('prepare');
    if (!probing) {
      this.#probeTimer?.cancel();
      this.#probeTimer = undefined;
    }
  }
}

function closedError(): StoreError {
  return new StoreError(
    StoreErrorCode.STORE_CLOSED,
    'The message store is not open: it has not been started, or is shut down',
  );
}

function replicaError(): StoreError {
  return new StoreError(
    StoreErrorCode.STORE_REPLICA,
    'This store is a copy that follows its master: send to the master',
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
