/**
 * Keys of the disk, on whole brokers: when old files go, when young ones have to, when sends are refused, and how that ends.
 * Reads are served all the time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseCode } from '@rocketmq-ts/protocol';
import { type Keys, type SimBroker, SimWorld } from '../rig/sim-broker.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Noon of some day, here. */
const NOON = new Date(2026, 0, 15, 12, 0, 0).getTime();
const NEVER = { deleteWhen: '03', fileReservedTime: 1_000 };

/** Files of a MiB that the log has then, the one prepared ahead included; the last two are never removed. */
const FULL = 7;
const LEAST = 2;

async function filled(world: SimWorld, keys: Keys): Promise<SimBroker> {
  const broker = await world.broker({ maxMessageSize: 512 * 1024, ...keys });
  for (let i = 0; i < 22; i++) {
    assert.equal((await broker.send('T', Buffer.alloc(250_000))).code, ResponseCode.SUCCESS);
  }
  await world.clock.advance(11_000);
  assert.equal(logFiles(broker), FULL);
  return broker;
}

function logFiles({ disk }: SimBroker): number {
  return [...disk.files().keys()].filter((path) => path.includes('/commitlog/') && !path.endsWith('.tmp'))
    .length;
}

/** Makes the disk as large as it takes for so much of it to be in use. */
function setUsed({ disk }: SimBroker, ratio: number): void {
  disk.capacityBytes = disk.usedBytes() / ratio;
}

/** The newest message can be read. */
async function canRead(broker: SimBroker): Promise<boolean> {
  const { ext } = await broker.call(30, { topic: 'T', queueId: 0 });
  return (await broker.pull('T', Number(ext.get('offset')) - 1)).code === ResponseCode.SUCCESS;
}

test('deleteWhen, fileReservedTime, live: at the hours named, what is old enough', async () => {
  const world = new SimWorld(NOON);
  const broker = await filled(world, { deleteWhen: '14;16', fileReservedTime: 3 });
  await world.clock.advance(HOUR + 50 * MINUTE);
  assert.equal(logFiles(broker), FULL, 'not the hour');
  await world.clock.advance(20 * MINUTE);
  assert.equal(logFiles(broker), FULL, 'the hour, but not old enough');
  await world.clock.advance(2 * HOUR);
  assert.equal(logFiles(broker), LEAST, '16:10, and more than three hours old');
  assert.ok(await canRead(broker));
  for (let i = 0; i < 10; i++) await broker.send('T', Buffer.alloc(250_000));
  const before = logFiles(broker);
  await world.clock.advance(20 * MINUTE);
  assert.equal(logFiles(broker), before, 'too young');
  await broker.change('fileReservedTime', 0);
  await world.clock.advance(MINUTE);
  assert.equal(logFiles(broker), LEAST);
  await broker.stop();
});

test('diskMaxUsedSpaceRatio, live: above it what is old enough goes at any hour', async () => {
  const world = new SimWorld(NOON);
  const broker = await filled(world, { deleteWhen: '04', fileReservedTime: 0, diskMaxUsedSpaceRatio: 80 });
  setUsed(broker, 0.75);
  await world.clock.advance(2 * MINUTE);
  assert.equal(logFiles(broker), FULL);
  await broker.change('diskMaxUsedSpaceRatio', 70);
  await world.clock.advance(MINUTE);
  assert.ok(logFiles(broker) < FULL);
  assert.ok(await canRead(broker));
  await broker.stop();
});

test('cleanResourceInterval, live: how often it is looked for files', async () => {
  const world = new SimWorld(NOON);
  const broker = await filled(world, { deleteWhen: '12', fileReservedTime: 0, cleanResourceInterval: HOUR });
  await world.clock.advance(10 * MINUTE);
  assert.equal(logFiles(broker), FULL);
  await broker.change('cleanResourceInterval', 5_000);
  await world.clock.advance(10_000);
  assert.equal(logFiles(broker), LEAST);
  await broker.stop();
});

test('deleteCommitLogFilesInterval: the pause between two files', async () => {
  const world = new SimWorld(NOON);
  const keys = { deleteWhen: '12', fileReservedTime: 0, cleanResourceInterval: 90_000 };
  const broker = await filled(world, { ...keys, deleteCommitLogFilesInterval: 10_000 });
  await world.clock.advance(90_000 - 11_000 + 25_000);
  const left = logFiles(broker);
  assert.ok(left >= 4 && left <= 5, `${left} files`);
  await broker.stop();
});

test('deleteConsumeQueueFilesInterval: the pause between files of queues', async () => {
  const world = new SimWorld(NOON);
  const keys = { deleteWhen: '12', fileReservedTime: 0, deleteConsumeQueueFilesInterval: 20_000 };
  const broker = await world.broker({ ...keys, flushConsumeQueueLeastPages: 0 });
  for (const topic of ['A', 'B', 'C']) {
    for (let i = 0; i < 110; i++) await broker.send(topic, Buffer.alloc(8_000));
  }
  const removedAtMs: number[] = [];
  world.onOperation = ({ kind, path }) => {
    if (kind === 'remove' && path.includes('/consumequeue/')) removedAtMs.push(world.clock.monotonicMs());
  };
  await world.clock.advance(5 * MINUTE);
  assert.ok(removedAtMs.length >= 2, `${removedAtMs.length} removed`);
  for (let i = 1; i < removedAtMs.length; i++) assert.ok(removedAtMs[i]! - removedAtMs[i - 1]! >= 20_000);
  await broker.stop();
});

test('diskSpaceWarningLevelRatio, live: refused within a second, read meanwhile, taken again when there is room', async () => {
  const world = new SimWorld(NOON);
  const broker = await filled(world, { ...NEVER, cleanFileForciblyEnable: false });
  await world.clock.advance(MINUTE);
  setUsed(broker, 0.95);
  await world.clock.advance(1_000);
  const refused = await broker.send('T');
  assert.equal(refused.code, ResponseCode.SERVICE_NOT_AVAILABLE);
  assert.match(refused.remark ?? '', /% full|maybe disk full/);
  assert.ok(await canRead(broker));
  broker.disk.capacityBytes = Number.POSITIVE_INFINITY;
  await world.clock.advance(1_000);
  assert.equal((await broker.send('T')).code, ResponseCode.SUCCESS);
  setUsed(broker, 0.8);
  await broker.change('diskSpaceCleanForciblyRatio', 0.6);
  await broker.change('diskSpaceWarningLevelRatio', 0.7);
  await world.clock.advance(1_000);
  assert.equal((await broker.send('T')).code, ResponseCode.SERVICE_NOT_AVAILABLE);
  await broker.stop();
});

test('diskSpaceCleanForciblyRatio, cleanFileForciblyEnable, live: young files go when they have to, and may', async () => {
  const world = new SimWorld(NOON);
  const broker = await filled(world, { ...NEVER, cleanFileForciblyEnable: false });
  await world.clock.advance(MINUTE);
  setUsed(broker, 0.88);
  await world.clock.advance(MINUTE);
  assert.equal(logFiles(broker), FULL, 'they may not');
  await broker.change('diskSpaceCleanForciblyRatio', 0.89);
  await broker.change('cleanFileForciblyEnable', true);
  await world.clock.advance(MINUTE);
  assert.equal(logFiles(broker), FULL, 'they need not');
  await broker.change('diskSpaceCleanForciblyRatio', 0.85);
  await world.clock.advance(MINUTE);
  assert.ok(logFiles(broker) < FULL);
  assert.ok(await canRead(broker));
  await broker.stop();
});

test('a disk without any room: a clear answer at once, reads, and on again by itself', async () => {
  const world = new SimWorld(NOON);
  const broker = await filled(world, NEVER);
  broker.disk.capacityBytes = broker.disk.usedBytes();
  let refused = 0;
  for (let i = 0; i < 12; i++) {
    const startedMs = world.clock.monotonicMs();
    const { code, remark } = await broker.send('T', Buffer.alloc(250_000));
    assert.ok(world.clock.monotonicMs() - startedMs <= 1_000);
    if (code === ResponseCode.SUCCESS) continue;
    refused++;
    assert.match(remark ?? '', /No space|full/);
  }
  assert.ok(refused > 0);
  assert.ok(await canRead(broker));
  broker.disk.capacityBytes = Number.POSITIVE_INFINITY;
  await world.clock.advance(3_000);
  assert.equal((await broker.send('T')).code, ResponseCode.SUCCESS);
  assert.deepEqual(world.fatal, []);
  await broker.stop();
});

test('a broker starts on a disk without any room, is read, and takes messages once there is some', async () => {
  const world = new SimWorld(NOON);
  const broker = await filled(world, NEVER);
  await broker.stop();
  broker.disk.capacityBytes = broker.disk.usedBytes();
  const again = await world.broker({ ...NEVER, maxMessageSize: 512 * 1024 }, broker.disk);
  assert.ok(await canRead(again));
  let last = ResponseCode.SUCCESS as number;
  for (let i = 0; i < 12; i++) last = (await again.send('T', Buffer.alloc(250_000))).code;
  assert.equal(last, ResponseCode.SERVICE_NOT_AVAILABLE);
  assert.ok(await canRead(again));
  again.disk.capacityBytes = Number.POSITIVE_INFINITY;
  await world.clock.advance(3_000);
  assert.equal((await again.send('T')).code, ResponseCode.SUCCESS);
  await again.stop();
});

test('a broker starts after a crash on a disk without any room', async () => {
  const world = new SimWorld(NOON);
  const broker = await filled(world, NEVER);
  broker.disk.capacityBytes = broker.disk.usedBytes();
  const again = await broker.crash({}, 7);
  assert.ok(await canRead(again));
  again.disk.capacityBytes = Number.POSITIVE_INFINITY;
  await world.clock.advance(3_000);
  assert.equal((await again.send('T')).code, ResponseCode.SUCCESS);
  await again.stop();
});
