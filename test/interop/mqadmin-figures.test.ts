/**
 * Figures behind mqadmin's columns: after 1,000 messages sent and consumed, the official mqadmin and ours both say so, of a
 * Java cluster and of ours.
 */
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { officialMqadmin, ourMqadmin } from './harness/mqadmin.ts';
import { ourSend, startOurConsumer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { type Pair, sharedPair, sleep, until } from './harness/pair.ts';

const clusters = {
  Java: sharedPair(startJavaNamesrv, startJavaBroker),
  ours: sharedPair(startOurNamesrv, startOurBroker),
};
const MESSAGES = 1000;
/** Brokers note the totals of topics and groups every ten seconds. */
const SAMPLE_MS = 10_000;
const TOPIC = 'Figures';
const GROUP = 'CG_FIGURES';

const ending: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const end of ending) await end();
});

const commands = {
  more: 'clusterList -m',
  status: 'brokerStatus -b BROKER',
  stats: `statsAll -t ${TOPIC}`,
  topic: `topicStatus -t ${TOPIC}`,
  progress: `consumerProgress -g ${GROUP}`,
  groups: 'consumerProgress',
  broker: 'brokerConsumeStats -b BROKER',
};
type Outputs = Record<keyof typeof commands, string>;

/** A line's columns by what it begins with. */
function columns(output: string, ...begin: string[]): string[] {
  const lines = output.split('\n').map((line) => line.trim().split(/\s+/));
  return lines.find((line) => begin.every((word, i) => line[i] === word)) ?? [];
}

/** Of the lines of the topic, one for each queue. */
function sum(output: string, first: string, column: number): number {
  const lines = output.split('\n').map((line) => line.trim().split(/\s+/));
  return lines.filter((line) => line[0] === first).reduce((total, line) => total + Number(line[column]), 0);
}

function check({ more, status, stats, topic, progress, groups, broker }: Outputs): void {
  const value = (key: string): string => new RegExp(`^${key} *: (.*)$`, 'm').exec(status)?.[1] ?? '';
  // Yesterday nothing; today all, in and out.
  assert.deepEqual(columns(more, 'DefaultCluster').slice(2), ['0', '0', `${MESSAGES}`, `${MESSAGES}`]);
  assert.equal(value('msgPutTotalTodayNow'), `${MESSAGES}`);
  assert.equal(value('msgGetTotalTodayNow'), `${MESSAGES}`);
  assert.equal(value('putMessageTimesTotal'), `${MESSAGES}`);
  assert.ok(Number(value('putMessageAverageSize')) > 100, value('putMessageAverageSize'));
  const [, , accumulation, inTps, outTps, in24, out24] = columns(stats, TOPIC, GROUP);
  // 4.4.0 counts from the first sample on, which has the first message already.
  for (const count of [in24, out24]) assert.ok(count === `${MESSAGES}` || count === `${MESSAGES - 1}`, stats);
  assert.ok(accumulation === '0' && Number(inTps) > 0 && Number(outTps) > 0, stats);
  assert.equal(sum(topic, 'broker-a', 3), MESSAGES, topic);
  assert.equal(sum(topic, 'broker-a', 2), 0, topic);
  assert.equal(sum(progress, TOPIC, 3), MESSAGES, progress);
  assert.equal(sum(progress, TOPIC, 4), MESSAGES, progress);
  assert.match(progress, /Diff Total: 0$/m);
  assert.deepEqual(columns(groups, GROUP).slice(1, 5), ['1', 'V4_4_0', 'PUSH', 'CLUSTERING'], groups);
  assert.equal(sum(broker, TOPIC, 4), MESSAGES, broker);
  assert.equal(sum(broker, TOPIC, 5), MESSAGES, broker);
}

const programs = { 'the official': officialMqadmin, our: ourMqadmin };

async function examine(t: TestContext, pairOf: () => Promise<Pair>): Promise<void> {
  const pair = await pairOf();
  const consumer = await startOurConsumer(pair.namesrv.address, GROUP, TOPIC);
  ending.push(() => consumer.consumer.shutdown());
  const filled = Object.values(commands).map((each) => each.replace('BROKER', pair.broker.address));
  const [create] = await ourMqadmin(pair, [`updateTopic -b ${pair.broker.address} -t ${TOPIC} -r 4 -w 4`]);
  assert.equal(create?.exitCode, 0, create?.errors);
  const bodies = Array.from({ length: MESSAGES }, (_, i) => ({ body: Buffer.from(`message ${i}`) }));
  const send = async (messages: typeof bodies, total: number): Promise<void> => {
    await ourSend(pair.namesrv.address, TOPIC, messages);
    await until(`${total} messages are consumed`, 60_000, () => consumer.consumed.length === total);
  };
  await send(bodies.slice(0, 1), 1);
  await sleep(SAMPLE_MS + 8_000);
  await send(bodies.slice(1), MESSAGES);
  for (const [program, run] of Object.entries(programs)) {
    await t.test(`by ${program} mqadmin`, async () => {
      // Sums of the last minute come with the next sample; offsets are stored every five seconds.
      let failure: unknown;
      const deadlineMs = Date.now() + 200_000;
      do {
        const outcomes = await run(pair, filled, 0);
        const entries = Object.keys(commands).map((name, i) => [name, outcomes[i]?.output ?? '']);
        try {
          check(Object.fromEntries(entries));
          return;
        } catch (error) {
          failure = error;
        }
      } while (Date.now() < deadlineMs);
      throw failure;
    });
  }
}

test('after 1,000 messages', { timeout: 600_000, concurrency: 2 }, async (t) => {
  const both = Object.entries(clusters);
  await Promise.all(
    both.map(([cluster, pairOf]) => t.test(`on a cluster of ${cluster}`, (each) => examine(each, pairOf))),
  );
});
