/**
 * 10,000 odd topic and group names, through every request that makes something: no file is touched outside the store, none gets
 * into a table, every one is answered, and those that would be made are refused with words.
 *
 * On a simulated disk every operation on a file is seen with its path; a few hundred are tried on a real disk too.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Platform, realPlatform, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimFileSystem, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';
import {
  buildSubscriptionData,
  decodeConsumerOffsetTable,
  decodeSubscriptionGroupWrapper,
  decodeTopicConfigSerializeWrapper,
  encodeBatch,
  encodeHeartbeatData,
  encodeLockBatchRequestBody,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { Broker } from '../src/broker.ts';
import { BrokerConfig } from '../src/config/broker-config.ts';
import { oddNames } from './odd-names.ts';
import { pullFields, sendFields } from './rig/broker-rig.ts';
import { testHost } from './support/host-facts.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** Made on the way to the store. */
const PARENTS: ReadonlySet<string> = new Set(['/', '/a', '/a/b']);
const LEGAL_TOPIC = /^[%|a-zA-Z0-9_-]{1,127}$/;
const LEGAL_GROUP = /^[%|a-zA-Z0-9_-]{1,255}$/;

interface Ask {
  readonly code: number;
  readonly ext: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** True: the name may be used, so that the answer must not be success when it is not legal. */
  readonly makesTopic?: boolean;
  readonly makesGroup?: boolean;
}

const batch = encodeBatch([{ flag: 0, properties: new Map(), body: Buffer.from('x') }]);
const topicFields = {
  ...{ defaultTopic: 'TBW102', readQueueNums: '1', writeQueueNums: '1', perm: '6' },
  ...{ topicFilterType: 'SINGLE_TAG', topicSysFlag: '0', order: 'false' },
};
const v1 = {
  ...{ producerGroup: 'P', defaultTopic: 'TBW102', defaultTopicQueueNums: '1', queueId: '0', sysFlag: '0' },
  ...{
    bornTimestamp: '1',
    flag: '0',
    properties: '',
    reconsumeTimes: '0',
    unitMode: 'false',
    batch: 'false',
  },
};
const back = { delayLevel: '1', originMsgId: 'x', unitMode: 'false', maxReconsumeTimes: '16', offset: '0' };
const instant = { sysFlag: '4', subscription: '*', suspendTimeoutMillis: '0' };

/** Every request that makes or names something, with the name as topic, as group, and as both. */
function asksOf(name: string): Ask[] {
  const body = Buffer.from('x');
  return [
    { code: RequestCode.SEND_MESSAGE, ext: { ...v1, topic: name }, body, makesTopic: true },
    { code: RequestCode.SEND_MESSAGE_V2, ext: sendFields(name, { e: '0' }), body, makesTopic: true },
    { code: RequestCode.SEND_MESSAGE_V2, ext: sendFields('T', { a: name, c: name, e: '0' }), body },
    { code: RequestCode.SEND_MESSAGE_V2, ext: sendFields(`%RETRY%${name}`, { e: '0', j: '99' }), body },
    {
      code: RequestCode.SEND_BATCH_MESSAGE,
      ext: sendFields(name, { e: '0', m: 'true' }),
      body: batch,
      makesTopic: true,
    },
    { code: RequestCode.UPDATE_AND_CREATE_TOPIC, ext: { ...topicFields, topic: name }, makesTopic: true },
    {
      code: RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
      ext: {},
      body: Buffer.from(JSON.stringify({ groupName: name, consumeEnable: true, retryQueueNums: 1 })),
      makesGroup: true,
    },
    { code: RequestCode.HEART_BEAT, ext: {}, body: heartbeat(name), makesGroup: true },
    {
      code: RequestCode.CONSUMER_SEND_MSG_BACK,
      ext: { ...back, group: name, originTopic: name },
      makesGroup: true,
    },
    {
      code: RequestCode.CONSUMER_SEND_MSG_BACK,
      ext: { ...back, group: name, originTopic: 'T', delayLevel: '-1' },
    },
    {
      code: RequestCode.PULL_MESSAGE,
      ext: pullFields('T', 0, { ...instant, consumerGroup: name, queueId: '0' }),
      makesGroup: true,
    },
    { code: RequestCode.PULL_MESSAGE, ext: pullFields(name, 0, { ...instant, queueId: '0' }) },
    { code: RequestCode.UPDATE_CONSUMER_OFFSET, ext: offset(name, 'T'), makesGroup: true },
    { code: RequestCode.UPDATE_CONSUMER_OFFSET, ext: offset('G', name), makesTopic: true },
    {
      code: RequestCode.CLONE_GROUP_OFFSET,
      ext: { srcGroup: 'G', destGroup: name, topic: 'T', offline: 'true' },
      makesGroup: true,
    },
    {
      code: RequestCode.LOCK_BATCH_MQ,
      ext: {},
      body: encodeLockBatchRequestBody({ consumerGroup: name, clientId: name, mqSet: [] }),
    },
    { code: RequestCode.DELETE_TOPIC_IN_BROKER, ext: { topic: name } },
    { code: RequestCode.DELETE_SUBSCRIPTIONGROUP, ext: { groupName: name } },
    {
      code: RequestCode.QUERY_MESSAGE,
      ext: { topic: name, key: name, maxNum: '1', beginTimestamp: '0', endTimestamp: '1' },
    },
  ];
}

function offset(consumerGroup: string, topic: string): Record<string, string> {
  return { consumerGroup, topic, queueId: '0', commitOffset: '0' };
}

function heartbeat(name: string): Buffer {
  return encodeHeartbeatData({
    clientID: 'c',
    producerDataSet: [{ groupName: name }],
    consumerDataSet: [
      {
        groupName: name,
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: 'CLUSTERING',
        consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
        unitMode: false,
        subscriptionDataSet: [buildSubscriptionData(name, '*', 1)],
      },
    ],
  });
}

function check(ask: Ask, name: string, answer: RemotingCommand): void {
  const what = `${ask.code} ${JSON.stringify(name.slice(0, 80))}: ${answer.code} ${answer.remark}`;
  assert.doesNotMatch(answer.remark ?? '', /\(\d+\) failed: |\[object/, what);
  const illegal =
    (ask.makesTopic === true && !LEGAL_TOPIC.test(name)) ||
    (ask.makesGroup === true && !LEGAL_GROUP.test(name));
  if (!illegal) return;
  assert.notEqual(answer.code, ResponseCode.SUCCESS, what);
  assert.ok((answer.remark ?? '').length > 10, what);
}

function configOf(root: string, listenHost: string, listenPort: string): BrokerConfig {
  const settings = {
    brokerName: 'broker-a',
    brokerIP1: listenHost,
    listenHost,
    listenPort,
    storePathRootDir: join(root, 'a', 'b', 'store'),
    mapedFileSizeCommitLog: '4194304',
    maxMessageSize: '65536',
    zeroAheadBytes: '1048576',
    mapedFileSizeConsumeQueue: '2000',
    maxHashSlotNum: '100',
    maxIndexNum: '400',
  };
  const host = { ...testHost, homeFolder: join(root, 'home') };
  return BrokerConfig.load({ host, overrides: new Map(Object.entries(settings)) });
}

type Call = (ask: Ask) => Promise<RemotingCommand>;

async function checkTables(call: Call): Promise<void> {
  const tell = async (code: number): Promise<Buffer> =>
    (await call({ code, ext: {} })).body ?? Buffer.alloc(0);
  const topics = decodeTopicConfigSerializeWrapper(
    await tell(RequestCode.GET_ALL_TOPIC_CONFIG),
  ).topicConfigTable;
  for (const topic of topics.keys()) assert.match(topic, LEGAL_TOPIC);
  const groups = decodeSubscriptionGroupWrapper(await tell(RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG));
  for (const group of groups.subscriptionGroupTable.keys()) assert.match(group, LEGAL_GROUP);
  const offsets = decodeConsumerOffsetTable((await tell(RequestCode.GET_ALL_CONSUMER_OFFSET)).toString());
  for (const key of offsets.offsetTable.keys()) assert.match(key, /^[%|a-zA-Z0-9_-]+@[%|a-zA-Z0-9_-]+$/);
}

async function prepare(call: Call): Promise<void> {
  const topic = { code: RequestCode.UPDATE_AND_CREATE_TOPIC, ext: { ...topicFields, topic: 'T' } };
  assert.equal((await call(topic)).code, ResponseCode.SUCCESS);
  assert.equal((await call({ code: RequestCode.UPDATE_CONSUMER_OFFSET, ext: offset('G', 'T') })).code, 0);
}

test('10,000 names: every operation on a file is inside the store', { timeout: 600_000 }, async () => {
  const clock = new SimClock();
  const network = new SimNetwork({ clock, random: new SimRandom(1) });
  const outside = new Set<string>();
  const disk = new SimFileSystem({
    clock,
    onOperation: ({ path }) => {
      if (!PARENTS.has(path) && (!path.startsWith('/a/b/store') || /\/\.\.?(\/|$)/.test(path)))
        outside.add(path);
      return undefined;
    },
  });
  const platformOf = (host: string, fileSystem: SimFileSystem): Platform => ({
    clock,
    fileSystem,
    network: network.host(host),
    random: new SimRandom(2),
    turn: new Turn(clock),
  });
  const start = () =>
    clock.run(Broker.start(platformOf('10.0.0.1', disk), configOf('/', '10.0.0.1', '10911')));
  let broker = await start();
  const client = new RemotingClient({ platform: platformOf('10.0.0.2', new SimFileSystem({ clock })) });
  const invoke: Call = (ask) => client.invoke('10.0.0.1:10911', ask, 60_000);
  const call: Call = (ask) => clock.run(invoke(ask));
  await prepare(call);
  const names = oddNames(10_000);
  for (let at = 0; at < names.length; at += 50) {
    const asked = names
      .slice(at, at + 50)
      .flatMap((name) => asksOf(name).map(async (ask) => check(ask, name, await invoke(ask))));
    await clock.run(Promise.all(asked));
  }
  await clock.advance(20_000);
  await checkTables(call);
  await clock.run(broker.stop());
  broker = await start();
  await checkTables(call);
  await clock.run(broker.stop());
  assert.deepEqual([...outside], []);
});

test('on a real disk nothing appears beside the store', { timeout: 600_000 }, async (t) => {
  const root = temporaryFolder();
  const platform = realPlatform();
  const broker = await Broker.start(platform, configOf(root, '127.0.0.1', '0'));
  t.after(() => broker.stop());
  const client = new RemotingClient({ platform });
  t.after(() => client.close(0));
  const call: Call = (ask) => client.invoke(broker.address, ask, 60_000);
  await prepare(call);
  const beside = `${root}-escaped`;
  const names = [
    ...oddNames(200),
    `../../../../${beside.split('/').at(-1)}`,
    beside,
    `x/../../../../..${beside}`,
  ];
  for (const name of names) {
    await Promise.all(asksOf(name).map(async (ask) => check(ask, name, await call(ask))));
  }
  await checkTables(call);
  await broker.stop();
  assert.deepEqual(list(root), ['a']);
  assert.deepEqual(list(join(root, 'a')), ['b']);
  assert.deepEqual(list(join(root, 'a', 'b')), ['store']);
  assert.equal(existsSync(beside), false);
  for (const name of list(join(root, 'a', 'b', 'store', 'consumequeue'))) assert.match(name, LEGAL_TOPIC);
});

function list(folder: string): string[] {
  return readdirSync(folder).sort();
}
