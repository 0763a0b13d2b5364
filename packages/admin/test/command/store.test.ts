/** `store`: what it prints, and how it ends, on a small store of real files. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { AppendStatus, MessageStore } from '@rocketmq-ts/store';
import { mqadmin } from '../command-line/mqadmin-run.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const LOG_FILE = 'commitlog/00000000000000000000';

async function filledStore(stop = true) {
  const root = temporaryFolder();
  const store = await MessageStore.open(realPlatform(), {
    ...{ storePathRootDir: root, mapedFileSizeCommitLog: 64 * 1024, maxMessageSize: 4096 },
    ...{ mapedFileSizeConsumeQueue: 2000, messageIndexEnable: false, zeroAheadBytes: 8192 },
  });
  store.start();
  const offsets: number[] = [];
  for (let i = 0; i < 10; i++) {
    const body = Buffer.from(`message ${i}`);
    const status = store.append({
      ...{ topic: store.topic('Orders'), queueId: 0, flag: 0, sysFlag: 0, bornTimestamp: 1_700_000_000_000 },
      ...{ bornIp: 0x7f000001, bornPort: 1, reconsumeTimes: 0, preparedTransactionOffset: 0 },
      ...{
        body,
        bodyStart: 0,
        bodyEnd: body.length,
        properties: Buffer.alloc(0),
        propertiesStart: 0,
        propertiesEnd: 0,
      },
      ...{ tagsCode: 0, waitStore: true },
    });
    assert.equal(status, AppendStatus.PUT_OK);
    offsets.push(store.lastAppend.physicalOffset);
  }
  if (stop) await store.shutdown();
  return { root, offsets, store };
}

function flip(root: string, place: number): void {
  const bytes = readFileSync(join(root, LOG_FILE));
  bytes[place] = (bytes[place] as number) ^ 1;
  writeFileSync(join(root, LOG_FILE), bytes);
}

test('an intact store: inspect, dump and verify end with 0', async () => {
  const { root, offsets } = await filledStore();
  const inspected = await mqadmin(['store', 'inspect', root]);
  assert.equal(inspected.exitCode, 0);
  assert.match(inspected.output, /last stop {3}clean\n/);
  assert.match(inspected.output, /topic {7}Orders {2}0: 0 to 10\n/);
  const dumped = await mqadmin(['store', 'dump', root, '--offset', String(offsets[8]), '-o', 'json']);
  const lines = dumped.output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { queueOffset: number; body: string });
  assert.deepEqual(
    lines.map(({ queueOffset, body }) => [queueOffset, body]),
    [
      [8, 'message 8'],
      [9, 'message 9'],
    ],
  );
  const verified = await mqadmin(['store', 'verify', root]);
  assert.equal(verified.exitCode, 0, verified.errors);
  assert.match(verified.output, /^10 records in \d+ bytes\n$/);
});

test('damage: verify names it and ends with 1; a dry run plans; repair mends and ends with 0', async () => {
  const { root, offsets } = await filledStore();
  flip(root, (offsets[4] as number) + 45);
  const verified = await mqadmin(['store', 'verify', root]);
  assert.equal(verified.exitCode, 1);
  assert.match(verified.output, new RegExp(`damaged: ${join(root, LOG_FILE)} at offset ${offsets[4]}, `));
  assert.match(verified.output, /lost: Orders queue 0 offset 4\n/);
  assert.match(verified.errors, /ADMIN_STORE_DAMAGED: 1 damaged parts of the log/);
  const json = await mqadmin(['store', 'verify', root, '-o', 'json']);
  assert.equal(json.exitCode, 1);
  assert.equal(JSON.parse(json.output).damage[0].offset, offsets[4]);
  const before = readFileSync(join(root, LOG_FILE));
  const planned = await mqadmin(['store', 'repair', root, '--dry-run']);
  assert.equal(planned.exitCode, 0);
  assert.match(planned.output, /would be done: .* replaces \d+ damaged bytes/);
  assert.ok(readFileSync(join(root, LOG_FILE)).equals(before));
  const repaired = await mqadmin(['store', 'repair', root]);
  assert.equal(repaired.exitCode, 0, repaired.errors);
  assert.match(repaired.output, /\nthe store is intact\n$/);
  assert.equal((await mqadmin(['store', 'verify', root])).exitCode, 0);
});

test('a store that is open, one that is none, and a wrong word', async () => {
  const { root, store } = await filledStore(false);
  for (const action of ['inspect', 'verify', 'repair']) {
    const refused = await mqadmin(['store', action, root]);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.errors, /STORE_LOCKED: .* has it open/);
  }
  await store.shutdown();
  assert.match((await mqadmin(['store', 'verify', tmpdir()])).errors, /STORE_BAD_OPTION: .* is no store/);
  assert.equal((await mqadmin(['store', 'mend', root])).exitCode, 2);
  assert.equal((await mqadmin(['store', 'verify'])).exitCode, 2);
});
