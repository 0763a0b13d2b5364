/**
 * CRC-32 of a body (IEEE, as zlib) with the sign bit cleared, as records hold it (UtilAll.crc32), for the hot path: the
 * caller has a DataView of the memory anyway.
 *
 * Up to NATIVE_MIN_BYTES eight bytes a step with tables: a call into zlib costs about 100 ns and a view of the body
 * before it has summed anything; above, zlib is faster. Measured: 128 bytes 75 ns here, 165 ns by zlib.
 */
import { crc32 } from 'node:zlib';

const NATIVE_MIN_BYTES = 400;

export function bodyCrc(buffer: Buffer, view: DataView, start: number, end: number): number {
  if (end - start >= NATIVE_MIN_BYTES) return crc32(buffer.subarray(start, end)) & 0x7fffffff;
  return ~crcOf(buffer, view, start, end, -1) & 0x7fffffff;
}

/** The running CRC (inverted, -1 at first) over more bytes, eight a step. */
export function crcOf(buffer: Buffer, view: DataView, start: number, end: number, crc: number): number {
  for (; start + 8 <= end; start += 8) {
    const a = crc ^ view.getInt32(start, true);
    const b = view.getInt32(start + 4, true);
    crc =
      (T7[a & 0xff] as number) ^
      (T6[(a >>> 8) & 0xff] as number) ^
      (T5[(a >>> 16) & 0xff] as number) ^
      (T4[a >>> 24] as number) ^
      (T3[b & 0xff] as number) ^
      (T2[(b >>> 8) & 0xff] as number) ^
      (T1[(b >>> 16) & 0xff] as number) ^
      (T0[b >>> 24] as number);
  }
  for (; start < end; start++) crc = (crc >>> 8) ^ (T0[(crc ^ (buffer[start] as number)) & 0xff] as number);
  return crc;
}

const [T0, T1, T2, T3, T4, T5, T6, T7] = buildTables();

type Tables = [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

function buildTables(): Tables {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    (tables[0] as Int32Array)[n] = c;
  }
  for (let t = 1; t < 8; t++) {
    const before = tables[t - 1] as Int32Array;
    for (let n = 0; n < 256; n++) {
      const c = before[n] as number;
      (tables[t] as Int32Array)[n] = (c >>> 8) ^ ((tables[0] as Int32Array)[c & 0xff] as number);
    }
  }
  return tables as Tables;
}
