/** Sends by the lean generator, drain of a backlog, end to end, and sends by the official client, on one pair of brokers. */
import { JavaClientLoad } from '../load/java-client-load.ts';
import { type LoadResult, QUEUES } from '../load/load-request.ts';
import { MessageCount } from '../message-count.ts';
import { measureOf } from '../results.ts';
import { alternate, type Round } from '../rounds.ts';
import type { MeasuredRow, RowPlan, Scenario, ScenarioContext } from '../scenario.ts';
import { type Subject, type SubjectName, startBoth } from '../subject.ts';

interface SendPlan {
  readonly connections: number;
  readonly inFlight: number;
  readonly bodyBytes: number;
  readonly count: number;
}

const SENDS: readonly SendPlan[] = [
  { connections: 1, inFlight: 64, bodyBytes: 128, count: 200_000 },
  { connections: 1, inFlight: 16, bodyBytes: 128, count: 150_000 },
  { connections: 1, inFlight: 1, bodyBytes: 128, count: 40_000 },
  { connections: 64, inFlight: 1, bodyBytes: 128, count: 120_000 },
  { connections: 1, inFlight: 64, bodyBytes: 1024, count: 120_000 },
  { connections: 1, inFlight: 16, bodyBytes: 1024, count: 100_000 },
  { connections: 1, inFlight: 1, bodyBytes: 1024, count: 40_000 },
  { connections: 64, inFlight: 1, bodyBytes: 1024, count: 100_000 },
];
const BACKLOG = 400_000;
const CLIENT_THREADS = 64;
const CLIENT_COUNT = 100_000;
const END_TO_END_SECONDS = 10;
const MAX_SECONDS = 60;

function sendId({ connections, inFlight, bodyBytes }: SendPlan): string {
  return `send-${bodyBytes}-${connections > 1 ? `${connections}-connections` : inFlight}`;
}

function sendTitle({ connections, inFlight, bodyBytes }: SendPlan): string {
  const size = bodyBytes === 1024 ? '1 KiB' : `${bodyBytes} B`;
  const how = connections > 1 ? `${connections} connections, 1 in flight each` : `${inFlight} in flight`;
  return `send ${size}, ${how}`;
}

const CLIENT: RowPlan = {
  id: 'client-128',
  table: 'loads',
  title: 'send 128 B, official client, 64 threads',
};
const DRAIN: RowPlan = { id: 'drain-128', table: 'loads', title: 'drain of a backlog, 128 B' };
const END_TO_END: RowPlan = { id: 'end-to-end', table: 'end-to-end', title: '1,000 messages/s, 128 B' };

type Measured = Map<SubjectName, Round[]>;

export const loads: Scenario = {
  name: 'loads',
  rows: [
    ...SENDS.map((plan): RowPlan => ({ id: sendId(plan), table: 'loads', title: sendTitle(plan) })),
    CLIENT,
    DRAIN,
    END_TO_END,
  ],
  async run(context, wanted) {
    const subjects = await startBoth();
    const counted = new MessageCount();
    const rows: MeasuredRow[] = [];
    const add = async (plan: RowPlan, measure: () => Promise<Measured>) => {
      if (!wanted.has(plan.id)) return;
      context.log(plan.title);
      const measured = await measure();
      const of = (name: SubjectName) => measureOf(measured.get(name) as Round[]);
      rows.push({ ...plan, measures: { ours: of('ours'), java: of('java') } });
      await counted.check();
    };
    try {
      for (const plan of SENDS)
        await add({ id: sendId(plan), table: 'loads', title: sendTitle(plan) }, () =>
          sends(context, subjects, counted, plan),
        );
      await add(CLIENT, () => clientSends(context, subjects, counted));
      await add(DRAIN, () => drain(context, subjects, counted));
      await add(END_TO_END, () => endToEnd(context, subjects, counted));
    } finally {
      for (const subject of subjects) await subject.stop();
    }
    return rows;
  },
};

function sends(
  context: ScenarioContext,
  subjects: readonly Subject[],
  counted: MessageCount,
  plan: SendPlan,
): Promise<Measured> {
  const topic = `Bench-${sendId(plan)}`;
  const run = (subject: Subject) => send(context, subject, counted, topic, plan);
  return alternate(subjects, context.settings, run, context.log);
}

async function send(
  context: ScenarioContext,
  subject: Subject,
  counted: MessageCount,
  topic: string,
  plan: SendPlan,
): Promise<LoadResult> {
  const result = await context.generator.run({
    ...plan,
    kind: 'send',
    port: subject.port,
    topic,
    count: Math.ceil(plan.count * context.scale),
    maxSeconds: MAX_SECONDS,
  });
  counted.add(subject, topic, result.count);
  return result;
}

async function clientSends(
  context: ScenarioContext,
  subjects: readonly Subject[],
  counted: MessageCount,
): Promise<Measured> {
  const topic = 'Bench-client';
  const clients = new Map<Subject, JavaClientLoad>();
  try {
    for (const subject of subjects)
      clients.set(subject, await JavaClientLoad.start(subject.namesrvAddr, topic, CLIENT_THREADS));
    const run = async (subject: Subject) => {
      const client = clients.get(subject) as JavaClientLoad;
      const result = await client.run(Math.ceil(CLIENT_COUNT * context.scale), 128);
      counted.add(subject, topic, result.count);
      return result;
    };
    // the client's virtual machine has to warm up as well
    const settings = { ...context.settings, minWarmUps: Math.min(3, context.settings.maxWarmUps) };
    return await alternate(subjects, settings, run, context.log);
  } finally {
    for (const client of clients.values()) await client.stop();
  }
}

async function drain(
  context: ScenarioContext,
  subjects: readonly Subject[],
  counted: MessageCount,
): Promise<Measured> {
  const topic = 'Bench-drain';
  const plan = { connections: 1, inFlight: 64, bodyBytes: 128, count: BACKLOG };
  const backlogs = new Map<Subject, number>();
  for (const subject of subjects)
    backlogs.set(subject, (await send(context, subject, counted, topic, plan)).count);
  const run = async (subject: Subject) => {
    const result = await context.generator.run({ kind: 'drain', port: subject.port, topic });
    const backlog = backlogs.get(subject);
    if (result.count !== backlog) throw new Error(`${subject.name}: ${result.count} of ${backlog} drained`);
    return result;
  };
  return alternate(subjects, context.settings, run, context.log);
}

async function endToEnd(
  context: ScenarioContext,
  subjects: readonly Subject[],
  counted: MessageCount,
): Promise<Measured> {
  const topic = 'Bench-end-to-end';
  const first = { connections: 1, inFlight: 1, bodyBytes: 128, count: QUEUES / context.scale };
  for (const subject of subjects) await send(context, subject, counted, topic, first); // makes the topic
  const seconds = Math.max(2, END_TO_END_SECONDS * context.scale);
  const request = { kind: 'endToEnd', topic, ratePerSecond: 1000, seconds, bodyBytes: 128 } as const;
  const run = async (subject: Subject) => {
    const result = await context.generator.run({ ...request, port: subject.port });
    counted.add(subject, topic, result.count);
    if (result.count !== seconds * 1000) throw new Error(`${subject.name}: ${result.count} messages arrived`);
    return result;
  };
  return alternate(subjects, { ...context.settings, maxWarmUps: 2 }, run, context.log);
}
