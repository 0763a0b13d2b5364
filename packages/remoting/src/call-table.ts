/**
 * The calls of a connection that wait for their answers, by opaque.
 *
 * Open addressing over arrays that are used again. Not a Map: V8 gives a Map new memory each time deletions have used the
 * old up, and the old memory keeps alive whatever it held until a full collection, which cost a quarter of a send's time.
 *
 * Invariant: a call stands at the first free place from `opaque & mask` on; removing one moves back those that follow.
 * At most half of the places are taken. Opaques count up, so nearly every call stands at its own place.
 */
import type { PendingCall } from './pending-call.ts';

const FIRST_CAPACITY = 64;

export class CallTable {
  size = 0;
  #calls: (PendingCall | undefined)[] = new Array(FIRST_CAPACITY).fill(undefined);
  #mask = FIRST_CAPACITY - 1;

  get(opaque: number): PendingCall | undefined {
    for (let i = opaque & this.#mask; ; i = (i + 1) & this.#mask) {
      const call = this.#calls[i];
      if (call === undefined || call.opaque === opaque) return call;
    }
  }

  /** Its opaque must not be in the table. */
  add(call: PendingCall): void {
    if (++this.size * 2 > this.#calls.length) this.#grow();
    this.#place(call);
  }

  /** Does nothing when the call is not in the table. */
  delete(call: PendingCall): void {
    let gap = call.opaque & this.#mask;
    while (this.#calls[gap] !== call) {
      if (this.#calls[gap] === undefined) return;
      gap = (gap + 1) & this.#mask;
    }
    this.size--;
    for (let i = (gap + 1) & this.#mask; ; i = (i + 1) & this.#mask) {
      const next = this.#calls[i];
      if (next === undefined) break;
      // It may move to the gap unless its own place lies behind the gap.
      if (((i - next.opaque) & this.#mask) < ((i - gap) & this.#mask)) continue;
      this.#calls[gap] = next;
      gap = i;
    }
    this.#calls[gap] = undefined;
  }

  /** All of them, in no particular order. */
  values(): PendingCall[] {
    return this.#calls.filter((call) => call !== undefined);
  }

  #place(call: PendingCall): void {
    let i = call.opaque & this.#mask;
    while (this.#calls[i] !== undefined) i = (i + 1) & this.#mask;
    this.#calls[i] = call;
  }

  #grow(): void {
    const calls = this.values();
    this.#calls = new Array(this.#calls.length * 2).fill(undefined);
    this.#mask = this.#calls.length - 1;
    for (const call of calls) this.#place(call);
  }
}
