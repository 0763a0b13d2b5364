/**
 * Owns the meaning of messageDelayLevel: `1s 5s … 2h`, units s, m, h and d; level n is the n-th of them.
 *
 * Counterpart in RocketMQ: ScheduleMessageService.parseDelayLevel.
 */
import { StoreError, StoreErrorCode } from './store-error.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export class DelayLevels {
  readonly #delaysMs: readonly number[];

  /** Throws StoreError STORE_BAD_OPTION when the text is not of the form. */
  constructor(text: string) {
    this.#delaysMs = text.trim().split(/\s+/).map(parseDelay);
  }

  get maxLevel(): number {
    return this.#delaysMs.length;
  }

  /** Milliseconds of a level; levels above the highest count as the highest. Level 1 is the first. */
  delayMs(level: number): number {
    return this.#delaysMs[Math.min(level, this.maxLevel) - 1] ?? 0;
  }
}

function parseDelay(text: string): number {
  const unit = UNIT_MS[text.slice(-1)];
  const count = text.slice(0, -1);
  if (unit !== undefined && /^\d{1,9}$/.test(count)) return Number(count) * unit;
  throw new StoreError(
    StoreErrorCode.STORE_BAD_OPTION,
    `messageDelayLevel has "${text}": expected a number followed by s, m, h or d, as in "1s 5s 10s"`,
  );
}
