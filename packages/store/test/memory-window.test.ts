/** The recent log in memory is bounded, and what an unfinished reader holds is not reused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetResult, MessageStore } from '@rocketmq-ts/store';
import { messagesOf, progressTo, pull, put, realPlatformOf, smallOptions } from './store-fixture.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function fill(
  store: MessageStore,
  platform: ReturnType<typeof realPlatformOf>,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { endOffset } = put(store, { body: `filler ${i} ${'f'.repeat(200)}`, topic: 'Filler' });
    if (i % 20 === 19) await progressTo(store, platform, endOffset);
  }
}

test('a paused reader keeps its bytes while the window wraps many times', async () => {
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, {
    ...smallOptions(temporaryFolder()),
    maxPinnedBytes: 1024 * 1024,
  });
  store.start();
  let end = 0;
  for (let i = 0; i < 10; i++) end = put(store, { body: `held ${i}` }).endOffset;
  await progressTo(store, platform, end);
  const out = new GetResult();
  assert.equal(store.getMessage(store.findQueue('TestTopic', 0), 0, 32, undefined, out), true);
  assert.equal(out.spanCount, 1);
  const pin = out.pin(() => assert.fail('not cut off'));
  const buffer = out.spanBuffers[0] as Buffer;
  const [start, stop] = [out.spanStarts[0] as number, out.spanEnds[0] as number];
  const before = Buffer.from(buffer.subarray(start, stop));
  out.dropSpans();
  await fill(store, platform, 2000);
  const { windowBytes, pinnedBytes } = store.memoryUse();
  assert.ok(windowBytes <= 64 * 1024 + 16 * 1024, `window ${windowBytes}`);
  assert.equal(pinnedBytes, 16 * 1024);
  assert.deepEqual(buffer.subarray(start, stop), before);
  pin?.release();
  pin?.release();
  assert.equal(store.memoryUse().pinnedBytes, 0);
  // The memory is free now, and the messages come from the disk.
  const again = await pull(store, 0);
  const copy = Buffer.alloc(again.sizeBytes);
  again.copyTo(copy, 0);
  assert.deepEqual(copy, before);
  again.pin(() => {})?.release();
  assert.equal(store.memoryUse().pinnedBytes, 0, 'memory of its own does not count as pinned');
  await store.shutdown();
});

test('what was read from disk stays as it is until it is released, and no two pulls share memory', async () => {
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, smallOptions(temporaryFolder()));
  store.start();
  let end = 0;
  for (let i = 0; i < 200; i++) end = put(store, { body: `cold ${i} ${'c'.repeat(100)}` }).endOffset;
  await progressTo(store, platform, end);
  await fill(store, platform, 2000);

  const read = async (offset: number) => {
    const out = await pull(store, offset, { maxNums: 10 });
    assert.equal(out.count, 10);
    const pin = out.pin(() => assert.fail('not cut off'));
    assert.ok(pin);
    const spans = out.spanBuffers
      .slice(0, out.spanCount)
      .map((buffer, i) => buffer.subarray(out.spanStarts[i], out.spanEnds[i]));
    return { pin, spans, copy: spans.map((span) => Buffer.from(span)) };
  };
  const held = await Promise.all(Array.from({ length: 12 }, (_, i) => read(i * 10)));
  const released = held.filter((_, i) => i % 3 === 0);
  for (const { pin } of released) {
    pin.release();
    pin.release();
  }
  const reused = await Promise.all(Array.from({ length: 12 }, (_, i) => read(60 + i * 10)));
  for (const one of [...held, ...reused])
    if (!released.includes(one))
      assert.deepEqual(one.spans, one.copy, 'the bytes of an unreleased pull changed');
  const memoryOf = (one: (typeof held)[number]) => one.spans[0]?.buffer;
  const unreleased = [...held.filter((one) => !released.includes(one)), ...reused].map(memoryOf);
  assert.equal(new Set(unreleased).size, unreleased.length, 'no two pulls share memory');
  await store.shutdown();
});

test('above the bound the slowest readers are cut off, oldest first', async () => {
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, {
    ...smallOptions(temporaryFolder()),
    maxPinnedBytes: 48 * 1024,
  });
  store.start();
  const cutOff: number[] = [];
  const pins: ReturnType<GetResult['pin']>[] = [];
  for (let reader = 0; reader < 10; reader++) {
    const { queueOffset, endOffset } = put(store, { body: `reader ${reader}` });
    await progressTo(store, platform, endOffset);
    const out = new GetResult();
    store.getMessage(store.findQueue('TestTopic', 0), queueOffset, 1, undefined, out);
    pins.push(
      out.pin(() => {
        cutOff.push(reader);
        // As when a connection is destroyed: the write ends at once.
        pins[reader]?.release();
      }),
    );
    await fill(store, platform, 60);
  }
  assert.deepEqual(cutOff, [0, 1, 2, 3, 4, 5].slice(0, cutOff.length));
  assert.ok(cutOff.length >= 3, `${cutOff.length} cut off`);
  assert.ok(store.memoryUse().pinnedBytes <= 48 * 1024);
  for (const pin of pins) pin?.release();
  assert.equal(store.memoryUse().pinnedBytes, 0);
  await store.shutdown();
});

test('readers that are behind share what is read from disk, within its bound', async () => {
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, smallOptions(temporaryFolder()));
  store.start();
  await fill(store, platform, 1500);
  for (let offset = 0; offset < 1500; ) {
    const outs = await Promise.all([0, 1, 2].map(() => pull(store, offset, { topic: 'Filler' })));
    for (const out of outs) assert.equal(out.nextBeginOffset, outs[0]?.nextBeginOffset);
    offset = (outs[0] as GetResult).nextBeginOffset;
    assert.ok(store.memoryUse().coldBytes <= 64 * 1024);
  }
  await store.shutdown();
});

test('a reader of a backlog that reads on asks the disk now and then only', async () => {
  const platform = realPlatformOf();
  const store = await MessageStore.open(platform, smallOptions(temporaryFolder()));
  store.start();
  await fill(store, platform, 1500);
  const queue = store.findQueue('Filler', 0);
  const bodies: string[] = [];
  let [pulls, fromDisk] = [0, 0];
  for (let offset = 0; offset < 1000; pulls++) {
    const out = new GetResult();
    const done = store.getMessage(queue, offset, 4, undefined, out);
    if (done !== true) {
      fromDisk++;
      await done;
    }
    assert.equal(out.nextBeginOffset, offset + out.count);
    bodies.push(...messagesOf(out).map(({ body }) => body.toString().slice(0, -201)));
    offset = out.nextBeginOffset;
    out.reset();
  }
  assert.deepEqual(
    bodies,
    Array.from({ length: 1000 }, (_, i) => `filler ${i}`),
  );
  // a block of 4 KiB holds eleven records
  assert.ok(fromDisk > 50 && fromDisk < pulls * 0.6, `${fromDisk} of ${pulls}`);
  await store.shutdown();
});
