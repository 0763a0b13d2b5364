/**
 * Asks the producers about half messages that nobody has ended. Runs every `transactionCheckInterval`.
 *
 * For each half message from where the last round stopped, in queue order:
 * - done with (an op message says so, or it ended a moment ago): passed;
 * - asked about `transactionCheckMax` times, or older than `fileReservedTime`: given up, with an error in the log;
 * - younger than the time-out: the round ends here (with a time of its own, CHECK_IMMUNITY_TIME_IN_SECONDS: put back, passed);
 * - else: a copy with one more TRANSACTION_CHECK_TIMES is put at the end of the queue, a living producer of the group is asked
 *   about the copy, and the message is passed.
 *
 * Invariant: what is passed is durable, the op and the final message of an ended transaction and the copy of an open one, before
 * the progress says so: a round in which the disk refused something counts for nothing.
 *
 * Two differences from 4.4.0: all ops are read before any question is asked, so that no ended transaction is asked about; and
 * a question that no producer was there to hear does not count, so that an hour without producers loses nothing.
 *
 * Counterpart in RocketMQ: TransactionalMessageServiceImpl.check.
 */
import {
  type MessageExt,
  PropertyKey,
  RequestCode,
  TRANS_CONSUMER_GROUP,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
} from '@rocketmq-ts/protocol';
import type { EndedTransactions } from './ended-transactions.ts';
import type { HalfMessages } from './half-messages.ts';
import { OpLog } from './op-log.ts';
import { QueueReader } from './queue-reader.ts';
import type { TransactionContext } from './transaction-context.ts';

const HOUR_MS = 3_600_000;
/** The half topic has one queue. */
const QUEUE_ID = 0;
const BROKER_ITSELF = 'transaction check';

/** What to do with one half message. */
const Step = { pass: 0, stop: 1 } as const;
type Step = (typeof Step)[keyof typeof Step];

export class TransactionCheck {
  readonly #context: TransactionContext;
  readonly #halves: HalfMessages;
  readonly #ended: EndedTransactions;
  readonly #reader: QueueReader;
  #ops: OpLog | undefined;
  /** Writes that failed since the start. */
  #lostWrites = 0;

  constructor(context: TransactionContext, halves: HalfMessages, ended: EndedTransactions) {
    this.#context = context;
    this.#halves = halves;
    this.#ended = ended;
    this.#reader = new QueueReader(context.broker.store);
    context.broker.store.onDropped(() => {
      this.#lostWrites++;
    });
  }

  /** One round; takes at most one interval. */
  async run(): Promise<void> {
    const { platform, store } = this.#context.broker;
    if (store.findQueue(TRANS_HALF_TOPIC, QUEUE_ID) === undefined) return;
    const startMs = platform.clock.now();
    // Copies made in this round lie behind; their time says nothing once the clock was set back.
    const end = store.maxOffset(TRANS_HALF_TOPIC, QUEUE_ID);
    const lostBefore = this.#lostWrites;
    const ops = this.#opLog();
    await ops.catchUp();
    const from = this.#progress(TRANS_HALF_TOPIC);
    let offset = from;
    for (let stopped = false; !stopped; ) {
      const { messages, nextOffset } = await this.#reader.read(TRANS_HALF_TOPIC, QUEUE_ID, offset);
      if (nextOffset === offset) break;
      for (const half of messages) {
        stopped = half.queueOffset >= end || this.#outOfTime(startMs) || this.#judge(half, ops) === Step.stop;
        if (stopped) break;
        offset = half.queueOffset + 1;
      }
      if (messages.length === 0) offset = nextOffset;
    }
    if (offset === from) return;
    await store.flush();
    // Writes that failed meanwhile are told at the end of the turn.
    await new Promise<void>((resolve) => platform.clock.setImmediate(resolve));
    if (this.#lostWrites !== lostBefore) return;
    ops.passed(offset);
    this.#commit(TRANS_HALF_TOPIC, offset);
    this.#commit(TRANS_OP_HALF_TOPIC, ops.committedOffset);
  }

  #judge(half: MessageExt, ops: OpLog): Step {
    if (this.#isDone(half, ops)) return Step.pass;
    const { settings, broker } = this.#context;
    const ageMs = broker.platform.clock.now() - half.bornTimestamp;
    const checked = Number(half.properties.get(PropertyKey.TRANSACTION_CHECK_TIMES) ?? 0);
    if (checked >= settings.transactionCheckMax || ageMs > settings.fileReservedTime * HOUR_MS) {
      this.#giveUp(half, checked, ageMs);
      return Step.pass;
    }
    const ownTimeMs = immunityMs(half, settings.transactionTimeOut);
    if (ownTimeMs !== undefined && ageMs < ownTimeMs) return this.#putAside(half);
    // A birth in the future is a producer's wrong clock: ask at once, as 4.4.0 does.
    if (ownTimeMs === undefined && ageMs >= 0 && ageMs < settings.transactionTimeOut) return Step.stop;
    return this.#ask(half, checked);
  }

  #isDone(half: MessageExt, ops: OpLog): boolean {
    if (ops.isDone(half.queueOffset, half.commitLogOffset)) return true;
    const prepared = half.properties.get(PropertyKey.TRAN_PREPARED_QUEUE_OFFSET);
    if (prepared !== undefined && ops.isDone(Number(prepared), -1)) return true;
    const uniqKey = half.properties.get(PropertyKey.UNIQ_KEY);
    return uniqKey !== undefined && this.#ended.has(half.properties.get(PropertyKey.PGROUP) ?? '', uniqKey);
  }

  #putAside(half: MessageExt): Step {
    const properties = new Map(half.properties);
    if (!properties.has(PropertyKey.TRAN_PREPARED_QUEUE_OFFSET)) {
      properties.set(PropertyKey.TRAN_PREPARED_QUEUE_OFFSET, String(half.queueOffset));
    }
    return this.#halves.putBack(half, properties) === undefined ? Step.stop : Step.pass;
  }

  #ask(half: MessageExt, checked: number): Step {
    const group = half.properties.get(PropertyKey.PGROUP) ?? '';
    const producer = this.#context.nextProducer(group);
    const properties = new Map(half.properties);
    if (producer !== undefined) properties.set(PropertyKey.TRANSACTION_CHECK_TIMES, String(checked + 1));
    const copy = this.#halves.putBack(half, properties);
    if (copy === undefined) return Step.stop;
    if (producer === undefined) {
      this.#context.broker.log.warn('no producer of the group is connected to be asked about a transaction', {
        producerGroup: group,
        msgId: half.msgId,
      });
      return Step.pass;
    }
    producer.oneway({
      code: RequestCode.CHECK_TRANSACTION_STATE,
      ext: {
        commitLogOffset: copy.commitLogOffset,
        tranStateTableOffset: copy.queueOffset,
        msgId: half.properties.get(PropertyKey.UNIQ_KEY) ?? half.offsetMsgId,
        transactionId: half.properties.get(PropertyKey.UNIQ_KEY) ?? half.offsetMsgId,
        offsetMsgId: half.offsetMsgId,
      },
      body: this.#halves.encodeQuestion(copy),
    });
    return Step.pass;
  }

  #giveUp(half: MessageExt, checked: number, ageMs: number): void {
    this.#context.broker.log.error('a transaction is given up: its message will not be delivered', {
      msgId: half.msgId,
      topic: half.properties.get(PropertyKey.REAL_TOPIC),
      producerGroup: half.properties.get(PropertyKey.PGROUP),
      checked,
      ageMs,
      commitLogOffset: half.commitLogOffset,
    });
  }

  #outOfTime(startMs: number): boolean {
    return (
      this.#context.broker.platform.clock.now() - startMs > this.#context.settings.transactionCheckInterval
    );
  }

  #opLog(): OpLog {
    this.#ops ??= new OpLog(this.#reader, QUEUE_ID, this.#progress(TRANS_OP_HALF_TOPIC));
    return this.#ops;
  }

  #progress(topic: string): number {
    const { offsets, store } = this.#context.broker;
    const stored = offsets.query(TRANS_CONSUMER_GROUP, topic, QUEUE_ID);
    return stored >= 0 ? stored : Math.max(0, store.minOffset(topic, QUEUE_ID));
  }

  #commit(topic: string, offset: number): void {
    this.#context.broker.offsets.commit(TRANS_CONSUMER_GROUP, topic, QUEUE_ID, offset, BROKER_ITSELF);
  }
}

/** The message's own time-out in milliseconds, -1 meaning the broker's; undefined when it has none. */
function immunityMs(half: MessageExt, transactionTimeOutMs: number): number | undefined {
  const text = half.properties.get(PropertyKey.CHECK_IMMUNITY_TIME_IN_SECONDS);
  if (text === undefined) return undefined;
  const seconds = Number(text);
  return Number.isSafeInteger(seconds) && seconds !== -1 ? seconds * 1000 : transactionTimeOutMs;
}
