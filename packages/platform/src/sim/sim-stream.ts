/**
 * A simulated connection: two streams joined by two pipes, on simulated time.
 *
 * Invariants, which are TCP's: bytes arrive in the order in which they were written, or not at all; a chunk may be cut
 * anywhere on its way. A pipe holds at most `windowBytes`; what does not fit stays with the writer (`bufferedBytes`)
 * and is copied only when the pipe takes it, as an operating system would. `onClose` is called once per stream.
 */
import type { Clock } from '../clock.ts';
import type { ByteStream, ByteStreamHandler } from '../network.ts';

/** `write` answers false from here on, as Node's sockets do by default. */
const HIGH_WATER_BYTES = 16 * 1024;

/** What the network decides for each chunk on its way. */
export interface SimLink {
  readonly clock: Clock;
  readonly windowBytes: number;
  /** Milliseconds a chunk of the direction `from` to `to` takes. */
  latencyMs(from: string, to: string): number;
  /** Whether nothing gets through at present. */
  blocked(from: string, to: string): boolean;
  /** How many of `bytes` arrive together. */
  cut(bytes: number): number;
  /** What happens to the connection with this chunk. */
  fate(): 'deliver' | 'lose' | 'reset';
}

interface QueuedWrite {
  readonly bytes: Uint8Array;
  position: number;
  readonly onFlushed: (() => void) | undefined;
}

interface InFlight {
  readonly bytes: Buffer | undefined;
  readonly dueMs: number;
}

export class SimStream implements ByteStream {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  bufferedBytes = 0;
  readonly #link: SimLink;
  #peer!: SimStream;
  #handler: ByteStreamHandler | undefined;
  readonly #writes: QueuedWrite[] = [];
  #needDrain = false;
  #ending = false;
  #closed = false;
  /** Bytes under way to this stream, in order; undefined bytes are the orderly end. */
  readonly #arriving: InFlight[] = [];
  #arrivingBytes = 0;
  #timerSet = false;
  #paused = false;
  /** Nothing comes through any more, and neither side is told. */
  #lost = false;

  constructor(link: SimLink, local: { host: string; port: number }, remote: { host: string; port: number }) {
    this.#link = link;
    this.localAddress = local.host;
    this.localPort = local.port;
    this.remoteAddress = remote.host;
    this.remotePort = remote.port;
  }

  static pair(
    link: SimLink,
    a: { host: string; port: number },
    b: { host: string; port: number },
  ): [SimStream, SimStream] {
    const first = new SimStream(link, a, b);
    const second = new SimStream(link, b, a);
    first.#peer = second;
    second.#peer = first;
    return [first, second];
  }

  get closed(): boolean {
    return this.#closed;
  }

  setHandler(handler: ByteStreamHandler): void {
    this.#handler = handler;
  }

  write(chunks: readonly Uint8Array[], onFlushed?: () => void): boolean {
    if (this.#closed || this.#ending || chunks.length === 0) {
      if (onFlushed !== undefined) this.#link.clock.setImmediate(onFlushed);
      return true;
    }
    const last = chunks.length - 1;
    chunks.forEach((bytes, i) => {
      this.#writes.push({ bytes, position: 0, onFlushed: i === last ? onFlushed : undefined });
      this.bufferedBytes += bytes.length;
    });
    const more = this.bufferedBytes < HIGH_WATER_BYTES;
    this.#needDrain ||= !more;
    this.#handOver();
    return more;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#schedule();
  }

  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    this.#handOver();
  }

  destroy(error?: Error): void {
    if (this.#closed) return;
    this.#close(error);
    if (!this.#lost) this.#peer.#arrive(undefined);
  }

  /** Breaks both ends at once, with ECONNRESET. */
  reset(): void {
    this.#peer.#close(resetError(this.#peer));
    this.#close(resetError(this));
  }

  /** Lets nothing through from now on; neither side is told. */
  lose(): void {
    this.#lost = true;
    this.#peer.#lost = true;
  }

  /** The way is free again, or time to look. */
  unblock(): void {
    this.#schedule();
    this.#peer.#schedule();
  }

  /** Moves what fits from the writer into the pipe. */
  #handOver(): void {
    const peer = this.#peer;
    while (this.#writes.length > 0 && !this.#closed) {
      const room = this.#link.windowBytes - peer.#arrivingBytes;
      const write = this.#writes[0]!;
      const left = write.bytes.length - write.position;
      if (room <= 0 && left > 0) return;
      if (left > 0) {
        const count = Math.min(room, left);
        this.#send(Buffer.from(write.bytes.subarray(write.position, write.position + count)));
        if (this.#closed) return;
        write.position += count;
        this.bufferedBytes -= count;
      }
      if (write.position < write.bytes.length) continue;
      this.#writes.shift();
      if (write.onFlushed !== undefined) this.#link.clock.setImmediate(write.onFlushed);
    }
    if (this.#needDrain && this.bufferedBytes === 0) {
      this.#needDrain = false;
      this.#link.clock.setImmediate(() => {
        if (!this.#closed) this.#handler?.onDrain();
      });
    }
    if (this.#ending && !this.#closed) {
      if (!this.#lost) peer.#arrive(undefined);
      this.#close(undefined);
    }
  }

  #send(bytes: Buffer): void {
    const fate = this.#lost ? 'lose' : this.#link.fate();
    if (fate === 'reset') this.reset();
    else if (fate === 'lose') this.lose();
    // Lost bytes fill the window as those that nobody acknowledges do.
    if (fate === 'lose') this.#peer.#arrivingBytes += bytes.length;
    else if (fate === 'deliver') this.#peer.#arrive(bytes);
  }

  #arrive(bytes: Buffer | undefined): void {
    if (this.#closed) return;
    const clock = this.#link.clock;
    const earliest = this.#arriving.at(-1)?.dueMs ?? 0;
    let rest = bytes;
    do {
      const count = rest === undefined ? 0 : Math.max(1, this.#link.cut(rest.length));
      const latencyMs = this.#link.latencyMs(this.remoteAddress, this.localAddress);
      this.#arriving.push({
        bytes: rest?.subarray(0, count),
        dueMs: Math.max(earliest, clock.monotonicMs() + latencyMs),
      });
      this.#arrivingBytes += count;
      rest = rest !== undefined && count < rest.length ? rest.subarray(count) : undefined;
    } while (rest !== undefined);
    this.#schedule();
  }

  #schedule(): void {
    const first = this.#arriving[0];
    if (first === undefined || this.#timerSet || this.#paused || this.#closed || this.#lost) return;
    if (this.#link.blocked(this.remoteAddress, this.localAddress)) return;
    this.#timerSet = true;
    const clock = this.#link.clock;
    clock.setTimeout(() => this.#deliver(), Math.max(0, first.dueMs - clock.monotonicMs()));
  }

  #deliver(): void {
    this.#timerSet = false;
    if (this.#paused || this.#closed || this.#lost) return;
    if (this.#link.blocked(this.remoteAddress, this.localAddress)) return;
    const next = this.#arriving.shift();
    if (next === undefined) return;
    if (next.bytes === undefined) {
      this.#close(undefined);
      return;
    }
    this.#arrivingBytes -= next.bytes.length;
    this.#handler?.onData(next.bytes);
    this.#peer.#handOver();
    this.#schedule();
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#arriving.length = 0;
    const writes = this.#writes.splice(0);
    this.bufferedBytes = 0;
    this.#link.clock.setImmediate(() => {
      for (const write of writes) write.onFlushed?.();
      this.#handler?.onClose(error);
    });
  }
}

function resetError(stream: SimStream): Error {
  const error = new Error(`read ECONNRESET ${stream.remoteAddress}:${stream.remotePort}`);
  return Object.assign(error, { code: 'ECONNRESET' });
}
