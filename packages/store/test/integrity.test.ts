/**
 * Every byte counts, on real files: a tail torn at every byte of the last three records, a bit flipped in every byte of a record
 * in the middle, after a kill and after a clean stop. All is noticed and named, and costs at most that record.
 */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type OpenFile, type OpenMode, RealFileSystem } from '@rocketmq-ts/platform';
import { MessageStore, type StoreOptionsInput } from '@rocketmq-ts/store';
import { progressTo, put, readAll, realPlatformOf, smallOptions } from './store-fixture.ts';
import { temporaryFolder } from './temporary-folder.ts';

const COUNT = 24;
const MIDDLE = 11;
const LOG_FILE = 'commitlog/00000000000000000000';

/** Real files without syncs, which are not in question here and take most of the time. */
class UnsyncedFileSystem extends RealFileSystem {
  override openSync(path: string, mode: OpenMode): OpenFile {
    const file = super.openSync(path, mode);
    file.datasync = async () => {};
    return file;
  }

  override async syncFolder(): Promise<void> {}
}

interface Sample {
  /** As a kill leaves it, and as a clean stop does. */
  readonly killed: string;
  readonly stopped: string;
  readonly bodies: readonly string[];
  /** Where each record begins, and the end of the last. */
  readonly offsets: readonly number[];
}

function optionsOf(root: string): StoreOptionsInput {
  return {
    ...smallOptions(root),
    messageIndexEnable: false,
    zeroAheadBytes: 8192,
    flushIntervalConsumeQueue: 10,
  };
}

async function sample(folder: string): Promise<Sample> {
  const root = join(folder, 'live');
  const platform = realPlatformOf(new UnsyncedFileSystem());
  const store = await MessageStore.open(platform, optionsOf(root));
  store.start();
  const bodies: string[] = [];
  const offsets: number[] = [];
  for (let i = 0; i < COUNT; i++) {
    const body = `body ${i}`;
    const { physicalOffset, endOffset } = put(store, { body, tags: 'T', properties: { KEYS: `k${i}` } });
    bodies.push(body);
    offsets.push(physicalOffset);
    if (i === COUNT - 1) offsets.push(endOffset);
    await progressTo(store, platform, endOffset);
  }
  const checksums = join(root, 'rocketmq-ts/checksums/00000000000000000000');
  const covered = (): boolean => {
    const bytes =
      readdirSync(join(root, 'rocketmq-ts/checksums')).length > 0 ? readFileSync(checksums) : Buffer.alloc(0);
    return bytes.length >= 8 && bytes.readInt16BE(6) === COUNT;
  };
  while (!covered()) await new Promise((resolve) => setTimeout(resolve, 10));
  const killed = join(folder, 'killed');
  const stopped = join(folder, 'stopped');
  cpSync(root, killed, { recursive: true, preserveTimestamps: true });
  rmSync(join(killed, 'rocketmq-ts/owner'));
  await store.shutdown();
  cpSync(root, stopped, { recursive: true, preserveTimestamps: true });
  return { killed, stopped, bodies, offsets };
}

interface Found {
  readonly bodies: string[];
  readonly damage: { file: string; offset: number; sizeBytes: number; what: string }[];
  readonly tornBytes: number;
  readonly endOffset: number;
}

/** Changes the log of a copy, opens it, and reads everything. */
async function openChanged(template: string, root: string, change: (log: Buffer) => void): Promise<Found> {
  rmSync(root, { recursive: true, force: true });
  cpSync(template, root, { recursive: true, preserveTimestamps: true });
  const path = join(root, LOG_FILE);
  const log = readFileSync(path);
  change(log);
  writeFileSync(path, log);
  const store = await MessageStore.open(realPlatformOf(new UnsyncedFileSystem()), optionsOf(root));
  const bodies = await readAll(store);
  const { tornBytes, endOffset } = store.recovery;
  const damage = store.damage.map((each) => ({ ...each }));
  await store.shutdown();
  return { bodies, damage, tornBytes, endOffset };
}

for (const state of ['killed', 'stopped'] as const) {
  test(`a flipped bit in every byte of a record in the middle, ${state}`, { timeout: 600_000 }, async () => {
    const folder = temporaryFolder();
    const { [state]: template, bodies, offsets } = await sample(folder);
    const root = join(folder, 'copy');
    const start = offsets[MIDDLE] as number;
    const end = offsets[MIDDLE + 1] as number;
    const others = bodies.filter((_, index) => index !== MIDDLE);
    for (let at = start; at < end; at++) {
      const found = await openChanged(template, root, (log) => {
        log[at] = (log[at] as number) ^ (1 << (at % 8));
      });
      assert.deepEqual(found.bodies, others, `byte ${at - start}`);
      assert.equal(found.damage.length, 1, `byte ${at - start}: ${JSON.stringify(found.damage)}`);
      const [damage] = found.damage;
      assert.equal(damage?.file, join(root, LOG_FILE));
      assert.equal(damage?.offset, start);
      assert.equal(damage?.sizeBytes, end - start);
      assert.match(damage?.what ?? '', /checksum differs|lengths|magic|another place|record has/);
    }
  });
}

test('a tail torn at every byte of the last three records', { timeout: 600_000 }, async () => {
  const folder = temporaryFolder();
  const { killed, bodies, offsets } = await sample(folder);
  const root = join(folder, 'copy');
  const untouched = readFileSync(join(killed, LOG_FILE));
  const end = offsets[COUNT] as number;
  for (let at = offsets[COUNT - 3] as number; at < end; at++) {
    const whole = offsets.findLastIndex((offset) => offset <= at);
    const start = offsets[whole] as number;
    const found = await openChanged(killed, root, (log) => log.fill(0, at, end));
    assert.deepEqual(found.bodies, bodies.slice(0, whole), `byte ${at - start} of record ${whole}`);
    assert.equal(found.endOffset, start);
    // What is left of the record is noticed; nothing but zeros is no trace.
    const left = untouched.subarray(start, at).some((byte) => byte !== 0);
    assert.equal(found.tornBytes > 0, left, `byte ${at - start} of record ${whole}`);
    assert.deepEqual(found.damage, [], 'a torn tail is not damage');
  }
});

test('a flipped bit in every byte of the last record is damage, not a torn tail', {
  timeout: 600_000,
}, async () => {
  const folder = temporaryFolder();
  const { killed, bodies, offsets } = await sample(folder);
  const root = join(folder, 'copy');
  const start = offsets[COUNT - 1] as number;
  for (let at = start; at < (offsets[COUNT] as number); at++) {
    const found = await openChanged(killed, root, (log) => {
      log[at] = (log[at] as number) ^ (1 << (at % 8));
    });
    assert.deepEqual(found.bodies, bodies.slice(0, -1), `byte ${at - start}`);
    assert.equal(found.damage[0]?.offset, start, `byte ${at - start}`);
  }
});
