/** Sends with flushDiskType=SYNC_FLUSH: an answer means that the message is on the disk. */
import type { LoadResult } from '../load/load-request.ts';
import { MessageCount } from '../message-count.ts';
import { measureOf } from '../results.ts';
import { alternate, type Round } from '../rounds.ts';
import type { MeasuredRow, RowPlan, Scenario, ScenarioContext } from '../scenario.ts';
import { type Config, type Subject, type SubjectName, startBoth } from '../subject.ts';

interface SyncPlan extends RowPlan {
  readonly connections: number;
  readonly inFlight: number;
  readonly config: Config;
}

/** One thread writes at a time in Java unless it is told otherwise; told so, its group commit has a group. */
const TUNED: Config = { sendMessageThreadPoolNums: 64, useReentrantLockWhenPutMessage: true };
const SYNC: Config = { flushDiskType: 'SYNC_FLUSH' };
const MAX_SECONDS = 6;
const COUNT = 300_000;

const plans: readonly SyncPlan[] = [
  {
    id: 'sync-flush-64',
    table: 'loads',
    title: 'SYNC_FLUSH, 128 B, 64 in flight',
    connections: 1,
    inFlight: 64,
    config: SYNC,
  },
  {
    id: 'sync-flush-64-connections',
    table: 'loads',
    title: 'SYNC_FLUSH, 128 B, 64 connections, 1 in flight each',
    connections: 64,
    inFlight: 1,
    config: SYNC,
  },
  {
    id: 'sync-flush-64-tuned',
    table: 'loads',
    title: 'SYNC_FLUSH, 128 B, 64 in flight, Java with 64 send threads',
    connections: 1,
    inFlight: 64,
    config: { ...SYNC, ...TUNED },
  },
];

export const syncFlush: Scenario = {
  name: 'sync-flush',
  rows: plans.map(({ id, table, title }) => ({ id, table, title })),
  async run(context, wanted) {
    const rows: MeasuredRow[] = [];
    for (const plan of plans.filter(({ id }) => wanted.has(id))) {
      context.log(plan.title);
      const measured = await measure(context, plan);
      const of = (name: SubjectName) => measureOf(measured.get(name) as Round[]);
      const { id, table, title } = plan;
      rows.push({ id, table, title, measures: { ours: of('ours'), java: of('java') } });
    }
    return rows;
  },
};

async function measure(context: ScenarioContext, plan: SyncPlan): Promise<Map<SubjectName, Round[]>> {
  const subjects = await startBoth(plan.config);
  const counted = new MessageCount();
  const topic = 'Bench-sync-flush';
  const { connections, inFlight } = plan;
  const run = async (subject: Subject): Promise<LoadResult> => {
    const result = await context.generator.run({
      kind: 'send',
      port: subject.port,
      topic,
      connections,
      inFlight,
      count: COUNT,
      maxSeconds: MAX_SECONDS * Math.max(0.2, context.scale),
      bodyBytes: 128,
    });
    counted.add(subject, topic, result.count);
    return result;
  };
  try {
    const rounds = await alternate(subjects, { ...context.settings, maxWarmUps: 2 }, run, context.log);
    await counted.check();
    return rounds;
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}
