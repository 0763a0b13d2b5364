/** What slaves are sent of a log that is damaged on the disk: nothing of the record that is, whoever asks and from wherever. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  MessageStore,
  OfflineStore,
  repairStore,
  type StoreError,
  StoreErrorCode,
  verifyStore,
} from '@rocketmq-ts/store';
import { put, readAll, realPlatformOf, smallOptions } from '../store-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const COUNT = 900;
const FILE = 64 * 1024;

interface Made {
  readonly root: string;
  readonly offsets: number[];
}

/** A store of several log files, cleanly stopped: all of it is read from the disk then. */
async function made(): Promise<Made> {
  const root = temporaryFolder();
  const store = await MessageStore.open(realPlatformOf(), smallOptions(root));
  store.start();
  const offsets: number[] = [];
  for (let i = 0; i < COUNT; i++) {
    const body = `message ${i} ${'.'.repeat(i % 90)}`;
    offsets.push(put(store, { body, queueId: i % 2, properties: { KEYS: `k${i}` } }).physicalOffset);
  }
  await store.shutdown();
  return { root, offsets };
}

function logFile(root: string, offset: number): string {
  return join(root, 'commitlog', String(offset - (offset % FILE)).padStart(20, '0'));
}

function flip(root: string, offset: number): void {
  const path = logFile(root, offset);
  const bytes = readFileSync(path);
  bytes[offset % FILE] = (bytes[offset % FILE] as number) ^ 1;
  writeFileSync(path, bytes);
}

async function open(t: TestContext, root: string): Promise<MessageStore> {
  const store = await MessageStore.open(realPlatformOf(), smallOptions(root));
  store.start();
  t.after(() => store.shutdown());
  return store;
}

/** Reads on from `from` as a slave's connection does; answers where it ended, and why when not at the end. */
async function drain(store: MessageStore, from: number): Promise<{ end: number; error?: StoreError }> {
  const reader = store.feed.openReader();
  const target = Buffer.alloc(1000);
  for (let offset = from; ; ) {
    try {
      const count = await reader.read(offset, target.length, target, 0);
      if (count === 0) return { end: offset };
      offset += count;
    } catch (error) {
      return { end: offset, error: error as StoreError };
    }
  }
}

for (const [name, place] of [
  ['size', 2],
  ['magic number', 5],
  ['queue id', 15],
  ['stated offset', 34],
  ['born time', 45],
  ['body', 90],
  ['properties', -3],
] as const) {
  test(`a flipped bit in the ${name} of a record: no slave is sent it, whoever asks`, async (t) => {
    const { root, offsets } = await made();
    const damaged = offsets[500] as number;
    const next = offsets[501] as number;
    flip(root, place < 0 ? next + place : damaged + place);
    const store = await open(t, root);
    const inMiddle = (offsets[480] as number) + 37;
    for (const from of [0, offsets[499] as number, inMiddle, damaged, damaged + 40]) {
      const { end, error } = await drain(store, from);
      assert.equal(end, Math.max(from, damaged), `asked from ${from}`);
      assert.equal(error?.code, StoreErrorCode.STORE_DAMAGED);
      assert.match(
        error?.message ?? '',
        new RegExp(`offset ${damaged} in .*/commitlog/0+${damaged - (damaged % FILE)} `),
      );
    }
    assert.deepEqual(
      store.damage.map(({ file, offset }) => ({ file, offset })),
      [{ file: logFile(root, damaged), offset: damaged }],
    );
    assert.deepEqual(await drain(store, next), { end: store.feed.endOffset });
  });
}

test('an intact log is sent from anywhere, with its checksums and without', async (t) => {
  const { root, offsets } = await made();
  const store = await open(t, root);
  const end = store.feed.endOffset;
  const anywhere = [0, 1, offsets[3] as number, (offsets[300] as number) + 50, FILE - 3, FILE + 1, end - 10];
  for (const from of anywhere) assert.deepEqual(await drain(store, from), { end });
  await store.shutdown();
  rmSync(join(root, 'rocketmq-ts', 'checksums'), { recursive: true });
  const uncovered = await open(t, root);
  for (const from of anywhere) assert.deepEqual(await drain(uncovered, from), { end });
  assert.deepEqual(uncovered.damage, []);
});

test('without checksums, as in a log that Java wrote, a body that is not whole is not sent either', async (t) => {
  const { root, offsets } = await made();
  rmSync(join(root, 'rocketmq-ts', 'checksums'), { recursive: true });
  const damaged = offsets[200] as number;
  flip(root, damaged + 90);
  const store = await open(t, root);
  for (const from of [0, damaged]) {
    const { end, error } = await drain(store, from);
    assert.equal(end, damaged);
    assert.equal(error?.code, StoreErrorCode.STORE_DAMAGED);
  }
});

test('once the folder has been repaired a slave gets everything but the damaged message', async (t) => {
  const { root, offsets } = await made();
  flip(root, (offsets[500] as number) + 90);
  const offline = new OfflineStore(realPlatformOf(), { folder: root });
  await repairStore(offline, await verifyStore(offline), { dryRun: false });
  const store = await open(t, root);
  const copy = await open(t, temporaryFolder());
  const receiver = copy.openReplica(() => {});
  const reader = store.feed.openReader();
  const target = Buffer.alloc(5000);
  for (let offset = 0; offset < store.feed.endOffset; ) {
    const count = await reader.read(offset, target.length, target, 0);
    receiver.receive(offset, target, 0, count);
    offset += count;
  }
  await copy.flush();
  const bodies = [...(await readAll(copy, 'TestTopic', 0)), ...(await readAll(copy, 'TestTopic', 1))];
  assert.equal(new Set(bodies).size, COUNT - 1);
  assert.ok(!bodies.some((body) => body.startsWith('message 500 ')));
});
