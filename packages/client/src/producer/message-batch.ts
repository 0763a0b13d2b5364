/**
 * Batches: which messages may go together, how they are encoded, and how a long list is cut into batches that brokers
 * accept. Behaviour from MessageBatch.generateFromList.
 */
import {
  BATCH_ENTRY_FIXED_BYTES,
  type BatchEntry,
  isRetryTopic,
  PropertyKey,
  RECORD_FIXED_BYTES,
} from '@rocketmq-ts/protocol';
import { illegal } from '../validators.ts';
import type { OutgoingMessage } from './message.ts';
import { escapedMessageProperties } from './message-properties.ts';
import { asBuffer } from './send-template.ts';

/** Half of a broker's default maxMessageSize. */
const defaultBatchBytes = 2 * 1024 * 1024;
/** UNIQ_KEY and WAIT with their values. */
const ownPropertiesBytes = 56;

/** Throws MESSAGE_ILLEGAL unless the messages may be one batch; answers the first. */
export function checkBatch(messages: readonly OutgoingMessage[]): OutgoingMessage {
  const [first] = messages;
  if (first === undefined) throw illegal('a batch holds one message at least');
  const wait = first.waitStoreMsgOK !== false;
  for (const message of messages) {
    if ((message.delayTimeLevel ?? 0) > 0) throw illegal('TimeDelayLevel in not supported for batching');
    if (message.topic !== first.topic)
      throw illegal('The topic of the messages in one batch should be the same');
    if ((message.waitStoreMsgOK !== false) !== wait) {
      throw illegal('The waitStoreMsgOK of the messages in one batch should the same');
    }
  }
  if (isRetryTopic(first.topic)) throw illegal('Retry Group is not supported for batching');
  return first;
}

export function batchEntry(message: OutgoingMessage, uniqKey: string): BatchEntry {
  const body = bodyOf(message);
  // Checks what the property list cannot carry.
  escapedMessageProperties(message);
  const properties = new Map<string, string>([
    [PropertyKey.WAIT, String(message.waitStoreMsgOK !== false)],
    [PropertyKey.UNIQ_KEY, uniqKey],
  ]);
  if (message.tags) properties.set(PropertyKey.TAGS, message.tags);
  const keys = typeof message.keys === 'string' ? message.keys : message.keys?.join(' ');
  if (keys) properties.set(PropertyKey.KEYS, keys);
  for (const [name, value] of userProperties(message)) properties.set(name, value);
  return { flag: message.flag ?? 0, body, properties };
}

/**
 * Cuts a list into batches whose records take at most `maxBytes` in the broker, in order. A message larger than that
 * is a batch of its own.
 */
export function* splitBatch<M extends OutgoingMessage>(
  messages: Iterable<M>,
  maxBytes: number = defaultBatchBytes,
): Generator<M[], void> {
  let batch: M[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = recordBytes(message);
    if (batch.length > 0 && bytes + size > maxBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Bytes of the stored record, or a few more. */
function recordBytes(message: OutgoingMessage): number {
  let bytes =
    RECORD_FIXED_BYTES + BATCH_ENTRY_FIXED_BYTES + Buffer.byteLength(message.topic) + ownPropertiesBytes;
  bytes += typeof message.body === 'string' ? Buffer.byteLength(message.body) : message.body.length;
  const keys = typeof message.keys === 'string' ? message.keys : message.keys?.join(' ');
  for (const text of [message.tags, keys]) if (text) bytes += 6 + Buffer.byteLength(text);
  for (const [name, value] of userProperties(message)) {
    bytes += 2 + Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  return bytes;
}

function userProperties(message: OutgoingMessage): Iterable<readonly [string, string]> {
  const { properties } = message;
  if (properties === undefined) return [];
  return properties instanceof Map ? properties : Object.entries(properties);
}

function bodyOf(message: OutgoingMessage): Buffer {
  const { body } = message;
  if (typeof body === 'string' && body !== '') return Buffer.from(body);
  if (body instanceof Uint8Array && body.length > 0) return asBuffer(body);
  throw illegal('the message body length is zero');
}
