/** What the store does when the disk refuses, fails, is full or slow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimOperation } from '@rocketmq-ts/platform/sim';
import { StoreErrorCode } from '@rocketmq-ts/store';
import { openSim, Sender, simProcess } from './sim-store.ts';
import { readAll } from './store-fixture.ts';

const isLog = (operation: SimOperation): boolean => operation.path.includes('/commitlog/');

test('a failed sync is final: told once, nothing acknowledged after it, appends refused', async () => {
  const process = simProcess();
  const store = await openSim(process, { flushDiskType: 'SYNC_FLUSH' });
  store.start();
  const sender = new Sender(store, true, () => true);
  sender.send({ body: 'before' });
  await process.clock.advance(10);
  assert.equal(sender.acknowledged.length, 1);
  process.fs.onOperation = (operation) =>
    operation.kind === 'datasync' && isLog(operation) ? { code: 'EIO' } : undefined;
  sender.send({ body: 'lost' });
  await process.clock.advance(10);
  process.fs.onOperation = undefined;
  assert.equal(sender.failure?.code, StoreErrorCode.STORE_SYNC_FAILED);
  assert.equal(sender.acknowledged.length, 1);
  assert.equal(sender.send({ body: 'refused' }), false);
  assert.equal(store.refusal()?.code, StoreErrorCode.STORE_SYNC_FAILED);
  await process.clock.advance(60_000);
  assert.equal(sender.acknowledged.length, 1);
  assert.equal(store.maxOffset('TestTopic', 0), 1, 'what is not durable stays invisible');
  await process.clock.run(store.shutdown());
  assert.ok(process.fs.existsSync('/store/abort'), 'the next start must recover');
});

test('a failed sync is final under ASYNC_FLUSH too', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  const sender = new Sender(store, false, () => true);
  process.fs.onOperation = (operation) =>
    operation.kind === 'datasync' && isLog(operation) ? { code: 'EIO' } : undefined;
  sender.send({ body: 'written' });
  await process.clock.advance(15_000);
  assert.equal(sender.acknowledged.length, 1, 'handed to the operating system before the sync was due');
  assert.equal(sender.failure?.code, StoreErrorCode.STORE_SYNC_FAILED);
  assert.equal(sender.send({ body: 'refused' }), false);
  await process.clock.run(store.shutdown());
});

test('a failed sync of the folder for the next log file is final too', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  const sender = new Sender(store, false, () => true);
  let failed = false;
  process.fs.onOperation = (operation) => {
    if (failed || operation.kind !== 'syncFolder' || !operation.path.endsWith('/commitlog')) return undefined;
    failed = true;
    return { code: 'EIO' };
  };
  for (let i = 0; i < 400 && sender.failure === undefined; i++) {
    sender.send({ body: 'x'.repeat(500) });
    await process.clock.advance(1);
  }
  assert.equal(sender.failure?.code, StoreErrorCode.STORE_SYNC_FAILED);
  const told = sender.acknowledged.length;
  assert.ok(told > 0);
  await process.clock.advance(5_000);
  assert.equal(sender.send({ body: 'refused' }), false);
  assert.equal(sender.acknowledged.length, told);
  await process.clock.run(store.shutdown());
  assert.ok(process.fs.existsSync('/store/abort'), 'the next start must recover');
});

test('a failed write is not acknowledged; the store accepts again once the disk does', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  const sender = new Sender(store, false, () => true);
  sender.send({ body: 'first' });
  await process.clock.advance(10);
  process.fs.onOperation = (operation) =>
    operation.kind === 'write' && isLog(operation) ? { code: 'EIO' } : undefined;
  sender.send({ body: 'lost one' });
  sender.send({ body: 'lost two', queueId: 1 });
  await process.clock.advance(10);
  assert.deepEqual(sender.dropped, ['lost one', 'lost two']);
  assert.equal(store.refusal()?.code, StoreErrorCode.STORE_WRITE_FAILED);
  assert.equal(store.refusal()?.retriable, true);
  assert.equal(sender.send({ body: 'refused' }), false);
  process.fs.onOperation = undefined;
  await process.clock.advance(1500);
  assert.equal(store.refusal(), undefined);
  sender.send({ body: 'second' });
  await process.clock.advance(10);
  assert.deepEqual(
    sender.acknowledged.map((message) => `${message.queueOffset} ${message.body}`),
    ['0 first', '1 second'],
  );
  await process.clock.run(store.shutdown());
  const again = await openSim(simProcess({ clock: process.clock, fs: process.fs }));
  assert.equal(again.damage.length, 0);
  assert.deepEqual(await process.clock.run(readAll(again)), ['first', 'second']);
  await process.clock.run(again.shutdown());
});

test('half a turn that reached the file before the write failed does not come back', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  const sender = new Sender(store, false, () => true);
  sender.send({ body: 'first' });
  await process.clock.advance(10);
  let writes = 0;
  process.fs.onOperation = (operation) => {
    if (operation.kind !== 'write' || !isLog(operation)) return undefined;
    return ++writes === 1 ? { shortBytes: 1000 } : { code: 'ENOSPC' };
  };
  for (let i = 0; i < 20; i++) sender.send({ body: `lost ${i}` });
  await process.clock.advance(10);
  assert.equal(store.refusal()?.code, StoreErrorCode.STORE_DISK_FULL);
  assert.equal(sender.dropped.length, 20);
  process.fs.onOperation = undefined;
  await process.clock.advance(1500);
  sender.send({ body: 'a second one, of another length' });
  await process.clock.advance(10);
  const left = process.fs.crash();
  const again = await openSim(simProcess({ clock: process.clock, fs: left }));
  assert.deepEqual(await process.clock.run(readAll(again)), ['first', 'a second one, of another length']);
  assert.equal(again.damage.length, 0);
  await process.clock.run(again.shutdown());
});

test('a full disk refuses with a clear error before anything is accepted, and recovers', async () => {
  const process = simProcess();
  const store = await openSim(process, { diskSpaceWarningLevelRatio: 2 });
  store.start();
  process.fs.capacityBytes = process.fs.usedBytes() + 100 * 1024;
  const sender = new Sender(store, false, () => true);
  let sent = 0;
  for (let i = 0; i < 400; i++) {
    if (sender.send({ body: 'x'.repeat(500) })) sent++;
    await process.clock.advance(10);
  }
  assert.ok(sent > 50 && sender.refused > 0, `${sent} sent, ${sender.refused} refused`);
  assert.equal(store.refusal()?.code, StoreErrorCode.STORE_DISK_FULL);
  assert.match(store.refusal()?.message ?? '', /No space left/);
  assert.equal(sender.acknowledged.length + sender.dropped.length, sent);
  assert.equal((await process.clock.run(readAll(store))).length, sender.acknowledged.length);
  process.fs.capacityBytes = Infinity;
  await process.clock.advance(2500);
  assert.equal(store.refusal(), undefined);
  assert.ok(sender.send({ body: 'again' }));
  await process.clock.advance(10);
  await process.clock.run(store.shutdown());
  assert.ok(!process.fs.existsSync('/store/abort'));
});

test('short writes are continued', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  process.fs.onOperation = (operation) =>
    operation.kind === 'write' || operation.kind === 'read'
      ? { shortBytes: 1 + (operation.number % 97) }
      : undefined;
  const sender = new Sender(store, false, () => true);
  for (let i = 0; i < 50; i++) sender.send({ body: `message ${i}` });
  await process.clock.advance(3000);
  await process.clock.run(store.shutdown());
  const again = await openSim(simProcess({ clock: process.clock, fs: process.fs }));
  assert.equal((await process.clock.run(readAll(again))).length, 50);
  await process.clock.run(again.shutdown());
});

test('slow syncs: one at a time, what comes meanwhile joins the next, in order', async () => {
  let underWay = 0;
  let most = 0;
  const process = simProcess({ latencyMs: (operation) => (operation.kind === 'datasync' ? 30 : 0) });
  const store = await openSim(process, { flushDiskType: 'SYNC_FLUSH' });
  store.start();
  process.fs.onOperation = (operation) => {
    if (operation.kind === 'datasync' && isLog(operation)) {
      underWay++;
      most = Math.max(most, underWay);
      process.clock.setTimeout(() => underWay--, 29);
    }
    return undefined;
  };
  const sender = new Sender(store, true, () => true);
  const before = store.counters().syncCount;
  for (let i = 0; i < 100; i++) {
    sender.send({ body: `message ${i}` });
    const seen = store.maxOffset('TestTopic', 0);
    assert.ok(seen <= sender.acknowledged.length, 'consumers see only what is durable');
    await process.clock.advance(2);
  }
  await process.clock.advance(100);
  assert.equal(most, 1);
  assert.equal(sender.acknowledged.length, 100);
  const syncs = store.counters().syncCount - before;
  assert.ok(syncs >= 6 && syncs <= 9, `${syncs} syncs for 100 messages in 200 ms`);
  await process.clock.run(store.shutdown());
});

test('a failing queue file keeps the checkpoint back, not the messages', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  const sender = new Sender(store, false, () => true);
  process.fs.onOperation = (operation) =>
    operation.path.includes('/consumequeue/') ? { code: 'EIO' } : undefined;
  for (let i = 0; i < 300; i++) sender.send({ body: `message ${i}` });
  await process.clock.advance(130_000);
  assert.equal(sender.acknowledged.length, 300);
  assert.ok(!process.fs.existsSync('/store/checkpoint'));
  process.fs.onOperation = undefined;
  await process.clock.advance(62_000);
  assert.ok(process.fs.existsSync('/store/checkpoint'));
  await process.clock.run(store.shutdown());
  const again = await openSim(simProcess({ clock: process.clock, fs: process.fs }));
  assert.equal((await process.clock.run(readAll(again))).length, 300);
  await process.clock.run(again.shutdown());
});
