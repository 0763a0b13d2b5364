/**
 * One queue of a topic on one broker: RocketMQ's MessageQueue.
 *
 * Invariant: immutable; `key` is unique per (topic, broker, queue), so Maps use it in place of the object.
 */
import { type MessageQueue as MessageQueueFields, messageQueueKey } from '@rocketmq-ts/protocol';

export class MessageQueue implements MessageQueueFields {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  /** Equal exactly for equal queues. */
  readonly key: string;

  constructor(topic: string, brokerName: string, queueId: number) {
    this.topic = topic;
    this.brokerName = brokerName;
    this.queueId = queueId;
    this.key = messageQueueKey(this);
  }

  /** Takes plain objects as they come from JSON bodies or from callers. */
  static from(fields: MessageQueueFields): MessageQueue {
    return fields instanceof MessageQueue
      ? fields
      : new MessageQueue(fields.topic, fields.brokerName, fields.queueId);
  }

  /** As Java prints it; the consistent-hash strategy hashes this text. */
  toString(): string {
    return `MessageQueue [topic=${this.topic}, brokerName=${this.brokerName}, queueId=${this.queueId}]`;
  }

  toJSON(): MessageQueueFields {
    return { topic: this.topic, brokerName: this.brokerName, queueId: this.queueId };
  }
}

/** Java's order of strings (UTF-16 units), never a locale's. */
export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
