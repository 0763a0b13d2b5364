/**
 * The delays that a message may have: `messageDelayLevel` is a list of numbers with units s, m, h, d; level 1 is the first.
 *
 * Counterpart in RocketMQ: ScheduleMessageService.parseDelayLevel.
 */
import { BrokerError } from '../broker-error.ts';

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

export class DelayLevels {
  readonly #delaysMs: readonly number[];

  constructor(delaysMs: readonly number[]) {
    this.#delaysMs = delaysMs;
  }

  /** Throws BrokerError when the text is not such a list. */
  static parse(text: string): DelayLevels {
    const delaysMs = text
      .trim()
      .split(/\s+/)
      .map((item) => {
        const unitMs = UNIT_MS.get(item.slice(-1));
        const count = Number(item.slice(0, -1));
        if (unitMs === undefined || item.length < 2 || !Number.isSafeInteger(count) || count < 0) {
          throw new BrokerError(
            'BROKER_BAD_SETTING',
            `messageDelayLevel has the item ${JSON.stringify(item)}: expected a whole number followed by s, m, h or d`,
          );
        }
        return count * unitMs;
      });
    return new DelayLevels(delaysMs);
  }

  get count(): number {
    return this.#delaysMs.length;
  }

  /** Milliseconds of a level from 1 to `count`. */
  delayMs(level: number): number {
    return this.#delaysMs[level - 1] ?? 1000;
  }
}
