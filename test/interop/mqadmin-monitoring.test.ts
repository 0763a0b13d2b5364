/**
 * `startMonitoring`: the official mqadmin writes into the log of its client what ours prints. Both watch a Java cluster and
 * ours in the same state, and find the same: groups that are behind, members that are stuck, offsets that were moved.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AdminClient } from '@rocketmq-ts/admin';
import { realPlatform } from '@rocketmq-ts/platform';
import {
  type ConsumerRunningInfo,
  encodeConsumerRunningInfo,
  encodeHeartbeatData,
  type ProcessQueueInfo,
  RequestCode,
} from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { startJavaBroker, startJavaMain, startJavaNamesrv } from './harness/java.ts';
import { root } from './harness/java-library.ts';
import { toolsHome } from './harness/mqadmin.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { type Pair, sharedPair, until } from './harness/pair.ts';
import { Program } from './harness/program.ts';
import { RawClient } from './harness/raw-client.ts';

const TOPIC = 'Watched';
/** Messages in each of its queues, and how many of them CG_BEHIND has consumed. */
const STORED = [3, 10, 0, 6];
const CONSUMED = [1, 2, 0, 6];
/** So long ago that what was done then counts as stuck, and that subscriptions should have settled. */
const LONG_AGO_MS = 10 * 60_000;

const pairs = [sharedPair(startJavaNamesrv, startJavaBroker), sharedPair(startOurNamesrv, startOurBroker)];
const ending: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const end of ending.reverse()) await end();
});

interface Member {
  readonly clientId: string;
  readonly group: string;
  readonly subString?: string;
  readonly orderly?: boolean;
  /** What it says of its queues, by their ids. */
  readonly queues?: Readonly<Record<number, Partial<ProcessQueueInfo>>>;
}

/** Two members that disagree; one whose listener hangs; one that cannot lock, and one queue that it cannot give back. */
const MEMBERS: readonly Member[] = [
  { clientId: 'split-1', group: 'CG_SPLIT', subString: 'TagA' },
  { clientId: 'split-2', group: 'CG_SPLIT', subString: 'TagB' },
  { clientId: 'behind', group: 'CG_BEHIND', queues: { 0: { cachedMsgCount: 2 }, 1: { cachedMsgCount: 0 } } },
  {
    clientId: 'orderly',
    group: 'CG_ORDERLY',
    orderly: true,
    queues: { 0: {}, 1: { locked: true }, 3: { locked: true, droped: true, tryUnlockTimes: 4 } },
  },
];

function runningInfo({ subString = '*', orderly = false, queues = {} }: Member): ConsumerRunningInfo {
  const longAgo = Date.now() - LONG_AGO_MS;
  const queue = (more: Partial<ProcessQueueInfo>): ProcessQueueInfo => ({
    commitOffset: 0,
    cachedMsgMinOffset: 0,
    cachedMsgMaxOffset: 0,
    cachedMsgCount: 0,
    cachedMsgSizeInMiB: 0,
    transactionMsgMinOffset: 0,
    transactionMsgMaxOffset: 0,
    transactionMsgCount: 0,
    locked: false,
    tryUnlockTimes: 0,
    lastLockTimestamp: longAgo,
    droped: false,
    lastPullTimestamp: longAgo,
    lastConsumeTimestamp: longAgo,
    ...more,
  });
  const queueOf = (queueId: string) => ({ topic: TOPIC, brokerName: 'broker-a', queueId: Number(queueId) });
  return {
    properties: new Map([
      ['PROP_CONSUME_TYPE', 'CONSUME_PASSIVELY'],
      ['PROP_CONSUMEORDERLY', `${orderly}`],
      ['PROP_CONSUMER_START_TIMESTAMP', `${longAgo}`],
    ]),
    subscriptionSet: [subscription(subString)],
    mqTable: new Map(Object.entries(queues).map(([queueId, more]) => [queueOf(queueId), queue(more)])),
    statusTable: new Map(),
  };
}

function subscription(subString: string) {
  return {
    classFilterMode: false,
    topic: TOPIC,
    subString,
    tagsSet: [],
    codeSet: [],
    subVersion: 1,
    expressionType: 'TAG',
  };
}

/** A consumer in name only: it says what we have it say. */
async function joinGroup(pair: Pair, member: Member): Promise<void> {
  const client = new RemotingClient({ platform: realPlatform() });
  ending.push(() => client.close());
  client.handle(RequestCode.GET_CONSUMER_RUNNING_INFO, () => ({
    code: 0,
    body: encodeConsumerRunningInfo(runningInfo(member)),
  }));
  const { clientId, group: groupName, subString = '*' } = member;
  const body = encodeHeartbeatData({
    clientID: clientId,
    producerDataSet: [],
    consumerDataSet: [
      {
        groupName,
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: 'CLUSTERING',
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        subscriptionDataSet: [subscription(subString)],
        unitMode: false,
      },
    ],
  });
  const beat = () =>
    client.invoke(pair.broker.address, { code: RequestCode.HEART_BEAT, ext: new Map(), body }, 20_000);
  assert.equal((await beat()).code, 0);
  const timer = setInterval(() => void beat().catch(() => {}), 15_000);
  ending.push(async () => clearInterval(timer));
}

async function prepare(pair: Pair): Promise<AdminClient> {
  const admin = new AdminClient({ namesrvAddr: pair.namesrv.address });
  ending.push(() => admin.close());
  await admin.createAndUpdateTopicConfig(pair.broker.address, {
    topicName: TOPIC,
    readQueueNums: 4,
    writeQueueNums: 4,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
  });
  await until('the route is there', 20_000, async () => (await admin.fetchAllTopicList()).includes(TOPIC));
  // In turns: so that the last message of a queue is younger than the consumed ones.
  for (let i = 0; i < Math.max(...STORED); i++) {
    for (const [queueId, stored] of STORED.entries()) {
      if (i >= stored) continue;
      const queue = { topic: TOPIC, brokerName: 'broker-a', queueId };
      await admin.sendMessage({ topic: TOPIC, body: Buffer.from(`message ${i}`) }, queue);
    }
  }
  for (const member of MEMBERS) await joinGroup(pair, member);
  for (const [queueId, consumed] of CONSUMED.entries())
    await admin.updateConsumeOffset(pair.broker.address, 'CG_BEHIND', { topic: TOPIC, queueId }, consumed);
  await until('the groups are known', 40_000, async () => {
    const topics = await admin.fetchAllTopicList();
    return MEMBERS.every(({ group }) => topics.includes(`%RETRY%${group}`));
  });
  return admin;
}

interface Watcher {
  readonly program: Program;
  /** What it has found so far, a finding a line. */
  readonly lines: () => string[];
}

async function startOfficial(pair: Pair): Promise<Watcher> {
  const home = toolsHome();
  const args = ['startMonitoring', '-n', pair.namesrv.address];
  const program = await startJavaMain('org.apache.rocketmq.tools.command.MQAdminStartup', args, {
    properties: { 'rocketmq.home.dir': home },
    env: { ROCKETMQ_HOME: home },
    home,
    cwd: home,
  });
  const log = join(home, 'logs/rocketmqlogs/rocketmq_client.log');
  // A member with several stuck queues is one entry of several lines, each with the member's name.
  const lines = () => (existsSync(log) ? readFileSync(log, 'utf8') : '').split(/\r?\n/);
  return { program, lines };
}

async function startOurs(pair: Pair): Promise<Watcher> {
  const home = toolsHome();
  const program = Program.start({
    name: 'our mqadmin',
    command: 'sh',
    args: [join(root, 'bin/mqadmin'), 'startMonitoring', '-n', pair.namesrv.address],
    env: { HOME: home, ROCKETMQ_HOME: home, NAMESRV_ADDR: undefined },
  });
  return { program, lines: () => program.lines };
}

/** The findings of the first round, and the event, without what comes before them in a line. */
function findings(watcher: Watcher, event: number): string[] {
  const lines = watcher.lines();
  const [begin, end] = ['beginRound', 'endRound'].map((word) =>
    lines.findIndex((line) => line.includes(word)),
  );
  const round = lines.slice((begin ?? 0) + 1, end);
  const found = round.flatMap((line) => /(UndoneMsgs \[.*CG_.*)/.exec(line)?.[1] ?? []);
  for (const line of round) {
    if (line.includes('Subscription different')) found.push('Subscription different');
    const stuck = /\S+ MessageQueue \[.* (can't lock|unlock \d+ times|can't consume).*/.exec(line)?.[0];
    if (stuck !== undefined) found.push(stuck.replace(/\d+ms$/, 'N ms'));
  }
  found.push(...lines.filter((line) => isEvent(line, event)).map((line) => line.replace(/.*DeleteMsgs/, '')));
  return found.sort();
}

const isEvent = (line: string, offset: number): boolean =>
  line.includes('reportDeleteMsgsEvent') && line.includes(`offsetRequest=${offset},`);

/** Asks for messages far behind the end until both have heard of it; answers which offset was asked for. */
async function moveOffset(pair: Pair, watchers: readonly Watcher[]): Promise<number> {
  const client = await RawClient.connect(pair.broker.address);
  ending.push(async () => client.close());
  const heard: number[] = [];
  for (let offset = 1_000_001; ; offset++) {
    const ext = { consumerGroup: 'CG_BEHIND', topic: TOPIC, queueId: 1, queueOffset: offset, maxMsgNums: 1 };
    const subscribed = { sysFlag: 4, subscription: '*', subVersion: 1, expressionType: 'TAG' };
    const more = { commitOffset: 0, suspendTimeoutMillis: 0, ...subscribed };
    assert.equal((await client.request(11, { ...ext, ...more })).code, 21);
    heard.push(offset);
    const byBoth = (): number | undefined =>
      heard.find((each) => watchers.every(({ lines }) => lines().some((line) => isEvent(line, each))));
    await until('both have heard of it', 2_000, () => byBoth() !== undefined).catch(() => {});
    const found = byBoth();
    if (found !== undefined) return found;
    assert.ok(heard.length < 20, 'nobody hears of offsets that were moved');
  }
}

async function watch(pairOf: () => Promise<Pair>): Promise<string[][]> {
  const pair = await pairOf();
  await prepare(pair);
  const watchers = [await startOfficial(pair), await startOurs(pair)];
  try {
    const event = await moveOffset(pair, watchers);
    await until('both have made a round', 120_000, () =>
      watchers.every(({ lines }) => lines().some((line) => line.includes('endRound'))),
    );
    return watchers.map((watcher) => findings(watcher, event));
  } finally {
    for (const { program } of watchers) await program.kill();
  }
}

test('startMonitoring finds the same', { timeout: 600_000 }, async () => {
  const [[officialOnJava, oursOnJava], [officialOnOurs, oursOnOurs]] = (await Promise.all(
    pairs.map(watch),
  )) as [string[][], string[][]];
  assert.deepEqual(oursOnJava, officialOnJava, 'ours on Java, official on Java');
  assert.deepEqual(oursOnOurs, officialOnOurs, 'ours on ours, official on ours');
  const everywhere = (found: readonly string[] = []): string[] =>
    found.map((line) =>
      line
        .replace(/eventTimestamp=\d+/, 'eventTimestamp=N')
        .replace(/offsetRequest=\d+/, 'offsetRequest=N')
        .replace(/undoneMsgsDelayTimeMills=[1-9]\d*/, 'undoneMsgsDelayTimeMills=N'),
    );
  const text = everywhere(officialOnJava).join('\n');
  assert.deepEqual(everywhere(oursOnOurs), everywhere(officialOnJava), 'ours on ours, official on Java');
  const facts = [
    'topic=Watched, undoneMsgsTotal=10, undoneMsgsSingleMQ=8, undoneMsgsDelayTimeMills=N]',
    'Subscription different',
    "behind MessageQueue [topic=Watched, brokerName=broker-a, queueId=0] can't consume for a while, maybe blocked, N ms",
    "orderly MessageQueue [topic=Watched, brokerName=broker-a, queueId=0] can't lock for a while, N ms",
    'orderly MessageQueue [topic=Watched, brokerName=broker-a, queueId=3] unlock 4 times, still failed',
    'offsetMovedEvent=OffsetMovedEvent [consumerGroup=CG_BEHIND, messageQueue=MessageQueue [topic=Watched, ' +
      'brokerName=broker-a, queueId=1], offsetRequest=N, offsetNew=0], eventTimestamp=N]',
  ];
  for (const fact of facts) assert.ok(text.includes(fact), `${fact}\n---\n${text}`);
});
