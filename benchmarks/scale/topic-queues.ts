/**
 * 100,000 topic-queues, 1,000 topics of 100 or 25,000 of 4, with a message in each: time to make them, memory, and time to start
 * again, after a clean stop and after a kill.
 */

import { startOurBroker, startOurNamesrv } from '#interop/ours';
import { sleep } from '#interop/pair';
import { RawClient } from '#interop/raw-client';
import type { Server } from '#interop/server';
import { memoryMib } from '../process-usage.ts';

const TOPIC_QUEUES = 100_000;
const UPDATE_AND_CREATE_TOPIC = 17;
const SEND_MESSAGE_V2 = 310;
const GET_MAX_OFFSET = 30;
const AT_ONCE = 64;
/** Small, as a user with that many queues would set them; Java's default is 6,000,000. */
const config = { mapedFileSizeConsumeQueue: 20_000 };

export async function topicQueues(topics: number): Promise<Record<string, number>> {
  const queues = TOPIC_QUEUES / topics;
  const namesrv = await startOurNamesrv();
  const namesrvAddr = namesrv.address;
  let broker = await startOurBroker({ namesrvAddr, config });
  const { port, folder } = broker;
  const again = () => startOurBroker({ namesrvAddr, config, port, folder });
  const emptyMib = memoryMib(broker.program.pid).resident;
  const makeTopics = await timed(() => each(broker, topics, (client, i) => createTopic(client, i, queues)));
  const withTopicsMib = memoryMib(broker.program.pid).resident;
  const send = await timed(() => each(broker, TOPIC_QUEUES, (client, i) => sendOne(client, i, topics)));
  await sleep(3000);
  const withMessagesMib = memoryMib(broker.program.pid).resident;
  const stop = await timed(() => broker.program.stop(120_000));
  broker = await again();
  const cleanStartMs = await readyMs(broker);
  await sleep(2000);
  const startedMib = memoryMib(broker.program.pid).resident;
  await broker.program.kill();
  broker = await again();
  const startAfterKillMs = await readyMs(broker);
  await each(broker, 100, (client, i) => checkOne(client, i * 997, topics));
  await broker.program.kill();
  await namesrv.program.kill();
  return {
    topics,
    topicQueues: TOPIC_QUEUES,
    makeTopicsSeconds: round(makeTopics / 1000),
    sendOneToEachSeconds: round(send / 1000),
    emptyMib: round(emptyMib),
    withTopicsMib: round(withTopicsMib),
    withMessagesMib: round(withMessagesMib),
    stopMs: round(stop),
    cleanStartMs: round(cleanStartMs),
    startedMib: round(startedMib),
    startAfterKillMs: round(startAfterKillMs),
  };
}

async function createTopic(client: RawClient, i: number, queues: number): Promise<void> {
  const ext = { topic: `Scale-${i}`, defaultTopic: 'TBW102', readQueueNums: queues, writeQueueNums: queues };
  const rest = { perm: 6, topicFilterType: 'SINGLE_TAG', topicSysFlag: 0, order: false };
  expectSuccess(
    (await client.request(UPDATE_AND_CREATE_TOPIC, { ...ext, ...rest }, undefined, 120_000)).code,
  );
}

async function sendOne(client: RawClient, i: number, topics: number): Promise<void> {
  const fields = { a: 'PG', b: `Scale-${i % topics}`, c: 'TBW102', d: 4, e: Math.floor(i / topics), f: 0 };
  const rest = { g: Date.now(), h: 0, i: 'WAIT\u0001true\u0002', j: 0, k: false, m: false };
  const answer = await client.request(SEND_MESSAGE_V2, { ...fields, ...rest }, Buffer.alloc(100), 120_000);
  expectSuccess(answer.code);
}

async function checkOne(client: RawClient, i: number, topics: number): Promise<void> {
  const place = { topic: `Scale-${i % topics}`, queueId: Math.floor(i / topics) };
  const answer = await client.request(GET_MAX_OFFSET, place);
  if (answer.ext.offset !== '1') throw new Error(`${JSON.stringify(place)} ends at ${answer.ext.offset}`);
}

/** Runs `one` for 0 to `count` - 1, many at a time on one connection. */
async function each(
  broker: Server,
  count: number,
  one: (client: RawClient, i: number) => Promise<void>,
): Promise<void> {
  using client = await RawClient.connect(broker.address);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await one(client, next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function readyMs(broker: Server): Promise<number> {
  (await RawClient.connect(broker.address)).close();
  return performance.now() - broker.program.startedAtMs;
}

function expectSuccess(code: number): void {
  if (code !== 0) throw new Error(`the broker answered ${code}`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
