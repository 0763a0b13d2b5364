/** What the commands print on our broker, in a state that the test makes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminClient } from '@rocketmq-ts/admin';
import { Producer, PushConsumer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startTestBroker, type TestBroker } from '../../src/index.ts';
import { Mqadmin, masked } from './run.ts';

let broker: TestBroker;
let mqadmin: Mqadmin;
let admin: AdminClient;
let consumer: PushConsumer;
let producer: Producer;

before(async () => {
  broker = await startTestBroker();
  mqadmin = new Mqadmin(broker.namesrvAddr, broker.folder);
  admin = new AdminClient({ namesrvAddr: broker.namesrvAddr });
  await mqadmin.text('updateTopic -c DefaultCluster -t Orders -r 2 -w 2');
  await until(async () => (await admin.fetchAllTopicList()).includes('Orders'));
  for (let i = 0; i < 4; i++) {
    const properties = new Map([
      ['KEYS', `order-${i}`],
      ['TAGS', i % 2 === 0 ? 'even' : 'odd'],
    ]);
    const queue = { topic: 'Orders', brokerName: 'broker-a', queueId: i % 2 };
    await admin.sendMessage({ topic: 'Orders', body: Buffer.from(`body ${i}`), properties }, queue);
  }
  const options = { namesrvAddr: broker.namesrvAddr, logger: silentLogger };
  producer = new Producer({ ...options, producerGroup: 'shop' });
  await producer.start();
  consumer = new PushConsumer({
    ...options,
    consumerGroup: 'billing',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    persistConsumerOffsetInterval: 100,
  });
  let consumed = 0;
  consumer.subscribe('Orders', 'even || odd');
  consumer.registerMessageListener((messages) => {
    consumed += messages.length;
  });
  await consumer.start();
  await until(() => consumed === 4);
  await until(async () => (await behind('billing')) === 0);
  for (const queueId of [0, 1])
    await admin.updateConsumeOffset(broker.brokerAddr, 'late', { topic: 'Orders', queueId }, 1);
  await mqadmin.text('updateTopic -c DefaultCluster -t %RETRY%late -r 1 -w 1');
  await until(async () => (await admin.fetchAllTopicList()).includes('%RETRY%late'));
});

after(async () => {
  await consumer.shutdown();
  await producer.shutdown();
  await admin.close();
  await broker.stop();
});

async function behind(group: string): Promise<number> {
  try {
    const { offsetTable } = await admin.examineConsumeStats(group, 'Orders');
    if (offsetTable.size < 2) return -1;
    return [...offsetTable.values()].reduce((sum, each) => sum + each.brokerOffset - each.consumerOffset, 0);
  } catch {
    return -1; // not known yet
  }
}

async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 4_000; i++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`not within 100 s: ${check}`);
}

const GOLDEN: readonly (readonly [command: string, output: string])[] = [
  [
    'clusterList',
    `#Cluster Name     #Broker Name            #BID  #Addr                  #Version                #InTPS(LOAD)       #OutTPS(LOAD) #PCWait(ms) #Hour #SPACE
DefaultCluster    broker-a                0     BROKER        V4_4_0 DECIMAL(0,0ms) DECIMAL(0,0ms)          0 DECIMAL RATIO
`,
  ],
  [
    'clusterList -m',
    `#Cluster Name     #Broker Name                       #InTotalYest  #OutTotalYest  #InTotalToday #OutTotalToday
DefaultCluster    broker-a                                      0              0              4              4
`,
  ],
  [
    'topicStatus -t Orders',
    `#Broker Name                      #QID  #Min Offset           #Max Offset             #Last Updated
broker-a                          0     0                     2                       TIME
broker-a                          1     0                     2                       TIME
`,
  ],
  ['topicClusterList -t Orders', 'DefaultCluster\n'],
  [
    'consumerProgress -g late',
    `#Topic                            #Broker Name                      #QID  #Broker Offset        #Consumer Offset      #Client IP           #Diff                 #LastTime
Orders                            broker-a                          0     2                     1                     N/A                  1                     TIME
Orders                            broker-a                          1     2                     1                     N/A                  1                     TIME

Consume TPS: DECIMAL
Diff Total: 2
`,
  ],
  [
    'consumerConnection -g billing',
    `001  CLIENT-ID HOST        OTHER    V4_4_0

Below is subscription:001  Topic: Orders                                   SubExpression: even || odd
002  Topic: %RETRY%billing                           SubExpression: *
ConsumeType: CONSUME_PASSIVELY
MessageModel: CLUSTERING
ConsumeFromWhere: CONSUME_FROM_FIRST_OFFSET
`,
  ],
  [
    'queryMsgByKey -t Orders -k order-2',
    `#Message ID                                        #QID                                  #Offset
ID                      0                                        1
`,
  ],
  ['printMsgByQueue -t Orders -a broker-a -i 1 -f true', 'Tag: odd                            Count: 2\n'],
  ['printMsgByQueue -t Orders -a broker-a -i 1 -p true -s even', ''],
  [
    'consumeMessage -t Orders -b broker-a -i 0 -o 1',
    `Consume ok
MSGID: ID MessageExt [queueId=0, storeSize=178, queueOffset=1, sysFlag=0, bornTimestamp=MILLIS, bornHost=/HOST, storeTimestamp=MILLIS, storeHost=/BROKER, msgId=ID, commitLogOffset=N, bodyCRC=1571531207, reconsumeTimes=0, preparedTransactionOffset=0, toString()=Message{topic='Orders', flag=0, properties={MIN_OFFSET=0, MAX_OFFSET=2, KEYS=order-2, UNIQ_KEY=ID, WAIT=true, TAGS=even}, body=[98, 111, 100, 121, 32, 50], transactionId='null'}] BODY: body 2
MessageQueue [topic=Orders, brokerName=broker-a, queueId=0] print msg finished. status=NO_NEW_MSG, offset=2
`,
  ],
  [
    'queryMsgByOffset -t Orders -b broker-a -i 0 -o 1',
    `OffsetID:            ID
OffsetID:            ID
Topic:               Orders
Tags:                [even]
Keys:                [order-2]
Queue ID:            0
Queue Offset:        1
CommitLog Offset:    N
Reconsume Times:     0
Born Timestamp:      TIME
Store Timestamp:     TIME
Born Host:           HOST
Store Host:          BROKER
System Flag:         0
Properties:          {MIN_OFFSET=0, MAX_OFFSET=2, KEYS=order-2, UNIQ_KEY=ID, WAIT=true, TAGS=even}
Message Body Path:   /tmp/rocketmq/msgbodys/ID


MessageTrack [consumerGroup=billing, trackType=CONSUMED, exceptionDesc=null]MessageTrack [consumerGroup=late, trackType=NOT_ONLINE, exceptionDesc=CODE:206 DESC:the consumer group[late] not online]
`,
  ],
  [
    'queryCq -t Orders -q 0 -i 1 -c 1',
    `Queue data: 
max: 2, min: 0
======================================
idx: 1
ConsumeQueueData{physicOffset=N, physicSize=178, tagsCode=3125530, extendDataJson='null', bitMap='null', eval=true, msg='null'}
======================================
`,
  ],
  [
    'allocateMQ -t Orders -i 10.0.0.1,10.0.0.2',
    '{"result":{"10.0.0.2":[{"brokerName":"broker-a","queueId":1,"topic":"Orders"}],"10.0.0.1":[{"brokerName":"broker-a","queueId":0,"topic":"Orders"}]}}\n',
  ],
];

for (const [command, output] of GOLDEN) {
  test(command, async () => {
    assert.equal(masked(await mqadmin.text(command), broker.brokerAddr), output);
  });
}

test('all groups, all topics', async () => {
  const groups = masked(await mqadmin.text('consumerProgress'), broker.brokerAddr);
  assert.match(groups, /^#Group {28}#Count {2}#Version {17}#Type {2}#Model {10}#TPS {5}#Diff Total\n/);
  assert.match(groups, /^billing +1 {7}V4_4_0 +PUSH {3}CLUSTERING +\d +0$/m);
  assert.match(groups, /^late +0 {7}OFFLINE +0 +2$/m);
  assert.match(await mqadmin.text('topicList'), /^Orders$/m);
  assert.match(await mqadmin.text('topicList -c'), /^DefaultCluster {8}Orders {44}billing +$/m);
  const stats = await mqadmin.text('statsAll -t Orders');
  assert.match(stats, /^Orders {28}billing {37}0 +\d+\.\d\d +\d+\.\d\d +\d+ +\d+$/m);
  assert.match(stats, /^Orders {28}late {40}2 /m);
});

test('producerConnection, consumerStatus', async () => {
  await producer.send({ topic: 'SELF_TEST_TOPIC', body: 'x' });
  await until(
    async () => (await mqadmin.run('producerConnection -g shop -t SELF_TEST_TOPIC')).exitCode === 0,
  );
  const text = await mqadmin.text('producerConnection -g shop -t SELF_TEST_TOPIC');
  assert.match(masked(text, broker.brokerAddr), /^0001 {2}CLIENT-ID HOST +OTHER {4}V4_4_0\n$/);
  const status = await mqadmin.text('consumerStatus -g billing');
  assert.match(status, /^001 {2}\S+@\S+ +V4_4_0 {15}\d{13}\/\S+\n/);
  assert.match(status, /\n\nSame subscription in the same group of consumer\n\nRebalance OK\n$/);
});

test('brokerStatus tells what it knows, sorted', async () => {
  const text = await mqadmin.text(`brokerStatus -b ${broker.brokerAddr}`);
  assert.match(text, /^msgPutTotalTodayNow {13}: \d+$/m);
  const keys = text
    .trim()
    .split('\n')
    .map((line) => line.split(/ *: /)[0]!);
  assert.deepEqual(keys, [...keys].sort());
});

test('queryMsgById and queryMsgByUniqueKey find the same; a client consumes it again', async () => {
  const [message] = await admin.queryMessage('Orders', 'order-3', 1);
  const byId = await mqadmin.text(`queryMsgById -i ${message!.offsetMsgId}`);
  const byKey = await mqadmin.text(`queryMsgByUniqueKey -t Orders -i ${message!.msgId}`);
  assert.equal(byId.split('\n').slice(2).join('\n'), byKey);
  const [client] = (await admin.examineConsumerConnectionInfo('billing')).connectionSet;
  const again = await mqadmin.text(
    `queryMsgById -i ${message!.offsetMsgId} -g billing -d ${client!.clientId}`,
  );
  assert.match(
    again,
    /^ConsumeMessageDirectlyResult \[order=false, autoCommit=true, consumeResult=CR_SUCCESS, remark=null, spentTimeMills=\d+\]\n$/,
  );
});

test('JSON has the same facts, as one document', async () => {
  const progress = await mqadmin.json('consumerProgress -g late');
  assert.equal((progress as { diffTotal: number }).diffTotal, 2);
  const route = (await mqadmin.json('topicRoute -t Orders')) as { brokerDatas: { brokerAddrs: object }[] };
  assert.deepEqual(route.brokerDatas[0]?.brokerAddrs, { 0: broker.brokerAddr });
  const [message] = (await mqadmin.json('queryMsgByKey -t Orders -k order-1')) as { body: string }[];
  assert.equal(message?.body, 'body 1');
  assert.equal(await mqadmin.text('topicClusterList -t Orders -o json'), '[\n  "DefaultCluster"\n]\n');
});

test('what is not there fails with 1 and says so', async () => {
  const failures: [string, RegExp][] = [
    ['topicRoute -t Nothing', /TOPIC_NOT_EXIST: CODE: 17 \(TOPIC_NOT_EXIST\) {2}DESC: No topic route info/],
    [
      'updateTopic -c Nowhere -t T',
      /ADMIN_CLUSTER_UNKNOWN: there is no cluster Nowhere; the name server knows DefaultCluster/,
    ],
    ['queryMsgByKey -t Orders -k nothing', /ADMIN_NOT_FOUND: query message by key finished, but no message/],
    [
      'queryMsgByOffset -t Orders -b broker-a -i 0 -o 99',
      /there is no message at offset 99 .* it has offsets 0 to 1/,
    ],
    [
      'queryMsgByOffset -t Orders -b broker-x -i 0 -o 0',
      /not on a broker called broker-x; it is on broker-a/,
    ],
    ['consumerConnection -g late', /CONSUMER_NOT_ONLINE/],
    [`updateBrokerConfig -b ${'BROKER'} -k listenPort -v 1`, /listenPort/],
  ];
  for (const [command, pattern] of failures) {
    const { exitCode, errors } = await mqadmin.run(command.replace('BROKER', broker.brokerAddr));
    assert.equal(exitCode, 1, command);
    assert.match(errors, pattern, command);
  }
  assert.equal((await mqadmin.run('updateTopic -t T')).exitCode, 2);
});
