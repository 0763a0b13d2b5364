/**
 * Answers sends once the store has done with their bytes what the producer was promised.
 *
 * A send waits until its record was handed to the operating system; with SYNC_FLUSH, unless it says WAIT=false, until it is
 * on disk, and no longer than `syncFlushTimeout`: then it is answered FLUSH_DISK_TIMEOUT, which means stored but not yet
 * durable. On a SYNC_MASTER, unless it says WAIT=false, it is also held until a slave has acknowledged it, no longer than
 * `syncFlushTimeout`: then it is answered FLUSH_SLAVE_TIMEOUT; where there is no slave, or none that is close enough, it is
 * answered SLAVE_NOT_AVAILABLE without that wait. What the store lost to a failed write is refused. When the store has failed for good, everything still waiting
 * is refused: nothing is acknowledged after that.
 *
 * Invariant: at most `sendThreadPoolQueueCapacity` sends wait for the disk (`full`), and some times as many for the operating
 * system: those are usually gone by the end of the turn, which may have brought many at once.
 *
 * Counterpart in RocketMQ: SendMessageProcessor.handlePutMessageResult, CommitLog.GroupCommitService.
 */
import type { Timer } from '@rocketmq-ts/platform';
import { createOffsetMsgId, ResponseCode } from '@rocketmq-ts/protocol';
import type { Connection } from '@rocketmq-ts/remoting';
import { AnswerTemplate, NUMBER } from '../answer-template.ts';
import type { BrokerContext } from '../broker-context.ts';
import type { SlaveAcks } from '../replication/slave-acks.ts';
import { type WaitCallback, WaitingKind, WaitingSends, WaitOutcome } from './waiting-sends.ts';

/** How many times the capacity may wait for the operating system. */
const SYSTEM_CAPACITY_FACTOR = 16;
const NO_DEADLINE = Number.POSITIVE_INFINITY;

export class SendCompletion {
  readonly #context: BrokerContext;
  readonly #forSystem = new WaitingSends();
  readonly #forDisk = new WaitingSends();
  /** For a slave and whatever the flush type asks for. */
  readonly #forSlave = new WaitingSends();
  readonly #slaves: SlaveAcks | undefined;
  #template: AnswerTemplate;
  #regionId: string;
  #traceOn: boolean;
  #timer: Timer | undefined;
  /** Monotonic milliseconds when the first of those that wait for the operating system now began to. */
  #systemSince = 0;
  /** Why what is being finished was not stored. */
  #reason = '';
  #failed = false;

  constructor(context: BrokerContext) {
    this.#context = context;
    this.#regionId = context.config.regionId;
    this.#traceOn = context.config.traceOn;
    this.#template = this.#makeTemplate();
    this.#slaves = context.slaves;
    this.#slaves?.onAck(() => this.#releaseReplicated());
    context.store.onProgress((written, durable) => this.#onProgress(written, durable));
    context.store.onDropped((kept, error) => this.#onDropped(kept, error.message));
    context.store.onFailure((error) => this.#onFailure(error.message));
  }

  /** Whether no more sends may wait. */
  get full(): boolean {
    const capacity = this.#context.config.sendThreadPoolQueueCapacity;
    const waiting = this.#forDisk.length + this.#forSlave.length;
    return waiting >= capacity || this.#forSystem.length >= capacity * SYSTEM_CAPACITY_FACTOR;
  }

  /** Sends waiting now. */
  get length(): number {
    return this.#forSystem.length + this.#forDisk.length + this.#forSlave.length;
  }

  /** Answers the append made last (`store.lastAppend`) when it is safe. */
  answer(
    connection: Connection,
    opaque: number,
    serializeType: number,
    queueId: number,
    wait: boolean,
  ): void {
    const { lastAppend } = this.#context.store;
    const queue = this.#queueFor(wait);
    if (this.#forSystem.length === 0) this.#systemSince = this.#context.platform.clock.monotonicMs();
    queue.pushSend(
      connection,
      opaque,
      serializeType,
      queueId,
      lastAppend.queueOffset,
      lastAppend.physicalOffset,
      lastAppend.endOffset,
      queue === this.#forSystem ? NO_DEADLINE : this.#deadline(),
    );
    if (this.#slaves !== undefined && wait && queue !== this.#forSlave) queue.markWithoutSlave();
  }

  /** As `answer`, when the append made last was a batch. */
  answerBatch(
    connection: Connection,
    opaque: number,
    serializeType: number,
    queueId: number,
    wait: boolean,
  ): void {
    this.answer(connection, opaque, serializeType, queueId, wait);
    const { physicalOffsets, count } = this.#context.store.lastAppend;
    this.#queueFor(wait).markBatch(Float64Array.from(physicalOffsets.slice(0, count)));
  }

  /** Calls back when the append made last is safe. */
  whenSafe(wait: boolean, callback: WaitCallback): void {
    const queue = this.#queueFor(wait);
    queue.pushCallback(
      callback,
      this.#context.store.lastAppend.endOffset,
      queue === this.#forSystem ? NO_DEADLINE : this.#deadline(),
    );
  }

  /**
   * Resolves once the append made last is as safe as a message that is sent, or is not: false when it was lost, or the disk takes
   * longer than `syncFlushTimeout`. A slave that takes too long does not make it unsafe here.
   */
  isSafe(): Promise<boolean> {
    const end = this.#context.store.lastAppend.endOffset;
    return new Promise((resolve) => {
      this.whenSafe(true, (outcome) => {
        const isHere = outcome === WaitOutcome.timedOut && this.#ownSafeOffset >= end;
        resolve(outcome === WaitOutcome.safe || isHere);
      });
    });
  }

  /** The offset message id of the record at `physicalOffset`. */
  messageId(physicalOffset: number): string {
    const { ip, port } = this.#context.storeHost;
    return createOffsetMsgId(ip, port, physicalOffset);
  }

  /** Fields that 4.4.0 puts into every answer to a send, refusals too. */
  commonFields(): Map<string, string> {
    const { config } = this.#context;
    return new Map([
      ['TRACE_ON', `${config.traceOn}`],
      ['MSG_REGION', config.regionId],
    ]);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #queueFor(wait: boolean): WaitingSends {
    if (!wait) return this.#forSystem;
    if (this.#slaves?.isAvailable(this.#context.store.lastAppend.endOffset)) return this.#forSlave;
    return this.#context.config.flushDiskType === 'SYNC_FLUSH' ? this.#forDisk : this.#forSystem;
  }

  #deadline(): number {
    const { clock } = this.#context.platform;
    const timeoutMs = this.#context.config.syncFlushTimeout;
    if (this.#timer === undefined) this.#timer = clock.setTimeout(this.#onTimer, timeoutMs);
    return clock.monotonicMs() + timeoutMs;
  }

  #onProgress(written: number, durable: number): void {
    if (this.#failed) return;
    const { config } = this.#context;
    if (config.regionId !== this.#regionId || config.traceOn !== this.#traceOn) {
      this.#regionId = config.regionId;
      this.#traceOn = config.traceOn;
      this.#template = this.#makeTemplate();
    }
    const forSystem = this.#forSystem;
    if (forSystem.length > 0) {
      const since = this.#systemSince;
      const before = forSystem.length;
      while (forSystem.takeSafe(written)) this.#finish(forSystem, WaitOutcome.safe);
      this.#noteTimes(before - forSystem.length, since);
    }
    this.#release(this.#forDisk, durable);
    if (this.#forSlave.length > 0) this.#releaseReplicated();
  }

  /** Answers what both the own store and a slave hold. */
  #releaseReplicated(): void {
    if (this.#failed || this.#slaves === undefined) return;
    this.#release(this.#forSlave, Math.min(this.#ownSafeOffset, this.#slaves.ackedOffset));
  }

  /** Answers what ends at or before `safeOffset` of those that wait with a deadline. */
  #release(queue: WaitingSends, safeOffset: number): void {
    const before = queue.length;
    if (before === 0) return;
    const since = queue.nextDeadline - this.#context.config.syncFlushTimeout;
    while (queue.takeSafe(safeOffset)) this.#finish(queue, WaitOutcome.safe);
    this.#noteTimes(before - queue.length, since);
  }

  get #ownSafeOffset(): number {
    const { config, store } = this.#context;
    return config.flushDiskType === 'SYNC_FLUSH' ? store.durableOffset : store.writtenOffset;
  }

  /** Of all that end together, the first has waited longest: measured once for many. */
  #noteTimes(count: number, sinceMs: number): void {
    if (count === 0) return;
    const { stats, platform } = this.#context;
    const tookMs = platform.clock.monotonicMs() - sinceMs;
    if (tookMs > stats.putEntireTimeMaxMs) stats.putEntireTimeMaxMs = tookMs;
    stats.putTimes.add(count, tookMs);
  }

  #onDropped(keptOffset: number, reason: string): void {
    this.#reason = reason;
    for (const queue of [this.#forSystem, this.#forDisk, this.#forSlave]) {
      while (queue.takeLastAbove(keptOffset)) this.#finish(queue, WaitOutcome.failed);
    }
  }

  #onFailure(reason: string): void {
    this.#failed = true;
    this.#onDropped(-1, reason);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    const { clock } = this.#context.platform;
    const now = clock.monotonicMs();
    for (const queue of [this.#forDisk, this.#forSlave]) {
      while (queue.takeExpired(now)) this.#finish(queue, WaitOutcome.timedOut);
    }
    const next = Math.min(this.#forDisk.nextDeadline, this.#forSlave.nextDeadline);
    if (next < NO_DEADLINE) {
      this.#timer = clock.setTimeout(this.#onTimer, Math.max(1, Math.ceil(next - now)));
    }
  };

  #finish(entry: WaitingSends, outcome: WaitOutcome): void {
    if (entry.kind === WaitingKind.callback) {
      entry.callback!(outcome);
      return;
    }
    const connection = entry.connection!;
    if (connection.closed) return;
    if (outcome === WaitOutcome.safe && entry.kind === WaitingKind.send && !entry.withoutSlave) {
      const template = this.#template;
      template.values[0] = entry.queueId;
      template.values[1] = entry.queueOffset;
      template.idOffset = entry.physicalOffset;
      template.write(connection.output, entry.opaque, entry.serializeType, 0);
      return;
    }
    this.#respond(connection, entry, outcome);
  }

  /** What is rare: batches, disks that take too long, a store that failed. */
  #respond(connection: Connection, entry: WaitingSends, outcome: WaitOutcome): void {
    const ext = this.commonFields();
    if (outcome === WaitOutcome.failed) {
      const remark = `the message was not stored safely: ${this.#reason}; send it to another broker`;
      connection.respond(entry.opaque, entry.serializeType, {
        code: ResponseCode.SERVICE_NOT_AVAILABLE,
        remark,
        ext,
      });
      return;
    }
    const offsets =
      entry.kind === WaitingKind.batch ? Array.from(entry.batchOffsets!) : [entry.physicalOffset];
    const answered = new Map([
      ['queueId', `${entry.queueId}`],
      ...ext,
      ['msgId', offsets.map((offset) => this.messageId(offset)).join(',')],
      ['queueOffset', `${entry.queueOffset}`],
    ]);
    connection.respond(entry.opaque, entry.serializeType, {
      code: this.#codeOf(entry, outcome),
      ext: answered,
    });
  }

  /** Stored in any case; what is missing at the slave outweighs the disk, as in 4.4.0. */
  #codeOf(entry: WaitingSends, outcome: WaitOutcome): number {
    if (entry.withoutSlave) return ResponseCode.SLAVE_NOT_AVAILABLE;
    if (outcome === WaitOutcome.safe) return ResponseCode.SUCCESS;
    const missing = entry === this.#forSlave && this.#slaves!.ackedOffset < entry.end;
    return missing ? ResponseCode.FLUSH_SLAVE_TIMEOUT : ResponseCode.FLUSH_DISK_TIMEOUT;
  }

  #makeTemplate(): AnswerTemplate {
    return new AnswerTemplate({
      code: ResponseCode.SUCCESS,
      fields: [
        ['queueId', NUMBER],
        ['TRACE_ON', `${this.#traceOn}`],
        ['MSG_REGION', this.#regionId],
        ['msgId', this.messageId(0)],
        ['queueOffset', NUMBER],
      ],
      idField: 'msgId',
    });
  }
}
