/** A store written by Java 4.4.0: read as it is, and rebuilt and continued byte for byte. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SimFileSystem } from '@rocketmq-ts/platform/sim';
import type { MessageExt } from '@rocketmq-ts/protocol';
import {
  type MessageStore,
  OfflineStore,
  repairStore,
  type VerifyResult,
  verifyStore,
} from '@rocketmq-ts/store';
import { openSim, SIM_ROOT, type SimProcess, simProcess } from './sim-store.ts';
import { messagesOf, pull } from './store-fixture.ts';

const FIXTURE = fileURLToPath(new URL('../../test/fixtures/java-store.hex', import.meta.url));
const OPTIONS = {
  mapedFileSizeCommitLog: 4096,
  mapedFileSizeConsumeQueue: 200,
  maxMessageSize: 2048,
  messageIndexEnable: false,
};

function fixtureFiles(): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let current = Buffer.alloc(0);
  for (const line of readFileSync(FIXTURE, 'utf8').split('\n')) {
    const [first = '', second = '', third = ''] = line.split(' ');
    if (first === 'file') {
      current = Buffer.alloc(Number(third));
      files.set(second, current);
    } else if (/^\d+$/.test(first)) {
      Buffer.from(second, 'hex').copy(current, Number(first));
    }
  }
  return files;
}

function javaStore(without: (path: string) => boolean = () => false): SimProcess {
  const process = simProcess();
  for (const [path, content] of fixtureFiles()) {
    if (without(path)) continue;
    const full = `${SIM_ROOT}/${path}`;
    process.fs.mkdirSync(full.slice(0, full.lastIndexOf('/')));
    process.fs.writeFileSync(full, content);
  }
  return process;
}

async function queueMessages(store: MessageStore, topic: string, queueId: number): Promise<MessageExt[]> {
  const messages: MessageExt[] = [];
  for (let offset = 0; offset < store.maxOffset(topic, queueId); ) {
    const out = await pull(store, offset, { topic, queueId });
    messages.push(...messagesOf(out));
    offset = out.nextBeginOffset;
  }
  return messages;
}

function assertSameFiles(fs: SimFileSystem, prefix: string): void {
  for (const [path, expected] of fixtureFiles()) {
    if (!path.startsWith(prefix)) continue;
    assert.equal(fs.readFileSync(`${SIM_ROOT}/${path}`).toString('hex'), expected.toString('hex'), path);
  }
}

test('a store that Java stopped cleanly is read message by message', async () => {
  const process = javaStore();
  const store = await openSim(process, OPTIONS);
  assert.equal(store.recovery.abnormal, false);
  assert.equal(store.damage.length, 0);
  const messages = [
    ...(await process.clock.run(queueMessages(store, 'FixtureTopic', 0))),
    ...(await process.clock.run(queueMessages(store, 'FixtureTopic', 1))),
  ];
  assert.equal(messages.length, 38);
  for (const message of messages) assert.match(message.body.toString(), /^(message|batch) \d+/);
  const batch = messages.filter((message) => message.body.toString().startsWith('batch'));
  assert.deepEqual(
    batch.map((message) => [message.body.toString(), message.properties.get('TAGS')]),
    [0, 1, 2, 3].map((i) => [`batch ${i}`, 'Tagé']),
  );
  const delayed = await process.clock.run(queueMessages(store, 'SCHEDULE_TOPIC_XXXX', 17));
  assert.deepEqual(
    delayed.map((message) => message.flag),
    [10, 20],
  );
  await process.clock.run(store.shutdown());
  assertSameFiles(process.fs, 'commitlog');
  assertSameFiles(process.fs, 'consumequeue');
});

test('queues built from the log are those that Java built, byte for byte', async () => {
  const process = javaStore((path) => path.startsWith('consumequeue') || path === 'checkpoint');
  const store = await openSim(process, OPTIONS);
  assert.equal(store.recovery.recordCount, 40);
  await process.clock.run(store.shutdown());
  assertSameFiles(process.fs, 'consumequeue');
  assertSameFiles(process.fs, 'commitlog');
  const checkpoint = process.fs.readFileSync(`${SIM_ROOT}/checkpoint`);
  assert.equal(checkpoint.length, 4096);
  assert.equal(checkpoint.subarray(0, 16).toString('hex'), '000001a20617ba7f000001a20617ba7f');
});

test('records appended here are those that Java appended, byte for byte', async () => {
  const source = javaStore();
  const javaWrote = await openSim(source, OPTIONS);
  const target = simProcess();
  const ours = await openSim(target, { ...OPTIONS, storeHostPort: 29_931 });
  ours.start();
  const log = fixtureFiles();
  const records: { record: MessageExt; raw: Buffer }[] = [];
  for (const [topic, queueId] of [
    ['FixtureTopic', 0],
    ['FixtureTopic', 1],
    ['SCHEDULE_TOPIC_XXXX', 17],
  ] as const) {
    for (const record of await source.clock.run(queueMessages(javaWrote, topic, queueId))) {
      const raw = await source.clock.run(javaWrote.messageByOffset(record.commitLogOffset));
      assert.ok(raw !== undefined);
      records.push({ record, raw });
    }
  }
  records.sort((a, b) => a.record.commitLogOffset - b.record.commitLogOffset);
  for (const { record, raw } of records) {
    // The clock of the simulation stands where Java's stood.
    target.clock.jumpWall(record.storeTimestamp - target.clock.now());
    const bodyBytes = raw.readInt32BE(84);
    const propertiesStart = 88 + bodyBytes + 1 + Buffer.byteLength(record.topic) + 2;
    ours.append({
      ...{
        topic: ours.topic(record.topic),
        queueId: record.queueId,
        flag: record.flag,
        sysFlag: record.sysFlag,
      },
      ...{ bornTimestamp: record.bornTimestamp, bornIp: raw.readInt32BE(48), bornPort: raw.readInt32BE(52) },
      ...{ reconsumeTimes: 0, preparedTransactionOffset: 0, waitStore: true, tagsCode: 0 },
      ...{ body: raw, bodyStart: 88, bodyEnd: 88 + bodyBytes },
      ...{ properties: raw, propertiesStart, propertiesEnd: raw.length },
    });
    assert.equal(ours.lastAppend.physicalOffset, record.commitLogOffset);
    assert.equal(ours.lastAppend.queueOffset, record.queueOffset);
  }
  await target.clock.advance(10);
  await target.clock.run(ours.shutdown());
  for (const [path, expected] of log) {
    if (!path.startsWith('commitlog')) continue;
    // What follows a blank record is whatever Java had in its buffer.
    const blank = expected.indexOf('cbd43194', 0, 'hex');
    const end = blank < 0 ? expected.length : blank + 4;
    const actual = target.fs.readFileSync(`${SIM_ROOT}/${path}`);
    assert.equal(actual.toString('hex', 0, end), expected.toString('hex', 0, end), path);
  }
  await source.clock.run(javaWrote.shutdown());
});

async function verified(process: SimProcess): Promise<VerifyResult> {
  const store = new OfflineStore(process.platform, { folder: SIM_ROOT });
  return process.clock.run(verifyStore(store)).finally(() => store.close());
}

test('a store that Java stopped is verified and mended without a start of ours', async () => {
  const process = javaStore();
  const found = await verified(process);
  assert.ok(found.isIntact, JSON.stringify(found));
  assert.deepEqual([found.recordCount, found.coveredCount, found.uncoveredCount], [40, 0, 40]);
  const path = `${SIM_ROOT}/commitlog/00000000000000000000`;
  const second = process.fs.readFileSync(path).readInt32BE(0);
  process.fs.damage(path, second + 100);
  process.fs.damage(`${SIM_ROOT}/consumequeue/FixtureTopic/1/00000000000000000000`, 47);
  const damaged = await verified(process);
  assert.deepEqual(
    damaged.damage.map(({ file, offset }) => [file, offset]),
    [[path, second]],
  );
  assert.equal(damaged.lostMessages.length, 1);
  const offline = new OfflineStore(process.platform, { folder: SIM_ROOT });
  await process.clock.run(repairStore(offline, damaged, { dryRun: false }));
  const mended = await verified(process);
  assert.ok(mended.isIntact, JSON.stringify(mended));
  assert.deepEqual([mended.recordCount, mended.uncoveredCount], [40, 0]);
  const store = await openSim(process, OPTIONS);
  assert.equal(store.damage.length, 0);
  let count = 0;
  for (const queueId of [0, 1]) {
    const messages = await process.clock.run(queueMessages(store, 'FixtureTopic', queueId));
    for (const message of messages) assert.match(message.body.toString(), /^(message|batch) \d+/);
    count += messages.length;
  }
  assert.equal(count, 37);
  await process.clock.run(store.shutdown());
});
