/**
 * Encodes requests and answers that are given as values (hot paths write their frames themselves).
 *
 * The frame is that of protocol's `encodeCommand`; a large body goes out by reference.
 */
import { encodeCommand, type SerializeType } from '@rocketmq-ts/protocol';
import type { ExtFields, OutputTarget } from './command.ts';

/** Everything of a frame but its body. */
export interface FrameHeader {
  readonly code: number;
  readonly language: number;
  readonly version: number;
  readonly opaque: number;
  readonly flag: number;
  readonly remark: string | undefined;
  readonly ext: ExtFields | undefined;
  readonly serializeType: number;
}

/** Appends one frame; answers its length without the length field. */
export function encodeFrame(output: OutputTarget, header: FrameHeader, body: Uint8Array | undefined): number {
  const frame = encodeHeaderFrame(header);
  const bodyBytes = body?.length ?? 0;
  const frameBytes = frame.length - 4 + bodyBytes;
  frame.writeInt32BE(frameBytes, 0);
  const position = output.reserve(frame.length);
  frame.copy(output.buffer, position);
  output.commit(position + frame.length);
  if (body !== undefined && bodyBytes > 0) {
    const memory = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, bodyBytes);
    output.appendSpan(memory, 0, bodyBytes);
  }
  return frameBytes;
}

/** The frame without a body. Throws ProtocolError when the header cannot hold the values. */
export function encodeHeaderFrame(header: FrameHeader): Buffer {
  return encodeCommand({
    code: header.code,
    language: header.language,
    version: header.version,
    opaque: header.opaque,
    flag: header.flag,
    remark: header.remark,
    ext: extMap(header.ext),
    body: undefined,
    serializeType: header.serializeType as SerializeType,
  });
}

function extMap(ext: ExtFields | undefined): Map<string, string> {
  if (ext === undefined) return new Map();
  if (ext instanceof Map) return ext as Map<string, string>;
  const map = new Map<string, string>();
  for (const [key, value] of Object.entries(ext)) {
    if (value !== undefined) map.set(key, String(value));
  }
  return map;
}
