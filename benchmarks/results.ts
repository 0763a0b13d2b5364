/** What is measured, kept in results.json row by row, so that one scenario can be measured anew without the others. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { LatencyUs } from './load/load-request.ts';
import { median, type Round } from './rounds.ts';
import type { SubjectName } from './subject.ts';

/** Medians of the rounds; absent where a scenario does not measure it. */
export interface Measure {
  readonly cpuUsPerMessage?: number;
  readonly messagesPerSecond?: number;
  readonly latencyUs?: LatencyUs;
  readonly milliseconds?: number;
  readonly residentMib?: number;
  readonly anonymousMib?: number;
}

export type Table = 'loads' | 'end-to-end' | 'process';

export interface Row {
  readonly id: string;
  readonly table: Table;
  readonly title: string;
  readonly date: string;
  readonly commit: string;
  readonly rounds: number;
  readonly measures: Readonly<Record<SubjectName, Measure>>;
}

export function measureOf(rounds: readonly Round[]): Measure {
  const latencies = rounds.map(({ load }) => load.latencyUs).filter((one) => one !== undefined);
  const over = (pick: (latency: LatencyUs) => number) => Math.round(median(latencies.map(pick)));
  return {
    cpuUsPerMessage: median(
      rounds.map(({ load, brokerCpuSeconds }) => (brokerCpuSeconds * 1e6) / load.count),
    ),
    messagesPerSecond: median(rounds.map(({ load }) => load.count / load.seconds)),
    ...(latencies.length > 0 && {
      latencyUs: {
        p50: over(({ p50 }) => p50),
        p99: over(({ p99 }) => p99),
        p999: over(({ p999 }) => p999),
        max: over(({ max }) => max),
      },
    }),
  };
}

export function readRows(file: string): Row[] {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

/** Replaces the rows with the same ids, keeps the order of `ids`. */
export function mergeRows(old: readonly Row[], fresh: readonly Row[], ids: readonly string[]): Row[] {
  const byId = new Map([...old, ...fresh].map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id)).filter((row) => row !== undefined);
}

export function writeRows(file: string, rows: readonly Row[]): void {
  writeFileSync(file, `${JSON.stringify(rows, undefined, 2)}\n`);
}
