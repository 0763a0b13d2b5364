/** The log of one store copied into another: byte for byte, cut anywhere, and nothing that does not continue it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Platform } from '@rocketmq-ts/platform';
import { AppendStatus, type LogReceiver, MessageStore, type StoreOptionsInput } from '@rocketmq-ts/store';
import { progressTo, put, readAll, realPlatformOf, requestOf, smallOptions } from '../store-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Opened {
  readonly store: MessageStore;
  readonly platform: Platform;
  readonly root: string;
}

async function open(t: TestContext, options: Partial<StoreOptionsInput> = {}, root = temporaryFolder()) {
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, { ...smallOptions(root), ...options });
  store.start();
  t.after(() => store.shutdown());
  return { store, platform, root };
}

async function fill(master: Opened, count: number, bodyBytes: (i: number) => number, first = 0) {
  for (let i = first; i < first + count; i++) {
    const body = `${i} `.padEnd(bodyBytes(i), 'x');
    const { endOffset } = put(master.store, {
      queueId: i % 3,
      body,
      tags: 'T',
      properties: { KEYS: `key${i}` },
    });
    if (i % 20 === 0) await progressTo(master.store, master.platform, endOffset);
  }
  await master.store.flush();
}

/** Feeds everything from where the copy asks, in pieces of the given sizes; answers how many bytes. */
async function copy(
  master: Opened,
  slave: Opened,
  receiver: LogReceiver,
  pieceBytes: () => number,
  from = receiver.begin(),
): Promise<number> {
  const { feed } = master.store;
  let offset = from;
  const reader = feed.openReader();
  const target = Buffer.alloc(64 * 1024);
  while (offset < feed.endOffset) {
    const count = await reader.read(offset, pieceBytes(), target, 7);
    assert.ok(count > 0);
    receiver.receive(offset, target, 7, 7 + count);
    target.fill(0xee);
    offset += count;
    if (offset % 5 === 0) await new Promise<void>((resolve) => slave.platform.clock.setImmediate(resolve));
  }
  await slave.store.flush();
  await new Promise<void>((resolve) => slave.platform.clock.setImmediate(resolve));
  return offset - from;
}

function logBytes(opened: Opened, base: number): Buffer {
  return readFileSync(join(opened.root, 'commitlog', `${base}`.padStart(20, '0')));
}

const FILE = 64 * 1024;

for (const flushDiskType of ['ASYNC_FLUSH', 'SYNC_FLUSH'] as const) {
  test(`a copy is the same bytes with the same queues and index, however it was cut (${flushDiskType})`, async (t) => {
    const master = await open(t, { flushDiskType });
    const slave = await open(t, { flushDiskType });
    await fill(master, 600, (i) => 20 + ((i * 37) % 900));
    const topics: string[] = [];
    const receiver = slave.store.openReplica((name) => topics.push(name));
    let cut = 0;
    const nextCut = (): number => {
      cut = (cut + 131) % 2000;
      return 1 + cut;
    };
    await copy(master, slave, receiver, nextCut, 0);
    assert.equal(slave.store.maxPhysicalOffset, master.store.maxPhysicalOffset);
    assert.ok(master.store.maxPhysicalOffset > 4 * FILE);
    for (let base = 0; base < master.store.maxPhysicalOffset; base += FILE) {
      assert.deepEqual(logBytes(slave, base), logBytes(master, base), `file ${base}`);
    }
    for (let queueId = 0; queueId < 3; queueId++) {
      assert.deepEqual(
        await readAll(slave.store, 'TestTopic', queueId),
        await readAll(master.store, 'TestTopic', queueId),
      );
    }
    assert.deepEqual(topics, ['TestTopic']);
    const found = await slave.store.queryMessage('TestTopic', 'key17', 10, 0, Number.MAX_SAFE_INTEGER);
    assert.equal(found.records.length, 1);
  });
}

test('one byte at a time', async (t) => {
  const master = await open(t);
  const slave = await open(t);
  await fill(master, 5, () => 50);
  await copy(
    master,
    slave,
    slave.store.openReplica(() => {}),
    () => 1,
    0,
  );
  assert.equal(slave.store.maxPhysicalOffset, master.store.maxPhysicalOffset);
  assert.deepEqual(await readAll(slave.store), ['0 '.padEnd(50, 'x'), '3 '.padEnd(50, 'x')]);
});

test('a copy may begin at a later file, and refuses appends of its own', async (t) => {
  const master = await open(t);
  const slave = await open(t);
  await fill(master, 300, () => 500);
  const from = master.store.feed.fileStart(master.store.feed.endOffset);
  assert.ok(from > 0);
  const receiver = slave.store.openReplica(() => {});
  assert.equal(receiver.begin(), 0);
  assert.throws(() => receiver.receive(from + 100, Buffer.alloc(10), 0, 10), { code: 'STORE_DIVERGED' });
  await copy(master, slave, receiver, () => 1000, from);
  assert.equal(slave.store.maxPhysicalOffset, master.store.maxPhysicalOffset);
  assert.equal(slave.store.minPhysicalOffset, from);
  assert.equal(slave.store.maxOffset('TestTopic', 1), master.store.maxOffset('TestTopic', 1));
  const bodies = await readAll(slave.store, 'TestTopic', 1);
  assert.ok(bodies.length > 0);
  assert.deepEqual(bodies, (await readAll(master.store, 'TestTopic', 1)).slice(-bodies.length));
  assert.equal(
    slave.store.append(requestOf(slave.store, { body: 'own' })),
    AppendStatus.SERVICE_NOT_AVAILABLE,
  );
  assert.equal(slave.store.refusal()?.code, 'STORE_REPLICA');
});

test('bytes that are not at the own end are refused, and nothing of them is taken', async (t) => {
  const master = await open(t);
  const slave = await open(t);
  await fill(master, 10, () => 100);
  const receiver = slave.store.openReplica(() => {});
  await copy(master, slave, receiver, () => 700, 0);
  const end = slave.store.maxPhysicalOffset;
  for (const offset of [0, end - 1, end + 1, end + 1000, FILE]) {
    assert.throws(() => receiver.receive(offset, Buffer.alloc(10), 0, 10), { code: 'STORE_DIVERGED' });
  }
  assert.throws(() => receiver.receive(end, Buffer.alloc(100, 1), 0, 100), {
    code: 'STORE_DIVERGED',
    message: /not a record/,
  });
  assert.equal(receiver.expectedOffset, end);
  // A record of another place, and one whose body is not what was stored.
  const record = Buffer.from(logBytes(master, 0).subarray(0, end));
  assert.throws(() => receiver.receive(end, record, 0, end), { message: /written for another place/ });
  assert.equal(slave.store.maxPhysicalOffset, end);
});

test('what was incomplete is asked for again after a break, with the record before it', async (t) => {
  const master = await open(t);
  const slave = await open(t);
  await fill(master, 40, () => 100);
  const receiver = slave.store.openReplica(() => {});
  const target = Buffer.alloc(2000);
  await master.store.feed.openReader().read(0, 1990, target, 0);
  assert.equal(receiver.begin(), 0);
  receiver.receive(0, target, 0, 1990);
  await slave.store.flush();
  const end = slave.store.maxPhysicalOffset;
  assert.ok(end < 1990);
  const from = receiver.begin();
  assert.ok(from > 0 && from < end, 'the last record is asked for again');
  assert.equal(receiver.confirmedOffset, from, 'and nothing is confirmed before it has been compared');
  await copy(master, slave, receiver, () => 13, from);
  assert.equal(receiver.confirmedOffset, master.store.maxPhysicalOffset);
  await slave.store.shutdown();

  const again = await open(t, {}, slave.root);
  await fill(master, 40, () => 100, 40);
  const reopened = again.store.openReplica(() => {});
  await copy(master, again, reopened, () => 999);
  assert.equal(again.store.maxPhysicalOffset, master.store.maxPhysicalOffset);
  assert.deepEqual(await readAll(again.store), await readAll(master.store));
});

test('a log with another history of the same shape is not joined', async (t) => {
  const master = await open(t);
  const slave = await open(t);
  await fill(slave, 10, () => 100);
  await fill(master, 20, () => 100);
  const receiver = slave.store.openReplica(() => {});
  const end = slave.store.maxPhysicalOffset;
  await assert.rejects(
    copy(master, slave, receiver, () => 500),
    { code: 'STORE_DIVERGED', message: /another one there/ },
  );
  assert.equal(slave.store.maxPhysicalOffset, end);
});

test('a copy opened as a master goes on where the copy ended', async (t) => {
  const master = await open(t);
  const slave = await open(t);
  await fill(master, 100, () => 900);
  await copy(
    master,
    slave,
    slave.store.openReplica(() => {}),
    () => 3000,
    0,
  );
  await slave.store.shutdown();
  const promoted = await open(t, {}, slave.root);
  assert.equal(promoted.store.recovery.recordCount, 0, 'a clean stop leaves nothing to replay');
  const placed = put(promoted.store, { queueId: 1, body: 'after' });
  assert.equal(placed.queueOffset, master.store.maxOffset('TestTopic', 1));
  await promoted.store.flush();
  assert.equal((await readAll(promoted.store, 'TestTopic', 1)).at(-1), 'after');
});
