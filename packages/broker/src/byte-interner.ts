/**
 * A map whose keys are spans of bytes, so that a name on the wire finds its entry without becoming a string.
 *
 * Invariants: keys are compared byte by byte (a hash alone never decides); at most `capacity` keys are kept, past which
 * `set` refuses, so that names sent by strangers cannot grow it.
 */

interface Slot<T> {
  readonly hash: number;
  readonly key: Buffer;
  value: T;
  next: Slot<T> | undefined;
}

export class ByteInterner<T> {
  readonly #capacity: number;
  #slots: (Slot<T> | undefined)[] = new Array<Slot<T> | undefined>(64).fill(undefined);
  #size = 0;
  /** Names repeat: most look-ups end here. */
  #last: Slot<T> | undefined;

  constructor(capacity = Number.MAX_SAFE_INTEGER) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** The value kept for the bytes [start, end) of `buffer`. */
  get(buffer: Uint8Array, start: number, end: number): T | undefined {
    const last = this.#last;
    if (last !== undefined && sameBytes(last.key, buffer, start, end)) return last.value;
    const hash = hashOf(buffer, start, end);
    let slot = this.#slots[hash & (this.#slots.length - 1)];
    while (slot !== undefined) {
      if (slot.hash === hash && sameBytes(slot.key, buffer, start, end)) {
        this.#last = slot;
        return slot.value;
      }
      slot = slot.next;
    }
    return undefined;
  }

  /** Keeps `value` under a copy of the name. Answers false when it is full and the name is new. */
  set(name: string, value: T): boolean {
    const key = Buffer.from(name, 'utf8');
    const hash = hashOf(key, 0, key.length);
    let slot = this.#slots[hash & (this.#slots.length - 1)];
    while (slot !== undefined) {
      if (slot.hash === hash && sameBytes(slot.key, key, 0, key.length)) {
        slot.value = value;
        return true;
      }
      slot = slot.next;
    }
    if (this.#size >= this.#capacity) return false;
    if (this.#size >= this.#slots.length) this.#grow();
    const index = hash & (this.#slots.length - 1);
    this.#slots[index] = { hash, key, value, next: this.#slots[index] };
    this.#size++;
    return true;
  }

  delete(name: string): boolean {
    const key = Buffer.from(name, 'utf8');
    const hash = hashOf(key, 0, key.length);
    const index = hash & (this.#slots.length - 1);
    let before: Slot<T> | undefined;
    let slot = this.#slots[index];
    while (slot !== undefined) {
      if (slot.hash === hash && sameBytes(slot.key, key, 0, key.length)) {
        if (before === undefined) this.#slots[index] = slot.next;
        else before.next = slot.next;
        if (this.#last === slot) this.#last = undefined;
        this.#size--;
        return true;
      }
      before = slot;
      slot = slot.next;
    }
    return false;
  }

  clear(): void {
    this.#slots = new Array<Slot<T> | undefined>(64).fill(undefined);
    this.#size = 0;
    this.#last = undefined;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Array<Slot<T> | undefined>(old.length * 2).fill(undefined);
    for (let first of old) {
      while (first !== undefined) {
        const next: Slot<T> | undefined = first.next;
        const index = first.hash & (slots.length - 1);
        first.next = slots[index];
        slots[index] = first;
        first = next;
      }
    }
    this.#slots = slots;
  }
}

function hashOf(buffer: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ buffer[i]!, 0x01000193);
  // FNV's low bits are weak for short keys; the table uses the low bits.
  return hash ^ (hash >>> 15);
}

function sameBytes(key: Uint8Array, buffer: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (key.length !== length) return false;
  // From the end: names of one program share their beginnings.
  for (let i = length - 1; i >= 0; i--) if (key[i] !== buffer[start + i]) return false;
  return true;
}
