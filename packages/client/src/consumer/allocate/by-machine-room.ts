/**
 * Only queues of brokers named `<machine room>@<broker>` whose room is listed: RocketMQ's
 * AllocateMessageQueueByMachineRoom.
 *
 * Kept as 4.4.0 computes it: the even shares are cut out of *all* queues, only the remainder out of those of the
 * listed rooms. That gives queues of other rooms where those sort first; a member that corrected it would disagree
 * with the Java members of its group, and queues would be consumed twice or not at all.
 */
import type { MessageQueue } from '../../message/message-queue.ts';
import type { AllocateMessageQueueStrategy } from './strategy.ts';

export class AllocateMessageQueueByMachineRoom implements AllocateMessageQueueStrategy {
  readonly name = 'MACHINE_ROOM';
  readonly #rooms: ReadonlySet<string>;

  constructor(consumeridcs: Iterable<string>) {
    this.#rooms = new Set(consumeridcs);
  }

  allocate(
    _consumerGroup: string,
    currentCID: string,
    mqAll: readonly MessageQueue[],
    cidAll: readonly string[],
  ): readonly MessageQueue[] {
    const index = cidAll.indexOf(currentCID);
    if (index < 0) return [];
    const ofRooms = mqAll.filter((queue) => this.#isInRooms(queue.brokerName));
    const share = Math.floor(ofRooms.length / cidAll.length);
    const result = mqAll.slice(share * index, share * index + share);
    if (ofRooms.length % cidAll.length > index) result.push(ofRooms[index + share * cidAll.length]);
    return result;
  }

  #isInRooms(brokerName: string): boolean {
    const parts = brokerName.split('@');
    return parts.length === 2 && this.#rooms.has(parts[0]);
  }
}
