/**
 * One call of our broker on its store folder fails, on a real disk, while it starts on the folder of a killed broker with 200
 * messages, takes 800 more, and stops. Then the broker is started again on a disk that works, in this process.
 *
 * What must hold, whatever the call is: no request stays unanswered, the process ends, with 74 where a sync of the log failed;
 * afterwards every acknowledged message is where its acknowledgement said and nothing is there twice, delayed messages come,
 * topics whose making was acknowledged are there, offsets are not ahead of what was committed. A short write fails nothing.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Broker, BrokerConfig, readHostFacts } from '@rocketmq-ts/broker';
import { realPlatform } from '@rocketmq-ts/platform';
import { faultEnvironment, type IoCall, readCalls } from './fault-library.ts';
import { root } from './java-library.ts';
import { sleep, until } from './pair.ts';
import { Program } from './program.ts';
import { RawClient } from './raw-client.ts';
import { readTopic } from './read-topic.ts';
import { formatConfig, temporaryFolder } from './server.ts';

export const FAULTS = ['EIO', 'ENOSPC', 'SHORT'] as const;
export type Fault = (typeof FAULTS)[number];
export type FlushDiskType = 'ASYNC_FLUSH' | 'SYNC_FLUSH';

export interface FaultResult {
  /** The call that failed, or all calls when none was to. */
  readonly calls: readonly IoCall[];
  readonly exitCode: number | null;
  readonly started: boolean;
  readonly acknowledged: number;
  readonly refused: number;
}

const TOPIC = 'Faults';
const DELAYED = 'FaultsDelayed';
const QUEUES = 4;
const WINDOW = 50;
const SEGMENT = WINDOW / 2;
const EARLIER = 200;
const MESSAGES = 1000;
const DELAYED_MESSAGES = 10;
const READY_TIMEOUT_MS = 60_000;
const RECOVER_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;
const SEND_MESSAGE_V2 = 310;
const UPDATE_CONSUMER_OFFSET = 15;
const QUERY_CONSUMER_OFFSET = 14;
const UPDATE_AND_CREATE_TOPIC = 17;
const GET_ALL_TOPIC_CONFIG = 21;
const STORE_FAILED = 74;

interface Acknowledged {
  /** Body by `queueId@queueOffset`. */
  readonly places: Map<string, string>;
  readonly delayed: string[];
  readonly topics: string[];
  /** By queue. */
  readonly offsets: Map<number, number>;
  refused: number;
}

/** Files so small that each kind of call occurs, intervals so short that all of them do within a second. */
function configOf(store: string, flushDiskType: FlushDiskType) {
  return {
    ...{ brokerName: 'broker-a', brokerIP1: '127.0.0.1', brokerIP2: '127.0.0.1', listenPort: 0 },
    ...{ storePathRootDir: store, storePathCommitLog: join(store, 'commitlog'), diskMaxUsedSpaceRatio: 95 },
    ...{
      flushDiskType,
      maxMessageSize: 16_384,
      mapedFileSizeCommitLog: 131_072,
      brokerFastFailureEnable: false,
    },
    ...{ mapedFileSizeConsumeQueue: 4000, maxHashSlotNum: 1000, maxIndexNum: 4000 },
    ...{ flushIntervalCommitLog: 50, flushCommitLogLeastPages: 1, flushCommitLogThoroughInterval: 100 },
    ...{ flushIntervalConsumeQueue: 120, flushConsumeQueueThoroughInterval: 300 },
    ...{ flushConsumerOffsetInterval: 250, flushDelayOffsetInterval: 250 },
  };
}

/** The folder of a broker that was killed, and what it had acknowledged. */
export class FaultTemplate {
  readonly store: string;
  readonly #acknowledged: Acknowledged;

  private constructor(store: string, acknowledged: Acknowledged) {
    this.store = store;
    this.#acknowledged = acknowledged;
  }

  get acknowledged(): Acknowledged {
    const { places, delayed, topics, offsets } = this.#acknowledged;
    return {
      ...{ places: new Map(places), delayed: [...delayed], topics: [...topics] },
      ...{ offsets: new Map(offsets), refused: 0 },
    };
  }

  static async make(): Promise<FaultTemplate> {
    const folder = temporaryFolder('fault-template');
    const acknowledged = { places: new Map(), delayed: [], topics: [], offsets: new Map(), refused: 0 };
    const broker = startBroker(folder, 'ASYNC_FLUSH', {});
    await script(await addressOf(broker), 0, EARLIER, acknowledged);
    await broker.kill();
    return new FaultTemplate(join(folder, 'store'), acknowledged);
  }
}

/** Counts the calls of a run in which none fails. */
export function countCalls(template: FaultTemplate, flushDiskType: FlushDiskType): Promise<FaultResult> {
  return faultRun(template, flushDiskType, 0, 'EIO');
}

/**
 * The call with this number fails, counting those that `only` names; when there are fewer calls, none does. Throws when something
 * does not hold.
 */
export async function faultRun(
  template: FaultTemplate,
  flushDiskType: FlushDiskType,
  call: number,
  fault: Fault,
  only?: string,
): Promise<FaultResult> {
  const folder = temporaryFolder('fault');
  const store = join(folder, 'store');
  const log = join(folder, 'calls');
  cpSync(template.store, store, { recursive: true });
  const acknowledged = template.acknowledged;
  const program = startBroker(folder, flushDiskType, faultEnvironment(store, log, call, fault, only));
  try {
    const ended = program.exited.then(() => undefined);
    const address = await Promise.race([addressOf(program).catch(() => undefined), ended]);
    let stayed = false;
    if (address !== undefined) {
      stayed = await script(address, EARLIER, MESSAGES, acknowledged);
      if (stayed) program.signal('SIGTERM');
    }
    const started = address !== undefined;
    const { code } = await program.waitForExit(STOP_TIMEOUT_MS);
    const all = readCalls(log);
    const hit = all.filter(({ outcome }) => outcome !== 'passed');
    const output = program.errorLines.join('\n');
    checkEnd({ hit: hit[0], code, started, stayed, refused: acknowledged.refused, output });
    await checkStore(store, flushDiskType, acknowledged);
    rmSync(folder, { recursive: true, force: true });
    return {
      ...{ calls: call === 0 ? all : hit, exitCode: code, started },
      ...{ acknowledged: acknowledged.places.size, refused: acknowledged.refused },
    };
  } catch (error) {
    const hit = readCalls(log).find(({ outcome }) => outcome !== 'passed');
    const what = `call ${call}, ${fault}, ${flushDiskType}: ${hit?.kind} ${hit?.path}`;
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}; the folder is ${folder}`, {
      cause: error,
    });
  } finally {
    await program.kill();
  }
}

function startBroker(
  folder: string,
  flushDiskType: FlushDiskType,
  environment: Readonly<Record<string, string>>,
): Program {
  mkdirSync(join(folder, 'conf'), { recursive: true });
  const file = join(folder, 'conf', 'broker.conf');
  writeFileSync(file, formatConfig(configOf(join(folder, 'store'), flushDiskType)));
  return Program.start({
    name: 'our broker on a failing disk',
    command: 'sh',
    args: [join(root, 'bin/mqbroker'), '-c', file],
    env: { HOME: folder, ROCKETMQ_HOME: folder, NAMESRV_ADDR: undefined, ...environment },
  });
}

/** It chooses its port itself, and says which. */
async function addressOf(broker: Program): Promise<string> {
  const line = await broker.waitForLine(/boot success/, READY_TIMEOUT_MS);
  return /127\.0\.0\.1:\d+/.exec(line)?.[0] as string;
}

/** Answers whether the broker was there to the end. Throws when a request is not answered. */
async function script(address: string, from: number, to: number, known: Acknowledged): Promise<boolean> {
  try {
    using client = await RawClient.connect(address);
    for (let number = 0; number < DELAYED_MESSAGES; number++) {
      const body = `delayed ${from + number}`;
      if (await untilTaken(known, () => send(client, DELAYED, 0, body, 1))) known.delayed.push(body);
    }
    for (let window = from; window < to; window += WINDOW) {
      await sendWindow(client, window, known);
      if (window % (4 * WINDOW) !== 0) continue;
      const topic = `${TOPIC}-${window}`;
      await untilTaken(known, () => makeTopic(client, topic));
      known.topics.push(topic);
      const queueId = (window / WINDOW) % QUEUES;
      known.offsets.set(queueId, window / QUEUES);
      await untilTaken(known, () => commitOffset(client, queueId, window / QUEUES));
      await sleep(60);
    }
    await sleep(150);
    return true;
  } catch (error) {
    if (/connection closed|ECONNREFUSED|ECONNRESET/.test(String(error))) return false;
    throw error;
  }
}

/** In two segments, so that the second comes while the first is being written or synced, and the calls stay about as many. */
async function sendWindow(client: RawClient, from: number, known: Acknowledged): Promise<void> {
  const sends: Promise<void>[] = [];
  for (let segment = from; segment < from + WINDOW; segment += SEGMENT) {
    client.socket.cork();
    for (let number = segment; number < segment + SEGMENT; number++)
      sends.push(sendOne(client, number, known));
    client.socket.uncork();
  }
  await Promise.all(sends);
}

async function sendOne(client: RawClient, number: number, known: Acknowledged): Promise<void> {
  const queueId = number % QUEUES;
  let body = '';
  const ext = await untilTaken(known, (attempt) => {
    body = `${number} ${attempt} `.padEnd(100 + ((number * 37) % 300), 'x');
    return send(client, TOPIC, queueId, body, 0);
  });
  known.places.set(`${queueId}@${ext.queueOffset}`, body);
}

type Answer = Promise<{ code: number; remark: string | undefined; ext: Readonly<Record<string, string>> }>;

/** Asks until the answer is a success: a disk that works again must be noticed. */
async function untilTaken(
  known: Acknowledged,
  ask: (attempt: number) => Answer,
): Promise<Readonly<Record<string, string>>> {
  const deadlineMs = Date.now() + RECOVER_TIMEOUT_MS;
  for (let attempt = 0; ; attempt++) {
    const { code, remark, ext } = await ask(attempt);
    if (code === 0) return ext;
    known.refused++;
    if (Date.now() > deadlineMs)
      throw new Error(`refused ${RECOVER_TIMEOUT_MS} ms after the failure: ${code} ${remark}`);
    await sleep(200);
  }
}

function send(client: RawClient, topic: string, queueId: number, body: string, delayLevel: number): Answer {
  const delay = delayLevel > 0 ? `DELAY\u0001${delayLevel}\u0002` : '';
  const header = { a: 'PG', b: topic, c: 'TBW102', d: QUEUES, e: queueId, f: 0, g: 1_700_000_000_000, h: 0 };
  const rest = {
    i: `KEYS\u0001${body.slice(0, 8)}\u0002${delay}WAIT\u0001true\u0002`,
    j: 0,
    k: false,
    m: false,
  };
  return client.request(SEND_MESSAGE_V2, { ...header, ...rest }, Buffer.from(body), 30_000);
}

function makeTopic(client: RawClient, topic: string): Answer {
  const ext = { topic, defaultTopic: 'TBW102', readQueueNums: QUEUES, writeQueueNums: QUEUES, perm: 6 };
  const rest = { topicFilterType: 'SINGLE_TAG', topicSysFlag: 0, order: false };
  return client.request(UPDATE_AND_CREATE_TOPIC, { ...ext, ...rest }, undefined, 30_000);
}

function commitOffset(client: RawClient, queueId: number, commitOffset: number): Answer {
  const ext = { consumerGroup: 'Faults', topic: TOPIC, queueId, commitOffset };
  return client.request(UPDATE_CONSUMER_OFFSET, ext, undefined, 30_000);
}

interface End {
  readonly hit: IoCall | undefined;
  readonly code: number | null;
  readonly started: boolean;
  readonly stayed: boolean;
  readonly refused: number;
  readonly output: string;
}

function checkEnd({ hit, code, started, stayed, refused, output }: End): void {
  const what = `after ${JSON.stringify(hit)}, exit code ${code}, output: ${output}`;
  if (hit === undefined || hit.outcome === 'short') {
    assert.ok(started && stayed, `nothing failed, but the broker ended ${what}`);
    assert.equal(code, 0, what);
    assert.equal(refused, 0, `nothing failed, but requests were refused ${what}`);
    return;
  }
  const isLogSync = hit.kind === 'sync' && hit.path.startsWith('/commitlog');
  if (isLogSync || !stayed) {
    assert.equal(code, STORE_FAILED, what);
    assert.match(output, /EIO|ENOSPC|i\/o error|no space/i, `the reason is told ${what}`);
  } else {
    assert.ok(code === 0 || code === STORE_FAILED, what);
  }
}

/** Starts a broker on the folder, in this process, and compares. */
async function checkStore(store: string, flushDiskType: FlushDiskType, known: Acknowledged): Promise<void> {
  const config = configOf(store, flushDiskType);
  const overrides = new Map(Object.entries(config).map(([key, value]) => [key, String(value)]));
  const broker = await Broker.start(realPlatform(), BrokerConfig.load({ host: readHostFacts(), overrides }));
  const address = `127.0.0.1:${broker.port}`;
  try {
    const stored = await readTopic(address, TOPIC, QUEUES);
    const found = new Map(stored.map((r) => [`${r.queueId}@${r.queueOffset}`, r.body.toString()]));
    for (const [place, body] of known.places) assert.equal(found.get(place), body, `at ${place}`);
    assert.equal(new Set(found.values()).size, stored.length, 'nothing twice');
    using client = await RawClient.connect(address);
    const topics = (await client.request(GET_ALL_TOPIC_CONFIG)).body.toString();
    for (const topic of known.topics) assert.ok(topics.includes(`"${topic}"`), `topic ${topic} is there`);
    for (const [queueId, committed] of known.offsets) {
      const place = { consumerGroup: 'Faults', topic: TOPIC, queueId };
      const { code, ext } = await client.request(QUERY_CONSUMER_OFFSET, place);
      if (code === 0) assert.ok(Number(ext.offset) <= committed, `offset ${ext.offset} of queue ${queueId}`);
    }
    const isThere = async (): Promise<boolean> => {
      const bodies = new Set((await readTopic(address, DELAYED, 1)).map(({ body }) => body.toString()));
      return known.delayed.every((body) => bodies.has(body));
    };
    await until('all delayed messages are delivered', RECOVER_TIMEOUT_MS, isThere);
  } finally {
    await broker.stop();
  }
}
