/** The tables of RESULTS.md. */

import { spawnSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import type { LatencyUs } from './load/load-request.ts';
import type { Measure, Row, Table } from './results.ts';
import { readScale, scaleTable } from './scale-report.ts';

export function report(rows: readonly Row[]): string {
  const of = (table: Table) => rows.filter((row) => row.table === table);
  return [
    '# Results',
    '',
    '<!-- Written by `npm run bench`; README.md says what is measured and how. -->',
    '',
    `Machine: ${machine()}.`,
    '',
    `Our broker and the Apache RocketMQ 4.4.0 broker under the same load from the same generator; medians of ` +
      `${spread(rows.map(({ rounds }) => rounds))} alternated rounds, measured ${spread(rows.map(({ date }) => date))} ` +
      `at ${[...new Set(rows.map(({ commit }) => commit))].join(', ')}. Ratios are ours to Java's. ` +
      'Queue files, index, statistics and validation are on, ASYNC_FLUSH unless said otherwise, ' +
      'every message was counted afterwards.',
    '',
    ...loadTable(of('loads')),
    ...endToEndTable(of('end-to-end')),
    ...processTable(of('process')),
    ...scaleTable(readScale()),
  ].join('\n');
}

function loadTable(rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  return [
    '## Loads',
    '',
    'CPU is the user and system time of the whole broker process for each message; latencies are of the generator, ' +
      'p50 / p99 / p99.9.',
    '',
    '| Load | CPU, µs: ours | Java | ratio | messages/s: ours | Java | ratio | latency, ms: ours | Java |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map(({ title, measures: { ours, java } }) =>
      line(
        title,
        fixed(ours.cpuUsPerMessage, 2),
        fixed(java.cpuUsPerMessage, 2),
        ratio(ours.cpuUsPerMessage, java.cpuUsPerMessage),
        whole(ours.messagesPerSecond),
        whole(java.messagesPerSecond),
        ratio(ours.messagesPerSecond, java.messagesPerSecond),
        latency(ours.latencyUs),
        latency(java.latencyUs),
      ),
    ),
    '',
  ];
}

function endToEndTable(rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const each = (title: string, name: string, measure: Measure) =>
    line(
      title,
      name,
      ...(['p50', 'p99', 'p999', 'max'] as const).map((key) => milliseconds(measure.latencyUs?.[key])),
      fixed(measure.cpuUsPerMessage, 1),
    );
  return [
    '## End to end',
    '',
    'From the write of a send to the arrival of the answer of a pull that the broker held for it.',
    '',
    '| Load | Broker | p50, ms | p99 | p99.9 | highest | CPU, µs |',
    '|---|---|---|---|---|---|---|',
    ...rows.flatMap(({ title, measures }) => [
      each(title, 'ours', measures.ours),
      each('', 'Java', measures.java),
    ]),
    '',
  ];
}

function processTable(rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  return [
    '## The process',
    '',
    '| What | ours | Java | ratio |',
    '|---|---|---|---|',
    ...rows.flatMap(({ title, measures: { ours, java } }) => [
      ...quantity(title, 'ms', ours.milliseconds, java.milliseconds),
      ...quantity(`${title}: resident, mapped files included`, 'MiB', ours.residentMib, java.residentMib),
      ...quantity(`${title}: resident, heap and buffers`, 'MiB', ours.anonymousMib, java.anonymousMib),
    ]),
    '',
  ];
}

function quantity(title: string, unit: string, ours: number | undefined, java: number | undefined): string[] {
  if (ours === undefined || java === undefined) return [];
  return [line(title, `${whole(ours)} ${unit}`, `${whole(java)} ${unit}`, ratio(ours, java))];
}

function line(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits);
}

function whole(value: number | undefined): string {
  return value === undefined ? '' : Math.round(value).toLocaleString('en-US');
}

function ratio(ours: number | undefined, java: number | undefined): string {
  return ours === undefined || java === undefined ? '' : `**${(ours / java).toFixed(2)}**`;
}

function latency(us: LatencyUs | undefined): string {
  return us === undefined ? '' : [us.p50, us.p99, us.p999].map(milliseconds).join(' / ');
}

function milliseconds(us: number | undefined): string {
  return us === undefined ? '' : (us / 1000).toFixed(us < 10_000 ? 2 : 0);
}

function spread<T extends string | number>(values: readonly T[]): string {
  const sorted = [...new Set(values)].sort();
  return sorted.length <= 1 ? String(sorted[0]) : `${sorted[0]} to ${sorted.at(-1)}`;
}

function machine(): string {
  const all = cpus();
  const gib = Math.round(totalmem() / 1024 ** 3);
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const javaVersion = /version "([^"]+)"/.exec(`${java.stderr}${java.stdout}`)?.[1] ?? 'unknown';
  const kernel = release().split('-')[0];
  return `${all.length} cores (${all[0]?.model.trim()}), ${gib} GiB, Linux ${kernel}, Node ${process.versions.node}, Java ${javaVersion}`;
}
