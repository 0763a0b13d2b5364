/** Keys of the store's memory, of what it writes ahead and keeps open, and of where a recovery begins. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { SimFileSystem } from '@rocketmq-ts/platform/sim';
import { RequestCode } from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { Broker } from '../../src/broker.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { pullFields, sendFields } from '../rig/broker-rig.ts';
import { type Keys, type SimBroker, SimWorld } from '../rig/sim-broker.ts';
import { testHost } from '../support/host-facts.ts';

const MIB = 1024 * 1024;
const BODY = Buffer.alloc(60_000);

/** Bytes that the store holds, as its metrics tell. */
async function memoryOf(world: SimWorld, use: string): Promise<number> {
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
  return Number(new RegExp(`use="${use}"} (\\d+)`).exec(text)?.[1]);
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

test('maxOpenQueueFiles, maxOpenLogFiles: files that are open at one time', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'open-files-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const settings = {
    ...{
      listenHost: '127.0.0.1',
      listenPort: '0',
      brokerIP1: '127.0.0.1',
      storePathRootDir: join(folder, 'store'),
    },
    ...{ mapedFileSizeCommitLog: '1048576', zeroAheadBytes: '1048576', maxMessageSize: '70000' },
    ...{
      memoryWindowBytes: '2097152',
      maxOpenQueueFiles: '8',
      maxOpenLogFiles: '2',
      mapedFileSizeConsumeQueue: '2000',
    },
    ...{ flushConsumeQueueLeastPages: '0', flushIntervalCommitLog: '50', flushCommitLogLeastPages: '0' },
  };
  const config = BrokerConfig.load({ host: testHost, overrides: new Map(Object.entries(settings)) });
  const broker = await Broker.start(realPlatform(), config);
  t.after(() => broker.stop());
  const client = new RemotingClient({ platform: realPlatform() });
  t.after(() => client.close(0));
  for (let i = 0; i < 150; i++) {
    const ext = sendFields(`T${i % 30}`, { e: '0' });
    await client.invoke(broker.address, { code: RequestCode.SEND_MESSAGE_V2, ext, body: BODY }, 10_000);
  }
  const open = (part: string): number => {
    let count = 0;
    for (const descriptor of readdirSync('/proc/self/fd')) {
      try {
        if (readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(join(folder, 'store', part))) count++;
      } catch {
        // closed since
      }
    }
    return count;
  };
  // Files whose last bytes are not synced yet stay open.
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (let i = 0; i < 30; i++) {
    const inline = { queueId: '0', sysFlag: '4', subscription: '*', suspendTimeoutMillis: '0' };
    const ext = pullFields(`T${i}`, 0, inline);
    await client.invoke(broker.address, { code: RequestCode.PULL_MESSAGE, ext }, 10_000);
  }
  assert.ok(open('consumequeue') <= 8, `${open('consumequeue')} queue files`);
  // The one being written and the one prepared may be open besides.
  assert.ok(open('commitlog') <= 2 + 2, `${open('commitlog')} log files`);
});
