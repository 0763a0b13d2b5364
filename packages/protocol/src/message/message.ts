/**
 * Messages as applications see them (`Message`, `MessageExt`).
 */
export interface Message {
  topic: string;
  /** Free for the application. */
  flag: number;
  properties: Map<string, string>;
  body: Buffer;
}

export interface MessageExt extends Message {
  brokerName?: string | undefined;
  queueId: number;
  /** Size of the record in the commit log, before inflation. */
  storeSize: number;
  queueOffset: number;
  sysFlag: number;
  bornTimestamp: number;
  /** `ip:port` */
  bornHost: string;
  storeTimestamp: number;
  /** `ip:port` */
  storeHost: string;
  /** The client's id (property UNIQ_KEY) where there is one, else the offset id. */
  msgId: string;
  /** Store host and commit-log offset, 32 hex digits. */
  offsetMsgId: string;
  commitLogOffset: number;
  bodyCRC: number;
  reconsumeTimes: number;
  preparedTransactionOffset: number;
}

/** One queue of a topic on one broker (`MessageQueue`). */
export interface MessageQueue {
  topic: string;
  brokerName: string;
  queueId: number;
}

/** Order of `MessageQueue.compareTo`: topic, broker name, queue id. */
export function compareMessageQueues(a: MessageQueue, b: MessageQueue): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  if (a.brokerName !== b.brokerName) return a.brokerName < b.brokerName ? -1 : 1;
  return a.queueId - b.queueId;
}

/** A text that is equal exactly for equal queues, to key Maps with. */
export function messageQueueKey(queue: MessageQueue): string {
  return `${queue.topic}\0${queue.brokerName}\0${queue.queueId}`;
}
