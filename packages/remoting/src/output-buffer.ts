/**
 * What a connection has to send: bytes encoded in place, and spans of foreign memory by reference.
 *
 * Invariants: what was committed leaves in the order of the commits. Own memory in [start, end) of `buffer` is pending;
 * memory before `start` may still be in the socket's hands and is only used again once the socket holds nothing.
 * `release` of a span is called exactly once.
 */
import type { ByteStream } from '@rocketmq-ts/platform';
import type { OutputTarget } from './command.ts';

const EMPTY = Buffer.alloc(0);
const FIRST_CAPACITY_BYTES = 1024;
/** Memory grows to this; beyond it a single frame gets memory of its own size. */
const MAX_CAPACITY_BYTES = 64 * 1024;
/** A span shorter than this costs more as a chunk of its own than as a copy. */
const COPY_SPAN_BELOW_BYTES = 2048;

/** Told when an empty output gets its first bytes. */
export interface OutputOwner {
  outputPending(): void;
}

export class OutputBuffer implements OutputTarget {
  buffer: Buffer = EMPTY;
  readonly #owner: OutputOwner;
  #start = 0;
  #end = 0;
  #sealed: Uint8Array[] = [];
  #sealedBytes = 0;
  #releases: (() => void)[] = [];
  readonly #single: Uint8Array[] = [EMPTY];

  constructor(owner: OutputOwner) {
    this.#owner = owner;
  }

  /** Bytes committed and not yet given to the stream. */
  get pendingBytes(): number {
    return this.#sealedBytes + this.#end - this.#start;
  }

  reserve(bytes: number): number {
    if (this.buffer.length - this.#end < bytes) this.#makeRoom(bytes);
    return this.#end;
  }

  commit(end: number): void {
    const first = this.#sealedBytes === 0 && this.#end === this.#start;
    this.#end = end;
    if (first) this.#owner.outputPending();
  }

  appendSpan(memory: Buffer, start: number, end: number, release?: () => void): void {
    const length = end - start;
    if (length < COPY_SPAN_BELOW_BYTES) {
      const position = this.reserve(length);
      memory.copy(this.buffer, position, start, end);
      this.commit(position + length);
      release?.();
      return;
    }
    const first = this.pendingBytes === 0;
    this.#seal();
    this.#sealed.push(memory.subarray(start, end));
    this.#sealedBytes += length;
    if (release !== undefined) this.#releases.push(release);
    if (first) this.#owner.outputPending();
  }

  /** Gives everything pending to the stream as one write. */
  flushTo(stream: ByteStream): void {
    if (this.#sealed.length === 0) {
      if (this.#end === this.#start) return;
      this.#single[0] = this.buffer.subarray(this.#start, this.#end);
      this.#start = this.#end;
      stream.write(this.#single);
      this.#single[0] = EMPTY;
    } else {
      this.#seal();
      const chunks = this.#sealed;
      const releases = this.#releases;
      this.#sealed = [];
      this.#sealedBytes = 0;
      if (releases.length === 0) stream.write(chunks);
      else {
        this.#releases = [];
        stream.write(chunks, () => releaseAll(releases));
      }
    }
    if (stream.bufferedBytes === 0) {
      if (this.buffer.length > MAX_CAPACITY_BYTES) this.buffer = EMPTY;
      this.#start = 0;
      this.#end = 0;
    }
  }

  /** Gives back unused memory; called when the connection has been quiet. */
  shrink(): void {
    if (this.pendingBytes > 0) return;
    this.buffer = EMPTY;
    this.#start = 0;
    this.#end = 0;
  }

  /** Drops what is pending: the connection is gone. */
  discard(): void {
    const releases = this.#releases;
    this.#sealed = [];
    this.#sealedBytes = 0;
    this.#releases = [];
    this.buffer = EMPTY;
    this.#start = 0;
    this.#end = 0;
    releaseAll(releases);
  }

  #seal(): void {
    if (this.#end === this.#start) return;
    this.#sealed.push(this.buffer.subarray(this.#start, this.#end));
    this.#sealedBytes += this.#end - this.#start;
    this.#start = this.#end;
  }

  #makeRoom(bytes: number): void {
    this.#seal();
    const doubled = Math.min(Math.max(this.buffer.length * 2, FIRST_CAPACITY_BYTES), MAX_CAPACITY_BYTES);
    this.buffer = Buffer.allocUnsafeSlow(Math.max(doubled, bytes));
    this.#start = 0;
    this.#end = 0;
  }
}

function releaseAll(releases: (() => void)[]): void {
  for (const release of releases) release();
}
