/**
 * Owns the layout of a unit of a consume queue.
 *
 *     0 int64 physicalOffset    8 int32 size    12 int64 tagsCode
 *
 * tagsCode: the tag's Java hash, sign-extended; the deliver time in the delay topic; at most -2147483649: an address in
 * the queue's ext file, which Java writes with enableConsumeQueueExt. A filler is {0, 2147483647, 0}: there is no message
 * with that offset in the log any more. In memory a unit is five int32 in the machine's byte order.
 */
import { CONSUME_QUEUE_UNIT_BYTES } from '../store-options.ts';

export const UNIT_BYTES = CONSUME_QUEUE_UNIT_BYTES;
export const UNIT_WORDS = 5;
export const FILLER_SIZE = 0x7fffffff;

export interface Unit {
  readonly physicalOffset: number;
  readonly size: number;
}

export function readUnit(bytes: Buffer, at: number): Unit {
  return {
    physicalOffset: bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4),
    size: bytes.readInt32BE(at + 8),
  };
}

export function writeFiller(bytes: Buffer, at: number): void {
  bytes.fill(0, at, at + UNIT_BYTES);
  bytes.writeInt32BE(FILLER_SIZE, at + 8);
}
