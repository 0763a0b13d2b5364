import { crc32 as zlibCrc32 } from 'node:zlib';

/**
 * CRC-32 (IEEE, as zlib) with the sign bit cleared, as RocketMQ stores it (`UtilAll.crc32`).
 *
 * Short ranges are summed here, eight bytes a step, because the call into zlib costs more than they do (128 bytes:
 * 85 ns here, 165 there); from NATIVE_MIN_BYTES on zlib is faster.
 */
const NATIVE_MIN_BYTES = 384;

export function crc32(buffer: Uint8Array, start = 0, end = buffer.length): number {
  if (end - start >= NATIVE_MIN_BYTES) return zlibCrc32(buffer.subarray(start, end)) & 0x7fffffff;
  let crc = -1;
  let at = start;
  for (const stop = end - 7; at < stop; at += 8) {
    crc ^=
      (buffer[at] as number) |
      ((buffer[at + 1] as number) << 8) |
      ((buffer[at + 2] as number) << 16) |
      ((buffer[at + 3] as number) << 24);
    crc =
      (TABLES[1792 + (crc & 0xff)] as number) ^
      (TABLES[1536 + ((crc >>> 8) & 0xff)] as number) ^
      (TABLES[1280 + ((crc >>> 16) & 0xff)] as number) ^
      (TABLES[1024 + (crc >>> 24)] as number) ^
      (TABLES[768 + (buffer[at + 4] as number)] as number) ^
      (TABLES[512 + (buffer[at + 5] as number)] as number) ^
      (TABLES[256 + (buffer[at + 6] as number)] as number) ^
      (TABLES[buffer[at + 7] as number] as number);
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (TABLES[(crc ^ (buffer[at] as number)) & 0xff] as number);
  return ~crc & 0x7fffffff;
}

/** Eight tables of 256: table k tells what a byte adds when k more bytes follow it. */
const TABLES = buildTables();

function buildTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    tables[n] = c;
  }
  for (let n = 256; n < tables.length; n++) {
    const before = tables[n - 256] as number;
    tables[n] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}
