/** The part of RESULTS.md about much of something, from scale.json. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '#interop/java-library';

/** What a scenario measured, with its date and commit. */
export type ScaleFigures = Readonly<Record<string, number | string>>;

export const scaleFile = join(root, 'benchmarks/scale.json');

export function readScale(): Record<string, ScaleFigures> {
  return existsSync(scaleFile) ? JSON.parse(readFileSync(scaleFile, 'utf8')) : {};
}

const TITLES: readonly [name: string, title: string][] = [
  ['topic-queues', '100,000 topic-queues: 1,000 topics of 100'],
  ['topics', '100,000 topic-queues: 25,000 topics of 4'],
  ['groups', '1,000 groups hold pulls'],
  ['delay', 'a million delayed messages pending'],
  ['restart', 'killed with a log of 1.1 GiB'],
];

const FIGURES: readonly [key: string, text: (value: string) => string][] = [
  ['makeTopicsSeconds', (v) => `made in ${v} s`],
  ['sendOneToEachSeconds', (v) => `a message to each queue in ${v} s`],
  ['emptyMib', (v) => `resident when empty ${v} MiB`],
  ['withTopicsMib', (v) => `with the topics ${v} MiB`],
  ['withMessagesMib', (v) => `with the messages ${v} MiB`],
  ['stopMs', (v) => `stop ${v} ms`],
  ['cleanStartMs', (v) => `start after a stop ${v} ms`],
  ['startedMib', (v) => `then resident ${v} MiB`],
  ['startAfterKillMs', (v) => `start after a kill ${v} ms`],
  ['oneGroupUsPerDelivery', (v) => `CPU per delivered message, one group: ${v} µs`],
  ['oneGroupAmongIdleUsPerDelivery', (v) => `one group among 1,000 of idle topics: ${v} µs`],
  ['thousandGroupsUsPerDelivery', (v) => `1,000 groups on one topic: ${v} µs`],
  ['lateMsP50', (v) => `late by ${v} ms (p50)`],
  ['lateMsP99', (v) => `${v} ms (p99)`],
  ['lateMsMax', (v) => `${v} ms (highest)`],
  ['pendingMib', (v) => `with all pending ${v} MiB`],
  ['bootMs', (v) => `accepts after ${v} ms`],
  ['bootCpuMs', (v) => `CPU until then ${v} ms`],
  ['firstSendMs', (v) => `first send answered after ${v} ms`],
  ['firstPullMs', (v) => `first pull after ${v} ms`],
  ['residentMib', (v) => `resident ${v} MiB`],
  ['loadAverage', (v) => `other work on the machine: load average ${v}`],
];

export function scaleTable(all: Readonly<Record<string, ScaleFigures>>): string[] {
  const rows = TITLES.flatMap(([name, title]) => {
    const figures = all[name];
    if (figures === undefined) return [];
    const texts = FIGURES.flatMap(([key, text]) =>
      figures[key] === undefined ? [] : [text(figures[key].toLocaleString('en-US'))],
    );
    return [`| ${title} | ${texts.join('; ')} | ${figures.date}, ${figures.commit} |`];
  });
  if (rows.length === 0) return [];
  return [
    '## Much of something',
    '',
    'Our broker alone.',
    '',
    '| What | Figures | Measured |',
    '|---|---|---|',
    ...rows,
    '',
  ];
}
