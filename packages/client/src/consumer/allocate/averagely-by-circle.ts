/** Dealt out one by one: RocketMQ's AllocateMessageQueueAveragelyByCircle. */
import type { MessageQueue } from '../../message/message-queue.ts';
import type { AllocateMessageQueueStrategy } from './strategy.ts';

export class AllocateMessageQueueAveragelyByCircle implements AllocateMessageQueueStrategy {
  readonly name = 'AVG_BY_CIRCLE';

  allocate(
    _consumerGroup: string,
    currentCID: string,
    mqAll: readonly MessageQueue[],
    cidAll: readonly string[],
  ): readonly MessageQueue[] {
    const index = cidAll.indexOf(currentCID);
    return index < 0 ? [] : mqAll.filter((_queue, position) => position % cidAll.length === index);
  }
}
