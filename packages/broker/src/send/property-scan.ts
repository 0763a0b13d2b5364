/**
 * One pass over the `properties` field of a send: JSON escapes undone, the few properties that the broker acts on read.
 *
 * Layout and reading rules are those of `decodeProperties` (protocol): an item that is not exactly one name and one
 * non-empty value is stored as it came and means nothing, and of two items with one name the later counts.
 *
 * Invariants: after `scan`, bytes [start, end) of `buffer` are the properties as they are stored; they are valid until the
 * next scan (and no longer than the request's own bytes). No string is made unless a tag has non-ASCII characters.
 */
import { javaHashCodeOfBytes, MAX_PROPERTIES_BYTES, unescapeInto } from '@rocketmq-ts/protocol';

/** An escaped character takes at most six bytes on the wire. */
const ESCAPED_MAX_BYTES = MAX_PROPERTIES_BYTES * 6;

const NAME_END = 1;
const ITEM_END = 2;
const BACKSLASH = 0x5c;
const ZERO = 0x30;

export class PropertyScan {
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** Java's hash of the TAGS value, 0 without one. */
  tagsCode = 0;
  /** The DELAY value: 0 without one, -1 when it is not a whole number. */
  delayLevel = 0;
  /** False when WAIT says so. */
  waitStore = true;
  /** True when TRAN_MSG says so. */
  prepared = false;
  /** True when REAL_TOPIC or REAL_QID are there already. */
  hasRealTarget = false;

  readonly #scratch = Buffer.allocUnsafeSlow(ESCAPED_MAX_BYTES);

  /** No properties at all. */
  clear(): void {
    this.start = 0;
    this.end = 0;
    this.#forget();
  }

  #forget(): void {
    this.tagsCode = 0;
    this.delayLevel = 0;
    this.waitStore = true;
    this.prepared = false;
    this.hasRealTarget = false;
  }

  /** Reads bytes [start, end) of `source`; answers false when they are too long to be stored. */
  scan(source: Buffer, start: number, end: number, escaped: boolean): boolean {
    this.#forget();
    if (!escaped) {
      this.buffer = source;
      this.start = start;
      this.end = end;
      if (end - start > MAX_PROPERTIES_BYTES) return false;
      this.#scanPlain(source, start, end);
      return true;
    }
    if (end - start > ESCAPED_MAX_BYTES) return false;
    this.buffer = this.#scratch;
    this.start = 0;
    this.end = this.#scanEscaped(source, start, end);
    return this.end <= MAX_PROPERTIES_BYTES;
  }

  #scanPlain(buffer: Buffer, start: number, end: number): void {
    let itemStart = start;
    let nameEnd = -1;
    let names = 0;
    for (let i = start; i < end; i++) {
      const byte = buffer[i]!;
      if (byte > ITEM_END) continue;
      if (byte === NAME_END) {
        if (names++ === 0) nameEnd = i;
      } else if (byte === ITEM_END) {
        if (names > 0) this.#item(buffer, itemStart, nameEnd, i, names);
        itemStart = i + 1;
        names = 0;
      }
    }
    if (names > 0) this.#item(buffer, itemStart, nameEnd, end, names);
  }

  /** As `#scanPlain` while undoing escapes into the scratch; answers where the properties end there. */
  #scanEscaped(source: Buffer, start: number, end: number): number {
    const target = this.#scratch;
    let out = 0;
    let itemStart = 0;
    let nameEnd = -1;
    let names = 0;
    for (let i = start; i < end; i++) {
      const byte = source[i]!;
      if (byte !== BACKSLASH) {
        target[out++] = byte;
        continue;
      }
      // Nearly always \u0001 or \u0002. Anything else is left to the general reader.
      const separator = source[i + 5]! - ZERO;
      if (
        i + 6 > end ||
        (separator !== NAME_END && separator !== ITEM_END) ||
        source[i + 1] !== 0x75 ||
        source[i + 2] !== ZERO ||
        source[i + 3] !== ZERO ||
        source[i + 4] !== ZERO
      ) {
        this.#forget();
        const length = unescapeInto(target, 0, source, start, end);
        this.#scanPlain(target, 0, length);
        return length;
      }
      i += 5;
      if (separator === NAME_END) {
        if (names++ === 0) nameEnd = out;
      } else {
        if (names > 0) this.#item(target, itemStart, nameEnd, out, names);
        itemStart = out + 1;
        names = 0;
      }
      target[out++] = separator;
    }
    if (names > 0) this.#item(target, itemStart, nameEnd, out, names);
    return out;
  }

  /** One whole item: name [start, nameEnd), value (nameEnd, itemEnd), with `separators` 0x01 in it. */
  #item(buffer: Buffer, start: number, nameEnd: number, itemEnd: number, separators: number): void {
    const valueStart = nameEnd + 1;
    let end = itemEnd;
    if (separators > 1) {
      // Java drops empty parts at the end before it counts two.
      let left = separators;
      while (left > 1 && end > valueStart && buffer[end - 1] === NAME_END) {
        end--;
        left--;
      }
      if (left > 1) return;
    }
    if (valueStart >= end) return;
    switch (nameEnd - start) {
      case 4:
        if (is(buffer, start, 'TAGS')) this.tagsCode = javaHashCodeOfBytes(buffer, valueStart, end);
        else if (is(buffer, start, 'WAIT')) this.waitStore = isTrue(buffer, valueStart, end);
        break;
      case 5:
        if (is(buffer, start, 'DELAY')) this.delayLevel = wholeNumber(buffer, valueStart, end);
        break;
      case 8:
        if (is(buffer, start, 'TRAN_MSG')) this.prepared = isTrue(buffer, valueStart, end);
        else if (is(buffer, start, 'REAL_QID')) this.hasRealTarget = true;
        break;
      case 10:
        if (is(buffer, start, 'REAL_TOPIC')) this.hasRealTarget = true;
        break;
      default:
    }
  }
}

function is(buffer: Buffer, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (buffer[start + i] !== name.charCodeAt(i)) return false;
  return true;
}

/** Boolean.parseBoolean. */
function isTrue(buffer: Buffer, start: number, end: number): boolean {
  return (
    end - start === 4 &&
    (buffer[start]! | 0x20) === 0x74 &&
    (buffer[start + 1]! | 0x20) === 0x72 &&
    (buffer[start + 2]! | 0x20) === 0x75 &&
    (buffer[start + 3]! | 0x20) === 0x65
  );
}

/** A decimal int32 that is not negative, 0 for a negative one (which means no delay), or -1 when it is neither. */
function wholeNumber(buffer: Buffer, start: number, end: number): number {
  let position = start;
  const sign = buffer[position];
  if (sign === 0x2d || sign === 0x2b) position++;
  if (position === end) return -1;
  let value = 0;
  for (; position < end; position++) {
    const digit = buffer[position]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > 0x7fffffff) return -1;
  }
  return sign === 0x2d ? 0 : value;
}
