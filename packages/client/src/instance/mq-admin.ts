/**
 * What producers and consumers can be asked about queues and stored messages, the same of all of them: RocketMQ's MQAdmin.
 *
 * Every method rejects with CLIENT_NOT_RUNNING before the start and after the shutdown.
 */
import type { MessageQueue } from '../message/message-queue.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { QueryResult } from './message-queries.ts';
import type { QueueQueries } from './queue-queries.ts';

/** A queue as it comes from answers or from JSON. */
export type QueueLike = Pick<MessageQueue, 'topic' | 'brokerName' | 'queueId'>;

export abstract class MQAdmin {
  /** Throws CLIENT_NOT_RUNNING. */
  protected abstract queries(): QueueQueries;

  /** Creates a topic on every broker that has the template topic `key` (TBW102 by default). */
  async createTopic(key: string, newTopic: string, queueNum: number, topicSysFlag = 0): Promise<void> {
    await this.queries().createTopic(key, newTopic, queueNum, topicSysFlag);
  }

  /** The offset the queue's next message will get. */
  async maxOffset(queue: QueueLike): Promise<number> {
    return this.queries().maxOffset(queue);
  }

  /** The offset of the queue's oldest message. */
  async minOffset(queue: QueueLike): Promise<number> {
    return this.queries().minOffset(queue);
  }

  /** The offset of the first message stored at or after `timestamp` (milliseconds since the epoch). */
  async searchOffset(queue: QueueLike, timestamp: number): Promise<number> {
    return this.queries().searchOffset(queue, timestamp);
  }

  /** When the queue's oldest message was stored, milliseconds since the epoch. */
  async earliestMsgStoreTime(queue: QueueLike): Promise<number> {
    return this.queries().earliestMsgStoreTime(queue);
  }

  /** A stored message by the `offsetMsgId` of its SendResult, or by its topic and `msgId`. */
  async viewMessage(offsetMsgId: string): Promise<ReceivedMessage>;
  async viewMessage(topic: string, msgId: string): Promise<ReceivedMessage>;
  async viewMessage(first: string, msgId?: string): Promise<ReceivedMessage> {
    return this.queries().messages.view(msgId ?? first, msgId === undefined ? undefined : first);
  }

  /**
   * Messages of a topic with a key that were stored from `begin` to `end`, milliseconds since the epoch. Rejects with
   * NO_MESSAGE when there is none.
   */
  async queryMessage(
    topic: string,
    key: string,
    maxNum: number,
    begin: number,
    end: number,
  ): Promise<QueryResult> {
    return this.queries().messages.byKey(topic, key, maxNum, begin, end);
  }
}
