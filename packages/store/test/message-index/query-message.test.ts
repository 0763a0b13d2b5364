/** The store's queries by key: what is written is found, again after clean stops and after crashes. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { decodeRecord } from '@rocketmq-ts/protocol';
import { AppendStatus, MessageStore, type StoreOptionsInput } from '@rocketmq-ts/store';
import { requestOf, smallOptions } from '../store-fixture.ts';

const FOREVER = Number.MAX_SAFE_INTEGER;

describe('MessageStore.queryMessage', () => {
  let root: string;
  const open = async (change: Partial<StoreOptionsInput> = {}) => {
    const store = await MessageStore.open(realPlatform(), { ...smallOptions(root), ...change });
    store.start();
    return store;
  };
  const append = (store: MessageStore, from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const properties = { KEYS: `k${i} odd${i % 2}`, UNIQ_KEY: `U${i}` };
      const status = store.append(
        requestOf(store, { topic: 'T', queueId: 0, body: `body ${i}`, properties }),
      );
      assert.equal(status, AppendStatus.PUT_OK);
    }
  };
  /** The index follows a moment after the write. */
  const indexed = async (store: MessageStore, lastKey: string) => {
    await store.checkpoint();
    while ((await bodies(store, lastKey)).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const bodies = async (store: MessageStore, key: string, max = 64) =>
    (await store.queryMessage('T', key, max, 0, FOREVER)).records.map((record) =>
      decodeRecord(record, 0).body.toString(),
    );

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'query-message-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('finds what has been written, by key and unique key, in the order of the log', async () => {
    const store = await open();
    append(store, 0, 10);
    await indexed(store, 'U9');
    assert.deepEqual(await bodies(store, 'k3'), ['body 3']);
    assert.deepEqual(await bodies(store, 'U4'), ['body 4']);
    assert.deepEqual(await bodies(store, 'odd1'), ['body 1', 'body 3', 'body 5', 'body 7', 'body 9']);
    assert.deepEqual(
      await bodies(store, 'odd1', 2),
      ['body 7', 'body 9'],
      'the newest when there are too many',
    );
    assert.deepEqual(await bodies(store, 'k99'), []);
    await store.shutdown();
  });

  it('finds it again after a clean stop, and what comes then', async () => {
    const first = await open();
    append(first, 0, 5);
    await first.shutdown();
    const second = await open();
    append(second, 5, 10);
    await indexed(second, 'U9');
    assert.deepEqual(await bodies(second, 'odd0'), ['body 0', 'body 2', 'body 4', 'body 6', 'body 8']);
    await second.shutdown();
  });

  it('builds the index anew from the log after a crash, over file ends and beyond memory', async () => {
    const first = await open();
    for (let i = 0; i < 2000; i += 100) {
      append(first, i, i + 100);
      await first.checkpoint();
    }
    await first.shutdown();
    // As a crash leaves it: the abort file, and an index that the checkpoint does not vouch for.
    writeFileSync(join(root, 'abort'), '');
    writeFileSync(join(root, 'checkpoint'), Buffer.alloc(4096));
    const second = await open();
    await indexed(second, 'U1999');
    for (const i of [0, 1, 777, 1500, 1999]) assert.deepEqual(await bodies(second, `k${i}`), [`body ${i}`]);
    await second.shutdown();
  });

  it('has no index without messageIndexEnable', async () => {
    const store = await open({ messageIndexEnable: false });
    append(store, 0, 3);
    await store.checkpoint();
    await store.shutdown();
    assert.ok(!existsSync(join(root, 'index')), 'there is an index');
    const again = await open({ messageIndexEnable: false });
    assert.deepEqual(await bodies(again, 'k1'), []);
    await again.shutdown();
  });
});
