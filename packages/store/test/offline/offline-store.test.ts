/** Looking at, checking and mending the folder of a store that does not run. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type DumpedRecord,
  dumpStore,
  inspectStore,
  MessageStore,
  OfflineStore,
  repairStore,
  type VerifyResult,
  verifyStore,
} from '@rocketmq-ts/store';
import { put, readAll, realPlatformOf, smallOptions } from '../store-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const LOG_FILE = 'commitlog/00000000000000000000';
const COUNT = 900;

interface Made {
  readonly root: string;
  readonly offsets: number[];
  readonly bodies: string[];
}

/** A store of several log files with two queues, cleanly stopped. */
async function made(): Promise<Made> {
  const root = temporaryFolder();
  const store = await MessageStore.open(realPlatformOf(), smallOptions(root));
  store.start();
  const offsets: number[] = [];
  const bodies: string[] = [];
  for (let i = 0; i < COUNT; i++) {
    const body = `message ${i} ${'.'.repeat(i % 60)}`;
    offsets.push(
      put(store, { body, queueId: i % 2, tags: 'T', properties: { KEYS: `k${i}` } }).physicalOffset,
    );
    bodies.push(body);
  }
  await store.shutdown();
  return { root, offsets, bodies };
}

async function verified(root: string): Promise<VerifyResult> {
  const store = new OfflineStore(realPlatformOf(), { folder: root });
  try {
    return await verifyStore(store);
  } finally {
    store.close();
  }
}

async function repaired(root: string, dryRun = false): Promise<string[]> {
  const store = new OfflineStore(realPlatformOf(), { folder: root });
  try {
    const steps = await repairStore(store, await verifyStore(store), { dryRun });
    return steps.map(({ file, what }) => `${file.slice(root.length + 1)} ${what}`);
  } finally {
    store.close();
  }
}

function change(path: string, edit: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  edit(bytes);
  writeFileSync(path, bytes);
}

function flip(root: string, place: number): void {
  change(join(root, LOG_FILE), (bytes) => {
    bytes[place] = (bytes[place] as number) ^ 1;
  });
}

/** Bodies of both queues, as a broker would serve them. */
async function served(root: string): Promise<string[][]> {
  const store = await MessageStore.open(realPlatformOf(), smallOptions(root));
  const bodies = [await readAll(store, 'TestTopic', 0), await readAll(store, 'TestTopic', 1)];
  assert.deepEqual(store.damage, []);
  await store.shutdown();
  return bodies;
}

test('an intact store is intact, every record covered', async () => {
  const { root } = await made();
  const found = await verified(root);
  assert.ok(found.isIntact, JSON.stringify(found));
  assert.equal(found.recordCount, COUNT);
  assert.equal(found.coveredCount, COUNT);
  assert.equal(found.tornBytes, 0);
  assert.deepEqual(await repaired(root), []);
});

test('inspect and dump', async () => {
  const { root, offsets, bodies } = await made();
  const store = new OfflineStore(realPlatformOf(), { folder: root });
  const seen = inspectStore(store);
  assert.equal(seen.cleanStop, true);
  assert.equal(seen.foreign, false);
  assert.deepEqual(seen.topics, [
    {
      topic: 'TestTopic',
      queues: [0, 1].map((queueId) => ({ queueId, minOffset: 0, maxOffset: COUNT / 2 })),
    },
  ]);
  const records: DumpedRecord[] = [];
  await dumpStore(store, offsets[500] as number, (record) => records.push(record) < 3);
  assert.deepEqual(
    records.map(({ physicalOffset, message }) => [physicalOffset, message?.body.toString()]),
    [500, 501, 502].map((index) => [offsets[index], bodies[index]]),
  );
  store.close();
});

test('damage in the log: named, mended so that everything behind it is read, also without our files', async () => {
  const { root, offsets, bodies } = await made();
  flip(root, (offsets[50] as number) + 41);
  flip(root, (offsets[101] as number) + 1);
  flip(root, (offsets[102] as number) + 90);
  const found = await verified(root);
  assert.deepEqual(
    found.damage.map(({ file, offset }) => [file, offset]),
    [50, 101].map((index) => [join(root, LOG_FILE), offsets[index]]),
  );
  assert.deepEqual(
    found.lostMessages.map(({ queueId, queueOffset }) => [queueId, queueOffset]),
    [
      [0, 25],
      [0, 51],
      [1, 50],
    ],
  );
  const before = readFileSync(join(root, LOG_FILE));
  const plan = await repaired(root, true);
  assert.ok(readFileSync(join(root, LOG_FILE)).equals(before), 'a dry run changes nothing');
  assert.deepEqual(await repaired(root), plan);
  assert.equal(plan.length, 4);
  assert.deepEqual(
    readdirSync(join(root, 'rocketmq-ts/damaged')).filter((name) => /^\d+$/.test(name)).length,
    2,
  );
  assert.ok((await verified(root)).isIntact);
  const kept = [0, 1].map((queue) => bodies.filter((_, i) => i % 2 === queue && ![50, 101, 102].includes(i)));
  assert.deepEqual(await served(root), kept);
  // As 4.4.0 would: from the log alone.
  for (const folder of ['rocketmq-ts', 'consumequeue', 'index'])
    rmSync(join(root, folder), { recursive: true });
  assert.deepEqual(await served(root), kept);
});

test('damage up to the end of a file, and a missing file', async () => {
  const { root, offsets, bodies } = await made();
  const fileBytes = 64 * 1024;
  const last = offsets.findLastIndex((offset) => offset < fileBytes);
  flip(root, (offsets[last] as number) + 5);
  rmSync(join(root, 'commitlog/00000000000000065536'));
  assert.ok(!(await verified(root)).isIntact);
  await repaired(root);
  const found = await verified(root);
  assert.ok(found.isIntact, JSON.stringify(found));
  const gone = (index: number): boolean => {
    const offset = offsets[index] as number;
    return index === last || (offset >= fileBytes && offset < 2 * fileBytes);
  };
  const kept = [0, 1].map((queue) => bodies.filter((_, i) => i % 2 === queue && !gone(i)));
  assert.deepEqual(await served(root), kept);
});

test('broken units of a queue, configuration with and without a backup, index, checkpoint', async () => {
  const { root, bodies } = await made();
  change(join(root, 'consumequeue/TestTopic/1/00000000000000000000'), (bytes) => bytes.fill(7, 20, 64));
  await import('node:fs').then(({ mkdirSync }) => mkdirSync(join(root, 'config')));
  writeFileSync(join(root, 'config/topics.json'), '{"dataVersion":{"counter');
  writeFileSync(join(root, 'config/topics.json.bak'), '{"topicConfigTable":{}}');
  writeFileSync(join(root, 'config/consumerOffset.json'), 'nothing');
  const [index] = readdirSync(join(root, 'index'));
  change(join(root, 'index', index as string), (bytes) => bytes.fill(0xff, 0, 16));
  truncateSync(join(root, 'checkpoint'), 10);
  const found = await verified(root);
  assert.deepEqual(
    found.wrongUnits.map(({ queueId, queueOffset }) => [queueId, queueOffset]),
    [1, 2, 3].map((offset) => [1, offset]),
  );
  assert.deepEqual(
    found.brokenFiles.map(({ file, hasBackup }) => [file.slice(root.length + 1), hasBackup]),
    [
      ['config/topics.json', true],
      ['config/consumerOffset.json', false],
      ['checkpoint', false],
      [`index/${index}`, false],
    ],
  );
  await repaired(root);
  assert.deepEqual(
    (await verified(root)).brokenFiles.map(({ file }) => file.slice(root.length + 1)),
    ['config/consumerOffset.json'],
    'whatever opens the folder next',
  );
  assert.ok(readdirSync(join(root, 'rocketmq-ts/damaged')).includes(`index-${index}`));
  assert.equal(readFileSync(join(root, 'config/topics.json')).toString(), '{"topicConfigTable":{}}');
  assert.ok(readdirSync(join(root, 'config')).includes('topics.json.damaged'));
  assert.deepEqual(
    await served(root),
    [0, 1].map((queue) => bodies.filter((_, i) => i % 2 === queue)),
  );
  const after = await verified(root);
  assert.deepEqual(
    after.brokenFiles.map(({ file }) => file.slice(root.length + 1)),
    ['config/consumerOffset.json'],
  );
});

test('what a kill leaves is not damage: queues behind, a torn tail', async () => {
  const { root, offsets } = await made();
  const store = await MessageStore.open(realPlatformOf(), smallOptions(root));
  store.start();
  const { physicalOffset, endOffset } = put(store, { body: 'written', queueId: 1 });
  while (store.writtenOffset < endOffset) await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(verified(root), { code: 'STORE_LOCKED' });
  renameSync(join(root, 'rocketmq-ts/owner'), join(root, 'rocketmq-ts/owner.away'));
  const file = String(physicalOffset - (physicalOffset % 65536)).padStart(20, '0');
  change(join(root, 'commitlog', file), (bytes) => bytes.write('torn', endOffset % 65536));
  const found = await verified(root);
  assert.ok(found.isIntact, JSON.stringify(found));
  assert.equal(found.recordCount, offsets.length + 1);
  assert.ok(found.tornBytes > 0);
  await store.shutdown();
});

test('a folder that is none is refused', () => {
  assert.throws(() => new OfflineStore(realPlatformOf(), { folder: '/nowhere' }), {
    code: 'STORE_BAD_OPTION',
    message: /no store/,
  });
});
