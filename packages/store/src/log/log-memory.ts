/**
 * Owns the part of the log that is in memory: its recent end, in pieces (chunks) taken from a pool.
 *
 * Invariants: a record lies in one chunk; chunks are in ascending order of offset and do not overlap; only what has been
 * handed to the operating system leaves the window; the memory of a chunk is not reused while a pin holds it. Chunks
 * held by pins beyond the window count as pinned bytes; above the bound the oldest pins are cut off.
 */

export class LogChunk {
  readonly buffer: Buffer;
  readonly view: DataView;
  /** Offset in the log of the first byte. */
  baseOffset = 0;
  /** Bytes filled with records. */
  usedBytes = 0;
  /** Readers that hold it. */
  pins = 0;

  constructor(sizeBytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(sizeBytes);
    this.view = new DataView(this.buffer.buffer, this.buffer.byteOffset, sizeBytes);
  }
}

/** Memory that a reader still needs. Release it exactly once; more does nothing. */
export class LogPin {
  readonly #memory: LogMemory;
  readonly chunks: readonly LogChunk[];
  readonly onCutOff: () => void;
  cutOff = false;
  released = false;

  constructor(memory: LogMemory, chunks: readonly LogChunk[], onCutOff: () => void) {
    this.#memory = memory;
    this.chunks = chunks;
    this.onCutOff = onCutOff;
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.#memory.unpin(this);
  }
}

export interface LogMemoryLimits {
  readonly memoryWindowBytes: number;
  readonly chunkBytes: number;
  readonly maxPinnedBytes: number;
}

/** Free chunks kept for reuse: enough that a steady flow allocates nothing, few enough that an idle store is small. */
const MAX_FREE_CHUNKS = 2;

export class LogMemory {
  readonly #limits: LogMemoryLimits;
  readonly #chunks: LogChunk[] = [];
  readonly #free: LogChunk[] = [];
  #windowBytes = 0;
  #pinnedBytes = 0;
  readonly #pins = new Set<LogPin>();
  /** Chunks beyond the window that pins hold, oldest first. */
  readonly #retired = new Set<LogChunk>();

  constructor(limits: LogMemoryLimits) {
    this.#limits = limits;
  }

  /** Bytes of chunks in the window. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** Bytes of chunks beyond the window that readers still hold. */
  get pinnedBytes(): number {
    return this.#pinnedBytes;
  }

  /** Pins not yet released. */
  get pinCount(): number {
    return this.#pins.size;
  }

  /** The lowest offset in memory; Infinity when nothing is. */
  get startOffset(): number {
    return this.#chunks[0]?.baseOffset ?? Infinity;
  }

  /**
   * A new chunk at the end of the log, with room for `minBytes`. Older chunks leave the window when it is full, as far
   * as they lie below `evictBelow`.
   */
  extend(baseOffset: number, minBytes: number, evictBelow: number): LogChunk {
    const chunk = this.#take(Math.max(minBytes, this.#limits.chunkBytes));
    chunk.baseOffset = baseOffset;
    this.#chunks.push(chunk);
    this.#windowBytes += chunk.buffer.length;
    this.#evict(evictBelow);
    return chunk;
  }

  /** The chunk that holds the byte at `offset`; undefined when it is not in memory. */
  find(offset: number): LogChunk | undefined {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length - 1;
    if (low > high || offset < (chunks[low] as LogChunk).baseOffset) return undefined;
    // Readers are mostly at the end: look there first.
    if (offset >= (chunks[high] as LogChunk).baseOffset) low = high;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((chunks[middle] as LogChunk).baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    const chunk = chunks[low] as LogChunk;
    return offset < chunk.baseOffset + chunk.usedBytes ? chunk : undefined;
  }

  /** Chunks from the one that holds or follows `offset`, in order. */
  from(offset: number): LogChunk[] {
    let first = this.#chunks.length;
    while (first > 0) {
      const chunk = this.#chunks[first - 1] as LogChunk;
      if (chunk.baseOffset + chunk.usedBytes <= offset) break;
      first--;
    }
    return this.#chunks.slice(first);
  }

  /** Takes back everything at or above `offset`, which no reader has seen. Answers the chunk that now ends the log. */
  truncate(offset: number): LogChunk | undefined {
    const chunks = this.#chunks;
    while (chunks.length > 0) {
      const last = chunks[chunks.length - 1] as LogChunk;
      if (last.baseOffset < offset) {
        last.usedBytes = Math.min(last.usedBytes, offset - last.baseOffset);
        return last;
      }
      chunks.pop();
      this.#retire(last);
    }
    return undefined;
  }

  pin(chunks: readonly (LogChunk | undefined)[], count: number, onCutOff: () => void): LogPin | undefined {
    const held: LogChunk[] = [];
    for (let i = 0; i < count; i++) {
      const chunk = chunks[i];
      if (chunk !== undefined && held[held.length - 1] !== chunk) {
        held.push(chunk);
        chunk.pins++;
      }
    }
    if (held.length === 0) return undefined;
    const pin = new LogPin(this, held, onCutOff);
    this.#pins.add(pin);
    return pin;
  }

  /** Only for LogPin. */
  unpin(pin: LogPin): void {
    this.#pins.delete(pin);
    for (const chunk of pin.chunks) {
      chunk.pins--;
      if (chunk.pins === 0 && this.#retired.delete(chunk)) {
        this.#pinnedBytes -= chunk.buffer.length;
        this.#recycle(chunk);
      }
    }
  }

  /** Lets the window go, for a store that closes; pins stay good. */
  clear(): void {
    for (const chunk of this.#chunks.splice(0)) this.#retire(chunk);
  }

  #evict(evictBelow: number): void {
    while (this.#windowBytes > this.#limits.memoryWindowBytes && this.#chunks.length > 1) {
      const oldest = this.#chunks[0] as LogChunk;
      if (oldest.baseOffset + oldest.usedBytes > evictBelow) break;
      this.#chunks.shift();
      this.#retire(oldest);
    }
    if (this.#pinnedBytes > this.#limits.maxPinnedBytes) this.#cutOffOldest();
  }

  #retire(chunk: LogChunk): void {
    this.#windowBytes -= chunk.buffer.length;
    if (chunk.pins > 0) {
      this.#retired.add(chunk);
      this.#pinnedBytes += chunk.buffer.length;
    } else {
      this.#recycle(chunk);
    }
  }

  /** A cut-off reader lets go when its socket is gone, maybe later: what it holds counts as given back here. */
  #cutOffOldest(): void {
    let excess = this.#pinnedBytes - this.#limits.maxPinnedBytes;
    for (const chunk of [...this.#retired]) {
      if (excess <= 0) break;
      excess -= chunk.buffer.length;
      for (const pin of [...this.#pins]) {
        if (pin.cutOff || !pin.chunks.includes(chunk)) continue;
        pin.cutOff = true;
        pin.onCutOff();
      }
    }
  }

  #take(sizeBytes: number): LogChunk {
    const free = sizeBytes === this.#limits.chunkBytes ? this.#free.pop() : undefined;
    return free ?? new LogChunk(sizeBytes);
  }

  #recycle(chunk: LogChunk): void {
    if (chunk.buffer.length !== this.#limits.chunkBytes || this.#free.length >= MAX_FREE_CHUNKS) return;
    chunk.usedBytes = 0;
    this.#free.push(chunk);
  }
}
