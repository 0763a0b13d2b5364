/** The clock of the machine and the timers of Node. */
import type { Clock, Timer } from '../clock.ts';

/** The longest delay Node's timers take; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

class RealTimer implements Timer {
  readonly #handle: NodeJS.Timeout;

  constructor(handle: NodeJS.Timeout) {
    this.#handle = handle;
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

export class RealClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  setTimeout(task: () => void, delayMs: number): Timer {
    return new RealTimer(setTimeout(task, Math.min(delayMs, MAX_DELAY_MS)));
  }

  setInterval(task: () => void, periodMs: number): Timer {
    return new RealTimer(setInterval(task, Math.min(periodMs, MAX_DELAY_MS)).unref());
  }

  setImmediate(task: () => void): void {
    setImmediate(task);
  }
}
