/**
 * What a failed sync has left in the page cache only is written again by the next start, whenever the process was killed:
 * a sync of it that says nothing would otherwise be believed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimFileSystem } from '@rocketmq-ts/platform/sim';
import type { MessageStore, StoreOptionsInput } from '@rocketmq-ts/store';
import { openSim, Sender, type SimProcess, simProcess } from './sim-store.ts';
import { readAll } from './store-fixture.ts';

const isLog = (path: string): boolean => path.includes('/commitlog/');

function bodies(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `message ${i}`);
}

async function runNext(
  before: SimProcess,
  fs: SimFileSystem,
  options: Partial<StoreOptionsInput> = {},
): Promise<{ process: SimProcess; store: MessageStore }> {
  const process = simProcess({ clock: before.clock, fs });
  const store = await openSim(process, options);
  store.start();
  return { process, store };
}

/** What is left of 20 messages after a sync that fails, a kill before anything else is done, a start, and a power cut. */
async function leftAfterFailedSync(options: Partial<StoreOptionsInput> = {}): Promise<string[]> {
  const process = simProcess();
  const store = await openSim(process, options);
  store.start();
  const sender = new Sender(store, false, () => true);
  for (let i = 0; i < 10; i++) sender.send({ body: `message ${i}` });
  await process.clock.advance(20_000);
  for (let i = 10; i < 20; i++) sender.send({ body: `message ${i}` });
  let failed = false;
  process.fs.onOperation = ({ kind, path }) => {
    if (failed) return { crash: 'before' };
    failed = kind === 'datasync' && isLog(path);
    return failed ? { code: 'EIO' } : undefined;
  };
  await process.clock.advance(20_000);
  assert.ok(failed);
  assert.equal(sender.acknowledged.length, 20);
  const next = await runNext(process, process.fs.crash(), options);
  await next.process.clock.advance(20_000);
  const last = await runNext(process, next.process.fs.crash({ powerSeed: 1 }), options);
  const found = await last.process.clock.run(readAll(last.store));
  await last.process.clock.run(last.store.shutdown());
  return found;
}

test('a kill in the instant of a failed sync: the next start writes again what the sync has left out', async () => {
  assert.deepEqual(await leftAfterFailedSync(), bodies(20));
  for (const plantedBugs of [{ trustPageCache: true }, { markSyncEarly: true }])
    assert.deepEqual(await leftAfterFailedSync({ plantedBugs }), bodies(10), 'the planted bug is found');
});

test('zeros put over a turn that was taken back are written again, where a failed sync has left them out', async () => {
  const process = simProcess();
  const options = { flushCommitLogLeastPages: 0, zeroAheadBytes: 0 };
  const store = await openSim(process, options);
  store.start();
  const sender = new Sender(store, false, () => true);
  sender.send({ body: 'message 0' });
  await process.clock.advance(1);
  let writes = 0;
  let failed = false;
  process.fs.onOperation = ({ kind, path }) => {
    if (kind !== 'write' || !isLog(path)) return undefined;
    return ++writes === 1 ? { shortBytes: 1000 } : { code: 'ENOSPC' };
  };
  for (let i = 0; i < 20; i++) sender.send({ body: `taken back ${i}` });
  await process.clock.advance(1);
  process.fs.onOperation = undefined;
  assert.equal(sender.dropped.length, 20);
  // The sync of the first message puts the beginning of the others on the disk; zeros follow within a second.
  await process.clock.advance(5000);
  assert.equal(store.refusal(), undefined);
  sender.send({ body: 'message 1' });
  process.fs.onOperation = ({ kind, path }) => {
    if (failed) return { crash: 'before' };
    failed = kind === 'datasync' && isLog(path);
    return failed ? { code: 'EIO' } : undefined;
  };
  await process.clock.advance(5000);
  assert.ok(failed);
  const next = await runNext(process, process.fs.crash(), options);
  new Sender(next.store, false, () => true).send({ body: 'message 2' });
  await next.process.clock.advance(5000);
  const last = await runNext(process, next.process.fs.crash({ powerSeed: 1 }), options);
  assert.equal(last.store.recovery.tornBytes, 0);
  assert.deepEqual(last.store.damage, []);
  assert.deepEqual(await last.process.clock.run(readAll(last.store)), bodies(3));
  await last.process.clock.run(last.store.shutdown());
});

test('only what was not synced is written again, and nothing after a clean stop', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  const sender = new Sender(store, false, () => true);
  for (let i = 0; i < 30; i++) sender.send({ body: `message ${i}` });
  await process.clock.advance(20_000);
  const synced = sender.acknowledged.length;
  sender.send({ body: 'message 30' });
  await process.clock.advance(10);
  const [first] = sender.acknowledged.slice(synced);
  const rewritten = async (
    fs: SimFileSystem,
  ): Promise<{ from: number[]; bytes: number; fs: SimFileSystem }> => {
    const from: number[] = [];
    let bytes = 0;
    fs.onOperation = ({ kind, path, position, length }) => {
      if (kind === 'write' && isLog(path)) {
        from.push(position);
        bytes += length;
      }
      return undefined;
    };
    const next = simProcess({ clock: process.clock, fs });
    const opened = await openSim(next);
    fs.onOperation = undefined;
    await next.clock.run(opened.shutdown());
    return { from, bytes, fs };
  };
  const { from, bytes, fs } = await rewritten(process.fs.crash());
  assert.deepEqual(from, [first?.physicalOffset]);
  assert.ok(bytes > 0 && bytes < 300, `${bytes} bytes`);
  assert.deepEqual((await rewritten(fs)).from, []);
});
