/** Reads that the disk refuses: asked for again, and passed over only when it keeps refusing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetMessageStatus, GetResult, type MessageStore } from '@rocketmq-ts/store';
import { openSim, Sender, type SimProcess, simProcess } from '../sim-store.ts';
import { messagesOf } from '../store-fixture.ts';

const COUNT = 10;

/** A store that has nothing of its log in memory. */
async function coldStore(): Promise<{ process: SimProcess; store: MessageStore; middle: number }> {
  const process = simProcess();
  const first = await openSim(process);
  first.start();
  const sender = new Sender(first, false, () => true);
  for (let i = 0; i < COUNT; i++) sender.send({ body: `message ${i}` });
  await process.clock.advance(10);
  const middle = sender.acknowledged[COUNT / 2]!.physicalOffset;
  await process.clock.run(first.shutdown());
  const next = simProcess({ clock: process.clock, fs: process.fs });
  return { process: next, store: await openSim(next), middle };
}

async function pull(process: SimProcess, store: MessageStore, offset: number): Promise<GetResult> {
  const out = new GetResult();
  const done = store.getMessage(store.findQueue('TestTopic', 0), offset, 32, undefined, out);
  if (done !== true) await process.clock.run(done);
  return out;
}

test('while the disk refuses a pull fails; after that it brings everything', async () => {
  const { process, store } = await coldStore();
  process.fs.onOperation = ({ kind, path }) =>
    kind === 'read' && path.includes('/commitlog/') ? { code: 'EIO' } : undefined;
  for (let i = 0; i < 5; i++) await assert.rejects(pull(process, store, 0), { code: 'EIO' });
  process.fs.onOperation = undefined;
  assert.equal(messagesOf(await pull(process, store, 0)).length, COUNT);
  assert.equal(store.damage.length, 0);
  await process.clock.run(store.shutdown());
});

test('a pull fails, and does not throw, while the files of its queue are refused', async () => {
  const { process, store } = await coldStore();
  const queue = store.findQueue('TestTopic', 0);
  process.fs.onOperation = ({ kind, path }) =>
    kind === 'read' && path.includes('/consumequeue/') ? { code: 'EIO' } : undefined;
  const first = store.getMessage(queue, 0, 32, undefined, new GetResult());
  assert.ok(first instanceof Promise);
  await assert.rejects(first, {
    code: 'STORE_DISK_FAILED',
    message: /consumequeue\/TestTopic\/0 cannot be read/,
  });
  process.fs.onOperation = undefined;
  assert.equal(messagesOf(await pull(process, store, 0)).length, COUNT);
  await process.clock.run(store.shutdown());
});

test('one place that is refused again and again costs that record, and is named', async () => {
  const { process, store, middle } = await coldStore();
  process.fs.onOperation = ({ kind, path, position, length }) =>
    kind === 'read' && path.includes('/commitlog/') && position <= middle && position + length > middle
      ? { code: 'EIO' }
      : undefined;
  const before = await pull(process, store, 0);
  assert.deepEqual([before.status, before.nextBeginOffset], [GetMessageStatus.FOUND, COUNT / 2]);
  assert.equal(messagesOf(before).length, COUNT / 2);
  let refusals = 0;
  let rest: GetResult | undefined;
  while (rest === undefined) {
    try {
      rest = await pull(process, store, COUNT / 2);
    } catch {
      assert.ok(++refusals < 100);
    }
  }
  assert.ok(refusals > 5);
  const bodies = messagesOf(rest).map(({ body }) => body.toString());
  assert.deepEqual(bodies, ['message 6', 'message 7', 'message 8', 'message 9']);
  assert.match(store.damage[0]!.what, /cannot be read/);
  await process.clock.run(store.shutdown());
});
