import { BINARY_HEADER_FIXED_BYTES } from './binary-header.ts';
import type { HeaderView } from './header-view.ts';
import { knownLanguage } from './language-code.ts';
import { SerializeType } from './remoting-command.ts';

/**
 * Scans a ROCKETMQ binary header into a HeaderView without allocating.
 *
 * Answers false for what is malformed or unusual (duplicate keys, keys beyond ASCII, which may not be UTF-8): the
 * general decoder judges it.
 */
export function scanBinaryHeader(view: HeaderView, buffer: Buffer, start: number, end: number): boolean {
  if (end - start < BINARY_HEADER_FIXED_BYTES) return false;
  const remarkBytes = int32(buffer, start + 13);
  if (remarkBytes < 0 || remarkBytes > end - start - BINARY_HEADER_FIXED_BYTES) return false;
  view.buffer = buffer;
  view.code = int16(buffer, start);
  view.language = knownLanguage(((buffer[start + 2] as number) << 24) >> 24);
  view.version = int16(buffer, start + 3);
  view.opaque = int32(buffer, start + 5);
  view.flag = int32(buffer, start + 9);
  view.serializeType = SerializeType.ROCKETMQ;
  view.remarkStart = remarkBytes > 0 ? start + 17 : -1;
  view.remarkEnd = remarkBytes > 0 ? start + 17 + remarkBytes : -1;
  view.remarkEscaped = 0;
  let at = start + 17 + remarkBytes;
  const extBytes = int32(buffer, at);
  at += 4;
  if (extBytes < 0 || extBytes > end - at) return false;
  const extEnd = at + extBytes;
  while (at < extEnd) {
    if (extEnd - at < 6) return false;
    const keyStart = at + 2;
    const keyBytes = int16(buffer, at);
    if (keyBytes < 0 || keyBytes > extEnd - keyStart - 4) return false;
    const valueStart = keyStart + keyBytes + 4;
    const valueBytes = int32(buffer, keyStart + keyBytes);
    if (valueBytes < 0 || valueBytes > extEnd - valueStart) return false;
    at = valueStart + valueBytes;
    if (!isAscii(buffer, keyStart, keyStart + keyBytes)) return false;
    if (!view.addField(keyStart, keyStart + keyBytes, valueStart, at, 0)) return false;
  }
  return true;
}

function isAscii(buffer: Buffer, start: number, end: number): boolean {
  let bits = 0;
  for (let at = start; at < end; at++) bits |= buffer[at] as number;
  return bits < 0x80;
}

function int16(buffer: Buffer, at: number): number {
  return (((buffer[at] as number) << 24) >> 16) | (buffer[at + 1] as number);
}

function int32(buffer: Buffer, at: number): number {
  return (
    ((buffer[at] as number) << 24) |
    ((buffer[at + 1] as number) << 16) |
    ((buffer[at + 2] as number) << 8) |
    (buffer[at + 3] as number)
  );
}
