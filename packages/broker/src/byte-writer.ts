/**
 * Numbers written as ASCII into the places of a prepared frame, without branches on how long they are. What writes numbers
 * of any length is in the protocol package.
 */

const HEX_HIGH = new Uint8Array(256);
const HEX_LOW = new Uint8Array(256);
for (let i = 0; i < 256; i++) {
  const text = i.toString(16).toUpperCase().padStart(2, '0');
  HEX_HIGH[i] = text.charCodeAt(0);
  HEX_LOW[i] = text.charCodeAt(1);
}

/** Writes `value` so that its last digit is at `end - 1`; positions before its first digit are left alone. */
export function writeDigitsBefore(buffer: Uint8Array, end: number, value: number): void {
  let rest = value;
  let position = end;
  while (rest > 0x7fffffff) {
    const next = Math.floor(rest / 10);
    buffer[--position] = 0x30 + (rest - next * 10);
    rest = next;
  }
  let small = rest | 0;
  do {
    const next = (small / 10) | 0;
    buffer[--position] = 0x30 + (small - next * 10);
    small = next;
  } while (small > 0);
}

/** Writes an int32 as 8 upper-case hexadecimal digits. */
export function writeHex32(buffer: Uint8Array, position: number, value: number): void {
  const b0 = (value >>> 24) & 0xff;
  const b1 = (value >>> 16) & 0xff;
  const b2 = (value >>> 8) & 0xff;
  const b3 = value & 0xff;
  buffer[position] = HEX_HIGH[b0]!;
  buffer[position + 1] = HEX_LOW[b0]!;
  buffer[position + 2] = HEX_HIGH[b1]!;
  buffer[position + 3] = HEX_LOW[b1]!;
  buffer[position + 4] = HEX_HIGH[b2]!;
  buffer[position + 5] = HEX_LOW[b2]!;
  buffer[position + 6] = HEX_HIGH[b3]!;
  buffer[position + 7] = HEX_LOW[b3]!;
}

/** Writes a safe integer as 16 upper-case hexadecimal digits. */
export function writeHex64(buffer: Uint8Array, position: number, value: number): void {
  writeHex32(buffer, position, (value / 0x100000000) | 0);
  writeHex32(buffer, position + 8, value | 0);
}
