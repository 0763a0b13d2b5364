/**
 * Delivers the delayed messages of one level, in the order in which they came: they all wait equally long.
 *
 * The runner sleeps until the first message is due, or until there is one. A message is delivered by appending a copy to the
 * topic and queue it was meant for; the copy keeps all properties.
 *
 * Invariants: `offset` is that of the first message not yet delivered, and goes back when the copy of one is lost to a failed
 * write; at most one read or timer is under way.
 *
 * Counterpart in RocketMQ: ScheduleMessageService.DeliverDelayedMessageTimerTask (which looks every 100 ms).
 */
import type { Timer } from '@rocketmq-ts/platform';
import { decodeRecord, type MessageExt, PropertyKey, parseHost, SCHEDULE_TOPIC } from '@rocketmq-ts/protocol';
import { AppendStatus, type ConsumeQueue, GetMessageStatus, GetResult } from '@rocketmq-ts/store';
import type { BrokerContext } from '../broker-context.ts';
import type { MessageWriter } from '../send/message-writer.ts';

/** Messages delivered before others get their turn. */
const BATCH = 32;
/** Longest single sleep: timers have a limit, and a clock may be set. */
const SLEEP_MAX_MS = 3_600_000;
/** Wait after the store refused a copy. */
const REFUSED_RETRY_MS = 10_000;

export class DelayLevelRunner {
  /** The first message not yet delivered. */
  offset: number;

  readonly #context: BrokerContext;
  readonly #writer: MessageWriter;
  readonly #level: number;
  readonly #delayMs: number;
  readonly #queue: ConsumeQueue;
  readonly #result = new GetResult();
  /** Copies that are not yet handed to the operating system: where each ends, and the offset of what it is a copy of. */
  #unwritten: { readonly end: number; readonly offset: number }[] = [];
  #timer: Timer | undefined;
  #busy = false;
  #stopped = false;

  constructor(context: BrokerContext, writer: MessageWriter, level: number, delayMs: number, offset: number) {
    this.#context = context;
    this.#writer = writer;
    this.#level = level;
    this.#delayMs = delayMs;
    this.offset = offset;
    this.#queue = context.store.queue(SCHEDULE_TOPIC, level - 1);
  }

  start(): void {
    // The log was cut off below what had been delivered: what comes now has those offsets again.
    this.offset = Math.min(this.offset, this.#queue.maxOffset);
    this.#queue.arrivalListener = () => {
      if (!this.#busy && this.#timer === undefined) this.#run();
    };
    this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#queue.arrivalListener = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The store lost what ends above `keptOffset`: copies among it are delivered again. */
  takeBack(keptOffset: number): void {
    const lost = this.#unwritten.findIndex(({ end }) => end > keptOffset);
    if (lost < 0) return;
    this.offset = Math.min(this.offset, this.#unwritten[lost]!.offset);
    this.#unwritten.length = lost;
    if (this.#busy) return;
    this.#timer?.cancel();
    this.#sleep(REFUSED_RETRY_MS);
  }

  readonly #run = (): void => {
    this.#timer = undefined;
    if (this.#stopped) return;
    const from = this.offset;
    const done = this.#context.store.getMessage(this.#queue, this.offset, BATCH, undefined, this.#result);
    if (done === true) {
      this.#deliver();
      return;
    }
    this.#busy = true;
    done.then(
      () => {
        this.#busy = false;
        if (this.#stopped) return;
        if (this.offset === from) this.#deliver();
        else {
          this.#result.reset();
          this.#sleep(REFUSED_RETRY_MS);
        }
      },
      (error: unknown) => {
        this.#busy = false;
        this.#complain('delayed messages could not be read', error);
        this.#sleep(REFUSED_RETRY_MS);
      },
    );
  };

  /** Deals with what was read, then decides when to go on. */
  #deliver(): void {
    const result = this.#result;
    const { writtenOffset } = this.#context.store;
    this.#unwritten = this.#unwritten.filter(({ end }) => end > writtenOffset);
    switch (result.status) {
      case GetMessageStatus.FOUND:
        this.#sleep(this.#deliverFound(result));
        return;
      case GetMessageStatus.OFFSET_OVERFLOW_BADLY:
        this.offset = result.maxOffset;
        return;
      case GetMessageStatus.NO_MATCHED_LOGIC_QUEUE:
      case GetMessageStatus.NO_MESSAGE_IN_QUEUE:
      case GetMessageStatus.OFFSET_OVERFLOW_ONE:
        // The next arrival wakes it.
        return;
      default:
        // Messages have left the log.
        this.offset = Math.max(this.offset + 1, result.nextBeginOffset);
        this.#sleep(0);
    }
  }

  /** Delivers what is due; answers for how long to sleep. */
  #deliverFound(result: GetResult): number {
    // Appending may take memory that what was read lies in.
    const pin = result.pin(() => {});
    try {
      for (let i = 0; i < result.spanCount; i++) {
        let at = result.spanStarts[i]!;
        while (at < result.spanEnds[i]!) {
          const message = decodeRecord(result.spanBuffers[i]!, at, { inflate: false });
          const waitMs = this.#waitMs(message);
          if (waitMs > 0) return waitMs;
          if (!this.#deliverOne(message)) return REFUSED_RETRY_MS;
          this.offset = message.queueOffset + 1;
          at += message.storeSize;
        }
      }
      this.offset = Math.max(this.offset, result.nextBeginOffset);
      return 0;
    } finally {
      pin?.release();
      result.reset();
    }
  }

  /** A due time further away than the whole delay comes from a clock that was set back: such a message is due. */
  #waitMs(message: MessageExt): number {
    const waitMs = message.storeTimestamp + this.#delayMs - this.#context.platform.clock.now();
    return waitMs > this.#delayMs ? 0 : waitMs;
  }

  /** False when it has to be tried again. */
  #deliverOne(message: MessageExt): boolean {
    const { properties } = message;
    const topic = properties.get(PropertyKey.REAL_TOPIC);
    const queueId = Number(properties.get(PropertyKey.REAL_QID));
    if (topic === undefined || !Number.isSafeInteger(queueId) || queueId < 0) {
      this.#complain('a delayed message says not where it belongs and was left out', message.offsetMsgId);
      return true;
    }
    const born = parseHost(message.bornHost);
    try {
      const status = this.#writer.append({
        topic: this.#context.store.topic(topic),
        queueId,
        flag: message.flag,
        sysFlag: message.sysFlag,
        bornTimestamp: message.bornTimestamp,
        bornIp: born.ip,
        bornPort: born.port,
        reconsumeTimes: message.reconsumeTimes,
        preparedTransactionOffset: 0,
        properties,
        body: message.body,
        delayLevel: 0,
      });
      if (status === AppendStatus.SERVICE_NOT_AVAILABLE || status === AppendStatus.CREATE_MAPEDFILE_FAILED) {
        return false;
      }
      if (status === AppendStatus.PUT_OK) {
        const end = this.#context.store.lastAppend.endOffset;
        this.#unwritten.push({ end, offset: message.queueOffset });
      } else {
        this.#complain('a delayed message cannot be stored and was left out', message.offsetMsgId);
      }
    } catch (error) {
      this.#complain('a delayed message cannot be stored and was left out', error);
    }
    return true;
  }

  #sleep(ms: number): void {
    if (this.#stopped) return;
    this.#timer = this.#context.platform.clock.setTimeout(this.#run, Math.min(ms, SLEEP_MAX_MS));
  }

  #complain(what: string, why: unknown): void {
    const reason = why instanceof Error ? why.message : String(why);
    this.#context.log.error(what, { level: this.#level, offset: this.offset, reason });
  }
}
