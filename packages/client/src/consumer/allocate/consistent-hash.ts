/**
 * Queues on a hash ring of clients, so that a client that joins or leaves moves few queues: RocketMQ's
 * AllocateMessageQueueConsistentHash over its ConsistentHashRouter.
 *
 * A point of the ring is the first four bytes of MD5, big-endian: of `<client id>-<replica>` for a client, of the
 * queue's Java text for a queue. A queue belongs to the first client point at or after its own, around the end.
 */
import { createHash } from 'node:crypto';
import type { MessageQueue } from '../../message/message-queue.ts';
import type { AllocateMessageQueueStrategy } from './strategy.ts';

export class AllocateMessageQueueConsistentHash implements AllocateMessageQueueStrategy {
  readonly name = 'CONSISTENT_HASH';
  readonly #virtualNodeCount: number;

  /** `virtualNodeCount`: points per client on the ring. */
  constructor(virtualNodeCount = 10) {
    if (!Number.isSafeInteger(virtualNodeCount) || virtualNodeCount < 0) {
      throw new RangeError(`virtualNodeCount must be an integer of at least 0, not ${virtualNodeCount}`);
    }
    this.#virtualNodeCount = virtualNodeCount;
  }

  allocate(
    _consumerGroup: string,
    currentCID: string,
    mqAll: readonly MessageQueue[],
    cidAll: readonly string[],
  ): readonly MessageQueue[] {
    if (!cidAll.includes(currentCID)) return [];
    const owners = new Map<number, string>();
    const replicas = new Map<string, number>();
    for (const clientId of cidAll) {
      // A client id that two processes share is listed twice, and counts on.
      const first = replicas.get(clientId) ?? 0;
      for (let replica = first; replica < first + this.#virtualNodeCount; replica++) {
        owners.set(ringPoint(`${clientId}-${replica}`), clientId);
      }
      replicas.set(clientId, first + this.#virtualNodeCount);
    }
    const ring = [...owners.keys()].sort((a, b) => a - b);
    return mqAll.filter(
      (queue) => owners.get(pointAtOrAfter(ring, ringPoint(queue.toString()))) === currentCID,
    );
  }
}

function ringPoint(text: string): number {
  return createHash('md5').update(text, 'utf8').digest().readUInt32BE(0);
}

function pointAtOrAfter(ring: readonly number[], point: number): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ring[middle] < point) low = middle + 1;
    else high = middle;
  }
  return low === ring.length ? ring[0] : ring[low];
}
