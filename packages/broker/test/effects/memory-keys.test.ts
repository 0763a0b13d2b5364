/** Keys of the store's memory, of what it writes ahead and keeps open, and of where a recovery begins. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenFile, OpenMode } from '@rocketmq-ts/platform';
import { SimFileSystem } from '@rocketmq-ts/platform/sim';
import { RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { pullFields, sendFields } from '../rig/broker-rig.ts';
import { type Keys, type SimBroker, SimWorld } from '../rig/sim-broker.ts';

const MIB = 1024 * 1024;
const BODY = Buffer.alloc(60_000);

/** Bytes that the store holds, as its metrics tell. */
function memoryOf(world: SimWorld, use: string): Promise<number> {
  return figureOf(world, `use="${use}"} (\\d+)`);
}

async function figureOf(world: SimWorld, pattern: string): Promise<number> {
  const network = world.network.host('10.0.4.1');
  const stream = await world.clock.run(network.connect({ host: '10.0.0.1', port: 5557, timeoutMs: 1_000 }));
  let text = '';
  const closed = new Promise<void>((resolve) => {
    stream.setHandler({
      onData: (chunk) => {
        text += chunk.toString();
      },
      onDrain() {},
      onClose: () => resolve(),
    });
  });
  stream.write([Buffer.from('GET /metrics HTTP/1.1\r\n\r\n')]);
  await world.clock.run(closed);
  return Number(new RegExp(pattern).exec(text)?.[1]);
}

async function filled(world: SimWorld, keys: Keys, mib: number): Promise<SimBroker> {
  const broker = await world.broker({
    metricsEnable: true,
    metricsHost: '10.0.0.1',
    maxMessageSize: 70_000,
    ...keys,
  });
  for (let sent = 0; sent < mib * MIB; sent += BODY.length) await broker.send('T', BODY);
  return broker;
}

test('memoryWindowBytes: how much of the end of the log is kept in memory', async () => {
  for (const memoryWindowBytes of [2 * MIB, 4 * MIB]) {
    const world = new SimWorld();
    const broker = await filled(world, { memoryWindowBytes }, 8);
    const held = await memoryOf(world, 'window');
    assert.ok(held <= memoryWindowBytes && held > memoryWindowBytes / 2, `${held} of ${memoryWindowBytes}`);
    await broker.stop();
  }
});

test('coldCacheBytes: how much of what was read from disk is kept', async () => {
  for (const coldCacheBytes of [MIB, 3 * MIB]) {
    const world = new SimWorld();
    const broker = await filled(world, { memoryWindowBytes: 2 * MIB, coldCacheBytes }, 8);
    for (let offset = 0; offset < 100; offset++) await broker.pull('T', offset);
    const held = await memoryOf(world, 'cold');
    assert.ok(held <= coldCacheBytes && held > coldCacheBytes / 2, `${held} of ${coldCacheBytes}`);
    await broker.stop();
  }
});

test('scrubBytesPerSecond, live: whether damage is found that nobody has come across', async () => {
  const world = new SimWorld();
  const stopped = await filled(world, {}, 1);
  await stopped.stop();
  const { disk } = stopped;
  disk.damage('/store/commitlog/00000000000000000000', 500_000);
  const keys = {
    metricsEnable: true,
    metricsHost: '10.0.0.1',
    maxMessageSize: 70_000,
    scrubBytesPerSecond: 0,
  };
  const broker = await world.broker(keys, disk);
  await world.clock.advance(120_000);
  assert.equal(await figureOf(world, 'damaged_places{[^}]*} (\\d+)'), 0);
  await broker.change('scrubBytesPerSecond', MIB);
  await world.clock.advance(5_000);
  assert.equal(await figureOf(world, 'damaged_places{[^}]*} (\\d+)'), 1);
  const named = world.logger.complaints().filter((line) => line.includes('Damage found in the store'));
  assert.equal(named.length, 1);
  await broker.stop();
});

test('zeroAheadBytes: how far the log is written ahead', async () => {
  const ahead: number[] = [];
  for (const zeroAheadBytes of [MIB, 8 * MIB]) {
    const world = new SimWorld();
    let end = 0;
    const disk = new SimFileSystem({
      clock: world.clock,
      onOperation: ({ kind, path, position, length }) => {
        if (kind === 'write' && path.includes('/commitlog/')) end = Math.max(end, position + length);
        return undefined;
      },
      // Writing ahead is slower than what comes.
      latencyMs: ({ kind, length }) => (kind === 'write' && length === MIB ? 20 : 0),
    });
    const keys = { zeroAheadBytes, mapedFileSizeCommitLog: 64 * MIB, maxMessageSize: 70_000 };
    const broker = await world.broker(keys, disk);
    let sent = 0;
    // Sends that come faster than it is written ahead make it go further.
    for (let burst = 0; burst < 8; burst++) {
      const ext = sendFields('T', { e: '0' });
      const asked = Array.from({ length: 40 }, () => broker.ask(RequestCode.SEND_MESSAGE_V2, ext, BODY));
      await world.clock.run(Promise.all(asked));
      sent += 40 * BODY.length;
    }
    await world.clock.advance(1_000);
    ahead.push(end - sent);
    await broker.stop();
  }
  assert.ok(ahead[0]! <= 2.5 * MIB, `${ahead}`);
  assert.ok(ahead[1]! > 3 * MIB && ahead[1]! <= 9 * MIB, `${ahead}`);
});

test('messageIndexSafe: a recovery that has to read begins where the index is complete too', async () => {
  const reads: number[] = [];
  for (const messageIndexSafe of [false, true]) {
    const world = new SimWorld();
    const keys = { messageIndexSafe, memoryWindowBytes: 2 * MIB };
    const broker = await world.broker(keys);
    for (let i = 0; i < 60; i++) {
      await broker.send('T', BODY, { i: '' });
      await world.clock.advance(1_000);
    }
    await world.clock.advance(120_000);
    const disk = broker.disk.crash();
    // As Java's: the checkpoint alone says how far queues and index are complete.
    for (const name of ['owner', 'progress']) disk.unlinkSync(`/store/rocketmq-ts/${name}`);
    world.network.crash('10.0.0.1');
    await world.clock.advance(1_000);
    // Java's third number: up to which store time the index is complete.
    const checkpoint = disk.openSync('/store/checkpoint', 'read-write');
    checkpoint.writeSync(Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]), 0, 8, 16);
    checkpoint.closeSync();
    let count = 0;
    disk.onOperation = ({ kind, path, position }) => {
      if (kind === 'read' && path.endsWith('/commitlog/00000000000000000000') && position > 0) count++;
      return undefined;
    };
    const again = await world.broker(keys, disk);
    reads.push(count);
    await again.stop();
  }
  assert.ok(reads[1]! > reads[0]!, `${reads}`);
});

/** A disk that counts which files of a folder are open. */
class CountingDisk extends SimFileSystem {
  readonly #open = new Map<string, number>();

  override openSync(path: string, mode: OpenMode): OpenFile {
    const file = super.openSync(path, mode);
    const close = file.closeSync.bind(file);
    this.#count(path, 1);
    file.closeSync = () => {
      close();
      this.#count(path, -1);
    };
    return file;
  }

  openBelow(folder: string): number {
    let count = 0;
    for (const [path, open] of this.#open) if (path.startsWith(`${folder}/`)) count += open;
    return count;
  }

  #count(path: string, by: number): void {
    this.#open.set(path, (this.#open.get(path) ?? 0) + by);
  }
}

test('maxOpenQueueFiles, maxOpenLogFiles: files that are open at one time', async () => {
  const world = new SimWorld();
  // The first sync of the log is very slow, so that log files which wait for one pile up.
  let syncMs = 60_000;
  const disk = new CountingDisk({
    clock: world.clock,
    latencyMs: ({ kind, path }) => (kind === 'datasync' && path.includes('/commitlog/') ? syncMs : 0),
  });
  const keys = {
    maxOpenQueueFiles: 8,
    maxOpenLogFiles: 2,
    memoryWindowBytes: 2 * MIB,
    maxMessageSize: 70_000,
  };
  const broker = await world.broker(
    { ...keys, flushIntervalCommitLog: 50, flushCommitLogLeastPages: 0 },
    disk,
  );
  await broker.send('T0', BODY);
  await world.clock.advance(1_000);
  syncMs = 0;
  for (let i = 1; i < 150; i++) await broker.send(`T${i % 30}`, BODY);
  const whileWaiting = disk.openBelow('/store/commitlog');
  assert.ok(whileWaiting >= 8, `files with unsynced bytes stay open: ${whileWaiting}`);
  await world.clock.advance(120_000);
  const assertFewOpen = (when: string): void => {
    const queueFiles = disk.openBelow('/store/consumequeue');
    assert.ok(queueFiles > 0 && queueFiles <= 8, `${when}: ${queueFiles} queue files`);
    const logFiles = disk.openBelow('/store/commitlog');
    assert.ok(logFiles > 0 && logFiles <= 2, `${when}: ${logFiles} log files`);
  };
  assertFewOpen('after the sync');
  const pulls = Array.from({ length: 150 }, (_, i) => {
    const inline = { queueId: '0', sysFlag: '4', subscription: '*', suspendTimeoutMillis: '0' };
    return broker.ask(RequestCode.PULL_MESSAGE, pullFields(`T${i % 30}`, Math.floor(i / 30), inline));
  });
  const answers = await world.clock.run(Promise.all(pulls));
  assert.ok(answers.every(({ code }) => code === ResponseCode.SUCCESS));
  assertFewOpen('after reads at the same time of what has left the memory');
  await broker.stop();
});
