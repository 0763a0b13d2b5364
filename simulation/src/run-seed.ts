/**
 * Runs one seed from the first boot to the verdict: the cluster starts, clients work while faults come, everything is healed,
 * consumers catch up, and the history is judged.
 *
 * Invariant: the run depends on the seed (and on what is planted) alone; `traceHash` says so.
 */
import { type Logger, silentLogger } from '@rocketmq-ts/platform';
import { TOPIC } from './clients.ts';
import { Cluster, type Overrides } from './cluster.ts';
import type { History } from './history.ts';
import { checkHistory, isCaughtUp } from './history-checker.ts';
import { type Scenario, scenarioOf } from './scenario.ts';

/** After the last fault, for consumers to catch up: brokers forget a silent client after two minutes. */
const SETTLE_LIMIT_MS = 250_000;
const LOOK_EVERY_MS = 1000;

export interface SeedResult {
  readonly seed: number;
  readonly scenario: Scenario;
  /** What must not be, in words; empty when all is well. */
  readonly violations: readonly string[];
  readonly traceHash: string;
  readonly events: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly simulatedMs: number;
  readonly history: History;
}

export interface RunOptions {
  readonly logger?: Logger;
  readonly overrides?: Overrides;
  readonly scenario?: Scenario;
}

export async function runSeed(seed: number, options: RunOptions = {}): Promise<SeedResult> {
  const scenario = options.scenario ?? scenarioOf(seed);
  const cluster = new Cluster(scenario, options.logger ?? silentLogger, options.overrides);
  const { history, clock } = cluster;
  // What a dead process leaves behind is nobody's error; what a living one does is.
  const onRejection = (error: unknown): void => {
    if (!/the simulated process is dead/.test(String((error as Error)?.message ?? error)))
      history.errors.push(`unhandled rejection: ${String((error as Error)?.stack ?? error)}`);
  };
  process.on('unhandledRejection', onRejection);
  let contents = new Map<string, Map<number, string>>();
  try {
    await start(cluster);
    await work(cluster);
    contents = await settle(cluster);
  } catch (error) {
    history.errors.push(`the run did not end: ${String((error as Error).stack)}`);
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  const violations = history.errors.length > 0 ? history.errors : checkHistory(scenario, history, contents);
  return {
    seed,
    scenario,
    violations,
    traceHash: cluster.trace.hash,
    events: cluster.trace.count,
    sent: history.sends.length,
    acknowledged: history.sends.filter((send) => send.ackedMs !== undefined).length,
    delivered: history.ended.length,
    simulatedMs: clock.monotonicMs(),
    history,
  };
}

async function start(cluster: Cluster): Promise<void> {
  const { clock, nameServers, brokers, consumers, producers } = cluster;
  for (let i = 0; i < nameServers.length; i++) cluster.startNameServer(i);
  await clock.advance(10);
  for (const broker of brokers) broker.start();
  await until(cluster, () => brokers.every((broker) => broker.isUp), 60_000, 'the brokers to start');
  cluster.history.disturbed('consumers join', 3000);
  for (const client of [...consumers, ...producers]) client.start();
}

async function work(cluster: Cluster): Promise<void> {
  const { clock, scenario } = cluster;
  const beginMs = clock.monotonicMs();
  const endMs = beginMs + scenario.activeMs;
  const faults = [...scenario.faults];
  let lookMs = beginMs;
  while (clock.monotonicMs() < endMs) {
    const now = clock.monotonicMs();
    while (faults[0] !== undefined && beginMs + faults[0].atMs <= now) cluster.apply(faults.shift()!);
    if (now >= lookMs) {
      lookMs = now + LOOK_EVERY_MS;
      void cluster.observer.lookAtOffsets(cluster.master.host.address);
    }
    const next = Math.min(endMs, lookMs, faults[0] === undefined ? endMs : beginMs + faults[0].atMs);
    await clock.advance(Math.max(1, next - now));
  }
}

/** Answers what the queues hold in the end. */
async function settle(cluster: Cluster): Promise<Map<string, Map<number, string>>> {
  const { clock, history, scenario, producers } = cluster;
  for (const producer of producers) producer.stopped = true;
  cluster.heal();
  await until(cluster, () => cluster.master.isUp, 60_000, 'the master to come back');
  await until(
    cluster,
    () => producers.every(({ isDone }) => isDone),
    60_000,
    'the producers to come to an end',
  );
  // Sends under way and transactions that are asked about come to an end.
  await clock.advance(scenario.transactionChance > 0 ? 20_000 : 4000);
  for (let waitedMs = 0, nextMs = 2000; ; waitedMs += nextMs, nextMs = Math.min(nextMs * 2, 30_000)) {
    const contents = await readQueues(cluster);
    if (isCaughtUp(scenario, history, contents) || waitedMs > SETTLE_LIMIT_MS || history.errors.length > 0) {
      // The last offsets are stored, and nothing comes twice any more.
      await clock.advance(4000);
      await clock.run(cluster.observer.lookAtOffsets(cluster.master.host.address));
      return readQueues(cluster);
    }
    await clock.advance(nextMs);
  }
}

async function readQueues(cluster: Cluster): Promise<Map<string, Map<number, string>>> {
  let last: unknown;
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      return await cluster.clock.run(cluster.observer.readQueues());
    } catch (error) {
      last = error;
      await cluster.clock.advance(3000);
    }
  }
  // A promoted slave that never met its master knows no topic: what is missing then is the checker's business.
  if (cluster.promoted && /not exist/.test(String(last))) return emptyQueues(cluster);
  throw new Error(`the queues cannot be read: ${String(last)}`, { cause: last });
}

function emptyQueues({ scenario }: Cluster): Map<string, Map<number, string>> {
  return new Map(Array.from({ length: scenario.queues }, (_, i) => [`broker-a/${TOPIC}/${i}`, new Map()]));
}

async function until(cluster: Cluster, isSo: () => boolean, limitMs: number, what: string): Promise<void> {
  const { clock } = cluster;
  const endMs = clock.monotonicMs() + limitMs;
  while (!isSo()) {
    if (clock.monotonicMs() >= endMs) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await clock.advance(20);
  }
}
