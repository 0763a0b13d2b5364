/**
 * The keys under which a record is found, and their hash (`IndexFile.indexKeyHashMethod`, `IndexService.buildKey`).
 *
 * key = `topic#key`; hash = |String.hashCode(key)|, 0 for Integer.MIN_VALUE. A record has its UNIQ_KEY, then each of its KEYS,
 * which are separated by one blank; empty ones are skipped.
 */
import { RecordOffset } from '@rocketmq-ts/protocol';
import { endOfProperty, findProperty } from '../record-properties.ts';

const SEPARATOR = '#';

/** Hash of a key given as text. */
export function indexKeyHash(topic: string, key: string): number {
  return absolute(continueHash(0, `${topic}${SEPARATOR}${key}`));
}

/**
 * Calls `use` with the hash of each key of the record that starts at `start`. The record must be whole and well formed.
 * One pass over the property bytes, no strings for ASCII.
 */
export function forEachRecordKeyHash(record: Buffer, start: number, use: (keyHash: number) => void): void {
  const topicAt = start + RecordOffset.body + record.readInt32BE(start + RecordOffset.bodyLength);
  const topicStart = topicAt + 1;
  const topicEnd = topicStart + record[topicAt];
  const propertiesStart = topicEnd + 2;
  const propertiesEnd = propertiesStart + record.readInt16BE(topicEnd);
  const prefix = hashBytes(hashBytes(0, record, topicStart, topicEnd), SEPARATOR_BYTES, 0, 1);
  const unique = findProperty(record, propertiesStart, propertiesEnd, UNIQ_KEY);
  if (unique >= 0)
    use(absolute(hashBytes(prefix, record, unique, endOfProperty(record, unique, propertiesEnd))));
  const keys = findProperty(record, propertiesStart, propertiesEnd, KEYS);
  if (keys < 0) return;
  const end = endOfProperty(record, keys, propertiesEnd);
  for (let from = keys; from < end; ) {
    let to = from;
    while (to < end && record[to] !== BLANK) to++;
    if (to > from) use(absolute(hashBytes(prefix, record, from, to)));
    from = to + 1;
  }
}

const UNIQ_KEY = Buffer.from('UNIQ_KEY');
const KEYS = Buffer.from('KEYS');
const SEPARATOR_BYTES = Buffer.from(SEPARATOR);
const BLANK = 0x20;

function hashBytes(seed: number, bytes: Buffer, start: number, end: number): number {
  let hash = seed;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte >= 0x80) return continueHash(seed, bytes.toString('utf8', start, end));
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  return hash;
}

function continueHash(seed: number, text: string): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

function absolute(hash: number): number {
  return hash === -0x80000000 ? 0 : Math.abs(hash);
}
