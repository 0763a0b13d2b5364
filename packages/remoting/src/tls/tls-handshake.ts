/**
 * A handshake under way on an accepted connection. It is bounded as a frame half sent is: in time, and by the memory that
 * such peers hold together, the oldest giving way.
 */

import { WheelEntry } from '../deadline-wheel.ts';
import { ConnectionLimitError } from '../errors.ts';
import type { FrameHolder, FrameMemory } from '../frame-memory.ts';

/** What OpenSSL and Node keep for one, roughly. */
const HANDSHAKE_BYTES = 64 * 1024;

export class TlsHandshake extends WheelEntry {
  readonly #memory: FrameMemory;
  readonly #holder: FrameHolder;
  readonly #timeoutMs: number;
  readonly #peer: string;

  constructor(memory: FrameMemory, holder: FrameHolder, timeoutMs: number, peer: string) {
    super();
    this.#memory = memory;
    this.#holder = holder;
    this.#timeoutMs = timeoutMs;
    this.#peer = peer;
    memory.hold(holder, HANDSHAKE_BYTES);
  }

  release(): void {
    this.#memory.release(this.#holder);
  }

  onDeadline(): void {
    this.#holder.giveWay(
      new ConnectionLimitError(
        'REMOTING_TLS_HANDSHAKE',
        `the TLS handshake of ${this.#peer} was not done after ${this.#timeoutMs} ms`,
      ),
    );
  }
}
