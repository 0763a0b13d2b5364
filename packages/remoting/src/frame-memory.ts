/**
 * The memory that frames not yet complete hold, over all connections of a server or client.
 *
 * Invariant: never more than `maxBytes` are held. When another reservation would pass that, the frame that has been
 * incomplete for longest gives way: its connection is cut off. So peers that send the beginning of large frames and
 * then nothing cannot keep others from sending theirs.
 */
import { ConnectionLimitError } from './errors.ts';

/** A connection with a frame under way. */
export interface FrameHolder {
  /** Closes the connection, which releases what it holds. */
  giveWay(error: ConnectionLimitError): void;
}

export class FrameMemory {
  readonly maxBytes: number;
  heldBytes = 0;
  /** In the order in which their frames began. */
  readonly #holders = new Map<FrameHolder, number>();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Says that the holder's frame now takes `bytes` in all. */
  hold(holder: FrameHolder, bytes: number): void {
    const before = this.#holders.get(holder) ?? 0;
    this.#holders.set(holder, bytes);
    this.heldBytes += bytes - before;
    while (this.heldBytes > this.maxBytes) {
      const [oldest, held] = this.#holders.entries().next().value!;
      this.release(oldest);
      oldest.giveWay(
        new ConnectionLimitError(
          'REMOTING_FRAME_MEMORY',
          `frames not yet complete hold ${this.heldBytes + held} of ${this.maxBytes} bytes: ` +
            'the oldest is dropped with its connection; raise partialFramesMaxBytes if the peers are honest',
        ),
      );
    }
  }

  /** The holder's frame is complete or its connection gone. */
  release(holder: FrameHolder): void {
    this.heldBytes -= this.#holders.get(holder) ?? 0;
    this.#holders.delete(holder);
  }
}
