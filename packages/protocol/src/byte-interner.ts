/**
 * A bounded cache from byte ranges to values, so that bytes of the wire (a topic) find their object without a string.
 *
 * It is a cache: at `maxEntries` it is emptied and filled anew, so whoever looks up must be able to make the value
 * again (or find it by string). Lookups compare all bytes; the hash only finds the place.
 */
export class ByteInterner<T> {
  readonly maxEntries: number;
  readonly #mask: number;
  readonly #hashes: Int32Array;
  #keys: (Uint8Array | undefined)[];
  #values: (T | undefined)[];
  #size = 0;

  constructor(maxEntries = 4096) {
    this.maxEntries = maxEntries;
    let slots = 16;
    while (slots < maxEntries * 2) slots *= 2;
    this.#mask = slots - 1;
    this.#hashes = new Int32Array(slots);
    this.#keys = new Array(slots).fill(undefined);
    this.#values = new Array(slots).fill(undefined);
  }

  get size(): number {
    return this.#size;
  }

  /** The value of the bytes [start, end), undefined when there is none (any more). */
  get(buffer: Uint8Array, start: number, end: number): T | undefined {
    return this.#values[this.#slot(buffer, start, end, hashBytes(buffer, start, end))];
  }

  /** Remembers a value for the bytes [start, end), which are copied. */
  set(buffer: Uint8Array, start: number, end: number, value: T): void {
    const hash = hashBytes(buffer, start, end);
    let slot = this.#slot(buffer, start, end, hash);
    if (this.#keys[slot] === undefined) {
      if (this.#size >= this.maxEntries) {
        this.clear();
        slot = hash & this.#mask;
      }
      this.#size++;
      this.#hashes[slot] = hash;
      this.#keys[slot] = Uint8Array.prototype.slice.call(buffer, start, end);
    }
    this.#values[slot] = value;
  }

  clear(): void {
    this.#keys.fill(undefined);
    this.#values.fill(undefined);
    this.#size = 0;
  }

  /** The slot that holds these bytes, or the free one where they belong. At least half of the slots are free. */
  #slot(buffer: Uint8Array, start: number, end: number, hash: number): number {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const key = this.#keys[slot];
      if (key === undefined) return slot;
      if (this.#hashes[slot] === hash && equalBytes(key, buffer, start, end)) return slot;
    }
  }
}

function hashBytes(buffer: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (buffer[i] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}

function equalBytes(key: Uint8Array, buffer: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) if (key[i] !== buffer[start + i]) return false;
  return true;
}
