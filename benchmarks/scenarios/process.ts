/** A broker process by itself: time from exec to ready, memory when idle and after a million messages. */

import { startJavaBroker, startJavaNamesrv } from '#interop/java';
import { startOurBroker, startOurNamesrv } from '#interop/ours';
import { sleep } from '#interop/pair';
import { open } from '../load/open.ts';
import type { Measure } from '../results.ts';
import { median } from '../rounds.ts';
import type { MeasuredRow, RowPlan, Scenario, ScenarioContext } from '../scenario.ts';
import { JAVA_ARGS, JAVA_SMALL_ARGS, SUBJECTS, Subject, type SubjectName } from '../subject.ts';

const STARTS = 15;
const IDLE_MS = 10_000;
const LOADED = 1_000_000;

const START: RowPlan = { id: 'start', table: 'process', title: 'from exec to ready' };
const IDLE: RowPlan = { id: 'idle', table: 'process', title: 'memory when idle (Java: 256 MB heap)' };
const MEMORY: RowPlan = {
  id: 'memory',
  table: 'process',
  title: 'memory after a million messages (Java: 1 GB heap)',
};

export const processes: Scenario = {
  name: 'process',
  rows: [START, IDLE, MEMORY],
  async run(context, wanted) {
    const rows: MeasuredRow[] = [];
    const add = async (plan: RowPlan, measure: (name: SubjectName) => Promise<Measure>) => {
      if (!wanted.has(plan.id)) return;
      context.log(plan.title);
      const measures = { ours: await measure('ours'), java: await measure('java') };
      for (const name of SUBJECTS) context.log(`  ${name}: ${JSON.stringify(measures[name])}`);
      rows.push({ ...plan, measures });
    };
    await add(START, (name) => startUp(context, name));
    await add(IDLE, async (name) => {
      const subject = await Subject.start(name, {}, JAVA_SMALL_ARGS);
      await sleep(IDLE_MS * Math.max(0.3, context.scale));
      return await memoryThenStop(subject);
    });
    await add(MEMORY, async (name) => {
      const subject = await Subject.start(name, {}, JAVA_ARGS);
      const load = { connections: 1, inFlight: 64, bodyBytes: 128, maxSeconds: 120 };
      const count = Math.ceil(LOADED * context.scale);
      await context.generator.run({
        ...load,
        kind: 'send',
        port: subject.port,
        topic: 'Bench-memory',
        count,
      });
      await sleep(1000);
      return await memoryThenStop(subject);
    });
    return rows;
  },
};

/** Ready means: `boot success` is printed and the port accepts. */
async function startUp(context: ScenarioContext, name: SubjectName): Promise<Measure> {
  const namesrv = name === 'ours' ? await startOurNamesrv() : await startJavaNamesrv();
  const start = name === 'ours' ? startOurBroker : startJavaBroker;
  const times: number[] = [];
  try {
    for (let i = 0; i < Math.ceil(STARTS * context.scale); i++) {
      const options = { namesrvAddr: namesrv.address, javaArgs: JAVA_SMALL_ARGS };
      const broker = await start({ ...options, config: { mapedFileSizeCommitLog: 1024 * 1024 * 1024 } });
      (await open(broker.port)).destroy();
      times.push(performance.now() - broker.program.startedAtMs);
      await broker.program.stop();
    }
  } finally {
    await namesrv.program.kill();
  }
  return { milliseconds: median(times) };
}

async function memoryThenStop(subject: Subject): Promise<Measure> {
  const { resident, anonymous } = subject.memoryMib();
  await subject.stop();
  return { residentMib: resident, anonymousMib: anonymous };
}
