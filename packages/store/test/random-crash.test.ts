/**
 * Some hundred lives of a store from seeds (random-life.ts), in both flush modes; `npm run soak store-crash` runs thousands.
 *
 *     STORE_SEEDS=1000 STORE_FIRST_SEED=1 node --test packages/store/dist/test/random-crash.test.js
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoreOptionsInput } from '@rocketmq-ts/store';
import { type LifeReport, liveFromSeed } from './random-life.ts';
import { openSim, Sender, simProcess } from './sim-store.ts';
import { readAll } from './store-fixture.ts';

const SEEDS = Number(process.env.STORE_SEEDS ?? 120);
const FIRST_SEED = Number(process.env.STORE_FIRST_SEED ?? 1);

test(`${SEEDS} lives from seed ${FIRST_SEED} on`, async () => {
  const reports: LifeReport[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      reports.push(await liveFromSeed(seed));
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  if (SEEDS < 100) return;
  for (const mode of ['SYNC_FLUSH', 'ASYNC_FLUSH']) {
    const ofMode = reports.filter((report) => report.mode === mode);
    const sum = (name: Exclude<keyof LifeReport, 'mode'>): number =>
      ofMode.reduce((total, report) => total + report[name], 0);
    assert.ok(ofMode.length > SEEDS / 4, `${ofMode.length} seeds with ${mode}`);
    for (const name of ['acknowledged', 'kills', 'powerCuts', 'failedSyncs'] as const)
      assert.ok(sum(name) > 0, `${mode}: ${name}`);
    // The window is not empty, or losing more than it would go unnoticed.
    assert.equal(sum('lostInWindow') > 0, mode === 'ASYNC_FLUSH', `${mode}: ${sum('lostInWindow')} lost`);
  }
});

/** With the seed to begin at: near one that finds it, to be quick. */
for (const [name, first, plantedBugs] of [
  ['acknowledging before the sync', 1, { acknowledgeBeforeSync: true }],
  ['going on after a failed sync', 40, { ignoreFailedSync: true }],
  ['believing the system after a kill', 510, { trustPageCache: true }],
  ['a skipped replay', 1, { skipReplay: true }],
  ['marks moved before the queues are durable', 1, { markBeforeSync: true }],
  ['a torn tail left behind the end', 120, { keepTornTail: true }],
  ['names of files not made durable', 1, { forgetFolderSync: true }],
] satisfies [string, number, StoreOptionsInput['plantedBugs']][]) {
  test(`a planted bug is found within 400 seeds: ${name}`, async () => {
    for (let seed = first; seed < first + 400; seed++) {
      const found = await liveFromSeed(seed, plantedBugs).then(
        () => false,
        () => true,
      );
      if (found) return;
    }
    assert.fail('no seed has found it');
  });
}

/** Messages lost after a queue file's sync failed, a checkpoint succeeded, and the power went. */
async function lostAfterFailedQueueSync(plantedBugs: StoreOptionsInput['plantedBugs']): Promise<number> {
  const process = simProcess();
  const store = await openSim(process, { flushDiskType: 'SYNC_FLUSH', plantedBugs });
  store.start();
  const sender = new Sender(store, true, () => true);
  for (let i = 0; i < 20; i++) sender.send({ body: `message ${i}` });
  await process.clock.advance(50);
  process.fs.onOperation = ({ kind, path }) =>
    kind === 'datasync' && path.includes('/consumequeue/') ? { code: 'EIO' } : undefined;
  await assert.rejects(process.clock.run(store.checkpoint()));
  process.fs.onOperation = undefined;
  await process.clock.run(store.checkpoint().catch(() => {}));
  const fs = process.fs.crash({ powerSeed: 1 });
  const next = simProcess({ clock: process.clock, fs });
  const left = await openSim(next);
  const found = (await process.clock.run(readAll(left))).length;
  await process.clock.run(left.shutdown());
  assert.equal(sender.acknowledged.length, 20);
  return 20 - found;
}

test('a queue file whose sync has failed is not believed after a second one', async () => {
  assert.equal(await lostAfterFailedQueueSync({}), 0);
  assert.ok((await lostAfterFailedQueueSync({ retryQueueSync: true })) > 0, 'the planted bug is found');
});
