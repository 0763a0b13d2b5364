/**
 * Owns the question whether bytes are a record: structure, place and checksum. The layout is in protocol's record.ts.
 *
 * Invariant: nothing outside [at, end) is read, whatever the bytes say.
 *
 * Counterpart in RocketMQ: CommitLog.checkMessageAndReturnSize.
 */

import { crc32 } from 'node:zlib';
import { BLANK_MAGIC, MAGIC, RECORD_FIXED_BYTES } from '@rocketmq-ts/protocol';

/** What is wrong, or special, where a record was expected. A positive answer is the record's size. */
export const RecordCheck = {
  /** The file goes on with nothing: the next record is in the next file. */
  blank: 0,
  /** Neither a record nor a blank one. */
  badMagic: -1,
  /** The lengths in it contradict each other, or the room there is. */
  badLength: -2,
  /** It states another place in the log. */
  badPlace: -3,
  /** Its body is not what was stored. */
  badCrc: -4,
  /** It is not what was stored, though its body is. */
  badChecksum: -5,
} as const;

const REASONS = [
  '',
  'no magic number',
  'contradicting lengths',
  'written for another place',
  'body checksum differs',
  'record checksum differs',
];

export function recordCheckReason(check: number): string {
  return REASONS[-check] ?? 'unknown';
}

/**
 * Looks at the bytes from `at` on. `end` bounds the buffer, `room` the bytes to the end of the file.
 * Answers RecordCheck.badLength also when the buffer ends before the record does.
 */
export function checkRecord(
  buffer: Buffer,
  at: number,
  end: number,
  physicalOffset: number,
  room: number,
  checkCrc: boolean,
): number {
  if (end - at < 8) return RecordCheck.badLength;
  const size = buffer.readInt32BE(at);
  const magic = buffer.readInt32BE(at + 4);
  if (magic === BLANK_MAGIC) return size === room ? RecordCheck.blank : RecordCheck.badLength;
  if (magic !== MAGIC) return RecordCheck.badMagic;
  if (size < RECORD_FIXED_BYTES || size > room || size > end - at) return RecordCheck.badLength;
  const bodyBytes = buffer.readInt32BE(at + 84);
  if (bodyBytes < 0 || bodyBytes > size - RECORD_FIXED_BYTES) return RecordCheck.badLength;
  const topicAt = at + 88 + bodyBytes;
  const topicBytes = buffer.readInt8(topicAt);
  if (topicBytes < 0 || bodyBytes + topicBytes > size - RECORD_FIXED_BYTES) return RecordCheck.badLength;
  const propertiesBytes = buffer.readInt16BE(topicAt + 1 + topicBytes);
  if (propertiesBytes < 0) return RecordCheck.badLength;
  if (RECORD_FIXED_BYTES + bodyBytes + topicBytes + propertiesBytes !== size) return RecordCheck.badLength;
  const stated = buffer.readInt32BE(at + 28) * 0x1_0000_0000 + buffer.readUInt32BE(at + 32);
  if (stated !== physicalOffset) return RecordCheck.badPlace;
  if (checkCrc && bodyBytes > 0) {
    const crc = crc32(buffer.subarray(at + 88, topicAt)) & 0x7fffffff;
    if (crc !== buffer.readInt32BE(at + 8)) return RecordCheck.badCrc;
  }
  return size;
}

/** The size that bytes claim which may be a record; 0 when they claim none that fits `room`. */
export function claimedSize(buffer: Buffer, at: number, room: number): number {
  if (buffer.readInt32BE(at + 4) !== MAGIC) return 0;
  const size = buffer.readInt32BE(at);
  return size >= RECORD_FIXED_BYTES && size <= room ? size : 0;
}
