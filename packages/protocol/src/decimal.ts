/**
 * Integers as ASCII digits, straight into and out of bytes.
 */
/** Writes a safe integer in decimal; answers the position after it. At most 17 bytes. */
export function writeDecimal(target: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value;
  if (rest < 0) {
    target[at++] = 0x2d;
    rest = -rest;
  }
  let count = decimalDigits(rest);
  const end = at + count;
  while (rest > 0x7fffffff) {
    const quotient = Math.floor(rest / 10);
    target[at + --count] = 0x30 + (rest - quotient * 10);
    rest = quotient;
  }
  let small = rest | 0;
  while (count > 0) {
    const quotient = (small / 10) | 0;
    target[at + --count] = 0x30 + (small - quotient * 10);
    small = quotient;
  }
  return end;
}

/** Number of decimal digits of a non-negative safe integer. */
export function decimalDigits(value: number): number {
  let count = 1;
  for (let bound = 10; count < 16 && value >= bound; bound *= 10) count++;
  return count;
}

/**
 * Parses decimal digits with an optional sign in [start, end), as `Long.parseLong`.
 * NaN when it is not such a number or not a safe integer.
 */
export function parseDecimal(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  const first = buffer[at] as number;
  const signed = start < end && (first === 0x2d || first === 0x2b);
  if (signed) at++;
  if (at >= end) return Number.NaN;
  while (end - at > 16 && buffer[at] === 0x30) at++;
  if (end - at > 16) return Number.NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = (buffer[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  return signed && first === 0x2d && value !== 0 ? -value : value;
}
