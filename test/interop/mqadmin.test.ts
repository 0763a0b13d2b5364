/**
 * The official mqadmin and ours, each on a Java cluster and on ours in the same state: all four print the same.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AdminClient } from '@rocketmq-ts/admin';
import { Producer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { normal, type Outcome, officialMqadmin, ourMqadmin } from './harness/mqadmin.ts';
import { startOurConsumer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { type Pair, sharedPair, until } from './harness/pair.ts';

const javaPair = sharedPair(startJavaNamesrv, startJavaBroker);
const ourPair = sharedPair(startOurNamesrv, startOurBroker);
const MESSAGES = 12;

interface Prepared {
  readonly pair: Pair;
  readonly admin: AdminClient;
  /** Placeholders in commands: CLIENT, OFFSETID, UNIQUEKEY. */
  readonly names: ReadonlyMap<string, string>;
}

const ending: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const end of ending) await end();
});

/** The same topic, messages, groups and clients on both clusters. */
async function prepare(pair: Pair): Promise<Prepared> {
  const namesrvAddr = pair.namesrv.address;
  const admin = new AdminClient({ namesrvAddr });
  ending.push(() => admin.close());
  const broker = pair.broker.address;
  for (const topic of ['AdminA', '%RETRY%CG_OFFLINE']) {
    const perm = 6;
    await admin.createAndUpdateTopicConfig(broker, {
      topicName: topic,
      readQueueNums: 4,
      writeQueueNums: 4,
      perm,
      topicFilterType: 'SINGLE_TAG',
      topicSysFlag: 0,
      order: false,
    });
    await until(`the route of ${topic} is there`, 10_000, async () =>
      (await admin.fetchAllTopicList()).includes(topic),
    );
  }
  const sent = [];
  for (let i = 0; i < MESSAGES; i++) {
    const properties = new Map([
      ['KEYS', `key-${i}`],
      ['TAGS', i % 3 === 0 ? 'TagA' : 'TagB'],
      ['UNIQ_KEY', `7F00000100002A139${'0'.repeat(13)}${(i + 16).toString(16)}`.toUpperCase()],
    ]);
    const queue = { topic: 'AdminA', brokerName: 'broker-a', queueId: i % 4 };
    sent.push(
      await admin.sendMessage({ topic: 'AdminA', body: Buffer.from(`body ${i}`), properties }, queue),
    );
  }
  const consumed = await startOurConsumer(namesrvAddr, 'CG_ONLINE', 'AdminA');
  ending.push(() => consumed.consumer.shutdown());
  await until('all messages are consumed', 20_000, () => consumed.consumed.length === MESSAGES);
  const producer = new Producer({ producerGroup: 'PG_ONLINE', namesrvAddr, logger: silentLogger });
  await producer.start();
  ending.push(() => producer.shutdown());
  await producer.send({ topic: 'AdminA', body: 'x' }, { queue: sent[0]?.messageQueue });
  for (let queueId = 0; queueId < 4; queueId++)
    await admin.updateConsumeOffset(broker, 'CG_OFFLINE', { topic: 'AdminA', queueId }, 1);
  await until('the producer is known', 40_000, async () => {
    const { connectionSet } = await admin
      .examineProducerConnectionInfo('PG_ONLINE', 'AdminA')
      .catch(() => ({ connectionSet: [] }));
    return connectionSet.length > 0;
  });
  await until('the consumer has stored its offsets', 20_000, async () => {
    const stats = await admin.examineConsumeStats('CG_ONLINE', 'AdminA').catch(() => undefined);
    const offsets = [...(stats?.offsetTable.values() ?? [])];
    return offsets.length === 4 && offsets.every((each) => each.brokerOffset === each.consumerOffset);
  });
  const [client] = (await admin.examineConsumerConnectionInfo('CG_ONLINE')).connectionSet;
  return {
    pair,
    admin,
    names: new Map([
      ['CLIENTID', client?.clientId ?? ''],
      ['OFFSETID', sent[5]?.offsetMsgId ?? ''],
      ['UNIQUEKEY', sent[5]?.msgId ?? ''],
    ]),
  };
}

/** In order: what comes first is there for what comes later. Whoever runs them all leaves the cluster as it was. */
const commands = [
  'clusterList',
  'topicList',
  'topicList -c',
  'topicRoute -t AdminA',
  'topicStatus -t AdminA',
  'topicClusterList -t AdminA',
  'consumerProgress',
  'consumerProgress -g CG_ONLINE',
  'consumerProgress -g CG_ONLINE -s true',
  'consumerProgress -g CG_OFFLINE',
  'consumerConnection -g CG_ONLINE',
  'producerConnection -g PG_ONLINE -t AdminA',
  'consumerStatus -g CG_ONLINE -i CLIENTID',
  'statsAll -t AdminA',
  'statsAll -a -t SELF_TEST_TOPIC',
  'brokerStatus -b BROKER',
  'brokerStatus -c DefaultCluster',
  'getBrokerConfig -b BROKER',
  'getBrokerConfig -c DefaultCluster',
  'getNamesrvConfig',
  'brokerConsumeStats -b BROKER',
  'brokerConsumeStats -b BROKER -l 1',
  'queryMsgById -i OFFSETID',
  'queryMsgById -i OFFSETID -g CG_ONLINE -d CLIENTID',
  'queryMsgByKey -t AdminA -k key-3',
  'queryMsgByUniqueKey -t AdminA -i UNIQUEKEY',
  'queryMsgByOffset -t AdminA -b broker-a -i 1 -o 1',
  'printMsg -t AdminA',
  'printMsg -t AdminA -s TagA -d false',
  'printMsg -t AdminA -b 0 -e 2020-01-01#00:00:00:000',
  'printMsgByQueue -t AdminA -a broker-a -i 0 -p true -d true -f true',
  'consumeMessage -t AdminA -b broker-a -i 2',
  'consumeMessage -t AdminA -b broker-a -i 3 -o 1 -c 1',
  'queryCq -t AdminA -q 1 -i 0 -c 2 -b BROKER',
  'queryCq -t AdminA -q 1 -i 0 -c 2 -b BROKER -g CG_ONLINE',
  'updateTopic -c DefaultCluster -t AdminB',
  'updateTopic -b BROKER -t AdminB -r 2 -w 2 -p 4 -u true -s true',
  'updateTopicPerm -c DefaultCluster -t AdminB -p 6',
  'updateTopicPerm -c DefaultCluster -t AdminB -p 6',
  'updateTopicPerm -b BROKER -t AdminB -p 4',
  'updateTopic -c DefaultCluster -t AdminC -w 3 -o true',
  'updateOrderConf -m get -t AdminC',
  'updateOrderConf -m put -t AdminC -v broker-a:2',
  'updateOrderConf -m get -t AdminC',
  'topicRoute -t AdminB',
  'updateOrderConf -m delete -t AdminC',
  'updateSubGroup -c DefaultCluster -g HandGroup -r 3 -d true',
  'updateSubGroup -b BROKER -g HandGroup',
  'updateBrokerConfig -c DefaultCluster -k fileReservedTime -v 60',
  'updateBrokerConfig -b BROKER -k fileReservedTime -v 72',
  'updateKvConfig -s space -k key -v value',
  'deleteKvConfig -s space -k key',
  'resetOffsetByTime -g CG_OFFLINE -t AdminA -s 0',
  'resetOffsetByTime -g CG_OFFLINE -t AdminA -s -1 -f false',
  'consumerProgress -g CG_OFFLINE',
  'resetOffsetByTime -g CG_ONLINE -t AdminA -s -1',
  'resetOffsetByTime -g CG_NEVER -t AdminA -s -1',
  'cloneGroupOffset -s CG_ONLINE -d CG_ONLINE -t AdminA',
  'cleanExpiredCQ -c DefaultCluster',
  'cleanUnusedTopic -b BROKER',
  'sendMessage -t AdminC -p hello -b broker-a -i 1 -c TagA -k key',
  'checkMsgSendRT -t AdminC -a 3 -s 10',
  'sendMsgStatus -b broker-a -c 1 -s 20',
  'updateNamesrvConfig -k orderMessageEnable -v false',
  'deleteSubGroup -c DefaultCluster -g HandGroup',
  'deleteSubGroup -b BROKER -g HandGroup',
  'deleteTopic -c DefaultCluster -t AdminB',
  'deleteTopic -c DefaultCluster -t AdminC',
  'wipeWritePerm -b broker-a',
  'topicRoute -t AdminA',
  'topicRoute -t NoSuchTopic',
  'updateTopic -h',
];

/**
 * Known differences: 4.4.0's broker answers code 321 with nothing; ours has keys that 4.4.0 has not. The two programs are
 * compared on each server alone then.
 */
const differsByServer = (command: string): boolean =>
  /^(queryCq|brokerStatus|getBrokerConfig|getNamesrvConfig)/.test(command);

const commandNames = [
  ...new Set(
    `updateTopic deleteTopic updateSubGroup deleteSubGroup updateBrokerConfig updateTopicPerm topicRoute topicStatus
    topicClusterList brokerStatus queryMsgById queryMsgByKey queryMsgByUniqueKey queryMsgByOffset printMsg printMsgByQueue
    sendMsgStatus brokerConsumeStats producerConnection consumerConnection consumerProgress consumerStatus
    cloneGroupOffset clusterList topicList updateKvConfig deleteKvConfig wipeWritePerm resetOffsetByTime updateOrderConf
    cleanExpiredCQ cleanUnusedTopic startMonitoring statsAll allocateMQ checkMsgSendRT clusterRT getNamesrvConfig
    updateNamesrvConfig getBrokerConfig queryCq sendMessage consumeMessage`.split(/\s+/),
  ),
];

test('all commands print the same', { timeout: 600_000 }, async (t) => {
  const java = await prepare(await javaPair());
  const ours = await prepare(await ourPair());
  const fill = ({ pair, names }: Prepared): string[] =>
    commands.map((command) =>
      command
        .replaceAll('BROKER', pair.broker.address)
        .replaceAll(/CLIENTID|OFFSETID|UNIQUEKEY/g, (name) => names.get(name) ?? ''),
    );
  const restore = async ({ admin, pair, names }: Prepared): Promise<void> => {
    for (const topic of ['AdminA', 'broker-a']) {
      const config = await admin.examineTopicConfig(pair.broker.address, topic);
      await admin.createAndUpdateTopicConfig(pair.broker.address, config!);
      await until(`the route of ${topic} is whole`, 40_000, async () =>
        (await admin.examineTopicRouteInfo(topic)).queueDatas.every(({ perm }) => (perm & 6) === 6),
      );
    }
    for (let queueId = 0; queueId < 4; queueId++)
      await admin.updateConsumeOffset(pair.broker.address, 'CG_OFFLINE', { topic: 'AdminA', queueId }, 1);
    await until('the consumer has its queues again', 40_000, async () => {
      const info = await admin.getConsumerRunningInfo('CG_ONLINE', names.get('CLIENTID') ?? '', false);
      return info.mqTable.size === 5 && [...info.mqTable.values()].every(({ droped }) => !droped);
    });
  };
  const columns: Outcome[][] = [];
  for (const prepared of [java, ours]) columns.push(await officialMqadmin(prepared.pair, fill(prepared)));
  for (const prepared of [java, ours]) {
    await restore(prepared);
    columns.push(await ourMqadmin(prepared.pair, fill(prepared)));
  }
  const pairs = [java, ours, java, ours];
  for (const [i, command] of commands.entries()) {
    await t.test(command, () => {
      const texts = columns.map((column, c) => normal(pairs[c]!.pair, command, column[i]?.output ?? ''));
      const errors = columns.map((column) => column[i]?.errors).join('\n---\n');
      if (!differsByServer(command))
        assert.equal(texts[1], texts[0], `official on ours, official on Java\n${errors}`);
      assert.equal(texts[2], texts[0], `ours on Java, official on Java\n${errors}`);
      assert.equal(texts[3], texts[1], `ours on ours, official on ours\n${errors}`);
    });
  }
});

test('help prints the same, but for what we have on top', { timeout: 120_000 }, async () => {
  const pair = await javaPair();
  const helps = commandNames.map((name) => `${name} -h`);
  const theirs = await officialMqadmin(pair, helps);
  const mine = await ourMqadmin(pair, helps, 0);
  for (const [i, help] of helps.entries()) {
    const [ours] = mine[i]!.output.split('\nAlso, not in RocketMQ 4.4.0:');
    const trimmed = (text = ''): string => text.replaceAll(/ +$/gm, '').trim();
    assert.equal(trimmed(ours), trimmed(theirs[i]?.output), help);
  }
});
