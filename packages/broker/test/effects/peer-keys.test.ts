/** Keys of masters, slaves and name servers, seen from their other end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteStream } from '@rocketmq-ts/platform';
import { RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { RemotingServer } from '@rocketmq-ts/remoting';
import { SimWorld } from '../rig/sim-broker.ts';

const SECOND = 1_000;

interface Slave {
  readonly stream: ByteStream;
  closed: boolean;
  /** Sizes of what came, in order. */
  readonly chunks: number[];
}

/** Speaks like a slave that holds the log up to `offset`. */
async function slaveOf(world: SimWorld, host: string, offset = 0): Promise<Slave> {
  const network = world.network.host(host);
  const stream = await world.clock.run(network.connect({ host: '10.0.0.1', port: 10912, timeoutMs: 1_000 }));
  const slave: Slave = { stream, closed: false, chunks: [] };
  stream.setHandler({
    onData: (chunk) => void slave.chunks.push(chunk.length),
    onDrain() {},
    onClose: () => {
      slave.closed = true;
    },
  });
  report(slave, offset);
  await world.clock.advance(10);
  return slave;
}

function report(slave: Slave, offset: number): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(offset));
  slave.stream.write([bytes]);
}

test('haMaxConnections: one more slave is refused', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ haMaxConnections: 1 });
  const first = await slaveOf(world, '10.0.3.1');
  const second = await slaveOf(world, '10.0.3.2');
  assert.deepEqual([first.closed, second.closed], [false, true]);
  await broker.stop();
});

test('haSlaveFallbehindMax, live: a slave that is further behind is not waited for', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ brokerRole: 'SYNC_MASTER', syncFlushTimeout: 2_000 });
  await slaveOf(world, '10.0.3.1');
  assert.equal((await broker.send('T')).code, ResponseCode.FLUSH_SLAVE_TIMEOUT);
  await broker.change('haSlaveFallbehindMax', 100);
  assert.equal((await broker.send('T')).code, ResponseCode.SLAVE_NOT_AVAILABLE);
  await broker.stop();
});

test('haHousekeepingInterval, haSendHeartbeatInterval: a silent slave is dropped, and hears that its master lives', async () => {
  const world = new SimWorld();
  const broker = await world.broker({
    haHousekeepingInterval: 10 * SECOND,
    haSendHeartbeatInterval: 2 * SECOND,
  });
  await broker.send('T');
  const slave = await slaveOf(world, '10.0.3.1');
  slave.chunks.length = 0;
  await world.clock.advance(8 * SECOND);
  assert.equal(slave.closed, false);
  assert.ok(slave.chunks.length >= 3 && slave.chunks.every((bytes) => bytes === 12), `${slave.chunks}`);
  await world.clock.advance(5 * SECOND);
  assert.equal(slave.closed, true);
  await broker.stop();
});

test('offsetCheckInSlave, live: whether a slave corrects offsets as a master does', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ brokerRole: 'SLAVE', brokerId: 1, haMasterAddress: '10.0.0.7:10912' });
  const topic = 'BenchmarkTest';
  assert.equal((await broker.pull(topic, 100)).code, ResponseCode.PULL_RETRY_IMMEDIATELY);
  await broker.change('offsetCheckInSlave', true);
  assert.equal((await broker.pull(topic, 100)).code, ResponseCode.PULL_OFFSET_MOVED);
  await broker.stop();
});

test('slaveSyncPeriodMs, live: how often a slave asks for topics and offsets', async () => {
  const world = new SimWorld();
  let asked = 0;
  const master = new RemotingServer({
    platform: world.platform('10.0.0.7'),
    host: '10.0.0.7',
    ports: [10911],
  });
  master.handle(RequestCode.GET_ALL_TOPIC_CONFIG, () => {
    asked++;
    return { code: ResponseCode.SYSTEM_ERROR, remark: 'not now' };
  });
  await world.clock.run(master.start());
  const keys = {
    brokerRole: 'SLAVE',
    brokerId: 1,
    haMasterAddress: '10.0.0.7:10912',
    slaveSyncPeriodMs: 40_000,
  };
  const broker = await world.broker(keys);
  await world.clock.advance(100 * SECOND);
  assert.ok(asked >= 2 && asked <= 4, `${asked} times`);
  await broker.change('slaveSyncPeriodMs', 1_000);
  await world.clock.advance(40 * SECOND);
  asked = 0;
  await world.clock.advance(20 * SECOND);
  assert.ok(asked >= 15, `${asked} times`);
  await broker.stop();
  await world.clock.run(master.stop(0));
});

test('fetchNamesrvAddrByAddressServer, rmqAddressServerDomain, rmqAddressServerSubGroup: name servers by HTTP', async () => {
  const world = new SimWorld();
  const asked: string[] = [];
  await world.clock.run(
    world.network.host('10.0.0.8').listen({ host: '10.0.0.8', port: 8080 }, (stream) => {
      stream.setHandler({
        onData: (chunk) => {
          asked.push(chunk.toString().split('\r\n')[0] ?? '');
          stream.write([Buffer.from('HTTP/1.0 200 OK\r\n\r\n10.0.0.9:9876\n')]);
          stream.end();
        },
        onDrain() {},
        onClose() {},
      });
    }),
  );
  let registered = 0;
  const server = new RemotingServer({
    platform: world.platform('10.0.0.9'),
    host: '10.0.0.9',
    ports: [9876],
  });
  server.handle(RequestCode.REGISTER_BROKER, () => {
    registered++;
    return { code: ResponseCode.SUCCESS };
  });
  await world.clock.run(server.start());
  const keys = { rmqAddressServerDomain: '10.0.0.8', rmqAddressServerSubGroup: 'servers' };
  const without = await world.broker(keys);
  await world.clock.advance(10 * SECOND);
  assert.deepEqual([asked.length, registered], [0, 0]);
  await without.stop();
  const broker = await world.broker({ ...keys, fetchNamesrvAddrByAddressServer: true });
  await world.clock.advance(10 * SECOND);
  assert.equal(asked[0], 'GET /rocketmq/servers HTTP/1.0');
  assert.ok(registered > 0);
  await broker.stop();
  await world.clock.run(server.stop(0));
});
