/** Broken bytes on disk: named, passed over, and never a reason to drop what is intact. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimFileSystem } from '@rocketmq-ts/platform/sim';
import type { MessageStore } from '@rocketmq-ts/store';
import { type Acknowledged, openSim, Sender, type SimProcess, simProcess } from './sim-store.ts';
import { readAll } from './store-fixture.ts';

const FIRST_FILE = '/store/commitlog/00000000000000000000';

interface Filled {
  readonly process: SimProcess;
  readonly messages: readonly Acknowledged[];
  /** Stored and killed, everything on the disk. */
  readonly fs: SimFileSystem;
}

/** A store with `count` messages in one queue, whose process was killed, or stopped when `clean`. */
async function filled(count: number, clean = false): Promise<Filled> {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  const sender = new Sender(store, false, () => true);
  for (let i = 0; i < count; i++) sender.send({ body: `message ${i} ${'.'.repeat(i % 50)}` });
  await process.clock.advance(3000);
  if (clean) await process.clock.run(store.shutdown());
  return { process, messages: sender.acknowledged, fs: clean ? process.fs : process.fs.crash() };
}

async function reopen(filledStore: Filled): Promise<{ store: MessageStore; process: SimProcess }> {
  const process = simProcess({ clock: filledStore.process.clock, fs: filledStore.fs });
  return { store: await openSim(process), process };
}

function bodiesWithout(messages: readonly Acknowledged[], lost: readonly number[]): string[] {
  return messages.filter((_, index) => !lost.includes(index)).map((message) => message.body);
}

for (const [name, place] of [
  ['body', 90],
  ['size', 2],
  ['magic number', 5],
  ['stated offset', 35],
  ['body length', 87],
] as const) {
  test(`one flipped bit in the ${name} of a record costs that record, and is named`, async () => {
    const before = await filled(100);
    const broken = before.messages[40] as Acknowledged;
    before.fs.damage(FIRST_FILE, broken.physicalOffset + place, 1);
    const { store, process } = await reopen(before);
    assert.deepEqual(await process.clock.run(readAll(store)), bodiesWithout(before.messages, [40]));
    assert.equal(store.damage.length, 1);
    const [damage] = store.damage;
    assert.equal(damage?.file, FIRST_FILE);
    assert.equal(damage?.offset, broken.physicalOffset);
    assert.equal(
      damage?.sizeBytes,
      (before.messages[41] as Acknowledged).physicalOffset - broken.physicalOffset,
    );
    store.start();
    const sender = new Sender(store, false, () => true);
    sender.send({ body: 'later' });
    await process.clock.advance(10);
    assert.equal(sender.acknowledged[0]?.queueOffset, 100);
    await process.clock.run(store.shutdown());
  });
}

test('damage that came after a clean stop is found when it is read', async () => {
  const before = await filled(100, true);
  const broken = before.messages[40] as Acknowledged;
  before.fs.damage(FIRST_FILE, broken.physicalOffset + 90);
  const { store, process } = await reopen(before);
  assert.equal(store.damage.length, 0);
  assert.deepEqual(await process.clock.run(readAll(store)), bodiesWithout(before.messages, [40]));
  assert.equal(store.damage.length, 1);
  assert.equal(await process.clock.run(store.messageByOffset(broken.physicalOffset)), undefined);
  const intact = await process.clock.run(
    store.messageByOffset((before.messages[41] as Acknowledged).physicalOffset),
  );
  assert.ok(intact !== undefined);
  await process.clock.run(store.shutdown());
});

test('several damaged places, also the last record of a file', async () => {
  const before = await filled(1500);
  const messages = before.messages;
  const lastOfFirst = messages.findLastIndex((message) => message.physicalOffset < 64 * 1024);
  for (const index of [3, 4, 77, lastOfFirst]) {
    before.fs.damage(FIRST_FILE, (messages[index] as Acknowledged).physicalOffset + 5);
  }
  const { store, process } = await reopen(before);
  assert.deepEqual(await process.clock.run(readAll(store)), bodiesWithout(messages, [3, 4, 77, lastOfFirst]));
  assert.deepEqual(
    store.damage.map((damage) => damage.offset),
    [3, 77, lastOfFirst].map((index) => messages[index]?.physicalOffset),
  );
  await process.clock.run(store.shutdown());
});

test('a missing file in the middle costs what was in it', async () => {
  const before = await filled(2000);
  const inSecond = before.messages.flatMap((message, index) => {
    const file = Math.floor(message.physicalOffset / (64 * 1024));
    return file === 1 ? [index] : [];
  });
  assert.ok(inSecond.length > 100);
  before.fs.unlinkSync('/store/commitlog/00000000000000065536');
  const { store, process } = await reopen(before);
  assert.deepEqual(await process.clock.run(readAll(store)), bodiesWithout(before.messages, inSecond));
  assert.match(store.damage[0]?.what ?? '', /missing|zeros|magic/);
  await process.clock.run(store.shutdown());
});

test('a torn record at the end is the end, not damage; later messages take its place', async () => {
  const before = await filled(50);
  const last = before.messages[49] as Acknowledged;
  before.fs.damage(FIRST_FILE, last.physicalOffset + 95);
  const { store, process } = await reopen(before);
  assert.equal(store.damage.length, 0);
  assert.ok(store.recovery.tornBytes > 0);
  store.start();
  const sender = new Sender(store, false, () => true);
  sender.send({ body: 'in its place' });
  await process.clock.advance(10);
  assert.equal(sender.acknowledged[0]?.physicalOffset, last.physicalOffset);
  assert.equal(sender.acknowledged[0]?.queueOffset, 49);
  await process.clock.run(store.shutdown());
  const third = await reopen({ ...before });
  assert.deepEqual(await third.process.clock.run(readAll(third.store)), [
    ...bodiesWithout(before.messages, [49]),
    'in its place',
  ]);
  await third.process.clock.run(third.store.shutdown());
});

test('queues that are gone are built again from the log', async () => {
  const before = await filled(300, true);
  before.fs.removeTreeSync('/store/consumequeue');
  const { store, process } = await reopen(before);
  assert.deepEqual(
    await process.clock.run(readAll(store)),
    before.messages.map((message) => message.body),
  );
  await process.clock.run(store.shutdown());
});

test('without our progress file and checkpoint everything is found too', async () => {
  for (const clean of [true, false]) {
    const before = await filled(300, clean);
    for (const file of ['rocketmq-ts/progress', 'checkpoint']) before.fs.unlinkSync(`/store/${file}`);
    const { store, process } = await reopen(before);
    assert.equal(store.recovery.recordCount, 300);
    assert.deepEqual(
      await process.clock.run(readAll(store)),
      before.messages.map((message) => message.body),
    );
    await process.clock.run(store.shutdown());
  }
});
