/**
 * How the queues of a topic are divided among the clients of a consumer group: RocketMQ's
 * AllocateMessageQueueStrategy.
 *
 * Invariant: every member of a group computes the same division from the same sorted inputs, so the strategies give,
 * queue for queue, what Java 4.4.0's give: Java members may be in the same group.
 */
import type { MessageQueue } from '../../message/message-queue.ts';

export interface AllocateMessageQueueStrategy {
  /** RocketMQ's name, shown in logs. */
  readonly name: string;
  /**
   * The queues of `currentCID`. `mqAll` and `cidAll` are sorted; an empty answer when `currentCID` is not among
   * `cidAll`. May throw: the rebalance then changes nothing and logs.
   */
  allocate(
    consumerGroup: string,
    currentCID: string,
    mqAll: readonly MessageQueue[],
    cidAll: readonly string[],
  ): readonly MessageQueue[];
}
