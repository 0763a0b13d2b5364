/** A fixed list of queues per client, whoever else is there: RocketMQ's AllocateMessageQueueByConfig. */
import { MessageQueue } from '../../message/message-queue.ts';
import type { AllocateMessageQueueStrategy } from './strategy.ts';

export class AllocateMessageQueueByConfig implements AllocateMessageQueueStrategy {
  readonly name = 'CONFIG';
  readonly #queues: readonly MessageQueue[];

  constructor(messageQueueList: readonly { topic: string; brokerName: string; queueId: number }[]) {
    this.#queues = messageQueueList.map((queue) => MessageQueue.from(queue));
  }

  allocate(): readonly MessageQueue[] {
    return this.#queues;
  }
}
