import { ProtocolError } from '../protocol-error.ts';

/**
 * 64-bit big-endian integers as checked safe integers, without BigInt.
 */
const HIGH = 0x1_0000_0000;

/** Throws ProtocolError, naming the field, when the value is not a safe integer. */
export function readInt64(buffer: Buffer, position: number, field: string): number {
  const value = buffer.readInt32BE(position) * HIGH + buffer.readUInt32BE(position + 4);
  if (Number.isSafeInteger(value)) return value;
  throw new ProtocolError(
    'NUMBER_OUT_OF_RANGE',
    `${field} is ${buffer.readBigInt64BE(position)}, beyond the integers this program can count with`,
  );
}

/** Writes a safe integer; answers the position after it. */
export function writeInt64(buffer: Buffer, value: number, position: number): number {
  const high = Math.floor(value / HIGH);
  buffer.writeInt32BE(high, position);
  return buffer.writeUInt32BE(value - high * HIGH, position + 4);
}
