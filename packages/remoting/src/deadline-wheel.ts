/**
 * Deadlines of many calls on one timer: a wheel of lists, one per tick.
 *
 * Invariants: adding and removing cost the same however many there are; an entry never fires early and at most one
 * tick late, but for a process that stood still: it first reads what has come meanwhile, so that an answer which is there counts;
 * the timer runs only while there are entries.
 */
import type { Clock, Timer } from '@rocketmq-ts/platform';

const TICK_MS = 10;
const SLOTS = 1024;
/** A timer so late means that the process stood still: stopped, swapped out, or busy with something else. */
const STOOD_STILL_MS = 250;

/** Something with a deadline. Belongs to at most one wheel at a time. */
export abstract class WheelEntry {
  deadlineTick = -1;
  next: WheelEntry | undefined;
  previous: WheelEntry | undefined;

  abstract onDeadline(): void;
}

export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #slots: (WheelEntry | undefined)[] = new Array(SLOTS).fill(undefined);
  #count = 0;
  /** All slots up to this tick have been looked at. */
  #tick = 0;
  #timer: Timer | undefined;
  #timerDueMs = 0;
  /** The last tick came late, and gave way to what had arrived. */
  #gaveWay = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#count;
  }

  add(entry: WheelEntry, delayMs: number): void {
    const now = this.#clock.monotonicMs();
    if (this.#count === 0) this.#tick = Math.floor(now / TICK_MS);
    const tick = Math.max(Math.ceil((now + delayMs) / TICK_MS), this.#tick + 1);
    const slot = tick % SLOTS;
    const first = this.#slots[slot];
    entry.deadlineTick = tick;
    entry.previous = undefined;
    entry.next = first;
    if (first !== undefined) first.previous = entry;
    this.#slots[slot] = entry;
    this.#count++;
    if (this.#timer === undefined) this.#schedule(now);
  }

  /** Does nothing when the entry is not on the wheel. */
  remove(entry: WheelEntry): void {
    if (entry.deadlineTick < 0) return;
    if (entry.previous === undefined) this.#slots[entry.deadlineTick % SLOTS] = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next !== undefined) entry.next.previous = entry.previous;
    entry.next = undefined;
    entry.previous = undefined;
    entry.deadlineTick = -1;
    this.#count--;
  }

  readonly #onTick = (): void => {
    this.#timer = undefined;
    const now = this.#clock.monotonicMs();
    this.#gaveWay = !this.#gaveWay && now - this.#timerDueMs > STOOD_STILL_MS;
    if (this.#gaveWay) {
      this.#schedule(now);
      return;
    }
    const nowTick = Math.floor(now / TICK_MS);
    const last = Math.min(nowTick, this.#tick + SLOTS);
    const due: WheelEntry[] = [];
    for (let tick = this.#tick + 1; tick <= last; tick++) {
      for (let entry = this.#slots[tick % SLOTS]; entry !== undefined; entry = entry.next) {
        if (entry.deadlineTick <= nowTick) due.push(entry);
      }
    }
    this.#tick = Math.max(this.#tick, nowTick);
    for (const entry of due) {
      // One that fired before may have removed it, or added it anew.
      if (entry.deadlineTick < 0 || entry.deadlineTick > nowTick) continue;
      this.remove(entry);
      entry.onDeadline();
    }
    if (this.#count > 0 && this.#timer === undefined) this.#schedule(this.#clock.monotonicMs());
  };

  #schedule(nowMs: number): void {
    this.#timerDueMs = nowMs + TICK_MS;
    this.#timer = this.#clock.setTimeout(this.#onTick, TICK_MS);
  }
}
