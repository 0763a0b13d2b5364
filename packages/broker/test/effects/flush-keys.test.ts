/** Keys of flushing: what they do is seen in the syncs and writes on the disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimFileSystem } from '@rocketmq-ts/platform/sim';
import { ResponseCode } from '@rocketmq-ts/protocol';
import { SimWorld } from '../rig/sim-broker.ts';

const SECOND = 1_000;
/** Looks often, and then waits for whatever the test sets. */
const QUIET = {
  flushIntervalCommitLog: 100,
  flushCommitLogLeastPages: 10_000,
  flushCommitLogThoroughInterval: 600_000,
  flushIntervalConsumeQueue: 100,
  flushConsumeQueueLeastPages: 10_000,
  flushConsumeQueueThoroughInterval: 600_000,
};

/** Counts operations of one kind on paths that contain a text. */
function counter(world: SimWorld) {
  let count = 0;
  return {
    watch(kind: string, part: string): void {
      count = 0;
      world.onOperation = (operation) => {
        if (operation.kind === kind && operation.path.includes(part)) count++;
      };
    },
    get count(): number {
      return count;
    },
  };
}

test('flushDiskType, live: SYNC_FLUSH answers after the sync of the log', async () => {
  const world = new SimWorld();
  const broker = await world.broker(QUIET);
  const syncs = counter(world);
  syncs.watch('datasync', '/commitlog/');
  await broker.send('T');
  assert.equal(syncs.count, 0);
  await broker.change('flushDiskType', 'SYNC_FLUSH');
  syncs.watch('datasync', '/commitlog/');
  assert.equal((await broker.send('T')).code, ResponseCode.SUCCESS);
  assert.ok(syncs.count > 0);
  await broker.stop();
});

test('flushCommitLogLeastPages: so much unsynced makes the next look sync', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ ...QUIET, flushCommitLogLeastPages: 4 });
  const syncs = counter(world);
  await broker.send('T');
  await world.clock.advance(SECOND);
  syncs.watch('datasync', '/commitlog/');
  for (let i = 0; i < 2; i++) await broker.send('T', Buffer.alloc(4_096));
  await world.clock.advance(SECOND);
  assert.equal(syncs.count, 0);
  for (let i = 0; i < 3; i++) await broker.send('T', Buffer.alloc(4_096));
  await world.clock.advance(SECOND);
  assert.ok(syncs.count > 0);
  await broker.stop();
});

test('flushCommitLogThoroughInterval: after so long a little is synced too', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ ...QUIET, flushCommitLogThoroughInterval: 20 * SECOND });
  const syncs = counter(world);
  await world.clock.advance(21 * SECOND);
  await broker.send('T');
  await world.clock.advance(SECOND);
  syncs.watch('datasync', '/commitlog/');
  await broker.send('T');
  await world.clock.advance(15 * SECOND);
  assert.equal(syncs.count, 0);
  await world.clock.advance(7 * SECOND);
  assert.ok(syncs.count > 0);
  await broker.stop();
});

test('flushIntervalCommitLog, live: how often it is looked', async () => {
  const world = new SimWorld();
  const broker = await world.broker({
    ...QUIET,
    flushIntervalCommitLog: 60 * SECOND,
    flushCommitLogLeastPages: 0,
  });
  const syncs = counter(world);
  syncs.watch('datasync', '/commitlog/');
  await broker.send('T');
  await world.clock.advance(10 * SECOND);
  assert.equal(syncs.count, 0);
  await broker.change('flushIntervalCommitLog', 500);
  await world.clock.advance(SECOND);
  assert.ok(syncs.count > 0);
  await broker.stop();
});

test('flushConsumeQueueLeastPages and flushIntervalConsumeQueue, live: when queues are written', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ ...QUIET, flushIntervalConsumeQueue: 60 * SECOND });
  const writes = counter(world);
  await broker.send('T');
  writes.watch('write', '/consumequeue/T/');
  await world.clock.advance(61 * SECOND);
  assert.equal(writes.count, 0, 'too little');
  await broker.change('flushConsumeQueueLeastPages', 0);
  await world.clock.advance(30 * SECOND);
  assert.equal(writes.count, 0, 'not looked yet');
  await broker.change('flushIntervalConsumeQueue', 500);
  await world.clock.advance(SECOND);
  assert.ok(writes.count > 0);
  await broker.stop();
});

test('flushConsumeQueueThoroughInterval, live: after so long the checkpoint moves', async () => {
  const world = new SimWorld();
  const broker = await world.broker(QUIET);
  const writes = counter(world);
  await broker.send('T');
  writes.watch('write', '/checkpoint');
  await world.clock.advance(120 * SECOND);
  assert.equal(writes.count, 0);
  await broker.change('flushConsumeQueueThoroughInterval', 1_000);
  await world.clock.advance(2 * SECOND);
  assert.ok(writes.count > 0);
  await broker.stop();
});

test('flushConsumerOffsetInterval, live: when consumerOffset.json is written', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ flushConsumerOffsetInterval: 300 * SECOND });
  await broker.send('T');
  const commit = { consumerGroup: 'G', topic: 'T', queueId: 0, commitOffset: 1 };
  const path = '/store/config/consumerOffset.json';
  await broker.call(15, commit);
  await world.clock.advance(60 * SECOND);
  assert.equal(broker.disk.existsSync(path), false);
  await broker.change('flushConsumerOffsetInterval', 1_000);
  await world.clock.advance(300 * SECOND);
  assert.equal(broker.disk.existsSync(path), true);
  await broker.stop();
});

test('flushDelayOffsetInterval, live: delayOffset.json has what was durable a period ago', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ flushDelayOffsetInterval: 100 * SECOND });
  const path = '/store/config/delayOffset.json';
  assert.equal((await broker.send('T', 'x', { i: 'DELAY\u00011\u0002' })).code, ResponseCode.SUCCESS);
  await world.clock.advance(90 * SECOND);
  await broker.change('flushDelayOffsetInterval', 2_000);
  assert.equal(broker.disk.existsSync(path), false);
  await world.clock.advance(15 * SECOND);
  assert.equal(broker.disk.existsSync(path), true);
  await broker.stop();
});

test('syncFlushTimeout, live: a send waits no longer for the disk', async () => {
  const world = new SimWorld();
  let latencyMs = 0;
  const disk = new SimFileSystem({
    clock: world.clock,
    latencyMs: ({ kind }) => (kind === 'datasync' ? latencyMs : 0),
  });
  const broker = await world.broker({ flushDiskType: 'SYNC_FLUSH', syncFlushTimeout: 3_000 }, disk);
  const sendTakes = async (): Promise<[code: number, seconds: number]> => {
    const startedMs = world.clock.monotonicMs();
    const { code } = await broker.send('T');
    return [code, Math.round((world.clock.monotonicMs() - startedMs) / SECOND)];
  };
  assert.deepEqual(await sendTakes(), [ResponseCode.SUCCESS, 0]);
  latencyMs = 20_000;
  assert.deepEqual(await sendTakes(), [ResponseCode.FLUSH_DISK_TIMEOUT, 3]);
  await world.clock.advance(60_000);
  await broker.change('syncFlushTimeout', 8_000);
  assert.deepEqual(await sendTakes(), [ResponseCode.FLUSH_DISK_TIMEOUT, 8]);
  latencyMs = 0;
  await world.clock.advance(60_000);
  await broker.stop();
});
