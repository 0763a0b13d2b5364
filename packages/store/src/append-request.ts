/** Owns the shape of what is appended and of what an append answers. All of them are reused objects. */
import type { TopicKey } from './topic-key.ts';

/**
 * Outcome of an append, under RocketMQ's PutMessageStatus names as far as the store itself decides. Timeouts of a sync
 * or of a slave are decided by who waits for `onProgress`.
 */
export const AppendStatus = {
  PUT_OK: 0,
  /** The record would exceed maxMessageSize, the topic 127 bytes, or a batch is malformed. */
  MESSAGE_ILLEGAL: 1,
  /** Properties exceed 32767 bytes. */
  PROPERTIES_SIZE_EXCEEDED: 2,
  /** Not open, disk full, or a write or sync failed: `store.refusal()` tells. */
  SERVICE_NOT_AVAILABLE: 3,
  /** The next log file could not be made. */
  CREATE_MAPEDFILE_FAILED: 4,
} as const;
export type AppendStatus = (typeof AppendStatus)[keyof typeof AppendStatus];

/** One message to append. The buffers are read during the call only. */
export interface AppendRequest {
  topic: TopicKey;
  queueId: number;
  flag: number;
  sysFlag: number;
  /** Milliseconds since the epoch. */
  bornTimestamp: number;
  /** IPv4 as a signed 32-bit integer, big-endian. */
  bornIp: number;
  bornPort: number;
  reconsumeTimes: number;
  preparedTransactionOffset: number;
  body: Buffer;
  bodyStart: number;
  bodyEnd: number;
  /** As stored: `name \x01 value \x02 …`. */
  properties: Buffer;
  propertiesStart: number;
  propertiesEnd: number;
  /** Java's hash of the tag, 0 without one; the deliver time for the delay topic. Not used by `appendBatch`. */
  tagsCode: number;
  /** Whether the sender wants to wait for the disk; kept for who answers it, not used by the store. */
  waitStore: boolean;
}

/** Where the last append went; overwritten by the next one. */
export interface AppendResult {
  /** First byte of the (first) record in the log. */
  physicalOffset: number;
  /** First byte after the (last) record: written or durable once the progress has reached it. */
  endOffset: number;
  /** Of the (first) message in its queue. */
  queueOffset: number;
  /** Milliseconds since the epoch, never less than that of an earlier record. */
  storeTimestamp: number;
  /** Bytes of the record, of all of them for a batch. */
  sizeBytes: number;
  /** Messages appended. */
  count: number;
  /** First bytes of the records of a batch; `count` entries are valid. */
  readonly physicalOffsets: number[];
}
