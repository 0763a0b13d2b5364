/** Signatures of the store; the bodies follow. */
import type { Platform } from '@rocketmq-ts/platform';
import type { AppendRequest, AppendResult, AppendStatus } from './append-request.ts';
import type { ConsumeQueue } from './queue/consume-queue.ts';
import type { GetResult, MessageFilter } from './read/get-result.ts';
import { StoreError, StoreErrorCode } from './store-error.ts';
import type { StoreOptionsInput, StoreSettings } from './store-options.ts';
import type { TopicKey } from './topic-key.ts';

export class MessageStore {
  /** Outcome of the last append; overwritten by the next. */
  readonly lastAppend: AppendResult = {
    physicalOffset: 0,
    endOffset: 0,
    queueOffset: 0,
    storeTimestamp: 0,
    sizeBytes: 0,
    count: 0,
    physicalOffsets: [],
  };

  /** Takes the folder, recovers it, and is ready to read; `start` begins the services and appends. */
  static open(_platform: Platform, _options: StoreOptionsInput): Promise<MessageStore> {
    return notBuilt();
  }

  start(): void {
    notBuilt();
  }

  /** Writes and syncs everything, moves the checkpoint, removes the abort file, lets go of the folder. */
  shutdown(): Promise<void> {
    return notBuilt();
  }

  reconfigure(_settings: Partial<StoreSettings>): void {
    notBuilt();
  }

  /** Interns a topic. Throws StoreError STORE_BAD_NAME for a name that cannot be stored. */
  topic(_name: string): TopicKey {
    return notBuilt();
  }

  findTopic(_name: string): TopicKey | undefined {
    return notBuilt();
  }

  /** Hot. The record is in memory when it returns PUT_OK; who must wait for the disk compares `onProgress` with lastAppend.endOffset. */
  append(_request: AppendRequest): AppendStatus {
    return notBuilt();
  }

  /** The body holds batch entries (code 320); all or none are appended. Tags are read from each entry's properties. */
  appendBatch(_request: AppendRequest): AppendStatus {
    return notBuilt();
  }

  /** First byte not yet handed to the operating system. */
  get writtenOffset(): number {
    return notBuilt();
  }

  /** First byte not yet durable. */
  get durableOffset(): number {
    return notBuilt();
  }

  /** Called in TurnPhase.complete, in ascending order, when either offset has moved. */
  onProgress(_listener: (writtenOffset: number, durableOffset: number) => void): void {
    notBuilt();
  }

  /** Called when a write failed: records that end above `keptOffset` and were not yet written are gone; answer their senders with an error. */
  onDropped(_listener: (keptOffset: number, error: StoreError) => void): void {
    notBuilt();
  }

  /** Called once, when a sync failed: nothing will be acknowledged or accepted any more; end the process. */
  onFailure(_listener: (error: StoreError) => void): void {
    notBuilt();
  }

  writable(): boolean {
    return notBuilt();
  }

  /** Why appends are refused now. */
  refusal(): StoreError | undefined {
    return notBuilt();
  }

  /** The queue, created when missing (in memory; its files appear with its first message). */
  queue(_topic: string, _queueId: number): ConsumeQueue {
    return notBuilt();
  }

  findQueue(_topic: string, _queueId: number): ConsumeQueue | undefined {
    return notBuilt();
  }

  /** True: done, from memory. A promise: `out` is filled once it resolves and must be left alone until then. */
  getMessage(
    _queue: ConsumeQueue | undefined,
    _offset: number,
    _maxNums: number,
    _filter: MessageFilter | undefined,
    _out: GetResult,
  ): true | Promise<void> {
    return notBuilt();
  }

  /** Visible end of the queue; 0 when there is no such queue. */
  maxOffset(_topic: string, _queueId: number): number {
    return notBuilt();
  }

  /** -1 when there is no such queue. */
  minOffset(_topic: string, _queueId: number): number {
    return notBuilt();
  }

  offsetByTime(_topic: string, _queueId: number, _timestampMs: number): Promise<number> {
    return notBuilt();
  }

  /** Store time of the first record of the queue, -1 when there is none. */
  earliestMessageTime(_topic: string, _queueId: number): Promise<number> {
    return notBuilt();
  }

  /** Store time of the first record of the log, -1 when there is none. */
  earliestStoreTime(): Promise<number> {
    return notBuilt();
  }

  /** Store time of one message of a queue, -1 when it is not there. */
  storeTimestampOf(_topic: string, _queueId: number, _queueOffset: number): Promise<number> {
    return notBuilt();
  }

  /** A copy of the record that starts at `physicalOffset`; undefined when none does. */
  messageByOffset(_physicalOffset: number): Promise<Buffer | undefined> {
    return notBuilt();
  }

  /** Physical offset of a message of a queue; undefined when it is not there. */
  physicalOffsetOf(_topic: string, _queueId: number, _queueOffset: number): Promise<number | undefined> {
    return notBuilt();
  }

  /** Whether the message counts as being on disk rather than in memory (accessMessageInMemoryMaxRatio). */
  isOnDisk(_topic: string, _queueId: number, _queueOffset: number): Promise<boolean> {
    return notBuilt();
  }

  /** Ends of the whole log. */
  get minPhysicalOffset(): number {
    return notBuilt();
  }

  get maxPhysicalOffset(): number {
    return notBuilt();
  }

  /** Topics that have queues. */
  topicNames(): string[] {
    return notBuilt();
  }

  /** Removes the queues of a topic; its records leave with their log files. */
  deleteTopic(_topic: string): Promise<void> {
    return notBuilt();
  }

  /** Removes the queues of every topic not in `topics` (the delay topic stays). Answers the topics removed. */
  cleanUnusedTopics(_topics: ReadonlySet<string>): Promise<string[]> {
    return notBuilt();
  }

  /** Removes queues whose last record has left the log. */
  cleanExpiredConsumeQueue(): Promise<void> {
    return notBuilt();
  }

  /** Lets the clean-up remove files at its next rounds whatever the hour. */
  executeDeleteFilesManually(): void {
    notBuilt();
  }

  /** The store's part of the broker's runtime info (code 28). */
  runtimeInfo(): Map<string, string> {
    return notBuilt();
  }
}

function notBuilt(): never {
  throw new StoreError(StoreErrorCode.STORE_CLOSED, 'The message store is not built yet');
}
