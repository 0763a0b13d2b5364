/** Contiguous ranges of nearly equal length: RocketMQ's AllocateMessageQueueAveragely, the default. */
import type { MessageQueue } from '../../message/message-queue.ts';
import type { AllocateMessageQueueStrategy } from './strategy.ts';

export class AllocateMessageQueueAveragely implements AllocateMessageQueueStrategy {
  readonly name = 'AVG';

  allocate(
    _consumerGroup: string,
    currentCID: string,
    mqAll: readonly MessageQueue[],
    cidAll: readonly string[],
  ): readonly MessageQueue[] {
    const index = cidAll.indexOf(currentCID);
    if (index < 0) return [];
    const remainder = mqAll.length % cidAll.length;
    const share = Math.floor(mqAll.length / cidAll.length);
    // The first `remainder` clients take one more.
    const start = index < remainder ? index * (share + 1) : index * share + remainder;
    return mqAll.slice(start, start + share + (index < remainder ? 1 : 0));
  }
}
