import { decodeBinaryHeader, encodeBinaryHeader } from './binary-header.ts';
import { decodeJsonHeader, encodeJsonHeader } from './json-header.ts';
import { ProtocolError } from './protocol-error.ts';
import { type RemotingCommand, SerializeType } from './remoting-command.ts';

/**
 * The codec of whole frames (`RemotingCommand.encode` and `decode`).
 *
 *     int32  length: bytes that follow, = 4 + header + body
 *     int32  high byte: serialize type (0 JSON, 1 ROCKETMQ); low 24 bits: header length
 *     header
 *     body   to the end; an empty one is read as undefined
 */
/** Length field plus header mark. */
export const FRAME_PREFIX_BYTES = 8;
/** A header length has 24 bits. */
export const MAX_HEADER_BYTES = 0xffffff;

/** The whole frame, length included. Throws ProtocolError when the header cannot hold the command. */
export function encodeCommand(command: RemotingCommand): Buffer {
  const binary = command.serializeType === SerializeType.ROCKETMQ;
  const header = binary ? encodeBinaryHeader(command) : encodeJsonHeader(command);
  if (header.length > MAX_HEADER_BYTES) {
    throw new ProtocolError(
      'HEADER_NOT_ENCODABLE',
      `header of ${header.length} bytes is longer than ${MAX_HEADER_BYTES}: send less in its fields`,
    );
  }
  const bodyBytes = command.body?.length ?? 0;
  const frame = Buffer.allocUnsafe(FRAME_PREFIX_BYTES + header.length + bodyBytes);
  frame.writeInt32BE(4 + header.length + bodyBytes, 0);
  frame.writeInt32BE((command.serializeType << 24) | header.length, 4);
  header.copy(frame, FRAME_PREFIX_BYTES);
  command.body?.copy(frame, FRAME_PREFIX_BYTES + header.length);
  return frame;
}

/** Reads exactly one frame, length included. The body is a slice of `frame`. */
export function decodeCommand(frame: Buffer): RemotingCommand {
  if (frame.length < FRAME_PREFIX_BYTES) {
    throw new ProtocolError('FRAME_MALFORMED', `a frame has at least 8 bytes, found ${frame.length}`);
  }
  const length = frame.readInt32BE(0);
  if (length !== frame.length - 4) {
    throw new ProtocolError(
      'FRAME_MALFORMED',
      `the frame announces ${length} bytes after its length field, found ${frame.length - 4}`,
    );
  }
  const mark = frame.readInt32BE(4);
  const headerEnd = FRAME_PREFIX_BYTES + (mark & MAX_HEADER_BYTES);
  if (headerEnd > frame.length) {
    throw new ProtocolError(
      'FRAME_MALFORMED',
      `header of ${mark & MAX_HEADER_BYTES} bytes does not fit a frame of ${frame.length}`,
    );
  }
  const command = decodeHeader(frame, FRAME_PREFIX_BYTES, headerEnd, mark >>> 24);
  if (headerEnd < frame.length) command.body = frame.subarray(headerEnd);
  return command;
}

/** Reads the header bytes [start, end); the body of the result is undefined. */
export function decodeHeader(
  buffer: Buffer,
  start: number,
  end: number,
  serializeType: number,
): RemotingCommand {
  if (serializeType === SerializeType.JSON) return decodeJsonHeader(buffer.toString('utf8', start, end));
  if (serializeType === SerializeType.ROCKETMQ) return decodeBinaryHeader(buffer, start, end);
  throw new ProtocolError('FRAME_MALFORMED', `unknown serialize type ${serializeType}, expected 0 or 1`);
}
