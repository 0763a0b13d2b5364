/** Whole brokers, on real sockets and a real disk. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, type TestContext, test } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { decodeKVTable, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { RemotingClient, RemotingServer } from '@rocketmq-ts/remoting';
import { Broker } from '../src/broker.ts';
import { BrokerError } from '../src/broker-error.ts';
import { BrokerConfig } from '../src/config/broker-config.ts';
import { pullFields, sendFields } from './rig/broker-rig.ts';
import { testHost } from './support/host-facts.ts';
import { RecordingLogger } from './support/recording-logger.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const platform = realPlatform();
let client: RemotingClient;
let folder: string;
let logger: RecordingLogger;

before(() => {
  client = new RemotingClient({ platform });
});

after(() => client.close(0));

beforeEach(() => {
  folder = temporaryFolder();
  logger = new RecordingLogger();
});

function configOf(
  given: Record<string, string> = {},
  file?: { path: string; content: string },
): BrokerConfig {
  const settings = {
    brokerName: 'broker-a',
    brokerIP1: '127.0.0.1',
    brokerIP2: '127.0.0.1',
    listenHost: '127.0.0.1',
    listenPort: '0',
    storePathRootDir: join(folder, 'store'),
    mapedFileSizeCommitLog: '1048576',
    maxMessageSize: '65536',
    zeroAheadBytes: '1048576',
    ...given,
  };
  return BrokerConfig.load({
    host: { ...testHost, homeFolder: folder },
    overrides: new Map(Object.entries(settings)),
    ...(file && { file }),
  });
}

async function start(t: TestContext, config = configOf()): Promise<Broker> {
  const broker = await Broker.start(platform, config, { logger });
  t.after(() => broker.stop());
  return broker;
}

function ask(port: number, code: number, ext: Record<string, string | number | boolean> = {}, body?: Buffer) {
  return client.invoke(`127.0.0.1:${port}`, { code, ext, body }, 60_000);
}

function send(broker: Broker, topic: string, body: string) {
  return ask(broker.port, RequestCode.SEND_MESSAGE_V2, sendFields(topic), Buffer.from(body));
}

function pull(broker: Broker, queueOffset: number) {
  const inline = { sysFlag: '4', subscription: '*', suspendTimeoutMillis: '0' };
  return ask(broker.port, RequestCode.PULL_MESSAGE, pullFields('T', queueOffset, inline));
}

test('a broker serves every request on both ports and keeps the third', async (t) => {
  const broker = await start(t);
  for (const port of [broker.port, broker.port - 2]) {
    const answer = await ask(port, RequestCode.GET_BROKER_CONFIG);
    assert.match(answer.body!.toString(), new RegExp(`^listenPort=${broker.port}$`, 'm'));
    assert.match(answer.body!.toString(), new RegExp(`^haListenPort=${broker.port + 1}$`, 'm'));
  }
  await send(broker, 'T', 'hello');
  const inline = { sysFlag: '4', subscription: '*' };
  const answer = await ask(broker.port - 2, RequestCode.PULL_MESSAGE, pullFields('T', 0, inline));
  assert.equal(answer.code, ResponseCode.SUCCESS);
  await assert.rejects(platform.network.listen({ host: '127.0.0.1', port: broker.port + 1 }, () => {}));
  assert.equal((await ask(broker.port, 9999)).code, ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
  assert.equal(
    broker.bootMessage,
    `The broker[broker-a, 127.0.0.1:${broker.port}] boot success. serializeType=JSON`,
  );
  assert.deepEqual(logger.complaints(), []);
});

test('what was sent and consumed is there after a restart, and the ports are free in between', async (t) => {
  const first = await start(t);
  for (let i = 0; i < 3; i++) assert.equal((await send(first, 'T', `m${i}`)).code, ResponseCode.SUCCESS);
  const queue = { consumerGroup: 'G', topic: 'T', queueId: 1 };
  await ask(first.port, RequestCode.UPDATE_CONSUMER_OFFSET, { ...queue, commitOffset: 2 });
  await first.stop();
  assert.equal(existsSync(join(folder, 'store', 'abort')), false);
  const second = await start(t, configOf({ listenPort: String(first.port) }));
  assert.equal((await ask(second.port, RequestCode.QUERY_CONSUMER_OFFSET, queue)).ext.get('offset'), '2');
  // The first request that touches the queue: it is on disk only.
  const rest = await pull(second, 2);
  assert.equal(rest.code, ResponseCode.SUCCESS, rest.remark);
  assert.equal(rest.ext.get('nextBeginOffset'), '3');
  assert.deepEqual(logger.complaints(), []);
});

test('a name server hears of the broker, of new topics, and of its end', async (t) => {
  const told: string[] = [];
  const nameServer = new RemotingServer({ platform, host: '127.0.0.1', ports: [0] });
  const note = (what: string) => () => {
    told.push(what);
    return { code: ResponseCode.SUCCESS };
  };
  nameServer.handle(RequestCode.REGISTER_BROKER, note('register'));
  nameServer.handle(RequestCode.UNREGISTER_BROKER, note('unregister'));
  await nameServer.start();
  t.after(() => nameServer.stop(0));
  const broker = await start(t, configOf({ namesrvAddr: `127.0.0.1:${nameServer.port};127.0.0.1:1` }));
  assert.deepEqual(told, ['register']);
  assert.match(broker.bootMessage, /and name server is 127\.0\.0\.1/);
  await send(broker, 'T', 'hello');
  await broker.stop();
  assert.deepEqual(told, ['register', 'register', 'unregister']);
});

test('a taken port is named before the store is touched, and nothing stays behind', async (t) => {
  const other = await platform.network.listen({ host: '127.0.0.1', port: 0 }, (stream) => stream.destroy());
  t.after(() => other.close());
  const config = configOf({ listenPort: String(other.port + 2) });
  await assert.rejects(Broker.start(platform, config, { logger }), (error: unknown) => {
    assert.ok(error instanceof BrokerError);
    assert.match(error.message, new RegExp(`needs the ports .*127\\.0\\.0\\.1:${other.port} cannot be`));
    return true;
  });
  assert.equal(existsSync(join(folder, 'store')), false);
});

test('a second broker on the same store is refused, and does not harm the first', async (t) => {
  const first = await start(t);
  await assert.rejects(Broker.start(platform, configOf(), { logger }));
  assert.equal((await send(first, 'T', 'still here')).code, ResponseCode.SUCCESS);
});

test('a damaged state file is replaced by the version before; two damaged ones stop the start', async (t) => {
  const first = await start(t);
  await send(first, 'T', 'x');
  await send(first, 'U', 'x');
  await first.stop();
  const topics = join(folder, 'store/config/topics.json');
  writeFileSync(topics, '{"dataVersion":{');
  const second = await start(t);
  assert.match(logger.complaints()[0]!, /topics\.json cannot be used.*topics\.json\.bak/);
  await second.stop();
  writeFileSync(topics, '{');
  writeFileSync(`${topics}.bak`, '{');
  await assert.rejects(Broker.start(platform, configOf(), { logger }), { code: 'BROKER_STATE_DAMAGED' });
  rmSync(topics);
  rmSync(`${topics}.bak`);
  await start(t);
});

test('a change of the configuration is in the file, and in force after a restart', async (t) => {
  const path = join(folder, 'broker.conf');
  writeFileSync(path, '# mine\nfileReservedTime=48\n');
  const read = () => configOf({}, { path, content: readFileSync(path, 'latin1') });
  const first = await start(t, read());
  const body = Buffer.from('fileReservedTime=24\nflushDiskType=SYNC_FLUSH\n');
  const answer = await ask(first.port, RequestCode.UPDATE_BROKER_CONFIG, {}, body);
  assert.equal(answer.code, ResponseCode.SUCCESS, answer.remark);
  assert.equal(readFileSync(path, 'latin1'), '# mine\nfileReservedTime=24\nflushDiskType=SYNC_FLUSH\n');
  assert.equal(readFileSync(`${path}.bak`, 'latin1'), '# mine\nfileReservedTime=48\n');
  await first.stop();
  const second = await start(t, read());
  assert.equal(second.config.values.fileReservedTime, 24);
  assert.equal((await send(second, 'T', 'synced')).code, ResponseCode.SUCCESS);
});

test('without access no request is carried out', async (t) => {
  mkdirSync(join(folder, 'conf'));
  const accounts = 'accounts:\n  - accessKey: rocketmq\n    secretKey: "12345678"\n    admin: true\n';
  writeFileSync(join(folder, 'conf', 'plain_acl.yml'), accounts);
  const broker = await start(t, configOf({ aclEnable: 'true', rocketmqHome: folder }));
  const codes = [
    RequestCode.GET_BROKER_CONFIG,
    RequestCode.HEART_BEAT,
    RequestCode.UPDATE_BROKER_CONFIG,
    9999,
  ];
  for (const code of codes) {
    const answer = await ask(broker.port, code, {}, Buffer.from('traceOn=false\n'));
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR);
    assert.match(answer.remark ?? '', /AclException: No accessKey/);
  }
  assert.match((await send(broker, 'T', 'x')).remark ?? '', /AclException/);
  assert.equal(broker.config.values.traceOn, true);
  await broker.stop();
  rmSync(join(folder, 'conf'), { recursive: true });
  await assert.rejects(
    Broker.start(platform, configOf({ aclEnable: 'true', rocketmqHome: folder }), { logger }),
  );
  await assert.rejects(
    Broker.start(platform, configOf({ aclEnable: 'true', rocketmqHome: '' }), { logger }),
    /rocketmqHome/,
  );
});

test('a store whose log 4.4.0 kept elsewhere is not started on with an empty log', async () => {
  mkdirSync(join(folder, 'data/consumequeue/T/0'), { recursive: true });
  mkdirSync(join(folder, 'store/commitlog'), { recursive: true });
  const config = configOf({ storePathRootDir: join(folder, 'data') });
  await assert.rejects(Broker.start(platform, config, { logger }), /Set storePathCommitLog/);
});

test('a held pull does not keep the broker from stopping', async (t) => {
  const broker = await start(t);
  await send(broker, 'T', 'x');
  const hold = { sysFlag: '6', subscription: '*', suspendTimeoutMillis: '600000' };
  const held = ask(broker.port, RequestCode.PULL_MESSAGE, pullFields('T', 1, hold)).catch(
    (error: Error) => error,
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  const startMs = performance.now();
  await broker.stop();
  await held;
  assert.ok(performance.now() - startMs < 30_000, `${performance.now() - startMs} ms`);
});

test('as with 4.4.0, a delayed message counts with both its queues, and a pull that has to wait as a miss', async (t) => {
  const broker = await start(t, configOf({ messageDelayLevel: '1s' }));
  const table = async () => {
    const answer = await ask(broker.port, RequestCode.GET_BROKER_RUNTIME_INFO);
    return decodeKVTable(answer.body!).table;
  };
  await send(broker, 'T', 'at once');
  assert.equal((await table()).get('msgPutTotalTodayNow'), '1');
  assert.equal((await table()).get('getMissTps'), '0.0 0.0 0.0');
  const hold = { sysFlag: '6', subscription: '*', suspendTimeoutMillis: '600000' };
  const pulled = { code: RequestCode.PULL_MESSAGE, ext: pullFields('T', 1, hold) };
  const held = client.invoke(`127.0.0.1:${broker.port}`, pulled, 60_000);
  const delayed = sendFields('T', { i: 'DELAY\x011\x02' });
  await ask(broker.port, RequestCode.SEND_MESSAGE_V2, delayed, Buffer.from('a second later'));
  assert.equal((await held).code, ResponseCode.SUCCESS);
  const info = await table();
  assert.equal(info.get('msgPutTotalTodayNow'), '3');
  assert.equal(info.get('putMessageTimesTotal'), '3');
  assert.equal(info.get('putMessageSizeTotal'), info.get('commitLogMaxOffset'));
  // Of ten minutes: those of ten seconds may be over on a busy machine.
  assert.doesNotMatch(info.get('getMissTps')!, / 0\.0$/);
});
