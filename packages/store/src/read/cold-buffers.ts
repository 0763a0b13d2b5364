/**
 * Owns memory for what is read from disk, so that a reader of a long backlog fills the same few buffers again and again:
 * memory outside the JavaScript heap that is given up all the time makes the collector run all the time.
 *
 * Invariants: a buffer is with one user at a time, who gives it back once or never (then the collector takes it); free
 * buffers stay below `maxFreeBytes`. Sizes are powers of two from 4 KiB on; what is larger than MAX_BYTES is not kept.
 */
const MIN_BITS = 12;
const MAX_BYTES = 1024 * 1024;

export class ColdBuffers {
  readonly #maxFreeBytes: number;
  /** Free buffers by the bits of their size. */
  readonly #free: Buffer[][] = [];
  #freeBytes = 0;

  constructor(maxFreeBytes: number) {
    this.#maxFreeBytes = maxFreeBytes;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** At least `bytes` long. */
  take(bytes: number): Buffer {
    if (bytes > MAX_BYTES) return Buffer.allocUnsafeSlow(bytes);
    const bits = sizeBits(bytes);
    const free = this.#free[bits]?.pop();
    if (free === undefined) return Buffer.allocUnsafeSlow(2 ** bits);
    this.#freeBytes -= free.length;
    return free;
  }

  /** A buffer that came from `take` and that nobody reads any more. */
  give(buffer: Buffer): void {
    if (buffer.length > MAX_BYTES || this.#freeBytes + buffer.length > this.#maxFreeBytes) return;
    this.#freeBytes += buffer.length;
    const bits = sizeBits(buffer.length);
    const same = this.#free[bits];
    if (same === undefined) this.#free[bits] = [buffer];
    else same.push(buffer);
  }

  clear(): void {
    this.#free.length = 0;
    this.#freeBytes = 0;
  }
}

function sizeBits(bytes: number): number {
  return Math.max(MIN_BITS, 32 - Math.clz32(bytes - 1));
}
