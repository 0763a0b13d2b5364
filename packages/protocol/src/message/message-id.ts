import { ProtocolError } from '../protocol-error.ts';
import { intToIpv4, ipv4ToInt } from './host.ts';
import { readInt64, writeInt64 } from './int64.ts';

/**
 * Offset message ids: where the broker stored a message (`MessageDecoder.createMessageId`).
 *
 *     int32 store ip, int32 store port, int64 commit-log offset; as 32 upper-case hex digits
 *
 * 5.x writes 16 address bytes for an IPv6 host, hence 56 digits; those are read too.
 */
export const OFFSET_MSG_ID_LENGTH = 32;
const DIGITS = Buffer.from('0123456789ABCDEF', 'latin1');

export interface OffsetMsgId {
  /** Dotted IPv4, or colon-separated hex groups for a 5.x IPv6 id. */
  ip: string;
  port: number;
  offset: number;
}

export function createOffsetMsgId(ip: number | string, port: number, offset: number): string {
  const target = Buffer.allocUnsafe(OFFSET_MSG_ID_LENGTH);
  writeOffsetMsgId(target, 0, typeof ip === 'string' ? ipv4ToInt(ip) : ip, port, offset);
  return target.toString('latin1', 0, OFFSET_MSG_ID_LENGTH);
}

/** Writes the 32 hex digits as bytes, without a string; answers the position after them. `ip` is an int32. */
export function writeOffsetMsgId(
  target: Buffer,
  position: number,
  ip: number,
  port: number,
  offset: number,
): number {
  const high = Math.floor(offset / 0x1_0000_0000);
  let at = writeHex32(target, position, ip);
  at = writeHex32(target, at, port);
  at = writeHex32(target, at, high);
  return writeHex32(target, at, offset - high * 0x1_0000_0000);
}

/** Writes a 32-bit number as 8 upper-case hex digits; answers the position after them. */
export function writeHex32(target: Uint8Array, position: number, value: number): number {
  for (let shift = 28, at = position; shift >= 0; shift -= 4, at++) {
    target[at] = DIGITS[(value >>> shift) & 0xf] as number;
  }
  return position + 8;
}

/** The id of a record whose store host is given as raw address and port bytes. */
export function offsetMsgIdOfHost(host: Buffer, offset: number): string {
  const bytes = Buffer.allocUnsafe(host.length + 8);
  host.copy(bytes);
  writeInt64(bytes, offset, host.length);
  return bytes.toString('hex').toUpperCase();
}

/** Throws ProtocolError unless the text is an offset id. */
export function decodeOffsetMsgId(msgId: string): OffsetMsgId {
  const addressBytes = msgId.length === 56 ? 16 : 4;
  if ((msgId.length !== 32 && msgId.length !== 56) || !/^[0-9a-fA-F]+$/.test(msgId)) {
    throw new ProtocolError(
      'MESSAGE_ID_MALFORMED',
      `${JSON.stringify(msgId.slice(0, 64))} is not an offset message id of 32 hex digits`,
    );
  }
  const bytes = Buffer.from(msgId, 'hex');
  const groups: string[] = [];
  for (let i = 0; i < addressBytes; i += 2) groups.push(bytes.readUInt16BE(i).toString(16));
  return {
    ip: addressBytes === 4 ? intToIpv4(bytes.readInt32BE(0)) : groups.join(':'),
    port: bytes.readInt32BE(addressBytes),
    offset: readInt64(bytes, addressBytes + 4, 'the offset in the message id'),
  };
}
