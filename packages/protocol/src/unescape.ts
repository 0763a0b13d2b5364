import { ProtocolError } from './protocol-error.ts';

/**
 * JSON string escapes in header bytes, undone into UTF-8 bytes without a string.
 *
 * The result is never longer than the escaped form. \uHHHH pairs that form a surrogate pair become one four-byte
 * character, a lone surrogate becomes U+FFFD. Only the escapes of JSON proper are known here: the header scanner
 * lets nothing else through.
 */
/** Writes the unescaped bytes of [start, end) at `targetPosition`; answers the position after them. */
export function unescapeInto(
  target: Uint8Array,
  targetPosition: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): number {
  let to = targetPosition;
  for (let at = start; at < end; ) {
    const byte = buffer[at++] as number;
    if (byte !== 0x5c) {
      target[to++] = byte;
      continue;
    }
    const letter = at < end ? (buffer[at++] as number) : 0;
    if (letter !== 0x75) {
      const plain = SINGLE[letter] as number;
      if (plain === 0) failEscape(at);
      target[to++] = plain;
      continue;
    }
    const unit = hexUnit(buffer, at, end);
    if (unit < 0) failEscape(at);
    at += 4;
    if (unit < 0x80) {
      target[to++] = unit;
    } else if (unit < 0x800) {
      target[to++] = 0xc0 | (unit >> 6);
      target[to++] = 0x80 | (unit & 0x3f);
    } else {
      let low = 0;
      if (unit >= 0xd800 && unit <= 0xdbff && buffer[at] === 0x5c && buffer[at + 1] === 0x75) {
        low = hexUnit(buffer, at + 2, end);
      }
      if (low >= 0xdc00 && low <= 0xdfff) {
        at += 6;
        const point = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
        target[to++] = 0xf0 | (point >> 18);
        target[to++] = 0x80 | ((point >> 12) & 0x3f);
        target[to++] = 0x80 | ((point >> 6) & 0x3f);
        target[to++] = 0x80 | (point & 0x3f);
      } else {
        const point = unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit;
        target[to++] = 0xe0 | (point >> 12);
        target[to++] = 0x80 | ((point >> 6) & 0x3f);
        target[to++] = 0x80 | (point & 0x3f);
      }
    }
  }
  return to;
}

/** The four hex digits at `at` as a number, -1 when they are not all there. */
export function hexUnit(buffer: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  const a = HEX[buffer[at] as number] as number;
  const b = HEX[buffer[at + 1] as number] as number;
  const c = HEX[buffer[at + 2] as number] as number;
  const d = HEX[buffer[at + 3] as number] as number;
  return (a | b | c | d) < 0 ? -1 : (a << 12) | (b << 8) | (c << 4) | d;
}

/** Value of a hex digit by byte, -1 for other bytes. */
export const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  HEX['0123456789abcdef'.charCodeAt(i)] = i;
  HEX['0123456789ABCDEF'.charCodeAt(i)] = i;
}

/** What a backslash and this byte stand for, 0 for no JSON escape (u is handled apart). */
export const SINGLE = new Uint8Array(256);
for (const [letter, plain] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map((pair) => [
  pair.charCodeAt(0),
  pair.charCodeAt(1),
])) {
  SINGLE[letter as number] = plain as number;
}

function failEscape(at: number): never {
  throw new ProtocolError(
    'HEADER_MALFORMED',
    `invalid escape sequence before byte ${at} of the header value`,
  );
}
