/**
 * How far every group has consumed every queue, and consumerOffset.json.
 *
 * Invariants: an offset is a safe integer of at least 0; one that goes back, or beyond the end of its queue, is taken over as
 * the client asked but never without a line in the log; the number of topic and group pairs and of queues in each is bounded.
 *
 * Behaviour from RocketMQ's ConsumerOffsetManager; unlike there, offsets of a deleted topic go with it, because a topic made
 * anew under the name starts at 0 and its consumers would wait behind the old number.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import { decodeConsumerOffsetTable, encodeConsumerOffsetTable } from '@rocketmq-ts/protocol';
import type { ConsumerOffsets } from '../broker-context.ts';
import type { ConfigValues } from '../config/config-keys.ts';

const NONE = -1;
/** More queues than any topic has; keeps a wrong queue id from making a huge array. */
const MAX_QUEUE_ID = 65_535;
const WARN_EVERY_MS = 60_000;

interface Row {
  /** By queue id; -1 where nothing is stored. */
  offsets: number[];
  warnedAt: number;
}

export interface ConsumerOffsetTableOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: ConfigValues;
  /** End of a queue; undefined when the queue does not exist. */
  readonly maxOffset: (topic: string, queueId: number) => number | undefined;
  readonly onDirty: () => void;
}

export class ConsumerOffsetTable implements ConsumerOffsets {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #config: ConfigValues;
  readonly #maxOffset: (topic: string, queueId: number) => number | undefined;
  readonly #onDirty: () => void;
  /** Topic, then group. */
  readonly #topics = new Map<string, Map<string, Row>>();
  #rows = 0;
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ConsumerOffsetTableOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#config = options.config;
    this.#maxOffset = options.maxOffset;
    this.#onDirty = options.onDirty;
  }

  commit(group: string, topic: string, queueId: number, offset: number, remoteAddress: string): void {
    const problem = this.tryCommit(group, topic, queueId, offset, remoteAddress);
    if (problem === undefined) return;
    const now = this.#clock.monotonicMs();
    if (now - this.#refusedAt < WARN_EVERY_MS) return;
    this.#refusedAt = now;
    this.#logger.warn(`a consumer offset was not stored: ${problem}`, {
      group,
      topic,
      queueId,
      remoteAddress,
    });
  }

  /** Answers why the offset was not stored, or undefined when it was. */
  tryCommit(
    group: string,
    topic: string,
    queueId: number,
    offset: number,
    remoteAddress: string,
  ): string | undefined {
    if (!(queueId >= 0 && queueId <= MAX_QUEUE_ID))
      return `queueId ${queueId} is not from 0 to ${MAX_QUEUE_ID}`;
    if (!(offset >= 0)) return `offset ${offset} is negative`;
    const row = this.#row(topic, group);
    if (row === undefined)
      return `the table is full: maxConsumerOffsetNums allows ${this.#config.maxConsumerOffsetNums}`;
    const offsets = row.offsets;
    const before = queueId < offsets.length ? offsets[queueId]! : NONE;
    if (before === offset) return undefined;
    while (offsets.length <= queueId) offsets.push(NONE);
    offsets[queueId] = offset;
    this.#onDirty();
    if (offset < before)
      this.#warnMoved(row, 'back', { group, topic, queueId, offset, before, remoteAddress });
    else this.#checkEnd(row, group, topic, queueId, offset, remoteAddress);
    return undefined;
  }

  #checkEnd(
    row: Row,
    group: string,
    topic: string,
    queueId: number,
    offset: number,
    remoteAddress: string,
  ): void {
    const max = this.#maxOffset(topic, queueId);
    if (max !== undefined && offset > max) {
      this.#warnMoved(row, 'beyond the end of its queue', {
        group,
        topic,
        queueId,
        offset,
        max,
        remoteAddress,
      });
    }
  }

  #warnMoved(row: Row, how: string, fields: Readonly<Record<string, unknown>>): void {
    const now = this.#clock.monotonicMs();
    if (now - row.warnedAt < WARN_EVERY_MS) return;
    row.warnedAt = now;
    this.#logger.warn(`a consumer moved its offset ${how}`, fields);
  }

  #row(topic: string, group: string): Row | undefined {
    let groups = this.#topics.get(topic);
    const existing = groups?.get(group);
    if (existing !== undefined) return existing;
    if (this.#rows >= this.#config.maxConsumerOffsetNums) return undefined;
    if (groups === undefined) {
      groups = new Map();
      this.#topics.set(topic, groups);
    }
    const row: Row = { offsets: [], warnedAt: Number.NEGATIVE_INFINITY };
    groups.set(group, row);
    this.#rows++;
    return row;
  }

  query(group: string, topic: string, queueId: number): number {
    return this.#topics.get(topic)?.get(group)?.offsets[queueId] ?? NONE;
  }

  /** By queue id, -1 where nothing is stored; undefined when the group has none for the topic. */
  offsetsOf(group: string, topic: string): readonly number[] | undefined {
    return this.#topics.get(topic)?.get(group)?.offsets;
  }

  /** Every topic and group that has offsets. */
  *pairs(): IterableIterator<[topic: string, group: string]> {
    for (const [topic, groups] of this.#topics) for (const group of groups.keys()) yield [topic, group];
  }

  topicsOfGroup(group: string): string[] {
    const topics: string[] = [];
    for (const [topic, groups] of this.#topics) if (groups.has(group)) topics.push(topic);
    return topics;
  }

  groupsOfTopic(topic: string): string[] {
    return [...(this.#topics.get(topic)?.keys() ?? [])];
  }

  /** Gives `destGroup` the offsets of `srcGroup`. */
  clone(srcGroup: string, destGroup: string, topic: string): void {
    const source = this.offsetsOf(srcGroup, topic);
    const target = source === undefined ? undefined : this.#row(topic, destGroup);
    if (source === undefined || target === undefined) return;
    target.offsets = [...source];
    this.#onDirty();
  }

  deleteTopic(topic: string): void {
    const groups = this.#topics.get(topic);
    if (groups === undefined) return;
    this.#rows -= groups.size;
    this.#topics.delete(topic);
    this.#logger.info('dropped the consumer offsets of a deleted topic', { topic, groups: groups.size });
    this.#onDirty();
  }

  /** Keyed `topic@group`, then queue id: the shape of request code 43 and of the file. */
  table(): Map<string, Map<number, number>> {
    const table = new Map<string, Map<number, number>>();
    for (const [topic, groups] of this.#topics) {
      for (const [group, row] of groups) {
        const queues = new Map<number, number>();
        row.offsets.forEach((offset, queueId) => {
          if (offset >= 0) queues.set(queueId, offset);
        });
        if (queues.size > 0) table.set(`${topic}@${group}`, queues);
      }
    }
    return table;
  }

  /** The content of consumerOffset.json, laid out as 4.4.0 writes it. */
  encodeFile(): Buffer {
    return encodeConsumerOffsetTable({ offsetTable: this.table() }, { pretty: true });
  }

  decodeFile(text: string): void {
    this.merge(decodeConsumerOffsetTable(text).offsetTable);
  }

  /** Takes over every offset of `table`, as a slave does from its master. */
  merge(table: ReadonlyMap<string, ReadonlyMap<number, number>>): void {
    for (const [key, queues] of table) {
      const [topic, group, ...more] = key.split('@');
      if (topic === undefined || group === undefined || more.length > 0) {
        this.#logger.error('consumer offsets under a key that is not topic@group were left out', { key });
        continue;
      }
      const row = this.#row(topic, group);
      if (row === undefined) break;
      for (const [queueId, offset] of queues) {
        if (!(queueId >= 0 && queueId <= MAX_QUEUE_ID && offset >= 0)) continue;
        while (row.offsets.length <= queueId) row.offsets.push(NONE);
        row.offsets[queueId] = offset;
      }
    }
  }
}
