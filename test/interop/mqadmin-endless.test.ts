/** Commands of mqadmin that run until they are stopped: the official ones and ours print the same lines, round after round. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startJavaBroker, startJavaMain, startJavaNamesrv } from './harness/java.ts';
import { root } from './harness/java-library.ts';
import { normal, toolsHome } from './harness/mqadmin.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { type Pair, sharedPair, until } from './harness/pair.ts';
import { Program } from './harness/program.ts';

const MAIN = 'org.apache.rocketmq.tools.command.MQAdminStartup';
const pairs = [sharedPair(startJavaNamesrv, startJavaBroker), sharedPair(startOurNamesrv, startOurBroker)];

function startOfficial(args: readonly string[]): Promise<Program> {
  const home = toolsHome();
  const properties = { 'rocketmq.home.dir': home };
  return startJavaMain(MAIN, args, { properties, env: { ROCKETMQ_HOME: home }, home, cwd: home });
}

async function startOurs(args: readonly string[]): Promise<Program> {
  const home = toolsHome();
  const command = 'sh';
  const env = { HOME: home, ROCKETMQ_HOME: home, NAMESRV_ADDR: undefined };
  return Program.start({ name: 'our mqadmin', command, args: [join(root, 'bin/mqadmin'), ...args], env });
}

/** The different lines of two rounds, each once. */
async function rounds(
  start: (args: readonly string[]) => Promise<Program>,
  pair: Pair,
  command: string,
  row: RegExp,
): Promise<string> {
  const program = await start([...command.split(' '), '-n', pair.namesrv.address]);
  try {
    await until(`${command} has made two rounds`, 60_000, () => {
      return program.lines.filter((line) => row.test(line)).length >= 2;
    });
  } finally {
    await program.kill();
  }
  const lines = program.lines.filter((line) => !/^RocketMQLog| (DEBUG|INFO|WARN) /.test(line));
  const text = normal(pair, command, lines.join('\n')).replaceAll(/\|\d+$/gm, '|N');
  return [...new Set(text.split('\n'))].join('\n');
}

for (const [command, row] of [
  ['clusterList -m -i 1', /^DefaultCluster/],
  ['clusterRT -s 10 -a 2 -i 1', /^DefaultCluster/],
  ['clusterRT -s 10 -a 2 -i 1 -c DefaultCluster -p true -m room', /\|room\|/],
] as const) {
  test(command, { timeout: 600_000 }, async () => {
    const texts: string[] = [];
    for (const pairOf of pairs) {
      const pair = await pairOf();
      for (const start of [startOfficial, startOurs]) texts.push(await rounds(start, pair, command, row));
    }
    const [officialOnJava, oursOnJava, officialOnOurs, oursOnOurs] = texts;
    assert.equal(oursOnJava, officialOnJava, 'ours on Java, official on Java');
    assert.equal(officialOnOurs, officialOnJava, 'official on ours, official on Java');
    assert.equal(oursOnOurs, officialOnOurs, 'ours on ours, official on ours');
  });
}
