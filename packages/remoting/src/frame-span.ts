/** Where the parts of one frame lie. One object is reused for all frames: valid until the next frame is read. */
import { BadFrameError } from './errors.ts';

const PREFIX_BYTES = 8;
const EMPTY = Buffer.alloc(0);

export class FrameSpan {
  buffer: Buffer = EMPTY;
  serializeType = 0;
  headerStart = 0;
  bodyStart = 0;
  end = 0;
  /** Whether the memory is this frame's alone and may be kept. */
  owned = false;

  /** The frame whose length field is at `start`; its header is known to end within it. */
  set(buffer: Buffer, start: number, end: number, owned: boolean): void {
    const mark = buffer.readUInt32BE(start + 4);
    this.buffer = buffer;
    this.serializeType = mark >>> 24;
    this.headerStart = start + PREFIX_BYTES;
    this.bodyStart = start + PREFIX_BYTES + (mark & 0xffffff);
    this.end = end;
    this.owned = owned;
    if (this.serializeType > 1) {
      throw new BadFrameError(
        `a frame has serialize type ${this.serializeType}; known are 0 (JSON), 1 (ROCKETMQ)`,
      );
    }
  }

  /** The body as memory that may be kept; empty when there is none. */
  copyBody(): Buffer {
    if (this.end === this.bodyStart) return EMPTY;
    const body = this.buffer.subarray(this.bodyStart, this.end);
    return this.owned ? body : Buffer.from(body);
  }
}
