/**
 * A folder that was damaged, and mended by `mqadmin store repair`, in the hands of the official broker and of ours: every intact
 * message is there, by its offset and for the official consumer, and new ones are taken.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runMqadmin } from '@rocketmq-ts/admin';
import { startJavaBroker } from './harness/java.ts';
import { javaConsume, javaSend } from './harness/java-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { freeBrokerPort } from './harness/ports.ts';
import { RawClient } from './harness/raw-client.ts';
import { decodeRecords, readTopic, type StoredRecord } from './harness/read-topic.ts';
import { sampleMessages } from './harness/sample-messages.ts';
import { temporaryFolder } from './harness/server.ts';

const TOPIC = 'Repaired';
const PULL_MESSAGE = 11;
const LOG_FILE_BYTES = 128 * 1024;
const CONFIG = {
  mapedFileSizeCommitLog: LOG_FILE_BYTES,
  mapedFileSizeConsumeQueue: 20 * 50,
  maxMessageSize: 64 * 1024,
};

/** Changes bytes of a file in place. */
function edit(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}

function logFile(store: string, offset: number): string {
  const base = offset - (offset % LOG_FILE_BYTES);
  return join(store, 'commitlog', String(base).padStart(20, '0'));
}

/** A broken body, a broken size and a broken property; queue, index and checkpoint not what they were; half a record at the end. */
function damage(store: string, stored: readonly StoredRecord[], lost: readonly StoredRecord[]): void {
  for (const [index, place] of [90, 2, -2].entries()) {
    const record = lost[index] as StoredRecord;
    const following = stored.filter(({ physicalOffset }) => physicalOffset > record.physicalOffset);
    const end = Math.min(...following.map(({ physicalOffset }) => physicalOffset));
    edit(logFile(store, record.physicalOffset), (bytes) => {
      const at = ((place < 0 ? end : record.physicalOffset) % LOG_FILE_BYTES) + place;
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at);
    });
  }
  const queue = join(store, 'consumequeue', TOPIC, '1', '0'.repeat(20));
  edit(queue, (bytes) => bytes.fill(0x33, 100, 160));
  edit(join(store, 'checkpoint'), (bytes) => bytes.fill(0x7e, 0, 24));
  for (const name of readdirSync(join(store, 'index')))
    edit(join(store, 'index', name), (bytes) => bytes.fill(0x77, 0, 32));
  const last = stored.reduce((one, other) => (other.physicalOffset > one.physicalOffset ? other : one));
  edit(logFile(store, last.physicalOffset), (bytes) => {
    const at = last.physicalOffset % LOG_FILE_BYTES;
    const size = bytes.readInt32BE(at);
    bytes.copy(bytes, at + size, at, Math.min(at + (size >> 1), LOG_FILE_BYTES - size));
  });
}

async function mqadmin(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
  let output = '';
  const write = (text: string): void => {
    output += text;
  };
  const home = temporaryFolder('repair');
  const exitCode = await runMqadmin({
    args: [...args],
    rocketmqHome: home,
    workingFolder: home,
    write,
    writeError: write,
  });
  return { exitCode, output };
}

/** Each of these is what its offset brings. */
async function assertByOffset(address: string, records: readonly StoredRecord[]): Promise<void> {
  using client = await RawClient.connect(address);
  for (const { queueId, queueOffset, physicalOffset, body } of records) {
    const response = await client.request(PULL_MESSAGE, {
      ...{ consumerGroup: 'READ_REPAIRED', topic: TOPIC, queueId, queueOffset, maxMsgNums: 1 },
      ...{ sysFlag: 4, commitOffset: 0, suspendTimeoutMillis: 0, subscription: '*', subVersion: 0 },
      expressionType: 'TAG',
    });
    assert.equal(response.code, 0, `${queueId}@${queueOffset}: ${response.remark}`);
    const [found] = decodeRecords(response.body);
    assert.equal(found?.queueOffset, queueOffset);
    assert.equal(found?.physicalOffset, physicalOffset);
    assert.ok(found?.body.equals(body), `body of ${queueId}@${queueOffset}`);
  }
}

function keyOf(body: Buffer): string {
  return body.toString('base64');
}

test('a folder that was repaired: the official broker starts on it, then ours, with every intact message', {
  timeout: 600_000,
}, async () => {
  const namesrv = await startOurNamesrv();
  const folder = temporaryFolder('repaired');
  const port = await freeBrokerPort();
  const options = { namesrvAddr: namesrv.address, port, folder, config: CONFIG };
  const store = join(folder, 'store');
  try {
    const first = await startOurBroker(options);
    let stored: StoredRecord[];
    try {
      await javaSend(namesrv.address, TOPIC, sampleMessages(200));
      stored = await readTopic(first.address, TOPIC);
      assert.equal((await first.program.stop()).signal, null);
    } finally {
      await first.program.kill();
    }
    const inOrder = [...stored].sort((a, b) => a.physicalOffset - b.physicalOffset);
    const lost = [40, 90, 130].map((index) => inOrder[index] as StoredRecord);
    const intact = inOrder.filter((record) => !lost.includes(record));
    damage(store, stored, lost);
    assert.equal((await mqadmin(['store', 'verify', store])).exitCode, 1, 'the damage is found');
    const repair = await mqadmin(['store', 'repair', store]);
    assert.equal(repair.exitCode, 0, repair.output);
    const after = await mqadmin(['store', 'verify', store]);
    assert.equal(after.exitCode, 0, after.output);

    const java = await startJavaBroker(options);
    try {
      await assertByOffset(java.address, intact);
      const consumed = await javaConsume({
        ...{ namesrvAddr: namesrv.address, group: 'CG_REPAIRED', topic: TOPIC },
        ...{ expected: intact.length, quietMs: 500, timeoutMs: 120_000 },
      });
      const bodies = new Set(consumed.map(({ body }) => keyOf(body)));
      assert.deepEqual(bodies, new Set(intact.map(({ body }) => keyOf(body))));
      const more = await javaSend(namesrv.address, TOPIC, sampleMessages(220).slice(200));
      assert.ok(more.every(({ status }) => status === 'SEND_OK'));
      assert.equal((await java.program.stop()).signal, null);
    } finally {
      await java.program.kill();
    }

    const ours = await startOurBroker(options);
    try {
      await assertByOffset(ours.address, intact);
      const consumed = await javaConsume({
        ...{ namesrvAddr: namesrv.address, group: 'CG_REPAIRED_LATER', topic: TOPIC },
        ...{ expected: intact.length + 20, quietMs: 500, timeoutMs: 120_000 },
      });
      const bodies = new Set(consumed.map(({ body }) => keyOf(body)));
      const sent = sampleMessages(220).slice(200);
      assert.deepEqual(bodies, new Set([...intact, ...sent].map(({ body }) => keyOf(body))));
      assert.equal((await ours.program.stop()).signal, null);
    } finally {
      await ours.program.kill();
    }
  } finally {
    await namesrv.program.kill();
  }
});
