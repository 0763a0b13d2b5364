import { ProtocolError } from '../protocol-error.ts';
import { inflateBody } from './compression.ts';
import { crc32 } from './crc32.ts';
import { parseHost, readHost } from './host.ts';
import { readInt64, writeInt64 } from './int64.ts';
import type { MessageExt } from './message.ts';
import { offsetMsgIdOfHost } from './message-id.ts';
import { decodeProperties, encodeProperties, MAX_PROPERTIES_BYTES, PropertyKey } from './properties.ts';
import { MessageSysFlag } from './sys-flag.ts';

/**
 * The message record: the same bytes in the commit log and in answers to pulls (`MessageDecoder`, `CommitLog`).
 *
 *      0 int32 totalSize                    36 int32 sysFlag
 *      4 int32 magic                        40 int64 bornTimestamp
 *      8 int32 bodyCRC                      48 int32 bornHost ip, int32 port
 *     12 int32 queueId                      56 int64 storeTimestamp
 *     16 int32 flag                         64 int32 storeHost ip, int32 port
 *     20 int64 queueOffset                  72 int32 reconsumeTimes
 *     28 int64 physicalOffset               76 int64 preparedTransactionOffset
 *     84 int32 body length, body; int8 topic length, topic; int16 properties length, properties
 *
 * 5.x variants are read, never written: 16-byte hosts (sysFlag 0x10, 0x20) and MAGIC_V2 (int16 topic length).
 * Reading never goes outside `totalSize`, and throws nothing but ProtocolError.
 */
export const MAGIC = 0xdaa320a7 | 0;
export const MAGIC_V2 = 0xdaa320ab | 0;
/** Magic of the filler at the end of a commit-log file. */
export const BLANK_MAGIC = 0xcbd43194 | 0;
/** Size of a record without body, topic and properties. */
export const RECORD_FIXED_BYTES = 91;

export const RecordOffset = {
  totalSize: 0,
  magic: 4,
  bodyCRC: 8,
  queueId: 12,
  flag: 16,
  queueOffset: 20,
  physicalOffset: 28,
  sysFlag: 36,
  bornTimestamp: 40,
  bornIp: 48,
  bornPort: 52,
  storeTimestamp: 56,
  storeIp: 64,
  storePort: 68,
  reconsumeTimes: 72,
  preparedTransactionOffset: 76,
  bodyLength: 84,
  body: 88,
} as const;

/** What `encodeRecord` needs; body and properties are written as they are. */
export type RecordFields = Omit<MessageExt, 'storeSize' | 'msgId' | 'offsetMsgId' | 'bodyCRC' | 'brokerName'>;

export interface DecodeRecordOptions {
  /** Inflate compressed bodies and clear the flag's effect; true unless given. */
  inflate?: boolean;
}

export function encodeRecord(record: RecordFields): Buffer {
  const topicBytes = Buffer.byteLength(record.topic);
  const properties = Buffer.from(encodeProperties(record.properties));
  if (topicBytes > 127 || properties.length > MAX_PROPERTIES_BYTES) {
    throw new ProtocolError(
      'MESSAGE_ILLEGAL',
      `a topic has at most 127 bytes and properties ${MAX_PROPERTIES_BYTES}, found ${topicBytes} and ${properties.length}`,
    );
  }
  const size = RECORD_FIXED_BYTES + record.body.length + topicBytes + properties.length;
  const buffer = Buffer.allocUnsafe(size);
  const born = parseHost(record.bornHost);
  const store = parseHost(record.storeHost);
  buffer.writeInt32BE(size, RecordOffset.totalSize);
  buffer.writeInt32BE(MAGIC, RecordOffset.magic);
  buffer.writeInt32BE(crc32(record.body), RecordOffset.bodyCRC);
  buffer.writeInt32BE(record.queueId, RecordOffset.queueId);
  buffer.writeInt32BE(record.flag, RecordOffset.flag);
  writeInt64(buffer, record.queueOffset, RecordOffset.queueOffset);
  writeInt64(buffer, record.commitLogOffset, RecordOffset.physicalOffset);
  buffer.writeInt32BE(record.sysFlag, RecordOffset.sysFlag);
  writeInt64(buffer, record.bornTimestamp, RecordOffset.bornTimestamp);
  buffer.writeInt32BE(born.ip, RecordOffset.bornIp);
  buffer.writeInt32BE(born.port, RecordOffset.bornPort);
  writeInt64(buffer, record.storeTimestamp, RecordOffset.storeTimestamp);
  buffer.writeInt32BE(store.ip, RecordOffset.storeIp);
  buffer.writeInt32BE(store.port, RecordOffset.storePort);
  buffer.writeInt32BE(record.reconsumeTimes, RecordOffset.reconsumeTimes);
  writeInt64(buffer, record.preparedTransactionOffset, RecordOffset.preparedTransactionOffset);
  buffer.writeInt32BE(record.body.length, RecordOffset.bodyLength);
  let at = RecordOffset.body + record.body.copy(buffer, RecordOffset.body);
  at = buffer.writeInt8(topicBytes, at);
  at += buffer.write(record.topic, at);
  at = buffer.writeInt16BE(properties.length, at);
  properties.copy(buffer, at);
  return buffer;
}

/** Every record of the body of an answer to a pull or query. */
export function decodeRecords(body: Buffer, options: DecodeRecordOptions = {}): MessageExt[] {
  const messages: MessageExt[] = [];
  for (let position = 0; position < body.length; ) {
    const message = decodeRecord(body, position, options);
    messages.push(message);
    position += message.storeSize;
  }
  return messages;
}

/** The record at `position`. Body and properties are checked against `totalSize`; the body is a slice or inflated. */
export function decodeRecord(buffer: Buffer, position = 0, options: DecodeRecordOptions = {}): MessageExt {
  const cursor = new RecordCursor(buffer, position);
  const record = buffer.subarray(position, cursor.end);
  const sysFlag = record.readInt32BE(RecordOffset.sysFlag);
  const bornAddressBytes = sysFlag & MessageSysFlag.BORNHOST_V6 ? 16 : 4;
  const storeAddressBytes = sysFlag & MessageSysFlag.STOREHOST_V6 ? 16 : 4;
  const storeTimestampAt = RecordOffset.bornIp + bornAddressBytes + 4;
  const storeHostAt = storeTimestampAt + 8;
  const tailAt = storeHostAt + storeAddressBytes + 4;
  cursor.skipTo(tailAt + 12);
  const stored = cursor.take(4, 'body');
  const topic = cursor.take(cursor.magic === MAGIC_V2 ? 2 : 1, 'topic').toString('utf8');
  const properties = decodeProperties(cursor.take(2, 'properties').toString('utf8'));
  const commitLogOffset = readInt64(record, RecordOffset.physicalOffset, 'physicalOffset');
  const storeHost = readHost(record, storeHostAt, storeAddressBytes);
  const offsetMsgId = offsetMsgIdOfHost(record.subarray(storeHostAt, tailAt), commitLogOffset);
  return {
    topic,
    flag: record.readInt32BE(RecordOffset.flag),
    properties,
    body: options.inflate === false ? stored : inflated(stored, sysFlag, offsetMsgId),
    queueId: record.readInt32BE(RecordOffset.queueId),
    storeSize: record.length,
    queueOffset: readInt64(record, RecordOffset.queueOffset, 'queueOffset'),
    sysFlag,
    bornTimestamp: readInt64(record, RecordOffset.bornTimestamp, 'bornTimestamp'),
    bornHost: readHost(record, RecordOffset.bornIp, bornAddressBytes),
    storeTimestamp: readInt64(record, storeTimestampAt, 'storeTimestamp'),
    storeHost,
    msgId: properties.get(PropertyKey.UNIQ_KEY) ?? offsetMsgId,
    offsetMsgId,
    commitLogOffset,
    bodyCRC: record.readInt32BE(RecordOffset.bodyCRC),
    reconsumeTimes: record.readInt32BE(tailAt),
    preparedTransactionOffset: readInt64(record, tailAt + 4, 'preparedTransactionOffset'),
  };
}

function inflated(stored: Buffer, sysFlag: number, offsetMsgId: string): Buffer {
  if ((sysFlag & MessageSysFlag.COMPRESSED) === 0 || stored.length === 0) return stored;
  const type = sysFlag & MessageSysFlag.COMPRESSION_TYPE_MASK;
  if (type !== 0 && type !== MessageSysFlag.COMPRESSION_ZLIB) {
    throw new ProtocolError(
      'COMPRESSION_FAILED',
      `message ${offsetMsgId} is compressed by method 0x${type.toString(16)}; only zlib is supported`,
    );
  }
  return inflateBody(stored);
}

/** Reads length-prefixed parts inside the bounds of one record. */
class RecordCursor {
  readonly end: number;
  readonly magic: number;
  readonly #buffer: Buffer;
  readonly #start: number;
  #at: number;

  constructor(buffer: Buffer, start: number) {
    this.#buffer = buffer;
    this.#start = start;
    this.#at = start;
    const left = buffer.length - start;
    if (start < 0 || left < RECORD_FIXED_BYTES) this.#fail(`${RECORD_FIXED_BYTES} bytes at least`, `${left}`);
    const size = buffer.readInt32BE(start);
    if (size < RECORD_FIXED_BYTES || size > left) this.#fail(`a size of 91 to ${left}`, `${size}`);
    this.end = start + size;
    this.magic = buffer.readInt32BE(start + RecordOffset.magic);
    if (this.magic !== MAGIC && this.magic !== MAGIC_V2) {
      this.#fail('magic daa320a7', (this.magic >>> 0).toString(16));
    }
  }

  skipTo(offset: number): void {
    this.#at = this.#start + offset;
  }

  take(lengthBytes: number, part: string): Buffer {
    const from = this.#at + lengthBytes;
    if (from > this.end) this.#fail(`a length of the ${part}`, 'the end of the record');
    const length = this.#buffer.readIntBE(this.#at, lengthBytes);
    if (length < 0 || length > this.end - from) {
      this.#fail(`a ${part} of 0 to ${this.end - from} bytes`, `${length}`);
    }
    this.#at = from + length;
    return this.#buffer.subarray(from, this.#at);
  }

  #fail(expected: string, found: string): never {
    throw new ProtocolError(
      'MESSAGE_MALFORMED',
      `message record at position ${this.#start} of ${this.#buffer.length} bytes: expected ${expected}, found ${found}`,
    );
  }
}
