/**
 * Alternating rounds: ours, Java, Java, ours, … so that whatever changes on the machine meanwhile meets both; the
 * median of the rounds is what is reported. Each broker is warmed with the same load until it is stable.
 */
import type { LoadResult } from './load/load-request.ts';
import type { Subject, SubjectName } from './subject.ts';

export interface Round {
  readonly load: LoadResult;
  readonly brokerCpuSeconds: number;
}

export interface RoundSettings {
  readonly rounds: number;
  /** Warm-up ends when two loads differ by less than this share, or after `maxWarmUps`. */
  readonly stableWithin: number;
  readonly minWarmUps: number;
  readonly maxWarmUps: number;
}

const MAX_ATTEMPTS = 5;

export type RunLoad = (subject: Subject, round: number) => Promise<LoadResult>;

export async function alternate(
  subjects: readonly Subject[],
  settings: RoundSettings,
  run: RunLoad,
  log: (line: string) => void,
): Promise<Map<SubjectName, Round[]>> {
  const rounds = new Map<SubjectName, Round[]>(subjects.map(({ name }) => [name, []]));
  for (const subject of subjects) subject.freeze();
  try {
    for (const subject of subjects) {
      await subject.thaw();
      await warmUp(subject, settings, run, log);
      subject.freeze();
    }
    for (let round = 0; round < settings.rounds; round++) {
      for (const subject of round % 2 === 0 ? subjects : [...subjects].reverse()) {
        await subject.thaw();
        const { result, cpuSeconds } = await withoutRefusals(subject, () => run(subject, round), log);
        subject.freeze();
        rounds.get(subject.name)?.push({ load: result, brokerCpuSeconds: cpuSeconds });
        log(`  round ${round + 1} ${subject.name}: ${describe(result, cpuSeconds)}`);
      }
    }
  } finally {
    for (const subject of subjects) await subject.thaw();
  }
  return rounds;
}

/** 4.4.0 refuses sends that waited for 200 ms, which a busy machine brings about: such a round is run again. */
async function withoutRefusals(
  subject: Subject,
  run: () => Promise<LoadResult>,
  log: (line: string) => void,
) {
  for (let attempt = 1; ; attempt++) {
    const measured = await subject.measure(run);
    const { errors } = measured.result;
    if (errors === 0) return measured;
    if (attempt === MAX_ATTEMPTS) throw new Error(`${subject.name}: ${errors} answers were no success`);
    log(`  ${subject.name}: ${errors} answers were no success, the round is run again`);
  }
}

async function warmUp(
  subject: Subject,
  settings: RoundSettings,
  run: RunLoad,
  log: (line: string) => void,
): Promise<void> {
  let last = 0;
  for (let i = 0; i < settings.maxWarmUps; i++) {
    const { result, cpuSeconds } = await subject.measure(() => run(subject, -1));
    const cpuPerMessage = cpuSeconds / result.count;
    log(`  warm-up ${i + 1} ${subject.name}: ${describe(result, cpuSeconds)}`);
    if (i + 1 >= settings.minWarmUps && Math.abs(cpuPerMessage / last - 1) < settings.stableWithin) return;
    last = cpuPerMessage;
  }
}

function describe(load: LoadResult, cpuSeconds: number): string {
  const perMessage = ((cpuSeconds * 1e6) / load.count).toFixed(2);
  const generator = ((load.generatorCpuSeconds * 1e6) / load.count).toFixed(2);
  const latency = load.latencyUs ? `, p50 ${load.latencyUs.p50} µs, p99 ${load.latencyUs.p99} µs` : '';
  const rate = Math.round(load.count / load.seconds);
  return `${load.count} messages, ${rate}/s, broker ${perMessage} µs, generator ${generator} µs${latency}`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
