import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Platform, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimFileSystem } from '@rocketmq-ts/platform/sim';
import { BrokerState } from '../../src/persistence/broker-state.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

function setUp(encodeMs = 0) {
  const clock = new SimClock();
  const disk = new SimFileSystem({ clock });
  disk.mkdirSync('/store');
  const platform = { clock, fileSystem: disk, turn: new Turn(clock) } as unknown as Platform;
  const state = new BrokerState(platform, new RecordingLogger(), '/store');
  let version = 0;
  let encoded = 0;
  const part = {
    encodeFile: () => {
      encoded++;
      clock.advanceSync(encodeMs);
      return Buffer.from(`{"v":${version}}`);
    },
    decodeFile() {},
  };
  state.load('topics', part);
  state.load('offsets', part);
  const read = (name: string): string => disk.readFileSync(`/store/config/${name}`).toString();
  return { clock, disk, state, read, change: () => version++, encodedTimes: () => encoded };
}

test('changes of one turn are written once, at its end', async () => {
  const { clock, state, read, change, encodedTimes } = setUp();
  for (let i = 0; i < 5; i++) {
    change();
    state.changed('topics');
  }
  assert.equal(encodedTimes(), 0);
  await clock.settle();
  assert.equal(encodedTimes(), 1);
  assert.equal(read('topics.json'), '{"v":5}');
});

test('offsets wait for their time', async () => {
  const { clock, disk, state, read, change } = setUp();
  change();
  state.changed('offsets');
  await clock.settle();
  assert.equal(disk.existsSync('/store/config/consumerOffset.json'), false);
  state.writeAll();
  assert.equal(read('consumerOffset.json'), '{"v":1}');
});

test('a large table is not written every turn, but always when asked', async () => {
  const { clock, state, read, change, encodedTimes } = setUp(10);
  for (let i = 0; i < 20; i++) {
    change();
    state.changed('topics');
    await clock.advance(1);
  }
  assert.ok(encodedTimes() <= 3, `${encodedTimes()}`);
  change();
  state.changed('topics');
  state.saveNow();
  assert.equal(read('topics.json'), '{"v":21}');
  change();
  state.changed('topics');
  await clock.advance(1_000);
  assert.equal(read('topics.json'), '{"v":22}');
});

test('what is asked for is written together, soon, before those who asked go on', async () => {
  const { clock, state, read, change, encodedTimes } = setUp(10);
  change();
  state.changed('topics');
  await clock.settle();
  const seen: string[] = [];
  for (let i = 0; i < 5; i++) {
    change();
    state.changed('topics');
    void state.saved().then(() => seen.push(read('topics.json')));
    await clock.settle();
  }
  // The last write took 10 ms: so long the loop is for others.
  assert.equal(encodedTimes(), 1);
  assert.deepEqual(seen, []);
  await clock.advance(10);
  assert.equal(encodedTimes(), 2);
  assert.deepEqual(seen, Array(5).fill('{"v":6}'));
});

test('flush leaves nothing to be written', async () => {
  const { clock, state, read, change, encodedTimes } = setUp(10);
  change();
  state.changed('topics');
  state.changed('offsets');
  await clock.run(state.flush());
  assert.equal(read('topics.json'), '{"v":1}');
  assert.equal(read('consumerOffset.json'), '{"v":1}');
  const times = encodedTimes();
  await clock.advance(10_000);
  assert.equal(encodedTimes(), times);
});

test("a folder that cannot be made is the disk's failure, and told as such", () => {
  for (const [code, told] of [
    ['EIO', 'STORE_DISK_FAILED'],
    ['ENOSPC', 'STORE_DISK_FULL'],
  ] as const) {
    const clock = new SimClock();
    const disk = new SimFileSystem({
      clock,
      onOperation: ({ kind, path }) => (kind === 'mkdir' && path === '/store/config' ? { code } : undefined),
    });
    const platform = { clock, fileSystem: disk, turn: new Turn(clock) } as unknown as Platform;
    assert.throws(() => new BrokerState(platform, new RecordingLogger(), '/store'), {
      code: told,
      message: /The folder \/store\/config .*cannot be made/,
    });
  }
});
