/**
 * A message store in memory whose disk does what a test says: records are written at the end of the turn, durable when the
 * test syncs, refused or lost when the test wants it.
 *
 * It keeps the contract of the real one as far as the data path uses it, in a few lines and with nothing shared, so that a
 * processor can be tested against outcomes that the real store rarely has.
 */
import { type Platform, TurnPhase, type TurnTask } from '@rocketmq-ts/platform';
import {
  decodeBatch,
  decodeProperties,
  encodeRecord,
  intToIpv4,
  javaHashCode,
  RecordOffset,
  writeInt64,
} from '@rocketmq-ts/protocol';
import {
  type AppendRequest,
  type AppendResult,
  AppendStatus,
  type ConsumeQueue,
  GetMessageStatus,
  type GetResult,
  type MessageFilter,
  type MessageStore,
  StoreError,
  TopicKey,
} from '@rocketmq-ts/store';

interface FakeRecord {
  readonly physicalOffset: number;
  readonly end: number;
  readonly bytes: Buffer;
  readonly tagsCode: number;
}

export class FakeQueue {
  readonly topic: string;
  readonly queueId: number;
  readonly records: FakeRecord[] = [];
  minOffset = 0;
  maxOffset = 0;
  arrivalListener: ((queue: ConsumeQueue) => void) | undefined;

  constructor(topic: string, queueId: number) {
    this.topic = topic;
    this.queueId = queueId;
  }
}

export interface FakeStoreOptions {
  readonly platform: Platform;
  readonly flushDiskType?: 'ASYNC_FLUSH' | 'SYNC_FLUSH';
  readonly storeHost: { readonly ip: number; readonly port: number };
}

export class FakeStore implements TurnTask {
  readonly lastAppend: AppendResult = {
    physicalOffset: 0,
    endOffset: 0,
    queueOffset: 0,
    storeTimestamp: 0,
    sizeBytes: 0,
    count: 0,
    physicalOffsets: [],
  };
  /** What the next append answers. */
  nextStatus: AppendStatus = AppendStatus.PUT_OK;
  /** Reads answer promises that `finishReads` resolves, as reads from disk do. */
  cold = false;
  maxMessageSize = 4 * 1024 * 1024;
  writtenOffset = 0;
  durableOffset = 0;
  /** Every request appended, as the store saw it. */
  readonly appended: {
    topic: string;
    queueId: number;
    sysFlag: number;
    tagsCode: number;
    properties: Map<string, string>;
  }[] = [];
  readonly #platform: Platform;
  readonly #sync: boolean;
  readonly #storeHost: { readonly ip: number; readonly port: number };
  readonly #topics = new Map<string, TopicKey>();
  readonly #records: FakeRecord[] = [];
  #end = 0;
  #progress: ((written: number, durable: number) => void)[] = [];
  #dropped: ((kept: number, error: StoreError) => void)[] = [];
  #failure: ((error: StoreError) => void)[] = [];
  #reads: (() => void)[] = [];
  #deferred = false;
  #refusal: StoreError | undefined;

  constructor(options: FakeStoreOptions) {
    this.#platform = options.platform;
    this.#sync = options.flushDiskType === 'SYNC_FLUSH';
    this.#storeHost = options.storeHost;
  }

  /** As the processors know it. */
  get asStore(): MessageStore {
    return this as unknown as MessageStore;
  }

  get maxPhysicalOffset(): number {
    return this.#end;
  }

  refuse(message: string): void {
    this.#refusal = new StoreError('STORE_DISK_FULL', message);
    this.nextStatus = AppendStatus.SERVICE_NOT_AVAILABLE;
  }

  refusal(): StoreError | undefined {
    return this.#refusal;
  }

  topic(name: string): TopicKey {
    let key = this.#topics.get(name);
    if (key === undefined) {
      key = new TopicKey(name, Buffer.from(name));
      this.#topics.set(name, key);
    }
    return key;
  }

  queue(topic: string, queueId: number): ConsumeQueue {
    const { queues } = this.topic(topic);
    queues[queueId] ??= new FakeQueue(topic, queueId) as unknown as ConsumeQueue;
    return queues[queueId];
  }

  findQueue(topic: string, queueId: number): ConsumeQueue | undefined {
    return this.#topics.get(topic)?.queues[queueId];
  }

  /** Makes the first `count` messages of a queue disappear, as old log files do. */
  expire(topic: string, queueId: number, count: number): void {
    (this.queue(topic, queueId) as unknown as FakeQueue).minOffset = count;
  }

  append(request: AppendRequest): AppendStatus {
    if (this.nextStatus !== AppendStatus.PUT_OK) return this.nextStatus;
    const properties = decodeProperties(
      request.properties.toString('utf8', request.propertiesStart, request.propertiesEnd),
    );
    if (request.bodyEnd - request.bodyStart > this.maxMessageSize) return AppendStatus.MESSAGE_ILLEGAL;
    this.#begin();
    this.#add(
      request,
      properties,
      Buffer.from(request.body.subarray(request.bodyStart, request.bodyEnd)),
      request.flag,
      request.tagsCode,
    );
    return AppendStatus.PUT_OK;
  }

  appendBatch(request: AppendRequest): AppendStatus {
    if (this.nextStatus !== AppendStatus.PUT_OK) return this.nextStatus;
    let entries: ReturnType<typeof decodeBatch>;
    try {
      entries = decodeBatch(request.body.subarray(request.bodyStart, request.bodyEnd));
    } catch {
      return AppendStatus.MESSAGE_ILLEGAL;
    }
    this.#begin();
    for (const entry of entries) {
      this.#add(
        request,
        entry.properties,
        entry.body,
        entry.flag,
        javaHashCode(entry.properties.get('TAGS') ?? ''),
      );
    }
    return AppendStatus.PUT_OK;
  }

  onProgress(listener: (written: number, durable: number) => void): void {
    this.#progress.push(listener);
  }

  onDropped(listener: (kept: number, error: StoreError) => void): void {
    this.#dropped.push(listener);
  }

  onFailure(listener: (error: StoreError) => void): void {
    this.#failure.push(listener);
  }

  /** Makes everything written durable. */
  sync(): void {
    this.durableOffset = this.writtenOffset;
    for (const listener of this.#progress) listener(this.writtenOffset, this.durableOffset);
    this.#show(this.durableOffset);
  }

  /** A sync that failed. */
  fail(message: string): void {
    for (const listener of this.#failure) listener(new StoreError('STORE_SYNC_FAILED', message));
  }

  /** The next write at the end of a turn fails: what it was to write is gone. */
  failNextWrite = false;

  runAtTurnEnd(): void {
    this.#deferred = false;
    if (this.failNextWrite) {
      this.failNextWrite = false;
      const error = new StoreError('STORE_WRITE_FAILED', 'the disk refused a write');
      for (const listener of this.#dropped) listener(this.writtenOffset, error);
      return;
    }
    this.writtenOffset = this.#end;
    if (!this.#sync) this.durableOffset = this.#end;
    this.#platform.turn.defer(TurnPhase.complete, {
      runAtTurnEnd: () => {
        for (const listener of this.#progress) listener(this.writtenOffset, this.durableOffset);
        this.#show(this.#sync ? this.durableOffset : this.writtenOffset);
      },
    });
  }

  getMessage(
    queue: ConsumeQueue | undefined,
    offset: number,
    maxNums: number,
    filter: MessageFilter | undefined,
    out: GetResult,
  ): true | Promise<void> {
    const read = (): void =>
      this.#read(queue as unknown as FakeQueue | undefined, offset, maxNums, filter, out);
    if (!this.cold) {
      read();
      return true;
    }
    return new Promise((resolve) => {
      this.#reads.push(() => {
        read();
        resolve();
      });
    });
  }

  finishReads(): void {
    const reads = this.#reads;
    this.#reads = [];
    for (const read of reads) read();
  }

  maxOffset(topic: string, queueId: number): number {
    return this.findQueue(topic, queueId)?.maxOffset ?? 0;
  }

  minOffset(topic: string, queueId: number): number {
    return this.findQueue(topic, queueId)?.minOffset ?? -1;
  }

  async offsetByTime(topic: string, queueId: number, timestampMs: number): Promise<number> {
    const queue = this.findQueue(topic, queueId) as unknown as FakeQueue | undefined;
    const found = queue?.records.findIndex(
      ({ bytes }) => Number(bytes.readBigInt64BE(RecordOffset.storeTimestamp)) >= timestampMs,
    );
    return found === undefined || found < 0 ? 0 : found;
  }

  async earliestMessageTime(topic: string, queueId: number): Promise<number> {
    const queue = this.findQueue(topic, queueId) as unknown as FakeQueue | undefined;
    const first = queue?.records[0];
    return first === undefined ? -1 : Number(first.bytes.readBigInt64BE(RecordOffset.storeTimestamp));
  }

  async messageByOffset(physicalOffset: number): Promise<Buffer | undefined> {
    const found = this.#records.find((record) => record.physicalOffset === physicalOffset);
    return found === undefined ? undefined : Buffer.from(found.bytes);
  }

  #begin(): void {
    this.lastAppend.count = 0;
    this.lastAppend.sizeBytes = 0;
    if (this.#deferred) return;
    this.#deferred = true;
    this.#platform.turn.defer(TurnPhase.storeWrite, this);
  }

  #add(
    request: AppendRequest,
    properties: Map<string, string>,
    body: Buffer,
    flag: number,
    tagsCode: number,
  ): void {
    const queue = this.queue(request.topic.name, request.queueId) as unknown as FakeQueue;
    const bytes = encodeRecord({
      topic: request.topic.name,
      queueId: request.queueId,
      flag,
      queueOffset: queue.records.length,
      commitLogOffset: this.#end,
      sysFlag: request.sysFlag,
      bornTimestamp: request.bornTimestamp,
      bornHost: `${intToIpv4(request.bornIp)}:${request.bornPort}`,
      storeTimestamp: this.#platform.clock.now(),
      storeHost: `${intToIpv4(this.#storeHost.ip)}:${this.#storeHost.port}`,
      reconsumeTimes: request.reconsumeTimes,
      preparedTransactionOffset: request.preparedTransactionOffset,
      properties,
      body,
    });
    writeInt64(bytes, this.#end, RecordOffset.physicalOffset);
    const record = { physicalOffset: this.#end, end: this.#end + bytes.length, bytes, tagsCode };
    const { lastAppend } = this;
    if (lastAppend.count === 0) {
      lastAppend.physicalOffset = this.#end;
      lastAppend.queueOffset = queue.records.length;
      lastAppend.storeTimestamp = this.#platform.clock.now();
    }
    lastAppend.physicalOffsets[lastAppend.count++] = this.#end;
    lastAppend.sizeBytes += bytes.length;
    queue.records.push(record);
    this.#records.push(record);
    this.#end = record.end;
    lastAppend.endOffset = this.#end;
    this.appended.push({
      topic: request.topic.name,
      queueId: request.queueId,
      sysFlag: request.sysFlag,
      tagsCode,
      properties,
    });
  }

  #show(below: number): void {
    for (const { queues } of [...this.#topics.values()]) {
      for (const shown of queues) {
        const queue = shown as unknown as FakeQueue | undefined;
        if (queue === undefined) continue;
        const before = queue.maxOffset;
        while (queue.maxOffset < queue.records.length && queue.records[queue.maxOffset]!.end <= below)
          queue.maxOffset++;
        if (queue.maxOffset > before) queue.arrivalListener?.(shown!);
      }
    }
  }

  #read(
    queue: FakeQueue | undefined,
    offset: number,
    maxNums: number,
    filter: MessageFilter | undefined,
    out: GetResult,
  ): void {
    out.reset();
    out.nextBeginOffset = 0;
    if (queue === undefined || queue.maxOffset === 0) {
      out.status =
        queue === undefined ? GetMessageStatus.NO_MATCHED_LOGIC_QUEUE : GetMessageStatus.NO_MESSAGE_IN_QUEUE;
      return;
    }
    out.minOffset = queue.minOffset;
    out.maxOffset = queue.maxOffset;
    out.nextBeginOffset = offset;
    if (offset < queue.minOffset) {
      out.status = GetMessageStatus.OFFSET_TOO_SMALL;
      out.nextBeginOffset = queue.minOffset;
    } else if (offset === queue.maxOffset) {
      out.status = GetMessageStatus.OFFSET_OVERFLOW_ONE;
    } else if (offset > queue.maxOffset) {
      out.status = GetMessageStatus.OFFSET_OVERFLOW_BADLY;
      out.nextBeginOffset = queue.minOffset === 0 ? 0 : queue.maxOffset;
    } else {
      out.status = GetMessageStatus.NO_MATCHED_MESSAGE;
      let at = offset;
      for (; at < queue.maxOffset && out.count < maxNums; at++) {
        const record = queue.records[at]!;
        if (filter !== undefined && !filter.matchesTagsCode(record.tagsCode)) continue;
        if (filter?.matchesRecord !== undefined && !filter.matchesRecord(record.bytes, 0)) continue;
        out.addOwned(record.bytes, 0, record.bytes.length);
        out.status = GetMessageStatus.FOUND;
      }
      out.nextBeginOffset = at;
    }
  }
}
