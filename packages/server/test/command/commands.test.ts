/** The session of a user of RocketMQ's notes, with our commands: start, send, receive, stop. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../temporary-folder.ts';
import { checkout, freePort, type Program, sh } from './program.ts';

const conf = path.join(checkout, 'test/system/users-broker.conf');

test('name server and broker with a complete broker.conf, quickstart, mqadmin, shutdown', async (t) => {
  const home = temporaryFolder();
  const port = await freePort();
  writeFileSync(path.join(home, 'namesrv.conf'), `listenPort=${port}\n`);
  const namesrv = sh(t, 'mqnamesrv', ['-c', path.join(home, 'namesrv.conf')], { home });
  await namesrv.waitFor(/^The Name Server boot success\. serializeType=JSON$/m);

  const broker = sh(t, 'mqbroker', brokerArguments(home, port), { home });
  const [, brokerAddr] = await broker.waitFor(
    new RegExp(
      `^The broker\\[broker-a, (127\\.0\\.0\\.1:\\d+)\\] boot success\\. serializeType=JSON and name server is localhost:${port}$`,
      'm',
    ),
  );
  assert.ok(existsSync(path.join(home, 'mystore/lock')), 'the store is where it was told to be');
  assert.ok(!existsSync(path.join(home, 'store')));

  const env = { NAMESRV_ADDR: `localhost:${port}` };
  const produce = async (): Promise<Program> => {
    const producer = sh(t, 'tools.sh', ['org.apache.rocketmq.example.quickstart.Producer'], { home, env });
    assert.equal(await producer.ended(), 0, producer.output);
    return producer;
  };
  const producer = await produce();
  const sent = sendResults(producer);
  // On a machine that stands still for the three seconds that a send may take, one may have been stored or not.
  const unsure = /call timeout|_TIMEOUT/.test(producer.output);
  if (!unsure) assert.equal(sent.length, 1000, producer.output);

  const clusterList = sh(t, 'mqadmin', ['clusterList', '-n', `localhost:${port}`], { home });
  assert.equal(await clusterList.ended(), 0, clusterList.output);
  assert.match(clusterList.output, new RegExp(`^DefaultCluster +broker-a +0 +${brokerAddr} +V4_4_0 `, 'm'));
  const topicStatus = sh(t, 'mqadmin', ['topicStatus', '-t', 'TopicTest'], { home, env });
  assert.equal(await topicStatus.ended(), 0, topicStatus.output);
  if (!unsure)
    assert.equal(topicStatus.output.match(/^broker-a +[0-3] +0 +250 /gm)?.length, 4, topicStatus.output);

  const consumer = sh(t, 'tools.sh', ['org.apache.rocketmq.example.quickstart.Consumer'], { home, env });
  await consumer.waitFor(/^Consumer Started\.$/m);
  const received = await consumer.waitUntil('all messages', () => {
    const ids = new Set(Array.from(consumer.output.matchAll(/UNIQ_KEY=([0-9A-F]{32})/g), ([, id]) => id!));
    return sent.every(({ msgId }) => ids.has(msgId)) ? ids : undefined;
  });
  if (!unsure) assert.equal(received.size, 1000);
  consumer.kill('SIGTERM');
  assert.equal(await consumer.ended(), 0, 'the consumer stops cleanly');

  await stopsWith(sh(t, 'mqshutdown', ['broker'], { home }), 'broker');
  assert.equal(await broker.ended(), 0, broker.output);
  await stopsWith(sh(t, 'mqshutdown', ['namesrv'], { home }), 'namesrv');
  assert.equal(await namesrv.ended(), 0, namesrv.output);
  const log = readFileSync(path.join(home, 'logs/rocketmqlogs/broker.log'), 'utf8');
  assert.ok(log.includes(`The broker[broker-a, ${brokerAddr}] boot success`));
  assert.ok(!existsSync(path.join(home, 'mystore/abort')), 'a clean stop leaves no abort file');
});

test('a second broker on the same store, and one on a taken port, say why they do not start', async (t) => {
  const home = temporaryFolder();
  const port = await freePort();
  const first = sh(t, 'mqbroker', brokerArguments(home, port), { home });
  const [, brokerPort] = await first.waitFor(/broker-a, 127\.0\.0\.1:(\d+)\] boot success/);

  const second = sh(t, 'mqbroker', brokerArguments(home, port), { home });
  assert.equal(await second.ended(), 4, second.output);
  assert.match(second.output, /^mqbroker: .*mystore/m);

  const elsewhere = temporaryFolder();
  const third = sh(t, 'mqbroker', [...brokerArguments(elsewhere, port), `listenPort=${brokerPort}`], {
    home,
  });
  assert.equal(await third.ended(), 3, third.output);
  assert.match(
    third.output,
    new RegExp(`^mqbroker: port \\d+ is taken by pid ${first.pid} \\(node .*mqbroker\\.js`, 'm'),
  );
  first.kill('SIGTERM');
  assert.equal(await first.ended(), 0, first.output);
});

test('a wrong configuration is named, with exit code 2', async (t) => {
  const home = temporaryFolder();
  const wrong = sh(t, 'mqbroker', ['flushDiskType=SOMETIMES', 'listenPort=0'], { home });
  assert.equal(await wrong.ended(), 2);
  assert.match(
    wrong.output,
    /^mqbroker: flushDiskType=SOMETIMES is not allowed: it must be ASYNC_FLUSH or SYNC_FLUSH/m,
  );
  const missing = sh(t, 'mqnamesrv', ['-c', 'nowhere.conf'], { home });
  assert.equal(await missing.ended(), 2);
  assert.match(missing.output, /nowhere\.conf cannot be read: there is no such file/);
  const unknown = sh(t, 'tools.sh', ['Nobody'], { home });
  assert.equal(await unknown.ended(), 2);
  assert.match(unknown.output, /there is no example Nobody[\s\S]*quickstart\.Producer/);
});

test('-p and -m print the configuration and end', async (t) => {
  const home = temporaryFolder();
  const all = sh(t, 'mqbroker', ['-p', '-c', conf, 'brokerIP1=127.0.0.1'], { home });
  const important = sh(t, 'mqbroker', ['-m'], { home });
  const namesrv = sh(t, 'mqnamesrv', ['-p'], { home });
  assert.equal(await all.ended(), 0);
  assert.equal(await important.ended(), 0);
  assert.equal(await namesrv.ended(), 0);
  assert.match(all.output, /^brokerIP1=127\.0\.0\.1$/m);
  assert.match(all.output, /^diskMaxUsedSpaceRatio=88$/m);
  assert.match(important.output, /^autoCreateTopicEnable=true$/m);
  assert.doesNotMatch(important.output, /^diskMaxUsedSpaceRatio/m);
  assert.match(namesrv.output, /^listenPort=9876$/m);
  assert.ok(!existsSync(path.join(home, 'store')), 'printing opens no store');
});

function brokerArguments(home: string, namesrvPort: number): string[] {
  const store = path.join(home, 'mystore');
  const own = [
    'brokerIP1=127.0.0.1',
    'listenPort=0',
    `storePathRootDir=${store}`,
    'mapedFileSizeCommitLog=16777216',
  ];
  const paths = [`storePathCommitLog=${store}/commitlog`, 'diskMaxUsedSpaceRatio=95'];
  return ['-n', `localhost:${namesrvPort}`, 'autoCreateTopicEnable=true', '-c', conf, ...own, ...paths];
}

const SEND_RESULT =
  /^SendResult \[sendStatus=SEND_OK, msgId=([0-9A-F]{32}), offsetMsgId=[0-9A-F]{32}, messageQueue=MessageQueue \[topic=TopicTest, brokerName=broker-a, queueId=[0-3]\], queueOffset=\d+\]$/gm;

function sendResults(producer: Program): { msgId: string }[] {
  return [...producer.output.matchAll(SEND_RESULT)].map(([, msgId]) => ({ msgId: msgId! }));
}

async function stopsWith(program: Program, kind: string): Promise<void> {
  assert.equal(await program.ended(), 0, program.output);
  const lines = program.output.trimEnd().split('\n');
  assert.match(lines[0]!, new RegExp(`^The mq${kind}\\(\\d+\\) is running\\.\\.\\.$`));
  assert.match(lines[1]!, new RegExp(`^Send shutdown request to mq${kind}\\(\\d+\\) OK$`));
}
