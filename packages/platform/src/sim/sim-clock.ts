/**
 * Owns simulated time: nothing happens until a test says so, then timers and immediates run in one fixed order.
 *
 * Invariants: time moves only in `advance`, `run` and their kin; timers due at the same moment fire in the order they
 * were set; immediates run before time moves on. Between two events every pending promise reaction runs, so that a
 * program of promises and timers behaves the same at each replay.
 */
import type { Clock, Timer } from '../clock.ts';

class SimTimer implements Timer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly periodMs: number;
  readonly task: () => void;
  cancelled = false;

  constructor(dueMs: number, sequence: number, periodMs: number, task: () => void) {
    this.dueMs = dueMs;
    this.sequence = sequence;
    this.periodMs = periodMs;
    this.task = task;
  }

  cancel(): void {
    this.cancelled = true;
  }
}

/** A repeated timer: what the caller holds cancels whichever firing is next. */
class SimInterval implements Timer {
  current: SimTimer | undefined;
  cancelled = false;

  cancel(): void {
    this.cancelled = true;
    this.current?.cancel();
  }
}

export class SimClock implements Clock {
  #nowMs = 0;
  #wallOriginMs: number;
  #sequence = 0;
  /** A binary heap on (dueMs, sequence). */
  readonly #timers: SimTimer[] = [];
  #immediates: (() => void)[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#wallOriginMs = startMs;
  }

  now(): number {
    return Math.floor(this.#wallOriginMs + this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Moves the wall clock without moving time: what an NTP correction or an operator does. */
  jumpWall(byMs: number): void {
    this.#wallOriginMs += byMs;
  }

  setTimeout(task: () => void, delayMs: number): Timer {
    const timer = new SimTimer(this.#nowMs + Math.max(0, delayMs), this.#sequence++, 0, task);
    this.#push(timer);
    return timer;
  }

  setInterval(task: () => void, periodMs: number): Timer {
    const interval = new SimInterval();
    const period = Math.max(1, periodMs);
    const arm = (): void => {
      interval.current = new SimTimer(this.#nowMs + period, this.#sequence++, period, () => {
        task();
        if (!interval.cancelled) arm();
      });
      this.#push(interval.current);
    };
    arm();
    return interval;
  }

  setImmediate(task: () => void): void {
    this.#immediates.push(task);
  }

  /** Runs the immediates that wait now; answers whether there were any. Promise reactions run after it returns. */
  runImmediates(): boolean {
    if (this.#immediates.length === 0) return false;
    const tasks = this.#immediates;
    this.#immediates = [];
    for (const task of tasks) task();
    return true;
  }

  /** Moves time by `byMs` without letting promise reactions run in between: for code that uses none. */
  advanceSync(byMs: number): void {
    const end = this.#nowMs + byMs;
    while (this.runImmediates() || this.#fireNext(end)) {
      /* until nothing is due */
    }
    this.#nowMs = end;
  }

  /** Moves time by `byMs`, running what becomes due, and every promise reaction, in order. */
  async advance(byMs: number): Promise<void> {
    const end = this.#nowMs + byMs;
    do await drainPromises();
    while (this.runImmediates() || this.#fireNext(end));
    this.#nowMs = end;
  }

  /** Runs immediates and promise reactions until none are left. Time does not move. */
  async settle(): Promise<void> {
    do await drainPromises();
    while (this.runImmediates() || this.#fireNext(this.#nowMs));
  }

  /** Moves time on until `promise` is settled, and answers as it does. Fails when `limitMs` have passed before. */
  async run<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    const end = this.#nowMs + limitMs;
    for (;;) {
      await drainPromises();
      if (settled) return promise;
      if (!this.runImmediates() && !this.#fireNext(end)) {
        throw new Error(
          `SimClock.run: nothing left to happen within ${limitMs} ms, and the promise is pending`,
        );
      }
    }
  }

  /** Timers and immediates that wait. */
  get pendingCount(): number {
    return this.#immediates.length + this.#timers.filter((timer) => !timer.cancelled).length;
  }

  #fireNext(limitMs: number): boolean {
    for (;;) {
      const timer = this.#timers[0];
      if (timer === undefined || timer.dueMs > limitMs) return false;
      this.#pop();
      if (timer.cancelled) continue;
      if (timer.dueMs > this.#nowMs) this.#nowMs = timer.dueMs;
      timer.task();
      return true;
    }
  }

  #push(timer: SimTimer): void {
    const heap = this.#timers;
    let child = heap.length;
    heap.push(timer);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (isBefore(heap[parent] as SimTimer, timer)) break;
      heap[child] = heap[parent] as SimTimer;
      child = parent;
    }
    heap[child] = timer;
  }

  #pop(): void {
    const heap = this.#timers;
    const last = heap.pop() as SimTimer;
    if (heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = parent * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as SimTimer, heap[child] as SimTimer)) child++;
      if (isBefore(last, heap[child] as SimTimer)) break;
      heap[parent] = heap[child] as SimTimer;
      parent = child;
    }
    heap[parent] = last;
  }
}

function isBefore(a: SimTimer, b: SimTimer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}

/** A real turn of the loop: all promise reactions that can run have run when it is over. */
function drainPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
