/**
 * The official mqadmin on our broker and on a Java broker in the same state: it prints the same, but for times, ports and
 * what is measured.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runJavaMain, startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { ourSend } from './harness/our-clients.ts';
import { startOurBroker } from './harness/ours.ts';
import { type Pair, sharedPair, until } from './harness/pair.ts';
import { RawClient } from './harness/raw-client.ts';

const javaPair = sharedPair(startJavaNamesrv, startJavaBroker);
const ourPair = sharedPair(startJavaNamesrv, startOurBroker);
const TOPIC = 'AdminTopic';
const GROUP = 'CG_ADMIN';

/** mqadmin 4.4.0 does not run without files for its log and its signatures. */
function toolsHome(pair: Pair): string {
  const home = join(pair.namesrv.folder, 'tools-home');
  mkdirSync(join(home, 'conf'), { recursive: true });
  writeFileSync(join(home, 'conf', 'tools.yml'), 'accessKey: rocketmq\nsecretKey: "12345678"\n');
  writeFileSync(join(home, 'conf', 'logback_tools.xml'), '<configuration/>');
  return home;
}

const ATTEMPTS = 4;

/** Again when it printed nothing: on a busy machine the official tool gives up after five seconds, with an exception. */
async function mqadmin(pair: Pair, command: string): Promise<string> {
  let output = '';
  for (let attempt = 1; output === '' && attempt <= ATTEMPTS; attempt++)
    output = await runOnce(pair, command);
  return output;
}

async function runOnce(pair: Pair, command: string): Promise<string> {
  const args = command.replaceAll('BROKER', pair.broker.address).split(' ');
  const lines = await runJavaMain(
    'org.apache.rocketmq.tools.command.MQAdminStartup',
    [...args, '-n', pair.namesrv.address],
    { properties: { 'rocketmq.home.dir': toolsHome(pair) } },
  );
  return normal(
    pair,
    lines.filter((line) => !/^RocketMQLog| DEBUG | INFO | WARN /.test(line)),
  );
}

function normal(pair: Pair, lines: string[]): string {
  return lines
    .map((line) =>
      line
        .replaceAll(pair.broker.address, 'BROKER')
        .replaceAll(/\d{4}-\d\d-\d\d[ #]\d\d:\d\d:\d\d([,.:]\d+)?/g, 'TIME')
        .replaceAll(/\d+\.\d+/g, 'DECIMAL')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '')
    .sort()
    .join('\n');
}

/** Both brokers get the same topic, messages and offsets. */
async function prepare(pair: Pair): Promise<void> {
  await mqadmin(pair, `updateTopic -c DefaultCluster -t ${TOPIC} -r 4 -w 4`);
  await until('the route is there', 60_000, async () =>
    /queueDatas/.test(await mqadmin(pair, `topicRoute -t ${TOPIC}`)),
  );
  // One after the other: the producer takes the queues in turn.
  await ourSend(
    pair.namesrv.address,
    TOPIC,
    Array.from({ length: 8 }, (_, i) => ({ body: Buffer.from(`${i}`) })),
    1,
  );
  const client = await RawClient.connect(pair.broker.address);
  for (let queueId = 0; queueId < 4; queueId++) {
    const ext = { consumerGroup: GROUP, topic: TOPIC, queueId: `${queueId}`, commitOffset: '1' };
    assert.equal((await client.request(15, ext)).code, 0);
  }
  assert.equal((await client.request(34, {}, HEARTBEAT)).code, 0);
  client.close();
  await until('the retry topic is there', 10_000, async () =>
    /queueDatas/.test(await mqadmin(pair, `topicRoute -t %RETRY%${GROUP}`)),
  );
}

/** Of a consumer that then goes. */
const HEARTBEAT = Buffer.from(
  JSON.stringify({
    clientID: '127.0.0.1@admin',
    producerDataSet: [],
    consumerDataSet: [
      {
        groupName: GROUP,
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: 'CLUSTERING',
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        subscriptionDataSet: [],
        unitMode: false,
      },
    ],
  }),
);

const commands = [
  'topicList',
  `topicRoute -t ${TOPIC}`,
  `topicStatus -t ${TOPIC}`,
  `topicClusterList -t ${TOPIC}`,
  `consumerProgress -g ${GROUP}`,
  'brokerConsumeStats -b BROKER',
  `updateTopicPerm -c DefaultCluster -t ${TOPIC} -p 4`,
  'updateSubGroup -c DefaultCluster -g HandGroup -r 3',
  'updateBrokerConfig -b BROKER -k fileReservedTime -v 60',
  'cleanExpiredCQ -b BROKER',
  'cleanUnusedTopic -b BROKER',
  'deleteSubGroup -c DefaultCluster -g HandGroup',
  `deleteTopic -c DefaultCluster -t ${TOPIC}`,
];

test('mqadmin prints the same of our broker as of a Java broker', { timeout: 600_000 }, async (t) => {
  const [java, ours] = [await javaPair(), await ourPair()];
  await Promise.all([prepare(java), prepare(ours)]);
  for (const command of commands) {
    await t.test(command, async () => {
      const [theirs, mine] = await Promise.all([mqadmin(java, command), mqadmin(ours, command)]);
      assert.equal(mine, theirs);
      assert.notEqual(theirs, '');
      assert.doesNotMatch(mine, /Exception/);
    });
  }
});

test('brokerStatus and getBrokerConfig tell of our broker all that they tell of a Java broker', {
  timeout: 600_000,
}, async () => {
  const [java, ours] = [await javaPair(), await ourPair()];
  for (const command of ['brokerStatus -b BROKER', 'getBrokerConfig -b BROKER']) {
    const keys = (text: string): string[] => text.split('\n').map((line) => line.split(/ [:=]| ?:/)[0] ?? '');
    const [theirs, mine] = await Promise.all([mqadmin(java, command), mqadmin(ours, command)]);
    assert.ok(keys(theirs).length > 30);
    const missing = keys(theirs).filter((key) => !keys(mine).includes(key));
    // How long appends took is not collected in classes.
    assert.deepEqual(
      missing.filter((key) => key !== 'putMessageDistributeTime'),
      [],
      command,
    );
  }
});
