/** Which queues of a topic a member of a group gets, asked anew from the brokers. */
import { compareMessageQueues } from '@rocketmq-ts/protocol';
import type { ClientInstance } from '../instance/client-instance.ts';
import { compareStrings, type MessageQueue } from '../message/message-queue.ts';
import type { Namespace } from '../namespace.ts';
import type { AllocateMessageQueueStrategy } from './allocate/strategy.ts';

/**
 * This client's share of `all`, by strategy; undefined when the group's members cannot be asked for. Rejects with what the
 * strategy throws.
 */
export async function divideQueues(
  instance: ClientInstance,
  group: string,
  strategy: AllocateMessageQueueStrategy,
  topic: string,
  all: readonly MessageQueue[],
  namespace: Namespace,
): Promise<readonly MessageQueue[] | undefined> {
  const members = await instance.consumerIds(topic, group);
  if (members === undefined) return undefined;
  const queues = [...all].sort(compareMessageQueues);
  const mine = strategy.allocate(group, instance.clientId, queues, [...members].sort(compareStrings));
  // A strategy may have queues from the application.
  return mine.map((queue) => namespace.wrapQueue(queue));
}
