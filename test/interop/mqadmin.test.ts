/**
 * The official mqadmin and ours, each on a Java cluster and on ours in the same state: all four print the same.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AdminClient } from '@rocketmq-ts/admin';
import { Producer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { newSubscriptionGroupConfig } from '@rocketmq-ts/protocol';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { normal, type Outcome, officialMqadmin, ourMqadmin } from './harness/mqadmin.ts';
import { startOurConsumer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { type Pair, sharedPair, until } from './harness/pair.ts';

const javaPair = sharedPair(startJavaNamesrv, startJavaBroker);
const ourPair = sharedPair(startOurNamesrv, startOurBroker);
const MESSAGES = 12;
/** Come by themselves: with a heartbeat of the official tools, and a minute after the start of a broker. */
const APPEARING = ['%RETRY%TOOLS_CONSUMER', 'RMQ_SYS_TRANS_HALF_TOPIC'];

interface Prepared {
  readonly pair: Pair;
  readonly admin: AdminClient;
  /** Placeholders in commands: CLIENTID, OFFSETID, UNIQUEKEY, SCRATCHID. */
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
  for (const topic of ['AdminA', 'AdminS', '%RETRY%CG_OFFLINE', ...APPEARING]) {
    const perm = 6;
    const queues = topic === 'AdminS' || APPEARING.includes(topic) ? 1 : 4;
    await admin.createAndUpdateTopicConfig(broker, {
      topicName: topic,
      readQueueNums: queues,
      writeQueueNums: queues,
      perm,
      topicFilterType: 'SINGLE_TAG',
      topicSysFlag: 0,
      order: false,
    });
    await until(`the route of ${topic} is there`, 10_000, async () =>
      (await admin.fetchAllTopicList()).includes(topic),
    );
  }
  await admin.createAndUpdateSubscriptionGroupConfig(broker, newSubscriptionGroupConfig('CG_OFFLINE'));
  const sent = [];
  const scratch = await admin.sendMessage({ topic: 'AdminS', body: Buffer.from('again') });
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
      ['SCRATCHID', scratch.offsetMsgId],
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
  'consumerStatus -g CG_ONLINE',
  'consumerStatus -g CG_ONLINE -s',
  'consumerStatus -g CG_ONLINE -i CLIENTID -s',
  'statsAll -t AdminA',
  'statsAll -a -t SELF_TEST_TOPIC',
  'brokerStatus -b BROKER',
  'brokerStatus -c DefaultCluster',
  'getBrokerConfig -b BROKER',
  'getBrokerConfig -c DefaultCluster',
  'getNamesrvConfig',
  'brokerConsumeStats -b BROKER',
  'brokerConsumeStats -b BROKER -l 1',
  'brokerConsumeStats -b BROKER -t 30000 -o true',
  'queryMsgById -i OFFSETID',
  'queryMsgById -i OFFSETID -g CG_ONLINE -d CLIENTID',
  'queryMsgById -i OFFSETID,OFFSETID',
  'queryMsgById -i SCRATCHID -s true -u unit',
  'queryMsgById -i SCRATCHID -s false',
  'queryMsgByKey -t AdminA -k key-3',
  'queryMsgByUniqueKey -t AdminA -i UNIQUEKEY',
  'queryMsgByUniqueKey -t AdminA -i UNIQUEKEY -g CG_ONLINE -d CLIENTID',
  'queryMsgByOffset -t AdminA -b broker-a -i 1 -o 1',
  'printMsg -t AdminA',
  'printMsg -t AdminA -s TagA -d false',
  'printMsg -t AdminA -b 0 -e 2020-01-01#00:00:00:000',
  'printMsg -t AdminA -b 1 -e 4000000000000 -c UTF-8 -s "TagB || TagC"',
  'printMsgByQueue -t AdminA -a broker-a -i 0 -p true -d true -f true',
  'printMsgByQueue -t AdminA -a broker-a -i 1 -p true -b 1 -e 4000000000000 -c UTF-8 -s TagB',
  'printMsgByQueue -t AdminA -a broker-a -i 1 -p true -b 2020-01-01#00:00:00:000 -e 1',
  'consumeMessage -t AdminA',
  'consumeMessage -t AdminA -b broker-a',
  'consumeMessage -t AdminA -b broker-a -i 1 -s 1 -e 1700000000000 -g CG_OFFLINE',
  'consumeMessage -t AdminA -b broker-a -i 0 -c 2 -s 2020-01-01#00:00:00:000',
  'consumeMessage -t AdminA -b broker-a -i 2',
  'consumeMessage -t AdminA -b broker-a -i 3 -o 1 -c 1',
  'queryCq -t AdminA -q 1 -i 0 -c 2 -b BROKER',
  'queryCq -t AdminA -q 1 -i 0 -c 2 -b BROKER -g CG_ONLINE',
  'queryCq -t AdminA -q 3 -i 1',
  'allocateMQ -t AdminA -i 10.0.0.1',
  'updateTopic -c DefaultCluster -t AdminB',
  'updateTopic -b BROKER -t AdminB -r 2 -w 2 -p 4 -u true -s true',
  'updateTopicPerm -c DefaultCluster -t AdminB -p 6',
  'updateTopicPerm -c DefaultCluster -t AdminB -p 6',
  'updateTopicPerm -b BROKER -t AdminB -p 4',
  'updateTopic -c DefaultCluster -t AdminC -w 3 -o true',
  'updateOrderConf -m get -t AdminC',
  'updateOrderConf -m put -t AdminC -v broker-a:2',
  'updateOrderConf -m get -t AdminC',
  'updateTopic -b BROKER -t AdminO -w 2 -o true',
  'updateOrderConf -m get -t AdminO',
  'updateOrderConf -m delete -t AdminO',
  'deleteTopic -c DefaultCluster -t AdminO',
  'topicRoute -t AdminB',
  'updateOrderConf -m delete -t AdminC',
  'updateSubGroup -c DefaultCluster -g HandGroup -r 3 -d true',
  'updateSubGroup -b BROKER -g HandGroup',
  'updateSubGroup -b BROKER -g HandGroup -s false -m true -d true -q 2 -r 5 -i 1 -w 2 -a false',
  'updateBrokerConfig -c DefaultCluster -k fileReservedTime -v 60',
  'updateBrokerConfig -b BROKER -k fileReservedTime -v 72',
  'updateKvConfig -s space -k key -v value',
  'deleteKvConfig -s space -k key',
  'resetOffsetByTime -g CG_OFFLINE -t AdminA -s 0',
  'resetOffsetByTime -g CG_OFFLINE -t AdminA -s -1 -f false',
  'resetOffsetByTime -g CG_OFFLINE -t AdminA -s now',
  'resetOffsetByTime -g CG_OFFLINE -t AdminA -s 2020-01-01#00:00:00:000 -f true',
  'resetOffsetByTime -g CG_OFFLINE -t AdminA -s -1 -c',
  'consumerProgress -g CG_OFFLINE',
  'resetOffsetByTime -g CG_ONLINE -t AdminA -s -1',
  'resetOffsetByTime -g CG_NEVER -t AdminA -s -1',
  'cloneGroupOffset -s CG_ONLINE -d CG_ONLINE -t AdminA',
  'cloneGroupOffset -s CG_ONLINE -d CG_ONLINE -t AdminA -o true',
  'cleanExpiredCQ -c DefaultCluster',
  'cleanExpiredCQ -b BROKER',
  'cleanExpiredCQ',
  'cleanUnusedTopic -b BROKER',
  'sendMessage -t AdminC -p hello -b broker-a -i 1 -c TagA -k key',
  'sendMessage -t AdminS -p "hello there"',
  'sendMessage -t AdminS -p hello -b broker-a -i 0',
  'checkMsgSendRT -t AdminC -a 3 -s 10',
  'sendMsgStatus -b broker-a -c 1 -s 20',
  'updateNamesrvConfig -k orderMessageEnable -v false',
  'deleteSubGroup -c DefaultCluster -g HandGroup',
  'deleteSubGroup -b BROKER -g HandGroup',
  'deleteTopic -c DefaultCluster -t AdminB',
  'deleteTopic -c DefaultCluster -t AdminC',
  'topicList',
  'wipeWritePerm -b broker-a', // undone by the broker's next registration, whenever that comes
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
        .replaceAll(/CLIENTID|OFFSETID|UNIQUEKEY|SCRATCHID/g, (name) => names.get(name) ?? ''),
    );
  const restore = async ({ admin, pair, names }: Prepared): Promise<void> => {
    for (const topic of ['AdminA', 'AdminS', 'broker-a']) {
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

test('help prints the same, but for what we have on top', { timeout: 600_000 }, async () => {
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

/** In each of them something is missing or wrong; 4.4.0 prints the usage and ends with 0. */
const wrong = [
  ...commandNames.map((name) => `${name} --nothing`),
  'topicRoute',
  'updateTopic -c',
  'resetOffsetByTime -g G -t T',
  'updateTopic -t T',
  'updateSubGroup -g G',
  'deleteSubGroup -g G',
  'updateBrokerConfig -k a -v b',
  'updateTopicPerm -t SELF_TEST_TOPIC -p 2',
];

/** What 4.4.0 says in words of its own. */
const refused = [
  'consumeMessage -t AdminA -i 1',
  'consumeMessage -t AdminA -b broker-a -o 1',
  'consumeMessage -t AdminA -s 4000000000000',
  'consumeMessage -t AdminA -e 4000000000000',
  'consumeMessage -t AdminA -s 1700000000000 -e 1600000000000',
  'updateOrderConf -m put -t AdminA',
  'sendMessage -t AdminA -p x -i 1',
];

test('wrong command lines print the official words, on standard error, and end with 2', {
  timeout: 600_000,
}, async () => {
  const pair = await javaPair();
  const all = [...wrong, ...refused];
  const theirs = await officialMqadmin(pair, all);
  const mine = await ourMqadmin(pair, all, 0);
  const trimmed = (text = ''): string => text.replaceAll(/ +$/gm, '').trim();
  for (const [i, command] of all.entries()) {
    const { output = '', errors = '' } = theirs[i] ?? {};
    const words = trimmed(output) || (/^Caused by: [\w.]+: (.+)/m.exec(errors)?.[1] ?? '');
    assert.notEqual(words, '', `${command}\n${errors}`);
    assert.ok(trimmed(mine[i]!.errors).includes(words), `${command}: ${words}\n---\n${mine[i]!.errors}`);
    assert.equal(mine[i]!.exitCode, 2, command);
    assert.equal(mine[i]!.output, '', command);
  }
});
