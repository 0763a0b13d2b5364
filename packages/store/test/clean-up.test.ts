/** Removing what is old: log files by age and by space, queue files after them, topics on demand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MessageStore, StoreErrorCode } from '@rocketmq-ts/store';
import { openSim, Sender, type SimProcess, simProcess } from './sim-store.ts';
import { readAll } from './store-fixture.ts';

const HOUR_MS = 3_600_000;
const LOG_BYTES = 64 * 1024;

async function fill(
  process: SimProcess,
  store: MessageStore,
  count: number,
  queueId = 0,
  topic = 'TestTopic',
): Promise<Sender> {
  const sender = new Sender(store, false, () => true);
  for (let i = 0; i < count; i++) sender.send({ body: `${topic} ${i} ${'.'.repeat(100)}`, queueId, topic });
  // Written, and synced too: only durable files are removed.
  await process.clock.advance(600);
  return sender;
}

function logFiles(process: SimProcess): string[] {
  return process.fs.readdirSync('/store/commitlog').map((name) => name.replace(/^0+(?=.)/, ''));
}

/** Moves the wall clock to the next time that it is this hour. */
function goToHour(process: SimProcess, hour: number): void {
  const date = new Date(process.clock.now());
  const ahead = (hour - date.getHours() + 24) % 24;
  process.clock.jumpWall(ahead * HOUR_MS);
}

test('old files go at the hour of deleteWhen, never the last, and queues follow', async () => {
  const process = simProcess();
  const store = await openSim(process, { deleteWhen: '04', fileReservedTime: 1 });
  store.start();
  await fill(process, store, 1500);
  goToHour(process, 12);
  process.clock.jumpWall(24 * HOUR_MS);
  const before = logFiles(process);
  assert.ok(before.length >= 5);
  await process.clock.run(store.clean());
  assert.deepEqual(logFiles(process), before, 'not at noon');
  goToHour(process, 4);
  await process.clock.run(store.clean());
  const kept = store.minPhysicalOffset;
  assert.equal(kept, Math.floor(store.maxPhysicalOffset / LOG_BYTES) * LOG_BYTES);
  const min = store.minOffset('TestTopic', 0);
  assert.ok(min > 1000 && min < 1500, `min ${min}`);
  assert.equal((await process.clock.run(readAll(store))).length, 1500 - min);
  const queueFiles = process.fs.readdirSync('/store/consumequeue/TestTopic/0');
  assert.equal(Number(queueFiles[0]) / 20, Math.floor(min / 100) * 100);
  await process.clock.run(store.shutdown());

  const next = simProcess({ clock: process.clock, fs: process.fs });
  const again = await openSim(next);
  assert.equal(again.minPhysicalOffset, kept);
  assert.equal(again.minOffset('TestTopic', 0), min);
  assert.equal(again.maxOffset('TestTopic', 0), 1500);
  assert.equal((await next.clock.run(readAll(again))).length, 1500 - min);
  await next.clock.run(again.shutdown());
});

test('young files stay, whatever the hour; asked to, the clean-up looks at once', async () => {
  const process = simProcess();
  const store = await openSim(process, { deleteWhen: '', fileReservedTime: 2 });
  store.start();
  await fill(process, store, 1500);
  store.executeDeleteFilesManually();
  await process.clock.run(store.clean());
  assert.equal(store.minPhysicalOffset, 0);
  process.clock.jumpWall(3 * HOUR_MS);
  await process.clock.run(store.clean());
  assert.ok(store.minPhysicalOffset > 0);
  await process.clock.run(store.shutdown());
});

test('at most ten files a round', async () => {
  const process = simProcess();
  const store = await openSim(process, { fileReservedTime: 0 });
  store.start();
  await fill(process, store, 6000);
  process.clock.jumpWall(HOUR_MS);
  store.executeDeleteFilesManually();
  await process.clock.run(store.clean());
  assert.equal(store.minPhysicalOffset, 10 * LOG_BYTES);
  await process.clock.run(store.shutdown());
});

test('a filling disk: first the old, then the young, then no more writes until there is room', async () => {
  const process = simProcess();
  const store = await openSim(process, { deleteWhen: '', fileReservedTime: 100 });
  store.start();
  await fill(process, store, 3000);
  const used = process.fs.usedBytes();
  process.fs.capacityBytes = used / 0.8;
  await process.clock.run(store.clean());
  assert.equal(store.minPhysicalOffset, 0, 'above 75 %, but nothing is old enough');
  process.fs.capacityBytes = used / 0.93;
  await process.clock.run(store.clean());
  assert.ok(store.minPhysicalOffset > 0, 'above 85 % age does not count');
  assert.equal(store.refusal()?.code, StoreErrorCode.STORE_DISK_FULL);
  assert.match(store.refusal()?.message ?? '', /9[0-9.]* % full/);
  await process.clock.run(store.clean());
  assert.equal(store.refusal(), undefined, 'what was removed made room');
  await process.clock.run(store.shutdown());
});

test('the clean-up runs by itself, first after a minute', async () => {
  const process = simProcess();
  const store = await openSim(process, { fileReservedTime: 0 });
  store.start();
  await fill(process, store, 1500);
  store.executeDeleteFilesManually();
  await process.clock.advance(50_000);
  assert.equal(store.minPhysicalOffset, 0);
  await process.clock.advance(30_000);
  assert.ok(store.minPhysicalOffset > 0);
  await process.clock.run(store.shutdown());
});

test('a queue all of whose messages are gone keeps counting from where it was', async () => {
  const process = simProcess();
  const store = await openSim(process, { fileReservedTime: 0 });
  store.start();
  await fill(process, store, 30, 5, 'Quiet');
  await fill(process, store, 1500);
  process.clock.jumpWall(HOUR_MS);
  store.executeDeleteFilesManually();
  await process.clock.run(store.clean());
  assert.equal(store.minOffset('Quiet', 5), 30);
  assert.equal(store.maxOffset('Quiet', 5), 30);
  const sender = await fill(process, store, 1, 5, 'Quiet');
  assert.equal(sender.acknowledged[0]?.queueOffset, 30);
  assert.equal(store.minOffset('Quiet', 5), 30);
  await fill(process, store, 30, 6, 'Expired');
  await fill(process, store, 1500);
  process.clock.jumpWall(HOUR_MS);
  await process.clock.run(store.clean());
  assert.equal(await process.clock.run(store.cleanExpiredConsumeQueue()), 2);
  assert.deepEqual(store.topicNames(), ['TestTopic']);
  await process.clock.run(store.shutdown());
});

test('a removed topic is gone, also after a crash, and starts over at 0 when it is made anew', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  await fill(process, store, 20);
  await fill(process, store, 20, 1, 'Other');
  const key = store.topic('TestTopic');
  await process.clock.run(store.deleteTopic('TestTopic'));
  assert.ok(key.deleted);
  assert.deepEqual(store.topicNames(), ['Other']);
  assert.equal(store.findQueue('TestTopic', 0), undefined);
  const left = process.fs.crash();
  const next = simProcess({ clock: process.clock, fs: left });
  const again = await openSim(next);
  assert.deepEqual(again.topicNames(), ['Other']);
  again.start();
  const sender = await fill(next, again, 5);
  assert.equal(sender.acknowledged[0]?.queueOffset, 0);
  const leftAgain = next.fs.crash();
  const third = simProcess({ clock: process.clock, fs: leftAgain });
  const last = await openSim(third);
  assert.equal(last.maxOffset('TestTopic', 0), 5);
  assert.equal((await third.clock.run(readAll(last))).length, 5);
  last.start();
  assert.deepEqual(await third.clock.run(last.cleanUnusedTopics(new Set(['TestTopic']))), ['Other']);
  assert.deepEqual(last.topicNames(), ['TestTopic']);
  await third.clock.run(last.shutdown());
});

test('a topic removed and made anew within one replay has only its new messages', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  await fill(process, store, 20);
  // The marks do not move: as if the crash came before they could.
  process.fs.onOperation = (operation) =>
    operation.path.endsWith('progress.new') ? { code: 'EIO' } : undefined;
  await process.clock.run(store.deleteTopic('TestTopic').catch(() => {}));
  await fill(process, store, 7);
  const next = simProcess({ clock: process.clock, fs: process.fs.crash() });
  const again = await openSim(next);
  assert.equal(again.maxOffset('TestTopic', 0), 7);
  assert.equal((await next.clock.run(readAll(again))).length, 7);
  await next.clock.run(again.shutdown());
});
