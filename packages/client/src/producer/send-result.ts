/** What a broker answered to a send: RocketMQ's SendResult and SendStatus. */
import type { MessageQueue } from '../message/message-queue.ts';

/**
 * `SEND_OK`: stored as the broker is configured to. The other three: stored, but not flushed in time, not replicated
 * in time, or without a slave to replicate to.
 */
export const SendStatus = {
  SEND_OK: 'SEND_OK',
  FLUSH_DISK_TIMEOUT: 'FLUSH_DISK_TIMEOUT',
  FLUSH_SLAVE_TIMEOUT: 'FLUSH_SLAVE_TIMEOUT',
  SLAVE_NOT_AVAILABLE: 'SLAVE_NOT_AVAILABLE',
} as const;
export type SendStatus = (typeof SendStatus)[keyof typeof SendStatus];

export class SendResult {
  readonly sendStatus: SendStatus;
  /** The id the client gave the message (`UNIQ_KEY`); of a batch, all of them joined by commas. */
  readonly msgId: string;
  /** The id that tells where the broker stored it; what `viewMessage` takes. */
  readonly offsetMsgId: string;
  readonly messageQueue: MessageQueue;
  /** Position in the queue; of a batch, that of its first message. */
  readonly queueOffset: number;
  readonly regionId: string;
  readonly traceOn: boolean;
  readonly transactionId: string | undefined;

  constructor(
    sendStatus: SendStatus,
    msgId: string,
    offsetMsgId: string,
    messageQueue: MessageQueue,
    queueOffset: number,
    regionId: string,
    traceOn: boolean,
    transactionId: string | undefined,
  ) {
    this.sendStatus = sendStatus;
    this.msgId = msgId;
    this.offsetMsgId = offsetMsgId;
    this.messageQueue = messageQueue;
    this.queueOffset = queueOffset;
    this.regionId = regionId;
    this.traceOn = traceOn;
    this.transactionId = transactionId;
  }

  /** As Java prints it. */
  toString(): string {
    return (
      `SendResult [sendStatus=${this.sendStatus}, msgId=${this.msgId}, offsetMsgId=${this.offsetMsgId}, ` +
      `messageQueue=${this.messageQueue}, queueOffset=${this.queueOffset}]`
    );
  }
}
