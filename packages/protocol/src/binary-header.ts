import { knownLanguage } from './language-code.ts';
import { ProtocolError } from './protocol-error.ts';
import { type RemotingCommand, SerializeType } from './remoting-command.ts';

/**
 * The ROCKETMQ binary frame header (`RocketMQSerializable`), as objects and strings.
 *
 *     int16 code   int8 language   int16 version   int32 opaque   int32 flag
 *     int32 remark length, remark  (0: no remark)
 *     int32 ext length, then entries to that length: int16 key length, key, int32 value length, value
 *
 * Bytes after the ext fields are ignored, as Java ignores them. The last of several equal keys counts.
 */
export const BINARY_HEADER_FIXED_BYTES = 21;

export function encodeBinaryHeader(command: RemotingCommand): Buffer {
  checkInt16(command, 'code', command.code);
  checkInt16(command, 'version', command.version);
  const remarkBytes = Buffer.byteLength(command.remark ?? '', 'utf8');
  let extBytes = 0;
  for (const [key, value] of command.ext) {
    const keyBytes = Buffer.byteLength(key, 'utf8');
    checkInt16(command, 'length of an ext key', keyBytes);
    extBytes += 6 + keyBytes + Buffer.byteLength(value, 'utf8');
  }
  const header = Buffer.allocUnsafe(BINARY_HEADER_FIXED_BYTES + remarkBytes + extBytes);
  header.writeInt16BE(command.code, 0);
  header.writeInt8(command.language, 2);
  header.writeInt16BE(command.version, 3);
  header.writeInt32BE(command.opaque, 5);
  header.writeInt32BE(command.flag, 9);
  header.writeInt32BE(remarkBytes, 13);
  let at = 17 + header.write(command.remark ?? '', 17, 'utf8');
  at = header.writeInt32BE(extBytes, at);
  for (const [key, value] of command.ext) {
    const keyBytes = header.write(key, at + 2, 'utf8');
    at = header.writeInt16BE(keyBytes, at) + keyBytes;
    const valueBytes = header.write(value, at + 4, 'utf8');
    at = header.writeInt32BE(valueBytes, at) + valueBytes;
  }
  return header;
}

export function decodeBinaryHeader(buffer: Buffer, start: number, end: number): RemotingCommand {
  requireBytes('the fixed part', BINARY_HEADER_FIXED_BYTES, end - start);
  const remarkBytes = buffer.readInt32BE(start + 13);
  requireBytes('the remark', remarkBytes, end - start - BINARY_HEADER_FIXED_BYTES);
  let at = start + 17 + remarkBytes;
  const extBytes = buffer.readInt32BE(at);
  at += 4;
  requireBytes('the ext fields', extBytes, end - at);
  const ext = new Map<string, string>();
  const extEnd = at + extBytes;
  while (at < extEnd) {
    requireBytes('an ext key length', 2, extEnd - at);
    const keyBytes = buffer.readInt16BE(at);
    requireBytes('an ext key and a value length', keyBytes + 4, extEnd - at - 2, keyBytes);
    const valueAt = at + 2 + keyBytes;
    const valueBytes = buffer.readInt32BE(valueAt);
    requireBytes('an ext value', valueBytes, extEnd - valueAt - 4);
    ext.set(
      buffer.toString('utf8', at + 2, valueAt),
      buffer.toString('utf8', valueAt + 4, valueAt + 4 + valueBytes),
    );
    at = valueAt + 4 + valueBytes;
  }
  return {
    code: buffer.readInt16BE(start),
    language: knownLanguage(buffer.readInt8(start + 2)),
    version: buffer.readInt16BE(start + 3),
    opaque: buffer.readInt32BE(start + 5),
    flag: buffer.readInt32BE(start + 9),
    remark: remarkBytes > 0 ? buffer.toString('utf8', start + 17, start + 17 + remarkBytes) : undefined,
    ext,
    body: undefined,
    serializeType: SerializeType.ROCKETMQ,
  };
}

function checkInt16(command: RemotingCommand, what: string, value: number): void {
  if (value >= -32768 && value <= 32767) return;
  throw new ProtocolError(
    'HEADER_NOT_ENCODABLE',
    `${what} ${value} of request ${command.code} does not fit the 16 bits of a ROCKETMQ header: use JSON`,
  );
}

function requireBytes(what: string, wanted: number, left: number, part = wanted): void {
  if (part >= 0 && wanted <= left) return;
  throw new ProtocolError('HEADER_MALFORMED', `${what} needs ${wanted} bytes of the header, found ${left}`);
}
