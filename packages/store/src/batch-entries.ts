/**
 * Owns walking through the body of a batch message (code 320).
 *
 *     per message: int32 totalSize, int32 0, int32 0, int32 flag, int32 body length, body, int16 properties length, properties
 *
 * Reused: one walk at a time.
 */
import { javaHashCodeOfBytes } from '@rocketmq-ts/protocol';
import { endOfProperty, findProperty } from './record-properties.ts';

const FIXED_BYTES = 22;
const TAGS = Buffer.from('TAGS');
const EMPTY = Buffer.alloc(0);

export class BatchEntries {
  flag = 0;
  body: Buffer = EMPTY;
  bodyStart = 0;
  bodyEnd = 0;
  properties: Buffer = EMPTY;
  propertiesStart = 0;
  propertiesEnd = 0;
  #at = 0;
  #end = 0;

  /** Bytes that the records of all messages take, with `fixedBytes` each besides body and properties; -1 for a malformed batch. */
  measure(buffer: Buffer, start: number, end: number, fixedBytes: number): number {
    let total = 0;
    let at = start;
    while (at < end) {
      const left = end - at;
      if (left < FIXED_BYTES) return -1;
      const size = buffer.readInt32BE(at);
      const bodyBytes = buffer.readInt32BE(at + 16);
      if (size < FIXED_BYTES || size > left || bodyBytes < 0 || bodyBytes > size - FIXED_BYTES) return -1;
      const propertiesBytes = buffer.readInt16BE(at + 20 + bodyBytes);
      if (propertiesBytes < 0 || FIXED_BYTES + bodyBytes + propertiesBytes !== size) return -1;
      total += fixedBytes + bodyBytes + propertiesBytes;
      at += size;
    }
    return total === 0 ? -1 : total;
  }

  /** Begins a walk through a batch that `measure` has accepted. */
  rewind(buffer: Buffer, start: number, end: number): void {
    this.body = buffer;
    this.properties = buffer;
    this.#at = start;
    this.#end = end;
  }

  /** Goes to the next message; false after the last. */
  next(): boolean {
    if (this.#at >= this.#end) {
      this.body = EMPTY;
      this.properties = EMPTY;
      return false;
    }
    const buffer = this.body;
    this.flag = buffer.readInt32BE(this.#at + 12);
    this.bodyStart = this.#at + 20;
    this.bodyEnd = this.bodyStart + buffer.readInt32BE(this.#at + 16);
    this.propertiesStart = this.bodyEnd + 2;
    this.propertiesEnd = this.propertiesStart + buffer.readInt16BE(this.bodyEnd);
    this.#at = this.propertiesEnd;
    return true;
  }

  /** Java's hash of this message's tag, 0 without one. */
  tagsCode(): number {
    const { properties, propertiesStart, propertiesEnd } = this;
    const tags = findProperty(properties, propertiesStart, propertiesEnd, TAGS);
    return tags < 0
      ? 0
      : javaHashCodeOfBytes(properties, tags, endOfProperty(properties, tags, propertiesEnd));
  }
}
