/** The reading for damage: it finds what nobody reads, keeps to its bound, gives way, and goes on after a restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimFileSystem } from '@rocketmq-ts/platform/sim';
import type { MessageStore, StoreOptionsInput } from '@rocketmq-ts/store';
import { type Acknowledged, openSim, Sender, type SimProcess, simProcess } from '../sim-store.ts';

const FILE = 64 * 1024;
const FIRST_MINUTE_MS = 61_000;
const DAY_MS = 24 * 3_600_000;

interface Filled {
  readonly before: SimProcess;
  readonly messages: readonly Acknowledged[];
}

/** A store of some log files, cleanly stopped. */
async function filled(count = 1500): Promise<Filled> {
  const before = simProcess();
  const store = await openSim(before);
  store.start();
  const sender = new Sender(store, false, () => true);
  for (let i = 0; i < count; i++) sender.send({ body: `message ${i} ${'.'.repeat(i % 150)}` });
  await before.clock.advance(3000);
  await before.clock.run(store.shutdown());
  return { before, messages: sender.acknowledged };
}

interface Running {
  readonly process: SimProcess;
  readonly store: MessageStore;
  /** Bytes of the log that were read since the last call. */
  readBytes(): number;
  /** The lowest place of the log read since the last call of `readBytes`. */
  lowest(): number;
}

async function run({ before }: Filled, options: Partial<StoreOptionsInput>): Promise<Running> {
  const process = simProcess({ clock: before.clock, fs: before.fs });
  const store = await openSim(process, options);
  let bytes = 0;
  let lowest = Number.POSITIVE_INFINITY;
  process.fs.onOperation = ({ kind, path, position, length }) => {
    if (kind === 'read' && path.includes('/commitlog/')) {
      bytes += length;
      lowest = Math.min(lowest, Number(path.slice(-20)) + position);
    }
    return undefined;
  };
  store.start();
  const readBytes = (): number => {
    const read = bytes;
    bytes = 0;
    lowest = Number.POSITIVE_INFINITY;
    return read;
  };
  return { process, store, readBytes, lowest: () => lowest };
}

function flip(fs: SimFileSystem, offset: number): void {
  fs.damage(`/store/commitlog/${String(offset - (offset % FILE)).padStart(20, '0')}`, offset % FILE);
}

function places(store: MessageStore): [string, number, number][] {
  return store.damage.map(({ file, offset, sizeBytes }) => [file.slice(-20), offset, sizeBytes]);
}

test('damage that nobody has come across is named, with file, offset and size; nothing is written', async () => {
  const made = await filled();
  const at = (index: number): number => (made.messages[index] as Acknowledged).physicalOffset;
  const last = made.messages.findLastIndex(({ physicalOffset }) => physicalOffset < FILE);
  const damaged = [3, 4, 90, last, 1000];
  for (const [index, place] of [
    [3, 45],
    [4, 1],
    [90, 92],
    [last, 5],
    [1000, 34],
  ] as const)
    flip(made.before.fs, at(index) + place);
  const { process, store } = await run(made, { scrubBytesPerSecond: 1024 * 1024 });
  const written: string[] = [];
  const before = process.fs.onOperation;
  process.fs.onOperation = (operation) => {
    if (operation.kind === 'write') written.push(operation.path);
    return before?.(operation);
  };
  await process.clock.advance(FIRST_MINUTE_MS + 3000);
  const name = (offset: number): string => String(offset - (offset % FILE)).padStart(20, '0');
  const end = (index: number): number => (index === last ? FILE : at(index + 1));
  assert.deepEqual(places(store), [
    [name(at(3)), at(3), at(5) - at(3)],
    ...damaged.slice(2).map((index) => [name(at(index)), at(index), end(index) - at(index)]),
  ]);
  assert.ok(written.every((path) => !path.includes('/commitlog/') && !path.includes('/checksums/')));
  await process.clock.run(store.shutdown());
});

test('scrubBytesPerSecond bounds what is read; a pass a day; 0 reads nothing', async () => {
  const made = await filled();
  const total = made.messages.at(-1)?.physicalOffset ?? 0;
  const rate = 16 * 1024;
  const { process, store, readBytes } = await run(made, { scrubBytesPerSecond: rate });
  readBytes();
  await process.clock.advance(FIRST_MINUTE_MS - 2000);
  assert.equal(readBytes(), 0, 'not in the first minute');
  // A piece may be larger than what a second allows: the ones after it wait.
  await process.clock.advance(12_000);
  const read = readBytes();
  assert.ok(read >= 8 * rate && read <= 10 * rate + 256 * 1024, `${read} bytes in ten seconds`);
  await process.clock.advance(60_000);
  assert.ok(readBytes() >= total - read, 'the whole log');
  await process.clock.advance(60_000);
  assert.equal(readBytes(), 0, 'the next pass is not due');
  process.clock.jumpWall(DAY_MS);
  await process.clock.advance(60_000);
  assert.ok(readBytes() >= total, 'the next pass');
  store.reconfigure({ scrubBytesPerSecond: 0 });
  process.clock.jumpWall(DAY_MS);
  await process.clock.advance(60_000);
  assert.equal(readBytes(), 0, 'switched off');
  await process.clock.run(store.shutdown());
});

test('a log that grows fast is left alone', async () => {
  const made = await filled();
  const { process, store, readBytes } = await run(made, { scrubBytesPerSecond: 1024 * 1024 });
  await process.clock.advance(FIRST_MINUTE_MS - 2000);
  readBytes();
  const sender = new Sender(store, false, () => true);
  for (let second = 0; second < 8; second++) {
    for (let i = 0; i < 40; i++) sender.send({ body: '.'.repeat(30_000) });
    await process.clock.advance(1000);
  }
  assert.equal(readBytes(), 0);
  await process.clock.advance(5000);
  assert.ok(readBytes() > 0, 'afterwards it goes on');
  await process.clock.run(store.shutdown());
});

test('a restart goes on in the file that was being read, and does not begin anew after a whole pass', async () => {
  const made = await filled();
  const total = made.messages.at(-1)?.physicalOffset ?? 0;
  const rate = 16 * 1024;
  const first = await run(made, { scrubBytesPerSecond: rate });
  await first.process.clock.advance(FIRST_MINUTE_MS + 6000);
  const fs = first.process.fs.crash();
  const second = await run({ ...made, before: { ...first.process, fs } }, { scrubBytesPerSecond: rate });
  second.readBytes();
  await second.process.clock.advance(FIRST_MINUTE_MS);
  assert.ok(second.lowest() >= FILE, `began at ${second.lowest()}`);
  await second.process.clock.advance(60_000);
  assert.ok(second.readBytes() < total);
  await second.process.clock.run(second.store.shutdown());
  const third = await run({ ...made, before: second.process }, { scrubBytesPerSecond: rate });
  third.readBytes();
  await third.process.clock.advance(120_000);
  assert.equal(third.readBytes(), 0);
  await third.process.clock.run(third.store.shutdown());
});

test('what the disk refuses to read is named, and the rest is read', async () => {
  const made = await filled();
  const { process, store } = await run(made, { scrubBytesPerSecond: 1024 * 1024 });
  process.fs.onOperation = ({ kind, path, position }) =>
    kind === 'read' && path.endsWith(String(FILE).padStart(20, '0')) && position === 0
      ? { code: 'EIO' }
      : undefined;
  const late = made.messages.at(-40) as Acknowledged;
  flip(process.fs, late.physicalOffset + 90);
  await process.clock.advance(FIRST_MINUTE_MS + 3000);
  assert.deepEqual(
    store.damage.map(({ offset, what }) => [offset, what.slice(0, 14)]),
    [
      [FILE, 'cannot be read'],
      [late.physicalOffset, 'body checksum '],
    ],
  );
  await process.clock.run(store.shutdown());
});
