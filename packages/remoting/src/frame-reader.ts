/**
 * Splits what arrives on a connection into frames.
 *
 *     int32 length (of what follows)   int32 serialize type << 24 | header length   header   body
 *
 * Invariants: a frame that lies within one chunk is handed on in place, without a copy. A frame cut by the end of a
 * chunk is gathered in memory of its own: up to 128 KiB are allocated at once to full size, beyond that memory grows
 * fourfold as bytes arrive, so that announcing a large frame costs the peer as much as us. Nothing of a chunk is kept.
 */
import { BadFrameError } from './errors.ts';
import type { FrameHolder, FrameMemory } from './frame-memory.ts';

const LENGTH_BYTES = 4;
const PREFIX_BYTES = 8;
/** A frame up to this size gets its memory at once. */
const EAGER_BYTES = 128 * 1024;

export interface FrameSink extends FrameHolder {
  /** False stops the splitting: the rest of the chunk is left to the caller. */
  readonly readable: boolean;
  /**
   * One frame, its length field at `start`. With `owned`, the memory is this frame's alone and may be kept; otherwise
   * it is valid during the call only.
   */
  onFrame(buffer: Buffer, start: number, end: number, owned: boolean): void;
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #memory: FrameMemory;
  readonly #frameMaxBytes: number;
  #partial: Buffer | undefined;
  #filled = 0;
  /** Whole size of the partial frame, 0 until its prefix is there. */
  #partialBytes = 0;
  /** Counts frames begun and cut by the end of a chunk: tells one such frame from the next. */
  partialSequence = 0;

  constructor(sink: FrameSink, memory: FrameMemory, frameMaxBytes: number) {
    this.#sink = sink;
    this.#memory = memory;
    this.#frameMaxBytes = frameMaxBytes;
  }

  /** Whether a frame has begun and not ended. */
  get hasPartial(): boolean {
    return this.#partial !== undefined;
  }

  /** Takes frames from `chunk` beginning at `at`; answers where it stopped. Throws BadFrameError. */
  read(chunk: Buffer, at: number): number {
    const sink = this.#sink;
    const end = chunk.length;
    let position = at;
    while (position < end && sink.readable) {
      if (this.#partial !== undefined) {
        position = this.#fill(chunk, position);
        continue;
      }
      const left = end - position;
      if (left < PREFIX_BYTES) return this.#begin(chunk, position);
      const frameBytes = this.#frameBytes(chunk, position);
      if (left < frameBytes) return this.#begin(chunk, position);
      sink.onFrame(chunk, position, position + frameBytes, false);
      position += frameBytes;
    }
    return position;
  }

  /** Forgets a frame under way. */
  discard(): void {
    this.#partial = undefined;
    this.#filled = 0;
    this.#partialBytes = 0;
    this.#memory.release(this.#sink);
  }

  #checkedLength(buffer: Buffer, at: number): number {
    const length = buffer.readInt32BE(at);
    if (length < LENGTH_BYTES || length > this.#frameMaxBytes) {
      throw new BadFrameError(
        `a frame announces ${length} bytes after its length field; expected 4 to ${this.#frameMaxBytes} (frameMaxBytes)`,
      );
    }
    return length;
  }

  #frameBytes(buffer: Buffer, at: number): number {
    const length = this.#checkedLength(buffer, at);
    const headerBytes = buffer.readInt32BE(at + LENGTH_BYTES) & 0xffffff;
    if (headerBytes > length - LENGTH_BYTES) {
      throw new BadFrameError(`a frame of ${length} bytes announces a header of ${headerBytes} bytes`);
    }
    return length + LENGTH_BYTES;
  }

  #begin(chunk: Buffer, at: number): number {
    this.#partial = Buffer.allocUnsafe(PREFIX_BYTES);
    this.#filled = 0;
    this.#partialBytes = 0;
    this.partialSequence++;
    return this.#fill(chunk, at);
  }

  #fill(chunk: Buffer, at: number): number {
    let position = at;
    while (position < chunk.length) {
      const partial = this.#partial!;
      const count = Math.min(partial.length - this.#filled, chunk.length - position);
      chunk.copy(partial, this.#filled, position, position + count);
      this.#filled += count;
      position += count;
      if (this.#filled < partial.length) {
        // a length that cannot be is refused without waiting for what does not come
        if (this.#partialBytes === 0 && this.#filled >= LENGTH_BYTES) this.#checkedLength(partial, 0);
        return position;
      }
      if (this.#partialBytes === 0) this.#partialBytes = this.#frameBytes(partial, 0);
      if (this.#filled === this.#partialBytes) {
        this.#partial = undefined;
        this.#memory.release(this.#sink);
        this.#sink.onFrame(partial, 0, partial.length, true);
        return position;
      }
      this.#grow();
      if (this.#partial === undefined) return position;
    }
    return position;
  }

  #grow(): void {
    const old = this.#partial!;
    const wanted = Math.max(EAGER_BYTES, old.length * 4);
    const memory = Buffer.allocUnsafe(Math.min(wanted, this.#partialBytes));
    old.copy(memory, 0, 0, this.#filled);
    this.#partial = memory;
    this.#memory.hold(this.#sink, memory.length);
  }
}
