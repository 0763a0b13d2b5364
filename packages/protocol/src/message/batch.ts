import { ProtocolError } from '../protocol-error.ts';
import type { Message } from './message.ts';
import { decodeProperties, encodeProperties, MAX_PROPERTIES_BYTES } from './properties.ts';

/**
 * The body of SEND_BATCH_MESSAGE (`MessageDecoder.encodeMessages`): entries one after the other.
 *
 *      0 int32 totalSize, itself included    12 int32 flag
 *      4 int32 magic, 0                      16 int32 body length, body
 *      8 int32 bodyCRC, 0                       int16 properties length, properties
 */
export const BATCH_ENTRY_FIXED_BYTES = 22;

/** A batch entry without its topic, which the request header carries for all of them. */
export type BatchEntry = Pick<Message, 'flag' | 'body' | 'properties'>;

export function encodeBatch(messages: readonly BatchEntry[]): Buffer {
  return Buffer.concat(messages.map(encodeEntry));
}

function encodeEntry(message: BatchEntry): Buffer {
  const properties = Buffer.from(encodeProperties(message.properties));
  if (properties.length > MAX_PROPERTIES_BYTES) {
    throw new ProtocolError(
      'MESSAGE_ILLEGAL',
      `the properties of a message have at most ${MAX_PROPERTIES_BYTES} bytes, found ${properties.length}`,
    );
  }
  const entry = Buffer.alloc(BATCH_ENTRY_FIXED_BYTES + message.body.length + properties.length);
  entry.writeInt32BE(entry.length, 0);
  entry.writeInt32BE(message.flag, 12);
  entry.writeInt32BE(message.body.length, 16);
  message.body.copy(entry, 20);
  entry.writeInt16BE(properties.length, 20 + message.body.length);
  properties.copy(entry, BATCH_ENTRY_FIXED_BYTES + message.body.length);
  return entry;
}

/** Bodies are slices of `body`. */
export function decodeBatch(body: Buffer): BatchEntry[] {
  const entries: BatchEntry[] = [];
  for (let at = 0; at < body.length; ) {
    const size = checkBatchEntry(body, at);
    const bodyEnd = at + 20 + body.readInt32BE(at + 16);
    entries.push({
      flag: body.readInt32BE(at + 12),
      body: body.subarray(at + 20, bodyEnd),
      properties: decodeProperties(body.toString('utf8', bodyEnd + 2, at + size)),
    });
    at += size;
  }
  return entries;
}

/**
 * Checks the entry at `at` against the bounds of the body and answers its size; throws ProtocolError.
 * Body bytes start at `at + 20`; properties end at `at + size`.
 */
export function checkBatchEntry(body: Buffer, at: number, end = body.length): number {
  const left = end - at;
  if (left >= BATCH_ENTRY_FIXED_BYTES) {
    const size = body.readInt32BE(at);
    const bodyBytes = body.readInt32BE(at + 16);
    if (size >= BATCH_ENTRY_FIXED_BYTES && size <= left && bodyBytes >= 0) {
      const propertiesBytes = size - BATCH_ENTRY_FIXED_BYTES - bodyBytes;
      if (propertiesBytes >= 0 && body.readInt16BE(at + 20 + bodyBytes) === propertiesBytes) return size;
    }
  }
  throw new ProtocolError(
    'MESSAGE_MALFORMED',
    `the batch entry at byte ${at} of ${body.length} is cut off or its lengths do not add up`,
  );
}
