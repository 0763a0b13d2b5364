/** Keys of connections and their bounds, seen from outside of whole brokers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteStream } from '@rocketmq-ts/platform';
import { encodeCommand, RequestCode, ResponseCode, SerializeType } from '@rocketmq-ts/protocol';
import { type RemotingLimits, RemotingServer } from '@rocketmq-ts/remoting';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { clientLimits, serverLimits } from '../../src/config/server-limits.ts';
import { type Keys, type SimBroker, SimWorld } from '../rig/sim-broker.ts';
import { testHost } from '../support/host-facts.ts';

const SECOND = 1_000;
const MIB = 1024 * 1024;

interface Peer {
  readonly stream: ByteStream;
  closed: boolean;
  received: number;
}

/** A bare connection to the broker. */
async function connect(world: SimWorld, host = '10.0.2.1'): Promise<Peer> {
  const network = world.network.host(host);
  const stream = await world.clock.run(network.connect({ host: '10.0.0.1', port: 10911, timeoutMs: 1_000 }));
  const peer: Peer = { stream, closed: false, received: 0 };
  stream.setHandler({
    onData: (chunk) => {
      peer.received += chunk.length;
    },
    onDrain() {},
    onClose: () => {
      peer.closed = true;
    },
  });
  await world.clock.advance(10);
  return peer;
}

/** The beginning of a frame that announces `bytes` and sends so many of them. */
function begin(peer: Peer, bytes: number, sent: number): void {
  const frame = Buffer.alloc(sent);
  frame.writeInt32BE(bytes, 0);
  frame.writeInt32BE(100, 4);
  peer.stream.write([frame]);
}

function request(code: number): Buffer {
  return encodeCommand({
    ...{ code, language: 0, version: 293, opaque: 1, flag: 0, remark: undefined, body: undefined },
    ext: new Map(),
    serializeType: SerializeType.JSON,
  });
}

async function world(keys: Keys): Promise<{ world: SimWorld; broker: SimBroker }> {
  const one = new SimWorld();
  return { world: one, broker: await one.broker(keys) };
}

test('maxConnections: one more is closed at once', async () => {
  const { world: w, broker } = await world({ maxConnections: 2 });
  const peers = [await connect(w), await connect(w), await connect(w)];
  assert.deepEqual(
    peers.map((peer) => peer.closed),
    [false, false, true],
  );
  await broker.stop();
});

test('partialFrameTimeoutMs: half a frame is closed', async () => {
  const { world: w, broker } = await world({ partialFrameTimeoutMs: 5_000 });
  const peer = await connect(w);
  begin(peer, 1_000, 100);
  await w.clock.advance(4 * SECOND);
  assert.equal(peer.closed, false);
  await w.clock.advance(2 * SECOND);
  assert.equal(peer.closed, true);
  await broker.stop();
});

test('partialFramesMaxBytes: together they hold no more, the oldest gives way', async () => {
  const { world: w, broker } = await world({ partialFramesMaxBytes: 16 * MIB });
  const peers: Peer[] = [];
  for (let i = 0; i < 5; i++) {
    const peer = await connect(w);
    begin(peer, 5 * MIB, 4 * MIB);
    await w.clock.advance(SECOND);
    peers.push(peer);
  }
  assert.equal(peers[0]!.closed, true);
  assert.equal(peers[4]!.closed, false);
  await broker.stop();
});

test('frameMaxBytes: what announces more is closed', async () => {
  const { world: w, broker } = await world({ frameMaxBytes: 100_000 });
  const peer = await connect(w);
  begin(peer, 100_001, 8);
  await w.clock.advance(100);
  assert.equal(peer.closed, true);
  await broker.stop();
});

test('serverChannelMaxIdleTimeSeconds: a silent connection is closed', async () => {
  const { world: w, broker } = await world({ serverChannelMaxIdleTimeSeconds: 30 });
  const peer = await connect(w);
  await w.clock.advance(25 * SECOND);
  assert.equal(peer.closed, false);
  await w.clock.advance(10 * SECOND);
  assert.equal(peer.closed, true);
  await broker.stop();
});

test('outputHighWaterBytes: a reader that stands still is no longer read from', async () => {
  const { world: w, broker } = await world({ outputHighWaterBytes: 65_536 });
  const peer = await connect(w);
  peer.stream.pause();
  const asked = Buffer.concat(Array.from({ length: 2_000 }, () => request(RequestCode.GET_BROKER_CONFIG)));
  peer.stream.write([asked]);
  await w.clock.advance(10 * SECOND);
  assert.equal(peer.closed, false, 'its requests wait');
  peer.stream.resume();
  await w.clock.advance(60 * SECOND);
  assert.ok(peer.received > 2_000 * 1_000, 'and are answered once it reads');
  await broker.stop();
});

test('serverAsyncSemaphoreValue: requests to one client that may wait for its answer', async () => {
  const { world: w, broker } = await world({ serverAsyncSemaphoreValue: 1 });
  const consumer = w.client();
  consumer.handle(RequestCode.GET_CONSUMER_RUNNING_INFO, () => new Promise(() => {}));
  const beat =
    '{"clientID":"c","consumerDataSet":[{"consumeFromWhere":"CONSUME_FROM_LAST_OFFSET","consumeType":"CONSUME_PASSIVELY",' +
    '"groupName":"G","messageModel":"CLUSTERING","subscriptionDataSet":[],"unitMode":false}],"producerDataSet":[]}';
  await broker.call(RequestCode.HEART_BEAT, {}, Buffer.from(beat), consumer);
  const ext = { consumerGroup: 'G', clientId: 'c', jstackEnable: false };
  const first = broker.ask(RequestCode.GET_CONSUMER_RUNNING_INFO, ext);
  const second = await broker.call(RequestCode.GET_CONSUMER_RUNNING_INFO, ext);
  assert.equal(second.code, ResponseCode.SYSTEM_ERROR);
  assert.match(second.remark ?? '', /asyncPermits|1 /);
  await w.clock.run(first);
  await w.clock.run(consumer.close(0));
  await broker.stop();
});

test('clientChannelMaxIdleTimeSeconds: an idle connection to a name server is closed, and made again when it is needed', async () => {
  const connects: number[] = [];
  for (const clientChannelMaxIdleTimeSeconds of [5, 120]) {
    const w = new SimWorld();
    let count = 0;
    const server = new RemotingServer({
      platform: w.platform('10.0.0.9'),
      ...{ host: '10.0.0.9', ports: [9876], onConnect: () => void count++ },
    });
    server.handle(RequestCode.REGISTER_BROKER, () => ({ code: ResponseCode.SUCCESS }));
    await w.clock.run(server.start());
    const broker = await w.broker({
      namesrvAddr: '10.0.0.9:9876',
      ...{ clientChannelMaxIdleTimeSeconds, registerNameServerPeriod: 60_000 },
    });
    await w.clock.advance(30 * SECOND);
    connects.push(count);
    await broker.stop();
    await w.clock.run(server.stop(0));
  }
  assert.ok(connects[0]! > 1, `${connects[0]} connections`);
  assert.equal(connects[1], 1);
});

/** What each bound does is tested in packages/remoting (limits, slow-reader, remoting-client). */
test('every key of a bound sets that bound and no other', () => {
  const bounds: readonly (readonly [
    string,
    'server' | 'client' | 'both',
    keyof RemotingLimits,
    number,
    number,
  ])[] = [
    ['maxConnections', 'server', 'maxConnections', 77, 77],
    ['serverChannelMaxIdleTimeSeconds', 'server', 'idleTimeoutMs', 77, 77_000],
    ['outputHighWaterBytes', 'server', 'outputHighWaterBytes', 70_000, 70_000],
    ['outputMaxBytes', 'server', 'outputMaxBytes', 2_000_000, 2_000_000],
    ['outputTotalMaxBytes', 'server', 'outputTotalMaxBytes', 3_000_000, 3_000_000],
    ['maxRequestsInFlight', 'server', 'maxRequestsInFlight', 77, 77],
    ['maxRequestBytesInFlight', 'server', 'maxRequestBytesInFlight', 20_000_000, 20_000_000],
    ['serverAsyncSemaphoreValue', 'server', 'asyncPermits', 77, 77],
    ['serverOnewaySemaphoreValue', 'server', 'onewayPermits', 77, 77],
    ['clientAsyncSemaphoreValue', 'client', 'asyncPermits', 77, 77],
    ['clientOnewaySemaphoreValue', 'client', 'onewayPermits', 77, 77],
    ['clientChannelMaxIdleTimeSeconds', 'client', 'idleTimeoutMs', 77, 77_000],
    ['connectTimeoutMillis', 'client', 'connectTimeoutMs', 77, 77],
    ['frameMaxBytes', 'both', 'frameMaxBytes', 70_000, 70_000],
    ['partialFramesMaxBytes', 'both', 'partialFramesMaxBytes', 20_000_000, 20_000_000],
    ['partialFrameTimeoutMs', 'both', 'partialFrameTimeoutMs', 2_000, 2_000],
  ];
  const plain = BrokerConfig.load({ host: testHost }).values;
  for (const [key, whose, limit, value, expected] of bounds) {
    const { values } = BrokerConfig.load({ host: testHost, overrides: new Map([[key, String(value)]]) });
    const server = { ...serverLimits(plain), ...(whose !== 'client' && { [limit]: expected }) };
    const client = { ...clientLimits(plain), ...(whose !== 'server' && { [limit]: expected }) };
    assert.deepEqual(serverLimits(values), server, key);
    assert.deepEqual(clientLimits(values), client, key);
  }
});

test('serializeType: how the broker writes headers of its own', async () => {
  for (const serializeType of ['JSON', 'ROCKETMQ']) {
    const w = new SimWorld();
    const server = new RemotingServer({ platform: w.platform('10.0.0.9'), host: '10.0.0.9', ports: [9876] });
    const seen: number[] = [];
    server.handle(RequestCode.REGISTER_BROKER, (asked) => {
      seen.push(asked.serializeType);
      return { code: ResponseCode.SUCCESS };
    });
    await w.clock.run(server.start());
    const broker = await w.broker({ namesrvAddr: '10.0.0.9:9876', serializeType });
    assert.equal(seen[0], serializeType === 'JSON' ? SerializeType.JSON : SerializeType.ROCKETMQ);
    await broker.stop();
    await w.clock.run(server.stop(0));
  }
});
