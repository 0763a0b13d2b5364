/**
 * What the op topic says: which half messages are done with. An op message's body is the queue offset of the half message, as
 * decimal text; its tag is `d`.
 *
 * Invariant: `committedOffset` lies at or before the first op whose half message has not been passed yet, so that nothing is
 * forgotten by a restart.
 *
 * Counterpart in RocketMQ: fillOpRemoveMap and calculateOpOffset of TransactionalMessageServiceImpl.
 */
import { type MessageExt, PropertyKey, TRANS_OP_HALF_TOPIC } from '@rocketmq-ts/protocol';
import type { QueueReader } from './queue-reader.ts';

export const OP_REMOVE_TAG = 'd';

export class OpLog {
  readonly #reader: QueueReader;
  readonly #queueId: number;
  #nextOffset: number;
  #committedOffset: number;
  /** Half offsets, each with the place of the op in the log. */
  readonly #done = new Map<number, number>();
  /** Ops read and not yet passed: pairs of op offset and half offset, in op order. */
  #open: Array<readonly [op: number, half: number]> = [];

  constructor(reader: QueueReader, queueId: number, fromOffset: number) {
    this.#reader = reader;
    this.#queueId = queueId;
    this.#nextOffset = fromOffset;
    this.#committedOffset = fromOffset;
  }

  get committedOffset(): number {
    return this.#committedOffset;
  }

  /** Reads all ops there are. */
  async catchUp(): Promise<void> {
    for (;;) {
      const { messages, nextOffset } = await this.#reader.read(
        TRANS_OP_HALF_TOPIC,
        this.#queueId,
        this.#nextOffset,
      );
      for (const message of messages) this.#add(message);
      if (nextOffset === this.#nextOffset) return;
      this.#nextOffset = nextOffset;
    }
  }

  /**
   * An op stands behind its half message in the log. One that stands before `physicalOffset` speaks of another half message: a
   * power failure took that away and left the op, and the queue offset was given again.
   */
  isDone(halfOffset: number, physicalOffset: number): boolean {
    return (this.#done.get(halfOffset) ?? -1) > physicalOffset;
  }

  /** Half messages below `halfOffset` will not be looked at again. */
  passed(halfOffset: number): void {
    let passed = 0;
    while (passed < this.#open.length && (this.#open[passed] as readonly number[])[1] < halfOffset) {
      this.#done.delete((this.#open[passed] as readonly number[])[1]);
      passed++;
    }
    this.#open = this.#open.slice(passed);
    this.#committedOffset = this.#open[0]?.[0] ?? this.#nextOffset;
  }

  #add(message: MessageExt): void {
    const half = Number(message.body.toString());
    if (message.properties.get(PropertyKey.TAGS) !== OP_REMOVE_TAG || !Number.isSafeInteger(half)) return;
    this.#done.set(half, message.commitLogOffset);
    this.#open.push([message.queueOffset, half]);
  }
}
