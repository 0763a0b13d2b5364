/**
 * Seeds of a whole cluster: what producers were told is there, in order, once, and consumed. As many seeds as fit into some
 * seconds on an idle machine; `npm run soak simulate` runs thousands.
 *
 *     SIMULATION_SEEDS=1000 SIMULATION_FIRST_SEED=1 node --test simulation/dist/test/seeds.test.js
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeed } from '../src/run-seed.ts';
import { scenarioOf } from '../src/scenario.ts';

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

test(`${SEEDS} seeds from ${FIRST_SEED} on: nothing acknowledged is lost`, async (t) => {
  let acknowledged = 0;
  let delivered = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const result = await runSeed(seed);
    acknowledged += result.acknowledged;
    delivered += result.delivered;
    const replay = `replay: npm run build && node simulation/dist/src/main.js ${seed}`;
    assert.deepEqual(result.violations, [], `seed ${seed}; ${replay}`);
  }
  t.diagnostic(`${acknowledged} messages acknowledged, ${delivered} deliveries`);
});
