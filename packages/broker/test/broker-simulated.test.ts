/** A whole broker on simulated time, disk and network. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Platform, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimFileSystem, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';
import { type RemotingCommand, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { Broker } from '../src/broker.ts';
import { BrokerConfig } from '../src/config/broker-config.ts';
import { sendFields } from './rig/broker-rig.ts';
import { testHost } from './support/host-facts.ts';
import { RecordingLogger } from './support/recording-logger.ts';

function setUp() {
  const clock = new SimClock();
  const network = new SimNetwork({ clock, random: new SimRandom(1) });
  const logger = new RecordingLogger();
  const fatal: Error[] = [];
  const platformOf = (host: string, disk: SimFileSystem): Platform => ({
    clock,
    fileSystem: disk,
    network: network.host(host),
    random: new SimRandom(2),
    turn: new Turn(clock),
  });
  const start = (disk: SimFileSystem, given: Record<string, string> = {}): Promise<Broker> => {
    const settings = {
      brokerName: 'broker-a',
      brokerIP1: '10.0.0.1',
      listenHost: '10.0.0.1',
      storePathRootDir: '/store',
      mapedFileSizeCommitLog: '1048576',
      maxMessageSize: '65536',
      zeroAheadBytes: '1048576',
      ...given,
    };
    const config = BrokerConfig.load({ host: testHost, overrides: new Map(Object.entries(settings)) });
    const options = { logger, onFatal: (error: Error) => void fatal.push(error) };
    return clock.run(Broker.start(platformOf('10.0.0.1', disk), config, options));
  };
  const client = new RemotingClient({ platform: platformOf('10.0.0.2', new SimFileSystem({ clock })) });
  const call = (code: number, ext: Record<string, string | number>, body = ''): Promise<RemotingCommand> =>
    clock.run(client.invoke('10.0.0.1:10911', { code, ext, body: Buffer.from(body) }, 10_000));
  const send = (body: string) => call(RequestCode.SEND_MESSAGE_V2, sendFields('T'), body);
  return { clock, network, logger, fatal, start, call, send };
}

test('a sync that fails is final: nothing is acknowledged after it, and the process is told to end', async () => {
  const { clock, fatal, start, send, logger } = setUp();
  const disk = new SimFileSystem({ clock });
  const broker = await start(disk, { flushDiskType: 'SYNC_FLUSH' });
  assert.equal((await send('durable')).code, ResponseCode.SUCCESS);
  disk.onOperation = ({ kind, path }) =>
    kind === 'datasync' && path.includes('/commitlog/') ? { code: 'EIO' } : undefined;
  assert.notEqual((await send('lost')).code, ResponseCode.SUCCESS);
  disk.onOperation = undefined;
  assert.notEqual((await send('after')).code, ResponseCode.SUCCESS);
  assert.equal(fatal.length, 1);
  assert.ok(logger.complaints().some((line) => /the disk failed/.test(line)));
  await clock.run(broker.stop());
});

test('after a power failure the topics, and the offsets that were written, are there', async () => {
  const { clock, network, start, call, send } = setUp();
  let disk = new SimFileSystem({ clock });
  await start(disk, { flushDiskType: 'SYNC_FLUSH' });
  assert.equal((await send('one')).code, ResponseCode.SUCCESS);
  const queue = { consumerGroup: 'G', topic: 'T', queueId: 1 };
  await call(RequestCode.UPDATE_CONSUMER_OFFSET, { ...queue, commitOffset: 1 });
  await clock.advance(20_000);
  disk = disk.crash({ powerSeed: 7 });
  network.crash('10.0.0.1');
  await clock.advance(100);
  const again = await start(disk, { flushDiskType: 'SYNC_FLUSH' });
  assert.equal((await call(RequestCode.QUERY_CONSUMER_OFFSET, queue)).ext.get('offset'), '1');
  assert.equal((await call(RequestCode.GET_MAX_OFFSET, { topic: 'T', queueId: 1 })).ext.get('offset'), '1');
  const topics = await call(RequestCode.GET_ALL_TOPIC_CONFIG, {});
  assert.match(topics.body!.toString(), /"T":/);
  await clock.run(again.stop());
});
