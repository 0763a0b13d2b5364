import { deflateSync, inflateSync } from 'node:zlib';
import { ProtocolError } from '../protocol-error.ts';

/**
 * Body compression: zlib streams (RFC 1950), level 5 unless configured (`UtilAll.compress`).
 *
 * When to compress is the client's rule (bodies of 4096 bytes and more); brokers store what they are sent.
 */
export const DEFAULT_COMPRESS_LEVEL = 5;
/** Bound on an inflated body: no peer may make us allocate more from a small message. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

export function deflateBody(body: Uint8Array, level = DEFAULT_COMPRESS_LEVEL): Buffer {
  return deflateSync(body, { level });
}

export function inflateBody(body: Uint8Array, maxBytes = MAX_INFLATED_BYTES): Buffer {
  try {
    return inflateSync(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    throw new ProtocolError(
      'COMPRESSION_FAILED',
      `a compressed part of ${body.length} bytes is not a zlib stream of at most ${maxBytes} bytes inflated`,
      { cause },
    );
  }
}
