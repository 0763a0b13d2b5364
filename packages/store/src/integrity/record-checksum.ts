/**
 * Owns the checksum of a whole record, which 4.4.0's format has no room for: CRC-32 over everything but the body, which is
 * covered through the body checksum in the header.
 *
 *     crc32(bytes 0 to 88, then topic length, topic, properties length, properties), int32
 */
import { crc32 } from 'node:zlib';
import { crcOf } from '../log/body-crc.ts';

const HEADER_BYTES = 88;
/** Properties may be long: above this a call into zlib is quicker. */
const NATIVE_MIN_BYTES = 400;

/** Of the record of `size` bytes at `at`, whose structure has been checked. `view` is on the whole buffer. */
export function recordChecksum(buffer: Buffer, view: DataView, at: number, size: number): number {
  const rest = at + HEADER_BYTES + view.getInt32(at + 84);
  const end = at + size;
  const crc = crcOf(buffer, view, at, at + HEADER_BYTES, -1);
  if (end - rest < NATIVE_MIN_BYTES) return ~crcOf(buffer, view, rest, end, crc);
  return crc32(buffer.subarray(rest, end), ~crc >>> 0) | 0;
}

/** A view on all of the buffer. */
export function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
