/**
 * Rates of the broker's traffic over the last 10 seconds, minute and 10 minutes, as clusterList and brokerStatus show them.
 * Counterpart in RocketMQ: StoreStatsService, which samples every second; here every 10, with the counters' values of now.
 */
import type { Clock } from '@rocketmq-ts/platform';
import { javaDoubleText } from '@rocketmq-ts/protocol';
import type { BrokerStats } from '../broker-context.ts';

interface Sample {
  readonly atMs: number;
  readonly put: number;
  readonly got: number;
  readonly found: number;
  readonly missed: number;
}

type Counter = Exclude<keyof Sample, 'atMs'>;

const SPANS_MS = [10_000, 60_000, 600_000] as const;
const KEPT = 62;

export class TrafficRates {
  readonly #clock: Clock;
  readonly #counters: BrokerStats;
  readonly #storedCount: () => number;
  #samples: Sample[];

  constructor(clock: Clock, counters: BrokerStats, storedCount: () => number) {
    this.#clock = clock;
    this.#counters = counters;
    this.#storedCount = storedCount;
    this.#samples = [this.#now()];
  }

  /** Called every 10 seconds. */
  sample(): void {
    this.#samples.push(this.#now());
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  #now(): Sample {
    const { getNums, getFoundTimes, getMissTimes } = this.#counters;
    return {
      atMs: this.#clock.monotonicMs(),
      put: this.#storedCount(),
      got: getNums,
      found: getFoundTimes,
      missed: getMissTimes,
    };
  }

  /** The keys of request code 28; each value is three numbers a second. */
  table(): Map<string, string> {
    const now = this.#now();
    const text = (...counters: Counter[]): string =>
      SPANS_MS.map((span) => javaDoubleText(this.#rate(now, span, counters))).join(' ');
    return new Map([
      ['putTps', text('put')],
      ['getFoundTps', text('found')],
      ['getMissTps', text('missed')],
      ['getTotalTps', text('found', 'missed')],
      ['getTransferedTps', text('got')],
    ]);
  }

  /** Since the newest sample that is at least as old as the span; since the start when there is none. */
  #rate(now: Sample, spanMs: number, counters: readonly Counter[]): number {
    const before = this.#samples.findLast((sample) => now.atMs - sample.atMs >= spanMs) ?? this.#samples[0]!;
    const elapsedMs = Math.max(now.atMs - before.atMs, 1_000);
    let sum = 0;
    for (const counter of counters) sum += now[counter] - before[counter];
    return (sum * 1000) / elapsedMs;
  }
}
