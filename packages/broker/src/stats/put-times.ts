/**
 * How long sends took, in the classes that RocketMQ's runtime info and dashboards have, over the last minute.
 *
 * Counted once for all sends that end together, with the time that the first of them took. Counterpart in RocketMQ:
 * StoreStatsService.putMessageDistributeTime, which starts anew every minute; here the minute moves every 10 seconds.
 */

/** Upper ends in whole milliseconds, not included; the first class is below one millisecond, the last has no end. */
const ENDS_MS = [1, 10, 50, 100, 200, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 10_000] as const;

/** As request code 28 writes them. */
export const PUT_TIME_CLASSES = [
  '<=0ms',
  '0~10ms',
  '10~50ms',
  '50~100ms',
  '100~200ms',
  '200~500ms',
  '500ms~1s',
  '1~2s',
  '2~3s',
  '3~4s',
  '4~5s',
  '5~10s',
  '10s~',
] as const;

/** Samples kept: the newest that is a minute old is where the minute begins. */
const KEPT = 7;

export class PutTimes {
  /** Since the start. */
  readonly #counts = new Float64Array(PUT_TIME_CLASSES.length);
  readonly #samples: Float64Array[] = [new Float64Array(PUT_TIME_CLASSES.length)];

  /** `count` sends ended now, after `tookMs`. */
  add(count: number, tookMs: number): void {
    let index = 0;
    while (index < ENDS_MS.length && tookMs >= ENDS_MS[index]!) index++;
    this.#counts[index]! += count;
  }

  /** Called every 10 seconds. */
  sample(): void {
    this.#samples.push(this.#counts.slice());
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  /** Sends of the last minute, by class. */
  lastMinute(): number[] {
    const before = this.#samples[0]!;
    return Array.from(this.#counts, (count, index) => count - before[index]!);
  }

  /** The value of `putMessageDistributeTime` of request code 28. */
  text(): string {
    const counts = this.lastMinute();
    return PUT_TIME_CLASSES.map((name, index) => `[${name}]:${counts[index]} `).join('');
  }
}
