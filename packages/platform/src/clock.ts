/**
 * Time and timers, as a seam: the real clock in production, a simulated one in tests.
 *
 * All times are integers in milliseconds since the Unix epoch unless a name says otherwise.
 */

/** A pending timer. Cancelling a fired or cancelled timer does nothing. */
export interface Timer {
  cancel(): void;
}

/** Where the program reads time and waits. Never call `Date.now()` or `setTimeout` outside `platform`. */
export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. May jump in either direction. */
  now(): number;
  /** Monotonic time in milliseconds, with fractions; the origin is arbitrary. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs`. Keeps the process alive until it has fired or is cancelled. */
  setTimeout(task: () => void, delayMs: number): Timer;
  /** Runs `task` every `periodMs`, first after one period. Does not keep the process alive. */
  setInterval(task: () => void, periodMs: number): Timer;
  /** Runs `task` after the I/O callbacks of the current turn of the event loop. */
  setImmediate(task: () => void): void;
}
