/**
 * What users' notes on 4.4.0 tell to type, typed as written, with ours: name server, broker with a complete
 * broker.conf, quickstart, shutdown. Only ports, address and folders are given differently, as arguments, which beat
 * the file.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ATTEMPTS, gaveUp } from '../interop/harness/gave-up.ts';
import { root } from '../interop/harness/java-library.ts';
import { freeBrokerPort, freePort } from '../interop/harness/ports.ts';
import { Program } from '../interop/harness/program.ts';
import { RawClient } from '../interop/harness/raw-client.ts';
import { countTopic } from '../interop/harness/read-topic.ts';
import { temporaryFolder } from '../interop/harness/server.ts';

const GET_BROKER_CONFIG = 26;
const conf = join(root, 'test/system/users-broker.conf');

test('the commands of the notes, with their broker.conf', { timeout: 600_000 }, async () => {
  const home = temporaryFolder('users-notes');
  const env = { HOME: home, ROCKETMQ_HOME: home, NAMESRV_ADDR: undefined };
  const run = (name: string, args: readonly string[], extra: Record<string, string> = {}) =>
    Program.start({
      name,
      command: 'sh',
      args: [join(root, 'bin', name), ...args],
      env: { ...env, ...extra },
    });

  const namesrvPort = await freePort();
  const namesrvConf = join(home, 'namesrv.conf');
  writeFileSync(namesrvConf, `listenPort=${namesrvPort}\n`);
  const namesrv = run('mqnamesrv', ['-c', namesrvConf]);
  assert.equal(
    await namesrv.waitForLine(/boot success/, 15_000),
    'The Name Server boot success. serializeType=JSON',
  );

  const port = await freeBrokerPort();
  const namesrvAddr = `localhost:${namesrvPort}`;
  const elsewhere = [
    `listenPort=${port}`,
    'brokerIP1=127.0.0.1',
    `storePathRootDir=${join(home, 'store')}`,
    `storePathCommitLog=${join(home, 'store/commitlog')}`,
    'diskMaxUsedSpaceRatio=95',
  ];
  const broker = run('mqbroker', ['-n', namesrvAddr, 'autoCreateTopicEnable=true', '-c', conf, ...elsewhere]);
  assert.equal(
    await broker.waitForLine(/boot success/, 15_000),
    `The broker[broker-a, 127.0.0.1:${port}] boot success. serializeType=JSON and name server is ${namesrvAddr}`,
  );

  const shown = await shownConfig(port);
  const written = properties(readFileSync(conf, 'utf8'));
  assert.ok(written.size > 150);
  const given = new Map(elsewhere.map((argument) => argument.split('=') as [string, string]));
  for (const [key, value] of [...written, ...given, ['namesrvAddr', namesrvAddr] as const]) {
    if (given.has(key) && value !== given.get(key)) continue; // arguments beat the file
    if (key === 'namesrvAddr' && value !== namesrvAddr) continue; // and so does -n
    if (DERIVED.has(key)) continue;
    assert.ok(shown.has(key), `${key} is not shown by the broker`);
    assert.equal(shown.get(key), value, `${key}=${value} was given`);
  }

  for (let attempt = 1; ; attempt++) {
    const producer = run('tools.sh', ['org.apache.rocketmq.example.quickstart.Producer'], {
      NAMESRV_ADDR: namesrvAddr,
    });
    assert.equal((await producer.waitForExit(30_000)).code, 0, producer.errorLines.join('\n'));
    if (gaveUp(producer) && attempt < ATTEMPTS) continue;
    assert.equal(producer.lines.filter((line) => line.includes('sendStatus=SEND_OK')).length, 1000);
    const stored = await countTopic(`127.0.0.1:${port}`, 'TopicTest');
    assert.ok(attempt === 1 ? stored === 1000 : stored > 1000, `${stored} after attempt ${attempt}`);
    break;
  }

  for (const [name, program] of [
    ['broker', broker],
    ['namesrv', namesrv],
  ] as const) {
    const shutdown = run('mqshutdown', [name]);
    assert.equal((await shutdown.waitForExit(30_000)).code, 0, shutdown.lines.join('\n'));
    assert.match(
      shutdown.lines.join('\n'),
      new RegExp(`Send shutdown request to mq${name}\\(${program.pid}\\) OK`),
    );
    assert.deepEqual(await program.waitForExit(10_000), { code: 0, signal: null });
  }
});

/** Follow from other keys, so that the broker shows what they are and not what an old listing says. */
const DERIVED = new Set([
  'haListenPort', // listenPort + 1
  'rocketmqHome', // ROCKETMQ_HOME
  'storeCheckpoint',
  'abortFile',
  'storePathConsumeQueue',
  'storePathIndex',
  'mapedFileSizeConsumeQueue', // rounded up to whole units
  'bitMapLengthConsumeQueueExt', // from the Bloom filter's settings
]);

async function shownConfig(port: number): Promise<Map<string, string>> {
  using client = await RawClient.connect(`127.0.0.1:${port}`);
  const response = await client.request(GET_BROKER_CONFIG);
  assert.equal(response.code, 0, response.remark);
  return properties(response.body.toString());
}

function properties(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line.includes('=') && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]),
  );
}
