import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetMessageStatus, MessageStore } from '@rocketmq-ts/store';
import { messagesOf, progressTo, pull, put, readAll, realPlatformOf, smallOptions } from './store-fixture.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('what is appended is pulled from memory, and again after a restart', async () => {
  const root = temporaryFolder();
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, smallOptions(root));
  store.start();
  const first = put(store, { body: 'one', tags: 'TagA' });
  const second = put(store, { body: 'two', tags: 'TagB' });
  assert.equal(first.physicalOffset, 0);
  assert.equal(second.queueOffset, 1);
  assert.equal(store.maxOffset('TestTopic', 0), 0, 'not visible before it is written');
  await progressTo(store, platform, second.endOffset);
  assert.equal(store.maxOffset('TestTopic', 0), 2);
  const out = await pull(store, 0);
  assert.equal(out.status, GetMessageStatus.FOUND);
  assert.equal(out.spanCount, 1, 'adjacent records share a span');
  assert.deepEqual(
    messagesOf(out).map((message) => message.body.toString()),
    ['one', 'two'],
  );
  await store.shutdown();

  const again = await MessageStore.open(platform, smallOptions(root));
  again.start();
  assert.equal(again.recovery.recordCount, 0, 'a clean stop leaves nothing to replay');
  assert.equal(again.recovery.abnormal, false);
  assert.deepEqual(await readAll(again), ['one', 'two']);
  assert.equal(put(again, { body: 'three' }).queueOffset, 2);
  await again.shutdown();
});

test('thousands of messages roll over log and queue files and are read back in order', async () => {
  const root = temporaryFolder();
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, smallOptions(root));
  store.start();
  const bodies: string[] = [];
  let end = 0;
  for (let i = 0; i < 3000; i++) {
    const body = `message ${i} ${'x'.repeat(i % 300)}`;
    bodies.push(body);
    end = put(store, { body, queueId: 0 }).endOffset;
    if (i % 50 === 0) await progressTo(store, platform, end);
  }
  await progressTo(store, platform, end);
  assert.deepEqual(await readAll(store), bodies);
  await store.shutdown();

  const again = await MessageStore.open(platform, smallOptions(root));
  assert.deepEqual(await readAll(again), bodies);
  await again.shutdown();
});
