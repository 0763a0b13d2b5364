/**
 * The last minute, hour and day of one growing counter, from samples.
 *
 * Samples are kept as RocketMQ's StatsItem keeps them: 7 of every 10 seconds, 7 of every 10 minutes, 25 of every hour; a
 * window's sum is the newest sample of all less the window's oldest. (4.4.0 takes the window's own newest sample: what is told
 * of a day is an hour old, and nothing in a topic's first hour.)
 */
export interface StatsSnapshot {
  readonly sum: number;
  /** Per second. */
  readonly tps: number;
  /** Mean value of one call. */
  readonly avgpt: number;
}

export type StatsSpan = 'minute' | 'hour' | 'day';

const KEPT: Readonly<Record<StatsSpan, number>> = { minute: 7, hour: 7, day: 25 };
const EMPTY: StatsSnapshot = { sum: 0, tps: 0, avgpt: 0 };

/** Flat: time, value, times; oldest first. */
type Samples = number[];

export class StatsWindow {
  readonly #samples: Record<StatsSpan, Samples> = { minute: [], hour: [], day: [] };
  /** True when the counter moved since the first sample. */
  moved = false;

  sample(span: StatsSpan, nowMs: number, value: number, times: number): void {
    const samples = this.#samples[span];
    samples.push(nowMs, value, times);
    if (samples.length > KEPT[span] * 3) samples.splice(0, 3);
    if (value > 0) this.moved = true;
  }

  snapshot(span: StatsSpan): StatsSnapshot {
    const samples = this.#samples[span];
    const newest = this.#samples.minute;
    const last = newest.length - 3;
    if (samples.length === 0 || last < 0) return EMPTY;
    const elapsedMs = newest[last]! - samples[0]!;
    if (elapsedMs <= 0) return EMPTY;
    const sum = newest[last + 1]! - samples[1]!;
    const times = newest[last + 2]! - samples[2]!;
    return {
      sum,
      tps: (sum * 1000) / elapsedMs,
      avgpt: times > 0 ? sum / times : 0,
    };
  }
}
