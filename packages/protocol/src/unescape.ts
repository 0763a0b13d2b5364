import { ProtocolError } from './protocol-error.ts';

/**
 * JSON string escapes in header bytes, undone into UTF-8 bytes without a string.
 *
 * The result is never longer than the escaped form. \uHHHH pairs that form a surrogate pair become one four-byte
 * character, a lone surrogate becomes U+FFFD. Only the escapes of JSON proper are known here: the header scanner
 * lets nothing else through. \u0001 and \u0002, which separate properties, take a shortcut.
 */
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const ZERO = 0x30;

/** Writes the unescaped bytes of [start, end) at `targetPosition`; answers the position after them. */
export function unescapeInto(
  target: Uint8Array,
  targetPosition: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): number {
  let to = targetPosition;
  for (let at = start; at < end; at++) {
    const byte = buffer[at] as number;
    if (byte !== BACKSLASH) {
      target[to++] = byte;
      continue;
    }
    const letter = at + 1 < end ? (buffer[at + 1] as number) : 0;
    if (letter !== LETTER_U) {
      const plain = SINGLE[letter] as number;
      if (plain === 0) failEscape(at);
      target[to++] = plain;
      at++;
      continue;
    }
    const unit = hexUnit(buffer, at + 2, end);
    if (unit < 0) failEscape(at);
    at += 5;
    if (unit < 0x80) {
      target[to++] = unit;
    } else {
      const low = isHighSurrogate(unit) ? lowSurrogateAt(buffer, at + 1, end) : 0;
      if (low > 0) at += 6;
      to = writeUnit(target, to, unit, low);
    }
  }
  return to;
}

/** Writes a code unit of at least 0x80, or a surrogate pair, as UTF-8. */
function writeUnit(target: Uint8Array, position: number, unit: number, low: number): number {
  let to = position;
  if (low > 0) {
    const point = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
    target[to++] = 0xf0 | (point >> 18);
    target[to++] = 0x80 | ((point >> 12) & 0x3f);
    target[to++] = 0x80 | ((point >> 6) & 0x3f);
    target[to++] = 0x80 | (point & 0x3f);
    return to;
  }
  const point = unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit;
  if (point < 0x800) {
    target[to++] = 0xc0 | (point >> 6);
  } else {
    target[to++] = 0xe0 | (point >> 12);
    target[to++] = 0x80 | ((point >> 6) & 0x3f);
  }
  target[to++] = 0x80 | (point & 0x3f);
  return to;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** The low surrogate escaped at `at`, 0 when there is none. */
function lowSurrogateAt(buffer: Uint8Array, at: number, end: number): number {
  if (at + 6 > end || buffer[at] !== BACKSLASH || buffer[at + 1] !== LETTER_U) return 0;
  const unit = hexUnit(buffer, at + 2, end);
  return unit >= 0xdc00 && unit <= 0xdfff ? unit : 0;
}

/** The four hex digits at `at` as a number, -1 when they are not all there. */
function hexUnit(buffer: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  const d = HEX[buffer[at + 3] as number] as number;
  if (buffer[at] === ZERO && buffer[at + 1] === ZERO && buffer[at + 2] === ZERO) return d;
  const a = HEX[buffer[at] as number] as number;
  const b = HEX[buffer[at + 1] as number] as number;
  const c = HEX[buffer[at + 2] as number] as number;
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
for (const pair of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  SINGLE[pair.charCodeAt(0)] = pair.charCodeAt(1);
}

function failEscape(at: number): never {
  throw new ProtocolError('HEADER_MALFORMED', `invalid escape sequence at byte ${at} of the header`);
}
