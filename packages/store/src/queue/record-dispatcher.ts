/**
 * Owns putting records that are already in the log into their queues: on recovery, and for what another broker's log brought.
 *
 * Invariants: a unit's place is the record's queueOffset; a message that is lost gets a stand-in (a copy of the next unit),
 * because Java stops reading a queue at the first empty unit; a record that starts over at 0 is of a topic that was removed
 * and made anew, and replaces the old queue.
 *
 * Counterparts in RocketMQ: DispatchRequest, ConsumeQueue.putMessagePositionInfo.
 */
import { javaHashCodeOfBytes, SCHEDULE_TOPIC } from '@rocketmq-ts/protocol';
import type { DelayLevels } from '../delay-levels.ts';
import type { DamageReport } from '../log/damage.ts';
import { endOfProperty, findProperty } from '../record-properties.ts';
import { StoreError, StoreErrorCode } from '../store-error.ts';
import type { ConsumeQueue } from './consume-queue.ts';
import type { QueueTable } from './queue-table.ts';

/** More lost messages in a row than this are taken for a broken queueOffset. */
const MAX_GAP = 10_000_000;
const TAGS = Buffer.from('TAGS');
const DELAY = Buffer.from('DELAY');

export interface RecordDispatcherEvents {
  /** The queue has got units. */
  grown(queue: ConsumeQueue): void;
}

export class RecordDispatcher {
  readonly #table: QueueTable;
  readonly #delayLevels: () => DelayLevels;
  readonly #damage: DamageReport;
  readonly #events: RecordDispatcherEvents;
  readonly #names = new Map<string, string>();

  constructor(
    table: QueueTable,
    delayLevels: () => DelayLevels,
    damage: DamageReport,
    events: RecordDispatcherEvents,
  ) {
    this.#table = table;
    this.#delayLevels = delayLevels;
    this.#damage = damage;
    this.#events = events;
  }

  /** The record of `size` bytes at `at`, whose structure has been checked. */
  dispatch(buffer: Buffer, at: number, size: number, physicalOffset: number): void {
    const transactionType = buffer.readInt32BE(at + 36) & 0xc;
    // Prepared and rolled back: never in a queue.
    if (transactionType === 4 || transactionType === 12) return;
    const topicAt = at + 88 + buffer.readInt32BE(at + 84);
    const topicBytes = buffer[topicAt] as number;
    const topic = this.#nameOf(buffer, topicAt + 1, topicAt + 1 + topicBytes);
    const propertiesAt = topicAt + 1 + topicBytes + 2;
    const queueId = buffer.readInt32BE(at + 12);
    const queueOffset = buffer.readInt32BE(at + 20) * 0x1_0000_0000 + buffer.readUInt32BE(at + 24);
    let queue: ConsumeQueue;
    try {
      queue = this.#table.queue(this.#table.topic(topic), queueId);
    } catch (error) {
      // A name that another program let in is a fault of the record; a disk that refuses is none.
      if (!(error instanceof StoreError && error.code === StoreErrorCode.STORE_BAD_NAME)) throw error;
      this.#report(topic, queueId, physicalOffset, size, error.message);
      return;
    }
    const storeTimestamp = buffer.readInt32BE(at + 56) * 0x1_0000_0000 + buffer.readUInt32BE(at + 60);
    const tagsCode = this.#tagsCode(buffer, topic, propertiesAt, at + size, storeTimestamp);
    this.#place(queue, queueOffset, physicalOffset, size, tagsCode);
  }

  #place(
    queue: ConsumeQueue,
    queueOffset: number,
    physicalOffset: number,
    size: number,
    tagsCode: number,
  ): void {
    const { nextOffset } = queue;
    if (queueOffset < nextOffset) {
      if (queueOffset > 0 || physicalOffset <= queue.lastPhysicalOffset) {
        if (queue.unitAt(queueOffset)?.physicalOffset === physicalOffset) return;
        const what = `queue offset ${queueOffset} is taken by another record`;
        this.#report(queue.topic, queue.queueId, physicalOffset, size, what);
        return;
      }
      queue.restart();
    } else if (queueOffset > nextOffset) {
      const gap = queueOffset - nextOffset;
      if (queue.isUnused) {
        queue.startAt(queueOffset);
      } else if (gap > MAX_GAP) {
        this.#report(
          queue.topic,
          queue.queueId,
          physicalOffset,
          size,
          `queue offset ${queueOffset} after ${nextOffset}`,
        );
        return;
      } else {
        for (let i = 0; i < gap; i++) queue.append(physicalOffset, size, tagsCode);
      }
    }
    queue.append(physicalOffset, size, tagsCode);
    this.#events.grown(queue);
  }

  #tagsCode(buffer: Buffer, topic: string, start: number, end: number, storeTimestamp: number): number {
    if (topic === SCHEDULE_TOPIC) {
      const delay = findProperty(buffer, start, end, DELAY);
      const level =
        delay < 0 ? 0 : Number(buffer.toString('latin1', delay, endOfProperty(buffer, delay, end)));
      if (level > 0) return storeTimestamp + this.#delayLevels().delayMs(level);
    }
    const tags = findProperty(buffer, start, end, TAGS);
    return tags < 0 ? 0 : javaHashCodeOfBytes(buffer, tags, endOfProperty(buffer, tags, end));
  }

  /** Topic names repeat: one string each. */
  #nameOf(buffer: Buffer, start: number, end: number): string {
    const key = buffer.toString('latin1', start, end);
    let name = this.#names.get(key);
    if (name === undefined) {
      name = buffer.toString('utf8', start, end);
      if (this.#names.size > 100_000) this.#names.clear();
      this.#names.set(key, name);
    }
    return name;
  }

  #report(topic: string, queueId: number, offset: number, sizeBytes: number, what: string): void {
    this.#damage.add({ file: `queue ${queueId} of topic ${topic}`, offset, sizeBytes, what });
  }
}
