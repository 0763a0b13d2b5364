/**
 * Members of consumer groups that look the same to a test whichever client they are of: the official one
 * (test/interop/java/Members.java) or ours. One scenario can so be played by either, and by both together.
 */
import assert from 'node:assert/strict';
import type { JavaEvent } from './java-events.ts';
import { sleep, until } from './pair.ts';

export type Strategy = 'AVG' | 'AVG_BY_CIRCLE' | 'CONSISTENT_HASH' | 'MACHINE_ROOM' | 'CONFIG';

export interface MemberOptions {
  readonly group: string;
  readonly topic: string;
  /** The client id is `127.0.0.1@instance`. */
  readonly instance: string;
  /** Default: CONSUME_FROM_FIRST_OFFSET. */
  readonly from?: 'CONSUME_FROM_FIRST_OFFSET' | 'CONSUME_FROM_LAST_OFFSET' | 'CONSUME_FROM_TIMESTAMP';
  /** `yyyyMMddHHmmss` */
  readonly timestamp?: string;
  readonly model?: 'CLUSTERING' | 'BROADCASTING';
  readonly strategy?: Strategy;
  /** CONFIG: the ids of the member's queues, which are those of `broker`. */
  readonly queues?: readonly number[];
  readonly broker?: string;
  /** MACHINE_ROOM */
  readonly rooms?: readonly string[];
  readonly maxReconsumeTimes?: number;
  readonly orderly?: boolean;
  /** Orderly: autoCommit off. */
  readonly manualCommit?: boolean;
  /**
   * By body: what the listener answers the first, the second, … time; the last word holds from then on. A status of the
   * listener, or THROW, or HANG (until the member is stopped).
   */
  readonly answers?: Readonly<Record<string, readonly string[]>>;
  /** So many requests to send a message back fail before they leave the client. */
  readonly refusedSendBacks?: number;
}

export type Delivery = Pick<
  JavaEvent,
  | 'body'
  | 'topic'
  | 'queueId'
  | 'queueOffset'
  | 'reconsumeTimes'
  | 'msgId'
  | 'storeTimestamp'
  | 'properties'
  | 'atMs'
>;

export interface Member {
  /** What its listener was given so far. */
  consumed(): readonly Delivery[];
  /** The ids of the queues that it consumes now. */
  share(): readonly number[];
  /** Leaves the group in good order, with its offsets stored. */
  stop(): Promise<void>;
  suspend(): Promise<void>;
  resume(): Promise<void>;
  /** Has what its listener has had for longer than consumeTimeout go back, as happens by itself after minutes. */
  expire(): Promise<void>;
}

export interface Members {
  start(options: MemberOptions): Promise<Member>;
  end(): Promise<void>;
}

export interface MembersOptions {
  /** Where broadcasting members keep their offsets. */
  readonly offsetsFolder?: string;
}

export type StartMembers = (namesrvAddr: string, options?: MembersOptions) => Promise<Members>;

/** What the listener of a member answers. */
export class Answers {
  readonly #words: MemberOptions['answers'];
  readonly #times = new Map<string, number>();

  constructor(words: MemberOptions['answers']) {
    this.#words = words;
  }

  next(body: string): string | undefined {
    const words = this.#words?.[body];
    const time = this.#times.get(body) ?? 0;
    this.#times.set(body, time + 1);
    return words?.[Math.min(time, words.length - 1)];
  }
}

/** It consumes messages of exactly these bodies, each so often as it stands there, in any order. */
export async function assertBodies(member: Member, expected: readonly string[]): Promise<void> {
  const { length } = expected;
  await until(`${length} messages are consumed`, 120_000, () => member.consumed().length >= length);
  await sleep(300); // anything else would come now
  const bodies = member.consumed().map(({ body }) => body);
  assert.deepEqual(bodies.sort(), [...expected].sort());
}
