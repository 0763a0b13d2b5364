/** Masters and slaves over a network in memory, on real stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { FILE_BYTES, fill, logBytes, ReplicationRig, until } from './replication-rig.ts';

test('a slave takes the whole log, follows it, and its files are the same bytes', async (t) => {
  const rig = new ReplicationRig(t, { cutChance: 0.5 });
  const { store, root, master } = await rig.master();
  await fill(store, 40);
  const slave = await rig.slave();
  await until('the beginning', () => slave.store.maxPhysicalOffset === store.maxPhysicalOffset);
  await fill(store, 600, 40);
  assert.ok(store.maxPhysicalOffset > 3 * FILE_BYTES);
  await until('the rest', () => slave.store.maxPhysicalOffset === store.maxPhysicalOffset);
  await until('the ack', () => master.ackedOffset === store.maxPhysicalOffset);
  const end = store.maxPhysicalOffset;
  assert.deepEqual(logBytes(slave.root, 0, end), logBytes(root, 0, end));
  assert.equal(slave.store.maxOffset('T', 0), 320);
  assert.deepEqual(slave.topics, ['T']);
  assert.equal(master.slaves.length, 1);
  assert.ok(master.isAvailable(end));
});

test('a new slave gets the last file, one that was there goes on where it was', async (t) => {
  const rig = new ReplicationRig(t);
  const { store, root } = await rig.master();
  await fill(store, 400);
  const first = await rig.slave();
  await until('the last file', () => first.store.maxPhysicalOffset === store.maxPhysicalOffset);
  const from = first.store.minPhysicalOffset;
  assert.equal(from, store.feed.fileStart(store.maxPhysicalOffset));
  assert.ok(from > 0);
  first.slave.stop();
  await first.store.shutdown();
  await fill(store, 400, 400);
  const again = await rig.slave({}, first.root);
  await until('the rest', () => again.store.maxPhysicalOffset === store.maxPhysicalOffset);
  const end = store.maxPhysicalOffset;
  assert.equal(again.store.minPhysicalOffset, from);
  assert.deepEqual(logBytes(first.root, from, end), logBytes(root, from, end));
});

test('several slaves; one that is lost comes back after a break', async (t) => {
  const rig = new ReplicationRig(t);
  const { store, master } = await rig.master();
  const slaves = [await rig.slave(), await rig.slave()];
  await fill(store, 100);
  for (const { store: copy } of slaves) {
    await until('a copy', () => copy.maxPhysicalOffset === store.maxPhysicalOffset);
  }
  rig.network.reset('10.0.0.1', slaves[0]!.host);
  await until('it is gone', () => master.slaves.length === 1);
  await fill(store, 100, 100);
  await until('the other copy', () => slaves[1]!.store.maxPhysicalOffset === store.maxPhysicalOffset);
  await until('it is back', () => slaves[0]!.store.maxPhysicalOffset === store.maxPhysicalOffset);
  assert.equal(slaves[0]!.connections(), 2);
});

test('idle peers keep each other alive; one that has died is dropped', async (t) => {
  const clock = new SimClock();
  const rig = new ReplicationRig(t, {}, clock);
  const silence = { haHousekeepingInterval: 1500 };
  const { store, master } = await clock.run(rig.master(silence));
  await clock.run(fill(store, 10));
  const slave = await clock.run(rig.slave({}, undefined, silence));
  await clock.advance(1_000);
  assert.equal(slave.store.maxPhysicalOffset, store.maxPhysicalOffset);
  await clock.advance(60_000);
  assert.equal(slave.connections(), 1, 'nobody was silent for too long');
  rig.network.lose('10.0.0.1', slave.host);
  const lost = master.slaves[0]!.address;
  await clock.advance(2_500);
  assert.ok(
    master.slaves.every(({ address }) => address !== lost),
    'the master has noticed',
  );
  assert.equal(slave.connections(), 2, 'the slave is back');
  assert.ok(master.isAvailable(store.maxPhysicalOffset), 'and is heard');
});

test('with SYNC_FLUSH a slave is sent, and confirms, only what is durable', async (t) => {
  const rig = new ReplicationRig(t);
  const { store, master } = await rig.master({}, { flushDiskType: 'SYNC_FLUSH' });
  const slave = await rig.slave({ flushDiskType: 'SYNC_FLUSH' });
  await fill(store, 100);
  await until('the ack', () => master.ackedOffset === store.maxPhysicalOffset);
  assert.equal(slave.store.durableOffset, store.durableOffset);
});

test('frames carry at most haTransferBatchSize bytes and never span files; a heartbeat names the next offset', async (t) => {
  const rig = new ReplicationRig(t);
  const { store, root } = await rig.master({ haTransferBatchSize: 1000 });
  await fill(store, 400, 0, 333);
  const peer = await rig.peer();
  peer.report(1);
  const end = store.maxPhysicalOffset;
  await until('all of it', () => {
    const last = peer.frames().at(-1);
    return last !== undefined && last.offset + last.bytes.length === end;
  });
  for (const { offset, bytes } of peer.frames()) {
    assert.ok(bytes.length <= 1000);
    assert.equal(store.feed.fileStart(offset), store.feed.fileStart(offset + bytes.length - 1));
  }
  const sent = Buffer.concat(peer.frames().map(({ bytes }) => bytes));
  assert.deepEqual(sent, logBytes(root, 0, end).subarray(1));
  await until('a heartbeat', () => peer.frames().at(-1)!.bytes.length === 0);
  assert.equal(peer.frames().at(-1)!.offset, end);
});

test('a peer that acknowledges what it was not sent, or asks for what is not there, is dropped', async (t) => {
  const rig = new ReplicationRig(t);
  const { store, master } = await rig.master();
  await fill(store, 10);
  const end = store.maxPhysicalOffset;
  const beyond = await rig.peer();
  beyond.report(0);
  await until('it is sent the log', () => beyond.received.length >= end);
  beyond.report(end + 1);
  await until('it is dropped', () => beyond.closed);
  assert.ok(master.ackedOffset <= end);
  const ahead = await rig.peer();
  ahead.report(end + 1);
  await until('it is dropped', () => ahead.closed);
  assert.equal(ahead.received.length, 0);
  const negative = await rig.peer();
  negative.send('ffffffffffffff00');
  await until('it is dropped', () => negative.closed);
  const complaints = rig.logger.complaints().join('\n');
  assert.match(complaints, /acknowledges/);
  assert.match(complaints, /different histories/);
});

test('peers that are not allowed, and those over the bound, get nothing', async (t) => {
  const rig = new ReplicationRig(t);
  const { store } = await rig.master({}, {}, (ip) => ip !== '10.0.0.2');
  await fill(store, 10);
  const stranger = await rig.peer();
  stranger.report(0);
  await until('the stranger is gone', () => stranger.closed);
  assert.equal(stranger.received.length, 0);
  const peers = [await rig.peer(), await rig.peer(), await rig.peer()];
  const tooMany = await rig.peer();
  await until('one is too many', () => tooMany.closed);
  for (const peer of peers) {
    assert.equal(peer.closed, false);
    peer.report(0);
    await until('the log', () => peer.received.length > 0);
  }
});

test('a slave that reads nothing holds little memory and nobody up; it counts as too far behind', async (t) => {
  const rig = new ReplicationRig(t);
  const { store, master } = await rig.master();
  const stuck = await rig.peer();
  stuck.report(0);
  stuck.pause();
  const slave = await rig.slave();
  await fill(store, 3000);
  await until('the other has all', () => slave.store.maxPhysicalOffset === store.maxPhysicalOffset);
  assert.ok(master.isAvailable(store.maxPhysicalOffset));
  slave.slave.stop();
  const other = `${slave.host}:`;
  await until('the other is gone', () => !master.slaves.some(({ address }) => address.startsWith(other)));
  assert.equal(master.isAvailable(store.maxPhysicalOffset), false);
});

test('connections that break again and again: the bytes are the same in the end', async (t) => {
  const rig = new ReplicationRig(t, { resetChance: 0.01, cutChance: 0.2 });
  const { store, root } = await rig.master();
  const slave = await rig.slave();
  await fill(store, 1500);
  await until('everything', () => slave.store.maxPhysicalOffset === store.maxPhysicalOffset, 200_000);
  const end = store.maxPhysicalOffset;
  const from = slave.store.minPhysicalOffset;
  assert.deepEqual(logBytes(slave.root, from, end), logBytes(root, from, end));
});
