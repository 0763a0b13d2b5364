import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { RealClock, RealFileSystem } from '@rocketmq-ts/platform';
import { encodeRecord } from '@rocketmq-ts/protocol';
import { indexFileBytes } from '../../src/message-index/index-file.ts';
import { forEachRecordKeyHash, indexKeyHash } from '../../src/message-index/index-key.ts';
import { MessageIndex, type MessageIndexOptions } from '../../src/message-index/message-index.ts';

const BORN = 1_795_384_000_000;
const FOREVER = Number.MAX_SAFE_INTEGER;

function record(
  topic: string,
  physicalOffset: number,
  storeTimestamp: number,
  properties: Record<string, string>,
  sysFlag = 0,
) {
  return encodeRecord({
    topic,
    queueId: 0,
    flag: 0,
    queueOffset: 0,
    commitLogOffset: physicalOffset,
    sysFlag,
    bornTimestamp: BORN,
    bornHost: '127.0.0.1:1',
    storeTimestamp,
    storeHost: '127.0.0.1:2',
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from('body'),
    properties: new Map(Object.entries(properties)),
  });
}

describe('index keys', () => {
  it('hash as Java does', () => {
    assert.equal(indexKeyHash('TopicTest', 'OrderID188'), Math.abs(javaHash('TopicTest#OrderID188')));
    assert.equal(indexKeyHash('主题', '键'), Math.abs(javaHash('主题#键')));
    // "polygenelubricants" hashes to Integer.MIN_VALUE; here it is split over topic and key with the mark between.
    assert.ok(indexKeyHash('a', 'b') >= 0);
  });

  it('are the unique key and each of the keys between single blanks', () => {
    const hashes: number[] = [];
    const bytes = record('T', 0, BORN, { KEYSX: 'no', UNIQ_KEY: 'C0A8', TAGS: 'KEYS', KEYS: 'k1  k2 键' });
    forEachRecordKeyHash(Buffer.concat([Buffer.alloc(7), bytes]), 7, (hash) => hashes.push(hash));
    assert.deepEqual(
      hashes,
      ['C0A8', 'k1', 'k2', '键'].map((key) => indexKeyHash('T', key)),
    );
  });

  function javaHash(text: string): number {
    return [...Array(text.length).keys()].reduce(
      (hash, i) => (Math.imul(hash, 31) + text.charCodeAt(i)) | 0,
      0,
    );
  }
});

describe('MessageIndex', () => {
  let folder: string;
  let options: MessageIndexOptions;
  const fileSystem = new RealFileSystem();
  const open = (cleanStop = true, checkpointMs = 0, change: Partial<MessageIndexOptions> = {}) => {
    const index = new MessageIndex(fileSystem, new RealClock(), { ...options, ...change });
    index.load(cleanStop, checkpointMs);
    return index;
  };
  const fill = (index: MessageIndex, from: number, to: number) => {
    for (let i = from; i < to; i++) {
      index.indexRecord(
        record('T', i * 100, BORN + i * 1000, { UNIQ_KEY: `U${i}`, KEYS: `k${i % 3} all` }),
        0,
      );
    }
  };
  const find = async (index: MessageIndex, key: string, max = 64, begin = 0, end = FOREVER) =>
    (await index.query('T', key, max, begin, end)).phyOffsets;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'message-index-'));
    options = { folder: join(folder, 'index'), hashSlots: 50, entries: 200, maxMsgsNumBatch: 64 };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('finds records by each key, newest first, bounded in number and time', async () => {
    const index = open();
    fill(index, 1, 31);
    assert.deepEqual(await find(index, 'U7'), [700]);
    assert.deepEqual(await find(index, 'k0'), [3000, 2700, 2400, 2100, 1800, 1500, 1200, 900, 600, 300]);
    assert.deepEqual(await find(index, 'all', 2), [3000, 2900]);
    assert.deepEqual(await find(index, 'k0', 64, BORN + 9000, BORN + 15_000), [1500, 1200, 900]);
    assert.deepEqual(await find(index, 'nothing'), []);
    assert.equal((await index.query('T', 'all', 1, 0, FOREVER)).indexLastUpdatePhyoffset, 3000);
    await index.close();
  });

  it('rolls to a new file when one is full, reads all of them, and drops those the log has lost', async () => {
    const index = open();
    fill(index, 1, 301);
    assert.equal(fileSystem.readdirSync(options.folder).length, 5);
    assert.deepEqual(await find(index, 'U1'), [100]);
    assert.deepEqual(await find(index, 'U300'), [30_000]);
    index.removeBefore(15_000);
    assert.deepEqual(await find(index, 'U1'), []);
    assert.deepEqual(await find(index, 'U300'), [30_000]);
    await index.close();
  });

  it('is complete on disk after a clean stop, in the exact layout, and goes on in the same file', async () => {
    const first = open();
    fill(first, 1, 11);
    await first.close();
    const [name] = fileSystem.readdirSync(options.folder);
    const bytes = readFileSync(join(options.folder, name));
    assert.equal(bytes.length, indexFileBytes(options));
    assert.equal(bytes.length, 40 + 50 * 4 + 200 * 20);
    assert.equal(bytes.readBigInt64BE(0), BigInt(BORN + 1000));
    assert.equal(bytes.readBigInt64BE(8), BigInt(BORN + 10_000));
    assert.equal(bytes.readBigInt64BE(16), 100n);
    assert.equal(bytes.readBigInt64BE(24), 1000n);
    assert.equal(bytes.readInt32BE(32), 30);
    assert.equal(bytes.readInt32BE(36), 31);
    const hash = indexKeyHash('T', 'U1');
    assert.equal(bytes.readInt32BE(40 + 200 + 20), hash, 'entry 1 is the first key of the first record');
    assert.equal(bytes.readBigInt64BE(40 + 200 + 24), 100n);

    const second = open();
    fill(second, 5, 21);
    assert.deepEqual(await find(second, 'U10'), [1000], 'what was indexed is not indexed twice');
    assert.deepEqual(await find(second, 'U20'), [2000]);
    await second.close();
    assert.equal(fileSystem.readdirSync(options.folder).length, 1);
  });

  it('removes what the checkpoint does not vouch for after a crash, and says from where to build anew', async () => {
    const first = open();
    fill(first, 1, 101);
    await first.close();
    const vouched = BORN + 70_000;
    const second = open(false, vouched);
    assert.equal(second.rebuildFromOffset, 6_700, 'the end of the newest file that is kept');
    assert.deepEqual(await find(second, 'U90'), []);
    fill(second, 60, 101);
    assert.deepEqual(await find(second, 'U90'), [9000]);
    assert.deepEqual(
      await find(second, 'k1', 2, 0, BORN + 67_000),
      [6700, 6400],
      'the keys a roll-over cut off are there',
    );
    await second.close();
  });

  it('leaves out rolled back transactions', async () => {
    const index = open();
    index.indexRecord(record('T', 100, BORN, { UNIQ_KEY: 'R' }, 12), 0);
    index.indexRecord(record('T', 200, BORN, { UNIQ_KEY: 'C' }, 8), 0);
    assert.deepEqual(await find(index, 'R'), []);
    assert.deepEqual(await find(index, 'C'), [200]);
    await index.close();
  });

  it('leaves a file of another geometry alone, and starts its own', async () => {
    const first = open();
    fill(first, 1, 5);
    await first.close();
    const second = open(true, 0, { entries: 300 });
    assert.deepEqual(await find(second, 'U1'), []);
    fill(second, 5, 9);
    assert.deepEqual(await find(second, 'U6'), [600]);
    await second.close();
    assert.equal(fileSystem.readdirSync(options.folder).length, 2);
  });
});
