import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AppendStatus } from '@rocketmq-ts/store';
import { DelayLevelRunner } from '../../src/delay/delay-level-runner.ts';
import { BrokerRig } from '../rig/broker-rig.ts';

interface Setup {
  readonly rig: BrokerRig;
  readonly runner: DelayLevelRunner;
  /** Bodies delivered so far. */
  delivered(): string[];
}

/** A runner of level 2, five seconds. */
async function start(
  t: TestContext,
  offset = 0,
  prepare: (rig: BrokerRig) => Promise<void> = async () => {},
): Promise<Setup> {
  const rig = await BrokerRig.start();
  rig.addTopic('T');
  await prepare(rig);
  const runner = new DelayLevelRunner(rig.context, rig.dataPath.writer, 2, 5000, offset);
  runner.start();
  t.after(async () => {
    runner.stop();
    await rig.stop();
  });
  return {
    rig,
    runner,
    delivered: () =>
      rig.store.appended
        .filter(({ topic }) => topic === 'T')
        .map(({ properties }) => properties.get('KEYS')!),
  };
}

async function sendDelayed(rig: BrokerRig, name: string): Promise<void> {
  await rig.send('T', name, { i: `KEYS\x01${name}\x02DELAY\x012\x02TAGS\x01A\x02` });
}

test('a delayed message is delivered when it is due, with its properties, to its queue', async (t) => {
  const { rig, runner, delivered } = await start(t);
  await sendDelayed(rig, 'a');
  await rig.clock.advance(4990);
  assert.deepEqual(delivered(), []);
  await rig.clock.advance(11);
  assert.deepEqual(delivered(), ['a']);
  const copy = rig.store.appended.at(-1)!;
  assert.equal(copy.queueId, 1);
  assert.equal(copy.tagsCode, 65);
  assert.equal(copy.properties.get('DELAY'), '2');
  assert.equal(copy.properties.get('REAL_TOPIC'), 'T');
  assert.equal(runner.offset, 1);
});

test('messages keep their order, whenever they come', async (t) => {
  const { rig, delivered } = await start(t);
  for (let i = 0; i < 100; i++) {
    await sendDelayed(rig, `${i}`);
    await rig.clock.advance(37);
  }
  await rig.clock.advance(6000);
  assert.deepEqual(
    delivered(),
    Array.from({ length: 100 }, (_, i) => `${i}`),
  );
  await sendDelayed(rig, 'later');
  await rig.clock.advance(5001);
  assert.equal(delivered().at(-1), 'later');
});

test('what fell due while the broker was down is delivered at the start', async (t) => {
  const { rig, runner, delivered } = await start(t, 1, async (prepared) => {
    for (const name of ['a', 'b', 'c']) await sendDelayed(prepared, name);
    await prepared.clock.advance(60_000);
  });
  await rig.clock.settle();
  assert.deepEqual(delivered(), ['b', 'c']);
  assert.equal(runner.offset, 3);
});

test('a store that refuses is asked again', async (t) => {
  const { rig, runner, delivered } = await start(t);
  await sendDelayed(rig, 'a');
  rig.store.nextStatus = AppendStatus.SERVICE_NOT_AVAILABLE;
  await rig.clock.advance(9000);
  assert.equal(runner.offset, 0);
  rig.store.nextStatus = AppendStatus.PUT_OK;
  await rig.clock.advance(7000);
  assert.deepEqual(delivered(), ['a']);
});

test('a copy that is lost to a failed write is delivered again', async (t) => {
  const { rig, runner, delivered } = await start(t);
  await sendDelayed(rig, 'a');
  await sendDelayed(rig, 'b');
  await rig.clock.advance(4990);
  rig.store.onDropped((keptOffset) => runner.takeBack(keptOffset));
  rig.store.failNextWrite = true;
  await rig.clock.advance(20);
  assert.equal(runner.offset, 0);
  await rig.clock.advance(10_000);
  assert.deepEqual(delivered().slice(-2), ['a', 'b']);
  assert.equal(runner.offset, 2);
});

test('a message that cannot be stored is left out, the others go on', async (t) => {
  const { rig, runner, delivered } = await start(t);
  await sendDelayed(rig, 'a');
  await sendDelayed(rig, 'b');
  rig.store.nextStatus = AppendStatus.MESSAGE_ILLEGAL;
  await rig.clock.advance(5001);
  rig.store.nextStatus = AppendStatus.PUT_OK;
  await sendDelayed(rig, 'c');
  await rig.clock.advance(5001);
  assert.deepEqual(delivered(), ['c']);
  assert.equal(runner.offset, 3);
});

test('a clock set back does not hold messages up', async (t) => {
  const { rig, delivered } = await start(t);
  await sendDelayed(rig, 'a');
  rig.clock.jumpWall(-3_600_000);
  await sendDelayed(rig, 'b');
  await rig.clock.advance(5001);
  assert.deepEqual(delivered(), ['a', 'b']);
});

test('progress beyond the queue, and before its beginning, is corrected', async (t) => {
  const { rig, runner, delivered } = await start(t, 50, async (prepared) => {
    await sendDelayed(prepared, 'a');
  });
  assert.equal(runner.offset, 1);
  await sendDelayed(rig, 'b');
  await rig.clock.advance(5001);
  assert.deepEqual(delivered(), ['b']);
  const late = new DelayLevelRunner(rig.context, rig.dataPath.writer, 2, 5000, 0);
  runner.stop();
  rig.store.expire('SCHEDULE_TOPIC_XXXX', 1, 1);
  late.start();
  await rig.clock.advance(1);
  late.stop();
  assert.deepEqual(delivered(), ['b', 'b']);
});

test('messages read from disk are delivered too', async (t) => {
  const { rig, delivered } = await start(t);
  rig.store.cold = true;
  await sendDelayed(rig, 'a');
  rig.store.finishReads();
  await rig.clock.advance(5001);
  rig.store.finishReads();
  await rig.clock.advance(1);
  assert.deepEqual(delivered(), ['a']);
});
