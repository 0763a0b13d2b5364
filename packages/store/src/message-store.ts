/**
 * Owns the store as its users see it: append, pull, questions, clean-up, start and stop.
 *
 * Invariants: one owner, one event loop; nothing is acknowledged (`onProgress`) before it is written or durable; the abort
 * file goes only when log, queues and checkpoint are complete on disk.
 *
 * Counterpart in RocketMQ: DefaultMessageStore.
 */
import type { Platform, Timer } from '@rocketmq-ts/platform';
import type { AppendRequest, AppendResult, AppendStatus } from './append-request.ts';
import type { Damage } from './log/damage.ts';
import { openStore, type RecoveryReport, type StoreParts } from './open-store.ts';
import type { ConsumeQueue } from './queue/consume-queue.ts';
import type { GetResult, MessageFilter } from './read/get-result.ts';
import { LogFeed } from './replication/log-feed.ts';
import { LogReceiver } from './replication/log-receiver.ts';
import type { StoreError } from './store-error.ts';
import {
  checkSettings,
  resolveStoreOptions,
  type StoreOptionsInput,
  type StoreSettings,
} from './store-options.ts';
import type { TopicKey } from './topic-key.ts';

const DELAY_TOPIC = 'SCHEDULE_TOPIC_XXXX';
/** As in 4.4.0; until then only a disk without any room refuses. */
const FIRST_CLEAN_MS = 60_000;
/** How often it is looked whether the disk is too full to go on. */
const SPACE_LOOK_MS = 1_000;
/** Settings that are periods of timers. */
const TIMED_BY = ['flushIntervalCommitLog', 'flushIntervalConsumeQueue', 'cleanResourceInterval'] as const;

/** Answer of a query by key. */
export interface QueryMessageResult {
  readonly records: readonly Buffer[];
  readonly indexLastUpdateTimestamp: number;
  readonly indexLastUpdatePhyoffset: number;
}

export class MessageStore {
  readonly #parts: StoreParts;
  readonly #timers: Timer[] = [];
  #state: 'open' | 'started' | 'closing' | 'closed' = 'open';
  #startedMs = 0;
  #lastThoroughMs = 0;
  #trashCount = 0;

  /** The log as bytes, for slaves. */
  readonly feed: LogFeed;

  private constructor(parts: StoreParts) {
    this.#parts = parts;
    this.feed = new LogFeed(parts);
  }

  /** Takes the folder and recovers it. Then the store can be read; `start` begins the services and lets appends in. */
  static async open(platform: Platform, options: StoreOptionsInput): Promise<MessageStore> {
    return new MessageStore(await openStore(platform, resolveStoreOptions(options)));
  }

  start(): void {
    if (this.#state !== 'open') return;
    this.#state = 'started';
    const { clock } = this.#parts.platform;
    this.#startedMs = clock.now();
    this.#lastThoroughMs = clock.monotonicMs();
    this.#parts.writePath.start();
    this.#parts.scrubber.start();
    this.#startTimers();
  }

  #startTimers(): void {
    const { platform, options, writePath, flusher, cleaner, checksums } = this.#parts;
    const { clock } = platform;
    const warn = (what: string) => (error: unknown) => options.logger.warn(what, { error });
    this.#timers.push(
      clock.setInterval(() => writePath.syncIfDue(), options.flushIntervalCommitLog),
      clock.setInterval(() => checksums.writer.write(), options.flushIntervalConsumeQueue),
      clock.setInterval(() => {
        if (clock.monotonicMs() - this.#lastThoroughMs >= options.flushConsumeQueueThoroughInterval) {
          this.checkpoint().catch(warn('Cannot move the checkpoint; it is tried again'));
        } else {
          const leastPages = options.flushConsumeQueueLeastPages;
          flusher.flush(leastPages).catch(warn('Cannot write consume queues; it is tried again'));
        }
      }, options.flushIntervalConsumeQueue),
      clock.setInterval(() => {
        if (clock.now() - this.#startedMs >= FIRST_CLEAN_MS) void this.clean();
      }, options.cleanResourceInterval),
      clock.setInterval(() => {
        if (clock.now() - this.#startedMs >= FIRST_CLEAN_MS) cleaner.judgeSpace();
      }, SPACE_LOOK_MS),
    );
  }

  /** Writes and syncs everything, moves the checkpoint, removes the abort file, lets go of the folder. Never rejects for a failed disk. */
  async shutdown(): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    const wasStarted = this.#state === 'started';
    this.#state = 'closing';
    const { platform, paths, lock, log, queueFiles, writePath, checkpointer, cleaner, coldReader, options } =
      this.#parts;
    this.#stopTimers();
    try {
      await this.#parts.scrubber.stop();
      await cleaner.stop();
      await writePath.close();
      await this.#closeIndex();
      await checkpointer.run(true);
      if (writePath.isSound) {
        platform.fileSystem.unlinkSync(paths.abort);
        await platform.fileSystem.syncFolder(paths.root);
      }
    } catch (error) {
      const level = wasStarted ? 'error' : 'warn';
      options.logger[level](
        'The store could not be closed cleanly: the abort file stays, the next start recovers',
        { error },
      );
    } finally {
      this.#state = 'closed';
      this.#parts.checksums.writer.close();
      this.#parts.syncedMark.close();
      this.#parts.checksumLookup.clear();
      coldReader.clear();
      log.memory.clear();
      queueFiles.closeAll();
      log.files.closeAll();
      lock.release();
    }
  }

  #stopTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.length = 0;
  }

  /** Makes everything appended until now durable, queues too, and moves the checkpoint. */
  checkpoint(): Promise<void> {
    this.#lastThoroughMs = this.#parts.platform.clock.monotonicMs();
    return this.#parts.checkpointer.run();
  }

  /** Changes settings of the open store. Throws StoreError STORE_BAD_OPTION; nothing has changed then. */
  reconfigure(settings: Partial<StoreSettings>): void {
    const { options } = this.#parts;
    checkSettings({ ...options, ...settings });
    const before = TIMED_BY.map((key) => options[key]);
    Object.assign(options, settings);
    if (this.#state !== 'started' || TIMED_BY.every((key, index) => options[key] === before[index])) return;
    this.#stopTimers();
    this.#startTimers();
  }

  /** What the start found. */
  get recovery(): RecoveryReport {
    return this.#parts.recovery;
  }

  /** Damage found since the start, by recovery and by readers. */
  get damage(): readonly Damage[] {
    return this.#parts.damage.list;
  }

  /** How many places have been found broken; `damage` keeps a thousand. */
  get damageCount(): number {
    return this.#parts.damage.count;
  }

  onDamage(listener: (damage: Damage) => void): void {
    this.#parts.damage.onDamage = listener;
  }

  /**
   * Makes the store a copy of another broker's, once after `start`: appends are refused, the log grows through the receiver.
   * `onTopic` hears of each topic that got a message, once.
   */
  openReplica(onTopic: (name: string) => void): LogReceiver {
    const { log, writePath, indexFollower, makeDispatcher, lastRecord } = this.#parts;
    const seen = new Set<TopicKey>();
    const dispatcher = makeDispatcher((queue) => {
      writePath.noteGrown(queue);
      if (seen.has(queue.key)) return;
      seen.add(queue.key);
      onTopic(queue.topic);
    });
    writePath.becomeReplica();
    const startedAt = (offset: number): void => indexFollower?.start(offset);
    return new LogReceiver({ log, writePath, feed: this.feed, dispatcher, lastRecord, startedAt });
  }

  /** Resolves once everything appended until now is durable. Rejects with StoreError when it cannot become so. */
  flush(): Promise<void> {
    return this.#parts.writePath.flush();
  }

  /** Interns a topic. Throws StoreError STORE_BAD_NAME for a name that cannot be stored. */
  topic(name: string): TopicKey {
    return this.#parts.table.topic(name);
  }

  findTopic(name: string): TopicKey | undefined {
    return this.#parts.table.findTopic(name);
  }

  /** Outcome of the last append; overwritten by the next. */
  get lastAppend(): AppendResult {
    return this.#parts.writePath.lastAppend;
  }

  /**
   * Hot. The record is in memory when this returns PUT_OK; who must wait for the disk compares what `onProgress` tells with
   * `lastAppend.endOffset`.
   */
  append(request: AppendRequest): AppendStatus {
    return this.#parts.writePath.append(request);
  }

  /** The body holds batch entries (code 320); all or none are appended. Tags are read from each entry's properties. */
  appendBatch(request: AppendRequest): AppendStatus {
    return this.#parts.writePath.appendBatch(request);
  }

  /** First byte not yet handed to the operating system. */
  get writtenOffset(): number {
    return this.#parts.log.writtenOffset;
  }

  /** First byte not yet durable. */
  get durableOffset(): number {
    return this.#parts.log.durableOffset;
  }

  /** Called in TurnPhase.complete when either offset has moved. */
  onProgress(listener: (writtenOffset: number, durableOffset: number) => void): void {
    this.#parts.writePath.onProgress(listener);
  }

  /**
   * Called when a write failed: records that end above `keptOffset` are gone, and their offsets will be given to others.
   * Answer their senders with the error.
   */
  onDropped(listener: (keptOffset: number, error: StoreError) => void): void {
    this.#parts.writePath.onDropped(listener);
  }

  /** Called once, when a sync failed: nothing is acknowledged or accepted any more; end the process. */
  onFailure(listener: (error: StoreError) => void): void {
    this.#parts.writePath.onFailure(listener);
  }

  writable(): boolean {
    return this.#parts.writePath.refusal === undefined;
  }

  /** Why appends are refused now. */
  refusal(): StoreError | undefined {
    return this.#parts.writePath.refusal;
  }

  /** The queue, created when missing (in memory; its files appear with its first message). Throws STORE_BAD_NAME. */
  queue(topic: string, queueId: number): ConsumeQueue {
    return this.#parts.table.queue(this.#parts.table.topic(topic), queueId);
  }

  findQueue(topic: string, queueId: number): ConsumeQueue | undefined {
    return this.#parts.table.findQueue(topic, queueId);
  }

  /**
   * Fills `out`. True: done, from memory. A promise: `out` is filled once it resolves and must be left alone until then; it
   * rejects when the disk refuses to read: ask again later; what it refuses again and again counts as lost, and is passed over.
   */
  getMessage(
    queue: ConsumeQueue | undefined,
    offset: number,
    maxNums: number,
    filter: MessageFilter | undefined,
    out: GetResult,
  ): true | Promise<void> {
    return this.#parts.reader.get(queue, offset, maxNums, filter, out);
  }

  /** Visible end of the queue; 0 when there is no such queue. */
  maxOffset(topic: string, queueId: number): number {
    return this.findQueue(topic, queueId)?.maxOffset ?? 0;
  }

  /** First offset of the queue that is in the log; 0 when there is no such queue, as Java answers. */
  minOffset(topic: string, queueId: number): number {
    return this.findQueue(topic, queueId)?.minOffset ?? 0;
  }

  /** See StoreQueries.offsetByTime. */
  offsetByTime(topic: string, queueId: number, timestampMs: number): Promise<number> {
    return this.#parts.queries.offsetByTime(this.findQueue(topic, queueId), timestampMs);
  }

  /** Store time of the first record of the queue, -1 when there is none. */
  earliestMessageTime(topic: string, queueId: number): Promise<number> {
    const queue = this.findQueue(topic, queueId);
    return this.#parts.queries.storeTimestampOf(queue, queue?.minOffset ?? 0);
  }

  /** Store time of the first record of the log, -1 when there is none. */
  earliestStoreTime(): Promise<number> {
    return this.#parts.queries.storeTimestampAt(this.#parts.log.files.minOffset);
  }

  /** Store time of one message of a queue, -1 when it is not there. */
  storeTimestampOf(topic: string, queueId: number, queueOffset: number): Promise<number> {
    return this.#parts.queries.storeTimestampOf(this.findQueue(topic, queueId), queueOffset);
  }

  /** A copy of the record that starts at `physicalOffset`; undefined when none does. */
  messageByOffset(physicalOffset: number): Promise<Buffer | undefined> {
    const { log, options, queries } = this.#parts;
    const visibleTo = options.flushDiskType === 'SYNC_FLUSH' ? log.durableOffset : log.writtenOffset;
    return queries.messageByOffset(physicalOffset, visibleTo);
  }

  /**
   * Records that have the key (or another one of the same hash: compare) and were stored between the times, in the order of
   * the log. None without messageIndexEnable.
   */
  async queryMessage(
    topic: string,
    key: string,
    maxNum: number,
    beginMs: number,
    endMs: number,
  ): Promise<QueryMessageResult> {
    const { index } = this.#parts;
    if (index === undefined) return { records: [], indexLastUpdateTimestamp: 0, indexLastUpdatePhyoffset: 0 };
    const { phyOffsets, ...indexed } = await index.query(topic, key, maxNum, beginMs, endMs);
    const records: Buffer[] = [];
    for (const offset of phyOffsets.sort((a, b) => a - b)) {
      const record = await this.messageByOffset(offset);
      if (record !== undefined) records.push(record);
    }
    return { records, ...indexed };
  }

  /** Physical offset of a message of a queue; undefined when it is not there. */
  physicalOffsetOf(topic: string, queueId: number, queueOffset: number): number | undefined {
    return this.#parts.queries.unitOf(this.findQueue(topic, queueId), queueOffset)?.physicalOffset;
  }

  /** Whether the message counts as being on disk rather than in memory (accessMessageInMemoryMaxRatio). */
  isOnDisk(topic: string, queueId: number, queueOffset: number): boolean {
    const physicalOffset = this.physicalOffsetOf(topic, queueId, queueOffset);
    return physicalOffset !== undefined && this.#parts.rules.isOnDisk(physicalOffset);
  }

  /** Ends of the whole log. */
  get minPhysicalOffset(): number {
    return this.#parts.log.files.minOffset;
  }

  get maxPhysicalOffset(): number {
    return this.#parts.log.writtenOffset;
  }

  /** Topics that have queues. */
  topicNames(): string[] {
    return this.#parts.table.topicNames();
  }

  /** Ids of the queues of a topic. */
  queueIds(topic: string): number[] {
    return this.#parts.table.queueIds(topic);
  }

  /** Removes the queues of a topic; its records leave with their log files. */
  async deleteTopic(topic: string): Promise<void> {
    await this.#removeFolders([topic]);
  }

  /** Removes the queues of every topic not in `topics` (the delay topic stays). Answers the topics removed. */
  async cleanUnusedTopics(topics: ReadonlySet<string>): Promise<string[]> {
    const unused = this.topicNames().filter((name) => !topics.has(name) && name !== DELAY_TOPIC);
    await this.#removeFolders(unused);
    return unused;
  }

  /** Removes queues whose last record has left the log. Answers how many. */
  async cleanExpiredConsumeQueue(): Promise<number> {
    const { table, log, platform, paths } = this.#parts;
    let removed = 0;
    for (const topic of table.topicNames()) {
      if (topic === DELAY_TOPIC) continue;
      for (const queueId of table.queueIds(topic)) {
        const queue = table.findQueue(topic, queueId);
        if (queue === undefined || !queue.isExpired(log.files.minOffset)) continue;
        table.removeQueue(queue);
        await this.#trash(queue.folder);
        removed++;
      }
      const folder = paths.topicFolder(topic);
      if (platform.fileSystem.readdirSync(folder).length === 0) await platform.fileSystem.removeTree(folder);
    }
    return removed;
  }

  /** Lets the clean-up remove files at its next rounds whatever the hour. */
  executeDeleteFilesManually(): void {
    this.#parts.cleaner.requestManually();
  }

  /** Does one round of the clean-up now. */
  async clean(): Promise<void> {
    const { cleaner, index, log } = this.#parts;
    await cleaner.round();
    index?.removeBefore(log.files.minOffset);
  }

  /** The store's part of the broker's runtime info (code 28); rates are the broker's business. */
  runtimeInfo(): Map<string, string> {
    const { cleaner, paths, log } = this.#parts;
    return new Map([
      ['bootTimestamp', String(this.#startedMs)],
      ['commitLogDiskRatio', String(cleaner.usedRatio(paths.commitLog))],
      ['consumeQueueDiskRatio', String(cleaner.usedRatio(paths.consumeQueue))],
      ['commitLogMinOffset', String(log.files.minOffset)],
      ['commitLogMaxOffset', String(log.writtenOffset)],
      ['dispatchBehindBytes', '0'],
      ['remainHowManyDataToFlush', `${log.writtenOffset - log.durableOffset} B`],
    ]);
  }

  /** Bytes of memory held by the recent log, by readers beyond it, by blocks read from disk. */
  memoryUse(): { windowBytes: number; pinnedBytes: number; coldBytes: number } {
    const { log, coldReader } = this.#parts;
    return {
      windowBytes: log.memory.windowBytes,
      pinnedBytes: log.memory.pinnedBytes,
      coldBytes: coldReader.keptBytes,
    };
  }

  /** Counters since the start. */
  counters(): { appendedCount: number; appendedBytes: number; writeCount: number; syncCount: number } {
    const { writePath } = this.#parts;
    return {
      appendedCount: writePath.appendedCount,
      appendedBytes: writePath.appendedBytes,
      writeCount: writePath.writer.writeCount,
      syncCount: writePath.syncer.syncCount,
    };
  }

  async #closeIndex(): Promise<void> {
    const { index, indexFollower, checkpointer } = this.#parts;
    await indexFollower?.stop();
    await index?.close();
    if (index !== undefined) checkpointer.indexTimestamp = index.sealedTimestamp;
  }

  async #removeFolders(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      // Names from the wire: only what can be a folder of ours is one.
      if (this.findTopic(topic) === undefined) continue;
      this.#parts.table.remove(topic);
      await this.#trash(this.#parts.paths.topicFolder(topic));
    }
    // A later start must not build the queues again from the log.
    if (topics.length > 0 && this.#state === 'started') await this.checkpoint();
  }

  /** Out of the way at once, then removed at leisure. */
  async #trash(folder: string): Promise<void> {
    const { platform, paths, queueFiles } = this.#parts;
    const { fileSystem } = platform;
    queueFiles.forget(folder);
    if (!fileSystem.existsSync(folder)) return;
    fileSystem.mkdirSync(paths.trash);
    const target = `${paths.trash}/${platform.clock.now()}-${this.#trashCount++}`;
    fileSystem.renameSync(folder, target);
    await fileSystem.removeTree(target);
  }
}
