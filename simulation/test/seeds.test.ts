/**
 * Seeds of a whole cluster: what producers were told is there, in order, once, and consumed. As many seeds as fit into some
 * seconds on an idle machine; `npm run soak simulate` runs thousands.
 *
 *     SIMULATION_SEEDS=1000 SIMULATION_FIRST_SEED=1 node --test simulation/dist/test/seeds.test.js
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeed, type SeedResult } from '../src/run-seed.ts';
import { type FaultKind, type Scenario, scenarioOf } from '../src/scenario.ts';

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 150);
const FIRST_SEED = Number(process.env.SIMULATION_FIRST_SEED ?? 1);

test('a seed replays exactly', async () => {
  // With crashes, power cuts, a promotion, and without.
  for (const seed of [14, 29, 47]) {
    const first = await runSeed(seed);
    const second = await runSeed(seed);
    assert.equal(first.traceHash, second.traceHash, `seed ${seed}`);
    assert.equal(first.events, second.events);
    assert.deepEqual(first.violations, second.violations);
  }
  const hashes: string[] = [];
  for (const seed of [5, 6, 7]) hashes.push((await runSeed(seed)).traceHash);
  assert.equal(new Set(hashes).size, 3);
});

test('the seeds of a run cover every flush type, every replication, and every fault', () => {
  const scenarios = Array.from({ length: SEEDS }, (_, i) => scenarioOf(FIRST_SEED + i));
  const seen = new Set(
    scenarios.flatMap((s) => [s.flushDiskType, s.replication, ...s.faults.map(({ kind }) => kind)]),
  );
  for (const each of ['SYNC_FLUSH', 'ASYNC_FLUSH', 'none', 'async', 'sync', 'kill', 'power', 'promote'])
    assert.ok(seen.has(each as 'kill'), each);
  const faults = [
    'crash-at-operation',
    'disk-errors',
    'disk-full',
    'slow-disk',
    'partition',
    'losses',
    'clock-jump',
  ];
  for (const each of faults) assert.ok(seen.has(each as 'kill'), each);
});

/** Runs of this file, each once. */
const results = new Map<number, SeedResult>();

async function assertHolds(seed: number): Promise<SeedResult> {
  const result = results.get(seed) ?? (await runSeed(seed));
  results.set(seed, result);
  const replay = `replay: npm run build && node simulation/dist/src/main.js ${seed}`;
  assert.deepEqual(result.violations, [], `seed ${seed}; ${replay}`);
  return result;
}

const has = (scenario: Scenario, ...kinds: FaultKind[]): boolean =>
  scenario.faults.some(({ kind }) => kinds.includes(kind));
const losesPower = (scenario: Scenario): boolean =>
  scenario.faults.some(
    (fault) => fault.kind === 'power' || ('powerSeed' in fault && fault.powerSeed !== undefined),
  );
const isSync = (s: Scenario): boolean =>
  s.flushDiskType === 'SYNC_FLUSH' && s.slaveFlushDiskType === 'SYNC_FLUSH';

/** What docs/durability.md promises, each shown by seeds that bring it about. */
const PROMISES: readonly [string, (scenario: Scenario) => boolean][] = [
  ['SYNC_FLUSH: power cuts lose nothing', (s) => isSync(s) && losesPower(s)],
  ['ASYNC_FLUSH: process kills lose nothing', (s) => !isSync(s) && has(s, 'kill') && !losesPower(s)],
  [
    'ASYNC_FLUSH: power cuts lose at most the window',
    (s) => s.flushDiskType === 'ASYNC_FLUSH' && losesPower(s),
  ],
  ['SYNC_MASTER: a promoted slave has every SEND_OK', (s) => has(s, 'promote')],
  ['a disk that fails and one that is full lose nothing', (s) => has(s, 'disk-errors', 'disk-full')],
  ['a slow disk loses nothing', (s) => has(s, 'slow-disk')],
  ['partitions, resets and dead connections lose nothing', (s) => has(s, 'partition', 'resets', 'losses')],
  ['clocks that jump lose nothing', (s) => has(s, 'clock-jump')],
  ['transactions end as their producer says', (s) => s.transactionChance > 0 && s.faults.length > 0],
  ['delayed messages come', (s) => s.delayChance > 0 && s.faults.length > 0],
  ['messages to be retried come again', (s) => s.laterChance > 0 && !s.orderly && s.faults.length > 0],
  ['orderly queues are consumed in order', (s) => s.orderly && s.faults.length > 0],
  ['without faults every message comes once', (s) => s.faults.length === 0],
];
const EACH = 8;

for (const [promise, fits] of PROMISES) {
  test(promise, async () => {
    for (let seed = FIRST_SEED, count = 0; count < EACH; seed++) {
      if (!fits(scenarioOf(seed))) continue;
      await assertHolds(seed);
      count++;
    }
  });
}

test(`${SEEDS} seeds from ${FIRST_SEED} on: nothing acknowledged is lost`, async (t) => {
  let acknowledged = 0;
  let delivered = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const result = await assertHolds(seed);
    acknowledged += result.acknowledged;
    delivered += result.delivered;
  }
  t.diagnostic(`${acknowledged} messages acknowledged, ${delivered} deliveries`);
});
