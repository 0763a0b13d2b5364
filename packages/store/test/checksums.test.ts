/** Checksums beside the log: missing, damaged or outdated ones cost cover, never a message. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock, type SimFileSystem } from '@rocketmq-ts/platform/sim';
import { type MessageStore, OfflineStore, type VerifyResult, verifyStore } from '@rocketmq-ts/store';
import { openSim, type SimProcess, simProcess } from './sim-store.ts';
import { put, readAll } from './store-fixture.ts';

const LOG_FILE = '/store/commitlog/00000000000000000000';
const CHECKSUMS = '/store/rocketmq-ts/checksums/00000000000000000000';
const OPTIONS = { messageIndexEnable: false };

/** A store that has got these messages and was stopped. */
async function stopped(bodies: readonly string[]): Promise<{ process: SimProcess; offsets: number[] }> {
  const process = simProcess({ clock: new SimClock() });
  const store = await openSim(process, OPTIONS);
  store.start();
  const offsets: number[] = [];
  for (const body of bodies) {
    offsets.push(put(store, { body, tags: 'T' }).physicalOffset);
    await process.clock.advance(5);
  }
  await process.clock.run(store.shutdown());
  return { process, offsets };
}

async function reopened(
  fs: SimFileSystem,
  clock: SimClock,
): Promise<{ store: MessageStore; bodies: string[] }> {
  const process = simProcess({ clock, fs });
  const store = await openSim(process, OPTIONS);
  return { store, bodies: await clock.run(readAll(store)) };
}

async function verified(process: SimProcess): Promise<VerifyResult> {
  const store = new OfflineStore(process.platform, { folder: '/store' });
  return process.clock.run(verifyStore(store)).finally(() => store.close());
}

const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index}`);

test('without its checksums a store is whole, and new records are covered', async () => {
  const { process } = await stopped(named('old', 50));
  process.fs.removeTreeSync('/store/rocketmq-ts/checksums');
  const { store, bodies } = await reopened(process.fs, process.clock);
  assert.deepEqual(bodies, named('old', 50));
  store.start();
  for (let i = 0; i < 20; i++) put(store, { body: `new ${i}` });
  await process.clock.run(store.shutdown());
  const found = await verified(process);
  assert.ok(found.isIntact);
  assert.deepEqual([found.coveredCount, found.uncoveredCount], [20, 50]);
});

test('damaged checksums are not damage', async () => {
  const { process } = await stopped(named('old', 100));
  for (const place of [0, 5, 300, 600, 1100]) process.fs.damage(CHECKSUMS, place);
  const { store, bodies } = await reopened(process.fs, process.clock);
  assert.deepEqual(bodies, named('old', 100));
  assert.equal(store.damage.length, 0);
  await process.clock.run(store.shutdown());
  assert.ok((await verified(process)).isIntact);
});

test('where another program cut the log and went on, its records are served and covered anew', async () => {
  const own = named('same', 60);
  const theirs = [...own.slice(0, 45), ...named('their', 40)];
  const { process } = await stopped(own);
  const other = await stopped(theirs);
  const { fs } = process;
  // Java's start writes into its lock file; the rest is as it leaves it.
  await process.clock.advance(10_000);
  for (const path of ['/store/lock', LOG_FILE]) fs.writeFileSync(path, other.process.fs.readFileSync(path));
  for (const folder of ['consumequeue', 'index']) fs.removeTreeSync(`/store/${folder}`);
  assert.deepEqual((await verified(process)).damage, [], 'nor does verify take them for damaged');
  const { store, bodies } = await reopened(fs, process.clock);
  assert.deepEqual(bodies, theirs);
  assert.equal(store.damage.length, 0);
  await process.clock.run(store.shutdown());
  const found = await verified(process);
  assert.deepEqual([found.coveredCount, found.uncoveredCount], [theirs.length, 0]);
  // And what is damaged from now on is noticed, in its part and in ours.
  fs.damage(LOG_FILE, (other.offsets[20] as number) + 45);
  fs.damage(LOG_FILE, (other.offsets[50] as number) + 45);
  const damaged = await verified(process);
  assert.deepEqual(
    damaged.damage.map(({ offset }) => offset),
    [20, 50].map((index) => other.offsets[index]),
  );
});

test('a record that is read from disk long after is still checked, whatever else is read', async () => {
  const process = simProcess({ clock: new SimClock() });
  const options = {
    ...OPTIONS,
    mapedFileSizeCommitLog: 2 ** 22,
    memoryWindowBytes: 65_536,
    coldCacheBytes: 65_536,
  };
  const store = await openSim(process, options);
  store.start();
  const offsets: number[] = [];
  for (let i = 0; i < 9000; i++) {
    offsets.push(put(store, { body: `message ${i}`, queueId: i % 3 }).physicalOffset);
    if (i % 64 === 0) await process.clock.advance(30);
  }
  await process.clock.advance(2000);
  const broken = [10, 2700, 2701, 5500, 8001];
  for (const index of broken) process.fs.damage(LOG_FILE, (offsets[index] as number) + 52);
  for (const queueId of [2, 0, 1]) {
    const bodies = await process.clock.run(readAll(store, 'TestTopic', queueId));
    const expected = offsets.map((_, i) => i).filter((i) => i % 3 === queueId && !broken.includes(i));
    assert.deepEqual(
      bodies,
      expected.map((i) => `message ${i}`),
    );
  }
  assert.deepEqual(
    store.damage.map(({ offset }) => offset).sort((a, b) => a - b),
    broken.map((index) => offsets[index]),
  );
  assert.equal(await process.clock.run(store.messageByOffset(offsets[5500] as number)), undefined);
  await process.clock.run(store.shutdown());
});

test('a disk that refuses checksums costs cover, and no message', async () => {
  const process = simProcess({ clock: new SimClock() });
  const store = await openSim(process, OPTIONS);
  store.start();
  process.fs.onOperation = ({ kind, path }) =>
    kind === 'write' && path.includes('/checksums/') ? { code: 'ENOSPC' } : undefined;
  for (let i = 0; i < 50; i++) put(store, { body: `early ${i}` });
  await process.clock.advance(3000);
  process.fs.onOperation = undefined;
  for (let i = 0; i < 50; i++) put(store, { body: `late ${i}` });
  await process.clock.advance(3000);
  await process.clock.run(store.shutdown());
  const found = await verified(process);
  assert.ok(found.isIntact);
  assert.deepEqual([found.coveredCount, found.uncoveredCount], [50, 50]);
});
