/** Who may open a store folder, and which names may become folders in it. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { AppendStatus, MessageStore, type StoreError, StoreErrorCode } from '@rocketmq-ts/store';
import { holderIn } from '../src/folder-lock.ts';
import { openSim, simProcess } from './sim-store.ts';
import { put, realPlatformOf, requestOf, smallOptions } from './store-fixture.ts';
import { temporaryFolder } from './temporary-folder.ts';

const locked = (error: StoreError): boolean => error.code === StoreErrorCode.STORE_LOCKED;

test('a folder has one owner; a dead owner is followed by the next', async () => {
  const root = temporaryFolder();
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, smallOptions(root));
  await assert.rejects(MessageStore.open(platform, smallOptions(root)), (error: StoreError) => {
    assert.match(error.message, new RegExp(`process ${process.pid} has it open`));
    return locked(error);
  });
  await store.shutdown();
  const next = await MessageStore.open(platform, smallOptions(root));
  await next.shutdown();

  const dead = simProcess();
  const left = await openSim(dead);
  left.start();
  put(left, { body: 'x' });
  await dead.clock.advance(10);
  const after = simProcess({ clock: dead.clock, fs: dead.fs.crash() });
  const taken = await openSim(after);
  assert.ok(taken.recovery.abnormal);
  await after.clock.run(taken.shutdown());
});

test('an owner file that a crash cut short does not lock the folder for ever', async () => {
  const process = simProcess();
  process.fs.mkdirSync('/store/rocketmq-ts');
  process.fs.writeFileSync('/store/rocketmq-ts/owner', Buffer.from('{"pid":1'));
  const store = await openSim(process);
  await process.clock.run(store.shutdown());
});

test('a pid that now belongs to another process is no owner', async () => {
  const process = simProcess();
  process.fs.mkdirSync('/store/rocketmq-ts');
  const owner = JSON.stringify({ pid: process.processTable.ownPid, start: 'an earlier boot' });
  process.fs.writeFileSync('/store/rocketmq-ts/owner', Buffer.from(owner));
  const store = await openSim(process);
  await process.clock.run(store.shutdown());
});

test("Java's lock is read from /proc/locks", () => {
  const locks =
    '1: FLOCK  ADVISORY  WRITE 9860 fe:00:9986147 0 EOF\n' +
    '2: POSIX  ADVISORY  WRITE 9668 fe:00:10012439 0 0\n' +
    '3: -> POSIX  ADVISORY  WRITE 77 fe:00:10012439 0 0\n';
  assert.equal(holderIn(locks, { device: 0xfe00, inode: 10_012_439 }), 9668);
  assert.equal(holderIn(locks, { device: 0xfe00, inode: 10_012_438 }), undefined);
  assert.equal(holderIn(locks, { device: 0xfd00, inode: 10_012_439 }), undefined);
});

test('the lock file that Java expects is there', async () => {
  const root = temporaryFolder();
  const store = await MessageStore.open(realPlatformOf(), smallOptions(root));
  assert.equal(statSync(`${root}/lock`).size, 4);
  await store.shutdown();
});

test('names that would leave the folder are refused, legal ones of all sorts are not', async () => {
  const root = temporaryFolder();
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, smallOptions(root));
  store.start();
  const bad = [
    '',
    '.',
    '..',
    '../../../x',
    'a/b',
    '/etc',
    'a\\b',
    'nul\0',
    'line\n',
    'x'.repeat(128),
    'ü'.repeat(64),
    '\ud800',
  ];
  for (const name of bad) {
    assert.throws(() => store.topic(name), { code: StoreErrorCode.STORE_BAD_NAME }, JSON.stringify(name));
    assert.equal(store.findTopic(name), undefined);
    assert.equal(store.findQueue(name, 0), undefined);
    await store.deleteTopic(name);
  }
  for (const name of ['__proto__', 'constructor', '%RETRY%group', '%DLQ%g', 'a|b', '...', 'x'.repeat(127)]) {
    put(store, { topic: name, body: 'x' });
  }
  const request = requestOf(store, { body: 'x' });
  for (const queueId of [-1, 1.5, Number.NaN, 2 ** 31]) {
    assert.equal(store.append({ ...request, queueId }), AppendStatus.MESSAGE_ILLEGAL);
  }
  await store.shutdown();
  assert.deepEqual(readdirSync(`${root}/consumequeue`).sort(), [
    '%DLQ%g',
    '%RETRY%group',
    '...',
    '__proto__',
    'a|b',
    'constructor',
    'x'.repeat(127),
  ]);
});

test('wrong settings are named', async () => {
  const root = temporaryFolder();
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, smallOptions(root));
  store.start();
  put(store, { body: 'x' });
  assert.throws(() => store.reconfigure({ messageDelayLevel: '1x' }), {
    code: StoreErrorCode.STORE_BAD_OPTION,
  });
  assert.throws(() => store.reconfigure({ maxMessageSize: 10 ** 9 }), {
    code: StoreErrorCode.STORE_BAD_OPTION,
  });
  await store.shutdown();
  const otherSize = { ...smallOptions(root), mapedFileSizeCommitLog: 128 * 1024 };
  await assert.rejects(MessageStore.open(platform, otherSize), /mapedFileSizeCommitLog is 131072: set it to/);
  const otherQueueSize = { ...smallOptions(root), mapedFileSizeConsumeQueue: 50 * 20 };
  const opened = await MessageStore.open(platform, otherQueueSize);
  assert.throws(() => opened.findQueue('TestTopic', 0), /mapedFileSizeConsumeQueue=1000/);
  await opened.shutdown();
  const again = await MessageStore.open(platform, smallOptions(root));
  assert.equal(again.maxOffset('TestTopic', 0), 1);
  await again.shutdown();
});

test('limits of a message: size, properties, topic', async () => {
  const process = simProcess();
  const store = await openSim(process, { maxMessageSize: 8192 });
  assert.equal(
    store.append(requestOf(store, { body: 'x' })),
    AppendStatus.SERVICE_NOT_AVAILABLE,
    'not started',
  );
  assert.equal(store.refusal()?.code, StoreErrorCode.STORE_CLOSED);
  store.start();
  const fits = 8192 - 91 - 'TestTopic'.length;
  assert.equal(store.append(requestOf(store, { body: Buffer.alloc(fits) })), AppendStatus.PUT_OK);
  assert.equal(
    store.append(requestOf(store, { body: Buffer.alloc(fits + 1) })),
    AppendStatus.MESSAGE_ILLEGAL,
  );
  store.reconfigure({ maxMessageSize: 60 * 1024 });
  const properties = { k: 'p'.repeat(32_767 - 3) };
  assert.equal(store.append(requestOf(store, { properties })), AppendStatus.PUT_OK);
  const tooMany = { k: 'p'.repeat(32_767 - 2) };
  assert.equal(
    store.append(requestOf(store, { properties: tooMany })),
    AppendStatus.PROPERTIES_SIZE_EXCEEDED,
  );
  await process.clock.run(store.shutdown());
  assert.equal(store.append(requestOf(store, { body: 'x' })), AppendStatus.SERVICE_NOT_AVAILABLE);
});
