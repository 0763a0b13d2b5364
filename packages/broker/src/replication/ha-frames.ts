/**
 * The bytes between a master and its slaves (RocketMQ: HAConnection, HAService.HAClient). No handshake, no other frames.
 *
 *     slave to master    int64 offset                    the first one: where to begin; later ones: held below this
 *     master to slave    int64 offset | int32 size | size bytes of the log from offset on; size 0 says that the master lives
 *
 * Invariant: readers hold no more than the head of one frame, however it was cut; bytes of the log are handed on as they come.
 */
import { BrokerError } from '../broker-error.ts';

export const REPORT_BYTES = 8;
export const FRAME_HEAD_BYTES = 12;
/** More than any haTransferBatchSize: a larger size is not a frame. */
export const FRAME_MAX_BYTES = 64 * 1024 * 1024;

const HIGH = 0x1_0000_0000;

export function writeOffset(target: Buffer, at: number, offset: number): void {
  target.writeInt32BE(Math.floor(offset / HIGH), at);
  target.writeUInt32BE(offset % HIGH, at + 4);
}

function readOffset(source: Buffer, at: number): number {
  const offset = source.readInt32BE(at) * HIGH + source.readUInt32BE(at + 4);
  if (offset >= 0 && Number.isSafeInteger(offset)) return offset;
  throw badPeer(`${offset} is not an offset of a log`);
}

/** A peer that does not keep to the protocol; its connection is dropped. */
export function badPeer(what: string): BrokerError {
  return new BrokerError('BROKER_BAD_PEER', `replication: ${what}; the connection is dropped`);
}

/** Puts a fixed number of bytes together from pieces. */
class Head {
  readonly bytes: Buffer;
  #count = 0;

  constructor(sizeBytes: number) {
    this.bytes = Buffer.alloc(sizeBytes);
  }

  /** Takes from `chunk` what is missing; answers where to go on. */
  take(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.bytes.length - this.#count);
    this.#count += chunk.copy(this.bytes, this.#count, at, end);
    return end;
  }

  /** True once, when all is there. */
  isWhole(): boolean {
    if (this.#count < this.bytes.length) return false;
    this.#count = 0;
    return true;
  }
}

/** What a slave reports. */
export class ReportReader {
  readonly #head = new Head(REPORT_BYTES);
  readonly #onReport: (offset: number) => void;

  constructor(onReport: (offset: number) => void) {
    this.#onReport = onReport;
  }

  /** Throws BrokerError BROKER_BAD_PEER, and whatever `onReport` throws. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      at = this.#head.take(chunk, at);
      if (this.#head.isWhole()) this.#onReport(readOffset(this.#head.bytes, 0));
    }
  }
}

export interface FrameEvents {
  /** Bytes of the log, in order; `chunk` is not reused. */
  onBytes(offset: number, chunk: Buffer, start: number, end: number): void;
  /** A frame without bytes: the next one will begin at `offset`. */
  onHeartbeat(offset: number): void;
}

/** What a master sends. */
export class FrameReader {
  readonly #head = new Head(FRAME_HEAD_BYTES);
  readonly #events: FrameEvents;
  #offset = 0;
  /** Bytes of the current frame still to come. */
  #left = 0;

  constructor(events: FrameEvents) {
    this.#events = events;
  }

  /** Throws BrokerError BROKER_BAD_PEER, and whatever the events throw. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; )
      at = this.#left > 0 ? this.#body(chunk, at) : this.#begin(chunk, at);
  }

  #begin(chunk: Buffer, start: number): number {
    const at = this.#head.take(chunk, start);
    if (!this.#head.isWhole()) return at;
    this.#offset = readOffset(this.#head.bytes, 0);
    const size = this.#head.bytes.readInt32BE(8);
    if (size < 0 || size > FRAME_MAX_BYTES) throw badPeer(`the master announced ${size} bytes`);
    this.#left = size;
    if (size === 0) this.#events.onHeartbeat(this.#offset);
    return at;
  }

  #body(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#left);
    const offset = this.#offset;
    this.#offset += end - start;
    this.#left -= end - start;
    this.#events.onBytes(offset, chunk, start, end);
    return end;
  }
}
