/**
 * A message as consumers get it: RocketMQ's MessageExt with its accessors.
 *
 * Invariant: `body` is a view of the answer it came in and must not be changed. `topic` of a message that came for
 * another try is the one it was first sent to.
 */
import { type MessageExt, PropertyKey, RESERVED_PROPERTY_KEYS } from '@rocketmq-ts/protocol';

export class ReceivedMessage implements MessageExt {
  topic: string;
  readonly flag: number;
  readonly properties: Map<string, string>;
  readonly body: Buffer;
  readonly brokerName: string | undefined;
  readonly queueId: number;
  readonly storeSize: number;
  readonly queueOffset: number;
  readonly sysFlag: number;
  readonly bornTimestamp: number;
  readonly bornHost: string;
  readonly storeTimestamp: number;
  readonly storeHost: string;
  readonly msgId: string;
  readonly offsetMsgId: string;
  readonly commitLogOffset: number;
  readonly bodyCRC: number;
  reconsumeTimes: number;
  readonly preparedTransactionOffset: number;

  constructor(message: MessageExt, brokerName: string | undefined) {
    this.topic = message.topic;
    this.flag = message.flag;
    this.properties = message.properties;
    this.body = message.body;
    this.brokerName = brokerName;
    this.queueId = message.queueId;
    this.storeSize = message.storeSize;
    this.queueOffset = message.queueOffset;
    this.sysFlag = message.sysFlag;
    this.bornTimestamp = message.bornTimestamp;
    this.bornHost = message.bornHost;
    this.storeTimestamp = message.storeTimestamp;
    this.storeHost = message.storeHost;
    this.msgId = message.msgId;
    this.offsetMsgId = message.offsetMsgId;
    this.commitLogOffset = message.commitLogOffset;
    this.bodyCRC = message.bodyCRC;
    this.reconsumeTimes = message.reconsumeTimes;
    this.preparedTransactionOffset = message.preparedTransactionOffset;
  }

  get tags(): string | undefined {
    return this.properties.get(PropertyKey.TAGS);
  }

  /** All keys, joined by spaces as they were sent. */
  get keys(): string | undefined {
    return this.properties.get(PropertyKey.KEYS);
  }

  /** Of a message sent in a transaction: the id its producer knows it by. */
  get transactionId(): string | undefined {
    const inTransaction = this.properties.get(PropertyKey.TRAN_MSG)?.toLowerCase() === 'true';
    return inTransaction ? this.properties.get(PropertyKey.UNIQ_KEY) : undefined;
  }

  getProperty(name: string): string | undefined {
    return this.properties.get(name);
  }

  getUserProperty(name: string): string | undefined {
    return RESERVED_PROPERTY_KEYS.has(name) ? undefined : this.properties.get(name);
  }

  /** Close to what Java prints; bodies are given by their length. */
  toString(): string {
    const properties = [...this.properties].map(([name, value]) => `${name}=${value}`).join(', ');
    return (
      `MessageExt [queueId=${this.queueId}, storeSize=${this.storeSize}, queueOffset=${this.queueOffset}, ` +
      `sysFlag=${this.sysFlag}, bornTimestamp=${this.bornTimestamp}, bornHost=/${this.bornHost}, ` +
      `storeTimestamp=${this.storeTimestamp}, storeHost=/${this.storeHost}, msgId=${this.msgId}, ` +
      `commitLogOffset=${this.commitLogOffset}, bodyCRC=${this.bodyCRC}, reconsumeTimes=${this.reconsumeTimes}, ` +
      `preparedTransactionOffset=${this.preparedTransactionOffset}, toString()=Message{topic='${this.topic}', ` +
      `flag=${this.flag}, properties={${properties}}, body=[${this.body.length} bytes], ` +
      `transactionId='${this.transactionId ?? null}'}]`
    );
  }
}
