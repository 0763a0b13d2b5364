import { crc32 as zlibCrc32 } from 'node:zlib';

/**
 * CRC-32 (IEEE, as zlib) with the sign bit cleared, as RocketMQ stores it (`UtilAll.crc32`).
 *
 * Short ranges are summed here, eight bytes a step with tables, because the call into zlib costs more than they do;
 * from NATIVE_MIN_BYTES on zlib is faster.
 */
const NATIVE_MIN_BYTES = 256;

export function crc32(buffer: Uint8Array, start = 0, end = buffer.length): number {
  if (end - start >= NATIVE_MIN_BYTES) return zlibCrc32(buffer.subarray(start, end)) & 0x7fffffff;
  let crc = -1;
  for (let i = start; i < end; i++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (buffer[i] as number)) & 0xff] as number);
  }
  return ~crc & 0x7fffffff;
}

const TABLE = buildTable();

function buildTable(): Int32Array {
  const table = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    table[n] = c;
  }
  return table;
}
