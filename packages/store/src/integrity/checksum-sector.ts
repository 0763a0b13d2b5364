/**
 * Owns the layout of a file of checksums: sectors of 512 bytes, each whole in itself, because a disk writes a sector whole or
 * not at all. A sector that is not right counts as empty.
 *
 *     0 int32 CRC-32 of the rest    4 int16 version 1    6 int16 entries    8 entries of 12 bytes, zeros
 *     entry: int32 offset in the log file, int32 size of the record, int32 checksum
 *
 * Invariant: offsets ascend, within a sector and from sector to sector. In memory an entry is three int32 in the machine's
 * order.
 */
import { crc32 } from 'node:zlib';

export const SECTOR_BYTES = 512;
export const ENTRY_WORDS = 3;
export const ENTRIES_A_SECTOR = 42;
const VERSION = 1;
const ENTRY_BYTES = 12;
const HEADER_BYTES = 8;

/** Encodes up to `ENTRIES_A_SECTOR` entries from `first` on into the sector at `at`; the memory of `target` begins at a whole int32. */
export function encodeSector(
  entries: Int32Array,
  first: number,
  count: number,
  target: Buffer,
  at: number,
): void {
  target.fill(0, at, at + SECTOR_BYTES);
  target.writeInt16BE(VERSION, at + 4);
  target.writeInt16BE(count, at + 6);
  const bytes = target.subarray(at + HEADER_BYTES, at + HEADER_BYTES + count * ENTRY_BYTES);
  new Int32Array(bytes.buffer, bytes.byteOffset, count * ENTRY_WORDS).set(
    entries.subarray(first * ENTRY_WORDS, (first + count) * ENTRY_WORDS),
  );
  bytes.swap32();
  target.writeInt32BE(crc32(target.subarray(at + 4, at + SECTOR_BYTES)) | 0, at);
}

/** How many entries the sector at `at` holds; -1 when it is not right. */
export function sectorCount(bytes: Buffer, at: number): number {
  if (at + SECTOR_BYTES > bytes.length) return -1;
  if (bytes.readInt16BE(at + 4) !== VERSION) return -1;
  const count = bytes.readInt16BE(at + 6);
  if (count < 0 || count > ENTRIES_A_SECTOR) return -1;
  return (crc32(bytes.subarray(at + 4, at + SECTOR_BYTES)) | 0) === bytes.readInt32BE(at) ? count : -1;
}

/** Offset in the log file, size and checksum of entry `index` of the sector at `at`. */
export function entryAt(
  bytes: Buffer,
  at: number,
  index: number,
): { offset: number; size: number; checksum: number } {
  const place = at + HEADER_BYTES + index * ENTRY_BYTES;
  return {
    offset: bytes.readInt32BE(place),
    size: bytes.readInt32BE(place + 4),
    checksum: bytes.readInt32BE(place + 8),
  };
}
