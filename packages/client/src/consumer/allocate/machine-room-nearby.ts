/**
 * Queues go to the clients of their own machine room by another strategy; those of a room without clients are shared
 * by all: RocketMQ's AllocateMachineRoomNearby.
 */
import { compareStrings, type MessageQueue } from '../../message/message-queue.ts';
import type { AllocateMessageQueueStrategy } from './strategy.ts';

/** Says where brokers and clients are. An empty answer is an error. */
export interface MachineRoomResolver {
  brokerDeployIn(messageQueue: MessageQueue): string;
  consumerDeployIn(clientId: string): string;
}

export class AllocateMachineRoomNearby implements AllocateMessageQueueStrategy {
  readonly name: string;
  readonly #inner: AllocateMessageQueueStrategy;
  readonly #resolver: MachineRoomResolver;

  constructor(inner: AllocateMessageQueueStrategy, resolver: MachineRoomResolver) {
    this.name = `MACHINE_ROOM_NEARBY-${inner.name}`;
    this.#inner = inner;
    this.#resolver = resolver;
  }

  allocate(
    consumerGroup: string,
    currentCID: string,
    mqAll: readonly MessageQueue[],
    cidAll: readonly string[],
  ): readonly MessageQueue[] {
    if (!cidAll.includes(currentCID)) return [];
    const queuesOfRoom = groupBy(mqAll, (queue) => this.#resolver.brokerDeployIn(queue));
    const clientsOfRoom = groupBy(cidAll, (clientId) => this.#resolver.consumerDeployIn(clientId));
    const ownRoom = this.#resolver.consumerDeployIn(currentCID);
    const result: MessageQueue[] = [];
    const own = queuesOfRoom.get(ownRoom);
    if (own !== undefined) {
      result.push(
        ...this.#inner.allocate(consumerGroup, currentCID, own, clientsOfRoom.get(ownRoom) ?? [currentCID]),
      );
    }
    for (const room of [...queuesOfRoom.keys()].sort(compareStrings)) {
      if (room === ownRoom || clientsOfRoom.has(room)) continue;
      result.push(
        ...this.#inner.allocate(consumerGroup, currentCID, queuesOfRoom.get(room) as MessageQueue[], cidAll),
      );
    }
    return result;
  }
}

function groupBy<T>(items: readonly T[], roomOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const room = roomOf(item);
    if (!room) throw new Error(`the machine room of ${String(item)} is empty; the resolver must name one`);
    const group = groups.get(room);
    if (group === undefined) groups.set(room, [item]);
    else group.push(item);
  }
  return groups;
}
