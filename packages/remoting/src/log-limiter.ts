/**
 * Keeps what peers can bring about from flooding the log: so many reports a minute, then a count of those left out.
 */
import type { Clock, LogFields, Logger } from '@rocketmq-ts/platform';

const REPORTS_PER_MINUTE = 60;
const MINUTE_MS = 60_000;

export class LogLimiter {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #minute = -1;
  #reports = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  warn(message: string, fields?: LogFields): void {
    const minute = Math.floor(this.#clock.monotonicMs() / MINUTE_MS);
    if (minute !== this.#minute) {
      const leftOut = this.#reports - REPORTS_PER_MINUTE;
      this.#minute = minute;
      this.#reports = 0;
      if (leftOut > 0) this.#logger.warn(`${leftOut} more such reports were left out`);
    }
    this.#reports++;
    if (this.#reports <= REPORTS_PER_MINUTE) this.#logger.warn(message, fields);
  }
}
