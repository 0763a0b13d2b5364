/**
 * Owns the identity of a topic inside the store: one object per name, so that the append path neither hashes nor
 * encodes names.
 *
 * Invariant: `queues[queueId]` is the one object of that queue while the topic exists; once the topic's queues have been
 * removed the key is dead (`deleted`): appends to it are refused, and `store.topic(name)` gives a new one.
 */
import type { ConsumeQueue } from './queue/consume-queue.ts';

export class TopicKey {
  readonly name: string;
  /** UTF-8 of the name, at most 127 bytes. */
  readonly bytes: Buffer;
  /** Sparse: a queue appears when it is first appended to or asked for. */
  readonly queues: (ConsumeQueue | undefined)[] = [];
  deleted = false;

  constructor(name: string, bytes: Buffer) {
    this.name = name;
    this.bytes = bytes;
  }
}
