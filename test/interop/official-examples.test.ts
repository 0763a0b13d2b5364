/**
 * Every example of the official artifact that has a main, unchanged, on our broker, with the result that it has on Java's.
 * ROCKETMQ_EXAMPLES=both runs them on a Java broker too; ROCKETMQ_EXAMPLES=simple.Producer,… only these.
 *
 * Some have 127.0.0.1:9876 as their name server: they are left out, and that is said, where this port is taken.
 */
import assert from 'node:assert/strict';
import { connect, createServer, type Server as NetServer } from 'node:net';
import { test } from 'node:test';
import { ATTEMPTS, gaveUp } from './harness/gave-up.ts';
import { startJavaBroker, startJavaMain, startJavaNamesrv } from './harness/java.ts';
import { type Example, examples, type Sign, TOPIC_TEST } from './harness/official-examples.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { killPair, type Pair, startPair, until } from './harness/pair.ts';
import type { Program } from './harness/program.ts';
import { countTopic, readTopic, type StoredRecord } from './harness/read-topic.ts';

const SIDE_BY_SIDE = 2;
const TIMEOUT_MS = 60_000;
const choice = process.env.ROCKETMQ_EXAMPLES ?? '';
const config = { enablePropertyFilter: true, transactionTimeOut: 1000, transactionCheckInterval: 2000 };
const kinds = [
  ['our', startOurNamesrv, startOurBroker],
  ...(choice === 'both' ? [['Java', startJavaNamesrv, startJavaBroker] as const] : []),
] as const;

for (const [kind, startNamesrv, startBroker] of kinds) {
  test(`the official examples on ${kind} broker`, { timeout: 850_000 }, async (t) => {
    const pair = await startPair(startNamesrv, startBroker, { config });
    const forwarder = await forward(9876, pair.namesrv.port);
    if (forwarder === undefined) t.diagnostic('port 9876 is taken: examples that insist on it are left out');
    const names = choice === '' || choice === 'both' ? undefined : choice.split(',');
    const wanted = examples.filter(
      ({ main, fixedPort }) =>
        (names === undefined || names.includes(main)) && (!fixedPort || forwarder !== undefined),
    );
    let topicTest: readonly StoredRecord[] = [];
    try {
      for (const stage of new Set(wanted.map((example) => example.stage))) {
        const queue = wanted.filter((example) => example.stage === stage);
        const worker = async (): Promise<void> => {
          for (let example = queue.shift(); example !== undefined; example = queue.shift()) {
            const one = example;
            await t.test(one.main, async (t) => t.diagnostic(await runExample(pair, one, topicTest)));
          }
        };
        await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
        if (stage > 1 || names !== undefined) continue;
        topicTest = await readTopic(pair.broker.address, 'TopicTest');
        assert.ok(topicTest.length >= TOPIC_TEST, `${topicTest.length} messages in TopicTest`);
      }
    } finally {
      forwarder?.close();
      await killPair(pair);
    }
  });
}

/** Answers what it did, in words. One that gave up waiting is run again. */
async function runExample(
  pair: Pair,
  example: Example,
  topicTest: readonly StoredRecord[],
  attempt = 1,
): Promise<string> {
  const { main, args = [], stored, exitCode, why } = example;
  const signs = example.signs.map((sign) => withCount(sign, topicTest));
  const program = await startJavaMain(`org.apache.rocketmq.example.${main}`, args, {
    env: { NAMESRV_ADDR: pair.namesrv.address },
    properties: { 'rocketmq.client.rebalance.waitInterval': '500' },
  });
  try {
    if (exitCode !== undefined) {
      assert.equal((await program.waitForExit(TIMEOUT_MS)).code, exitCode, program.errorLines.join('\n'));
    } else {
      const there = () => gaveUp(program) || signs.every((sign) => countOf(program, sign) >= sign.count);
      await until(`${main} shows its signs`, TIMEOUT_MS, there).catch(() => {}); // told in detail below
    }
    const enough = async () => gaveUp(program) || (await storedOf(pair, example)) >= (stored?.[1] ?? 0);
    await until(`${main} has stored its messages`, TIMEOUT_MS, enough).catch(() => {});
    for (const sign of signs) {
      const count = countOf(program, sign);
      const right = sign.atLeast ? count >= sign.count : count === sign.count;
      const output = [...program.lines.slice(-5), ...program.errorLines.slice(-20)].join('\n');
      assert.ok(right, `${count} times ${sign.pattern}, expected ${sign.count}\n${output.slice(0, 3000)}`);
    }
    if (stored) {
      const count = await storedOf(pair, example);
      assert.ok(attempt > 1 ? count >= stored[1] : count === stored[1], `${count} messages in ${stored[0]}`);
    }
  } catch (error) {
    if (attempt === ATTEMPTS || !gaveUp(program)) throw error;
    return await runExample(pair, example, topicTest, attempt + 1);
  } finally {
    await program.kill();
  }
  const did = signs.map((sign) => `${countOf(program, sign)} × ${sign.pattern.source}`);
  if (stored) did.push(`${stored[1]} in ${stored[0]}`);
  if (attempt > 1) did.push(`at attempt ${attempt}`);
  return `${exitCode === undefined ? 'killed' : `exit ${exitCode}`}; ${did.join('; ')}${why ? ` (${why})` : ''}`;
}

function withCount(sign: Sign, topicTest: readonly StoredRecord[]): Sign {
  const { ofTopicTest } = sign;
  if (ofTopicTest === undefined) return sign;
  const wanted = topicTest.filter(({ properties }) => ofTopicTest(properties.get('TAGS')));
  return { ...sign, count: new Set(wanted.map(({ properties }) => properties.get('UNIQ_KEY'))).size };
}

async function storedOf(pair: Pair, { stored }: Example): Promise<number> {
  if (stored === undefined) return 0;
  try {
    return await countTopic(pair.broker.address, stored[0]);
  } catch {
    return 0; // not made yet
  }
}

function countOf(program: Program, { pattern }: Sign): number {
  const lines = [...program.lines, ...program.errorLines];
  const matches = lines.map((line) => pattern.exec(line)).filter((match) => match !== null);
  const isGroup = matches[0]?.[1] !== undefined;
  return isGroup ? new Set(matches.map((match) => match[1])).size : matches.length;
}

/** Undefined when the port is taken. */
function forward(port: number, to: number): Promise<NetServer | undefined> {
  return new Promise((resolve) => {
    const server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      for (const [a, b] of [
        [near, far],
        [far, near],
      ] as const) {
        a.on('error', () => b.destroy());
        a.on('close', () => b.destroy());
        a.pipe(b);
      }
    });
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
    server.unref();
  });
}
