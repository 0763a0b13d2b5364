/**
 * What the broker is asked for while one of its calls on the store fails, on a real disk (fault-round.ts) and on a simulated one
 * (simulated-fault-round.ts): messages to four queues, delayed messages, topics, offsets. And what must be there afterwards, in
 * a broker that is started on the same folder: every acknowledged message where its acknowledgement said and nothing twice, all
 * delayed messages, the topics, offsets not ahead of what was committed.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Requester, readAllQueues } from './read-topic.ts';

export const FAULTS = ['EIO', 'ENOSPC', 'SHORT'] as const;
export type Fault = (typeof FAULTS)[number];
export const FLUSH_DISK_TYPES = ['ASYNC_FLUSH', 'SYNC_FLUSH'] as const;
export type FlushDiskType = (typeof FLUSH_DISK_TYPES)[number];

/** The first messages are in the folder of the broker that was killed, the others come while a call fails. */
export const EARLIER = 200;
export const MESSAGES = 1000;

const TOPIC = 'Faults';
const DELAYED = 'FaultsDelayed';
const QUEUES = 4;
const WINDOW = 50;
const SEGMENT = WINDOW / 2;
const DELAYED_MESSAGES = 10;
const RECOVER_TIMEOUT_MS = 120_000;
/** What takes longer hangs, on a busy machine too. */
const ANSWER_TIMEOUT_MS = 120_000;
const SEND_MESSAGE_V2 = 310;
const UPDATE_CONSUMER_OFFSET = 15;
const QUERY_CONSUMER_OFFSET = 14;
const UPDATE_AND_CREATE_TOPIC = 17;
const GET_ALL_TOPIC_CONFIG = 21;

/** A connection to the broker, in real or simulated time. */
export interface ScriptClient extends Requester {
  /** The requests made meanwhile go to the broker in one segment. */
  together(make: () => void): void;
  sleep(ms: number): Promise<void>;
  nowMs(): number;
}

/** What the broker has acknowledged. */
export interface Acknowledged {
  /** Body by `queueId@queueOffset`. */
  readonly places: Map<string, string>;
  readonly delayed: string[];
  readonly topics: string[];
  /** By queue. */
  readonly offsets: Map<number, number>;
  refused: number;
}

export function nothingAcknowledged(): Acknowledged {
  return { places: new Map(), delayed: [], topics: [], offsets: new Map(), refused: 0 };
}

export function copyOf({ places, delayed, topics, offsets }: Acknowledged): Acknowledged {
  return {
    ...{ places: new Map(places), delayed: [...delayed], topics: [...topics] },
    ...{ offsets: new Map(offsets), refused: 0 },
  };
}

/** Files so small that each kind of call occurs, intervals so short that all of them do within a second. */
export function configOf(store: string, flushDiskType: FlushDiskType) {
  return {
    ...{ brokerName: 'broker-a', brokerIP1: '127.0.0.1', brokerIP2: '127.0.0.1', listenPort: 0 },
    ...{ storePathRootDir: store, storePathCommitLog: join(store, 'commitlog'), diskMaxUsedSpaceRatio: 95 },
    ...{ flushDiskType, maxMessageSize: 16_384, mapedFileSizeCommitLog: 131_072 },
    ...{ mapedFileSizeConsumeQueue: 4000, maxHashSlotNum: 1000, maxIndexNum: 4000 },
    ...{ flushIntervalCommitLog: 50, flushCommitLogLeastPages: 1, flushCommitLogThoroughInterval: 100 },
    ...{ flushIntervalConsumeQueue: 120, flushConsumeQueueThoroughInterval: 300 },
    ...{ flushConsumerOffsetInterval: 250, flushDelayOffsetInterval: 250 },
    brokerFastFailureEnable: false,
  };
}

/** Throws when a request is not answered, or the connection is lost. */
export async function runScript(
  client: ScriptClient,
  from: number,
  to: number,
  known: Acknowledged,
): Promise<void> {
  for (let number = 0; number < DELAYED_MESSAGES; number++) {
    const body = `delayed ${from + number}`;
    await untilTaken(client, known, () => send(client, DELAYED, 0, body, 1));
    known.delayed.push(body);
  }
  for (let window = from; window < to; window += WINDOW) {
    await sendWindow(client, window, known);
    if (window % (4 * WINDOW) !== 0) continue;
    const topic = `${TOPIC}-${window}`;
    await untilTaken(client, known, () => makeTopic(client, topic));
    known.topics.push(topic);
    const queueId = (window / WINDOW) % QUEUES;
    known.offsets.set(queueId, window / QUEUES);
    await untilTaken(client, known, () => commitOffset(client, queueId, window / QUEUES));
    await client.sleep(60);
  }
  await client.sleep(150);
}

/** In two segments, so that the second comes while the first is being written or synced, and the calls stay about as many. */
async function sendWindow(client: ScriptClient, from: number, known: Acknowledged): Promise<void> {
  const sends: Promise<void>[] = [];
  for (let segment = from; segment < from + WINDOW; segment += SEGMENT) {
    client.together(() => {
      for (let number = segment; number < segment + SEGMENT; number++)
        sends.push(sendOne(client, number, known));
    });
  }
  await Promise.all(sends);
}

async function sendOne(client: ScriptClient, number: number, known: Acknowledged): Promise<void> {
  const queueId = number % QUEUES;
  let body = '';
  const ext = await untilTaken(client, known, (attempt) => {
    body = `${number} ${attempt} `.padEnd(100 + ((number * 37) % 300), 'x');
    return send(client, TOPIC, queueId, body, 0);
  });
  known.places.set(`${queueId}@${ext.queueOffset}`, body);
}

type Answer = ReturnType<Requester['request']>;

/** Asks until the answer is a success: a disk that works again must be noticed. */
async function untilTaken(
  client: ScriptClient,
  known: Acknowledged,
  ask: (attempt: number) => Answer,
): Promise<Readonly<Record<string, string>>> {
  const deadlineMs = client.nowMs() + RECOVER_TIMEOUT_MS;
  for (let attempt = 0; ; attempt++) {
    const { code, remark, ext } = await ask(attempt);
    if (code === 0) return ext;
    known.refused++;
    if (client.nowMs() > deadlineMs)
      throw new Error(`refused ${RECOVER_TIMEOUT_MS} ms after the failure: ${code} ${remark}`);
    await client.sleep(200);
  }
}

function send(
  client: ScriptClient,
  topic: string,
  queueId: number,
  body: string,
  delayLevel: number,
): Answer {
  const delay = delayLevel > 0 ? `DELAY\u0001${delayLevel}\u0002` : '';
  const header = { a: 'PG', b: topic, c: 'TBW102', d: QUEUES, e: queueId, f: 0, g: 1_700_000_000_000, h: 0 };
  const rest = {
    i: `KEYS\u0001${body.slice(0, 8)}\u0002${delay}WAIT\u0001true\u0002`,
    j: 0,
    k: false,
    m: false,
  };
  return client.request(SEND_MESSAGE_V2, { ...header, ...rest }, Buffer.from(body), ANSWER_TIMEOUT_MS);
}

function makeTopic(client: ScriptClient, topic: string): Answer {
  const ext = { topic, defaultTopic: 'TBW102', readQueueNums: QUEUES, writeQueueNums: QUEUES, perm: 6 };
  const rest = { topicFilterType: 'SINGLE_TAG', topicSysFlag: 0, order: false };
  return client.request(UPDATE_AND_CREATE_TOPIC, { ...ext, ...rest }, undefined, ANSWER_TIMEOUT_MS);
}

function commitOffset(client: ScriptClient, queueId: number, commitOffset: number): Answer {
  const ext = { consumerGroup: 'Faults', topic: TOPIC, queueId, commitOffset };
  return client.request(UPDATE_CONSUMER_OFFSET, ext, undefined, ANSWER_TIMEOUT_MS);
}

/** Compares what the broker has with what was acknowledged. After a power cut there may be holes in what was not. */
export async function checkKept(
  client: ScriptClient,
  known: Acknowledged,
  { powerWasCut = false } = {},
): Promise<void> {
  const stored = await readAllQueues(client, TOPIC, QUEUES, powerWasCut);
  const found = new Map(stored.map((r) => [`${r.queueId}@${r.queueOffset}`, r.body.toString()]));
  for (const [place, body] of known.places) assert.equal(found.get(place), body, `at ${place}`);
  assert.equal(new Set(found.values()).size, stored.length, 'nothing twice');
  const topics = (await client.request(GET_ALL_TOPIC_CONFIG)).body.toString();
  for (const topic of known.topics) assert.ok(topics.includes(`"${topic}"`), `topic ${topic} is there`);
  for (const [queueId, committed] of known.offsets) {
    const place = { consumerGroup: 'Faults', topic: TOPIC, queueId };
    const { code, ext } = await client.request(QUERY_CONSUMER_OFFSET, place);
    if (code === 0) assert.ok(Number(ext.offset) <= committed, `offset ${ext.offset} of queue ${queueId}`);
  }
  const deadlineMs = client.nowMs() + RECOVER_TIMEOUT_MS;
  for (;;) {
    const bodies = new Set(
      (await readAllQueues(client, DELAYED, 1, powerWasCut)).map(({ body }) => body.toString()),
    );
    if (known.delayed.every((body) => bodies.has(body))) return;
    assert.ok(client.nowMs() < deadlineMs, 'all delayed messages are delivered');
    await client.sleep(50);
  }
}
