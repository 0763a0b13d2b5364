/** Commands that change something: what they print, what they did, and that --dry-run does nothing. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminClient } from '@rocketmq-ts/admin';
import { startTestBroker, type TestBroker } from '../../src/index.ts';
import { Mqadmin } from './run.ts';

let broker: TestBroker;
let mqadmin: Mqadmin;
let admin: AdminClient;

before(async () => {
  broker = await startTestBroker();
  mqadmin = new Mqadmin(broker.namesrvAddr, broker.folder);
  admin = new AdminClient({ namesrvAddr: broker.namesrvAddr });
});

after(async () => {
  await admin.close();
  await broker.stop();
});

async function topic(name: string, messages = 0): Promise<void> {
  await mqadmin.text(`updateTopic -c DefaultCluster -t ${name} -r 1 -w 1`);
  await until(async () => (await admin.fetchAllTopicList()).includes(name));
  for (let i = 0; i < messages; i++) await mqadmin.text(`sendMessage -t ${name} -p m${i}`);
}

/** A group as it is after its consumers have gone. */
async function group(name: string, topicName: string, offset: number): Promise<void> {
  await mqadmin.text(`updateSubGroup -c DefaultCluster -g ${name}`);
  await topic(`%RETRY%${name}`);
  await admin.updateConsumeOffset(broker.brokerAddr, name, { topic: topicName, queueId: 0 }, offset);
}

function offsetOf(name: string, topicName: string): Promise<number | undefined> {
  return admin.queryConsumerOffsetOnBroker(broker.brokerAddr, name, { topic: topicName, queueId: 0 });
}

async function until(check: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 4_000; i++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`not within 100 s: ${check}`);
}

test('a topic is made, changed and deleted', async () => {
  const preview = await mqadmin.text('updateTopic -c DefaultCluster -t Made -r 4 -w 4 --dry-run');
  assert.match(preview, /^would create the topic on /);
  assert.equal(await admin.examineTopicConfig(broker.brokerAddr, 'Made'), undefined);
  const made = await mqadmin.text('updateTopic -c DefaultCluster -t Made -r 4 -w 4');
  assert.equal(
    made,
    `create topic to ${broker.brokerAddr} success.\n` +
      'TopicConfig [topicName=Made, readQueueNums=4, writeQueueNums=4, perm=RW-, topicFilterType=SINGLE_TAG, topicSysFlag=0, order=false]\n',
  );
  await until(async () => (await admin.fetchAllTopicList()).includes('Made'));
  assert.match(
    await mqadmin.text('updateTopicPerm -c DefaultCluster -t Made -p 4 --dry-run'),
    /^would update topic perm from 6 to 4 in /,
  );
  assert.equal(
    await mqadmin.text('updateTopicPerm -c DefaultCluster -t Made -p 4'),
    `update topic perm from 6 to 4 in ${broker.brokerAddr} success.\n`,
  );
  await until(async () => (await admin.examineTopicRouteInfo('Made')).queueDatas[0]?.perm === 4);
  assert.equal(
    await mqadmin.text('updateTopicPerm -c DefaultCluster -t Made -p 4'),
    'new perm equals to the old one!\n',
  );
  assert.match(
    await mqadmin.text('deleteTopic -c DefaultCluster -t Made --dry-run'),
    /messages: 0 in 4 queues/,
  );
  assert.ok((await admin.fetchAllTopicList()).includes('Made'));
  assert.equal(
    await mqadmin.text('deleteTopic -c DefaultCluster -t Made'),
    'delete topic [Made] from cluster [DefaultCluster] success.\ndelete topic [Made] from NameServer success.\n',
  );
  assert.ok(!(await admin.fetchAllTopicList()).includes('Made'));
});

test('an ordered topic has its queues in the name server', async () => {
  const text = await mqadmin.text(`updateTopic -b ${broker.brokerAddr} -t Ordered -w 3 -o true`);
  assert.match(text, /^set broker orderConf\. isOrder=true, orderConf=\[broker-a:3\]create topic to /);
  assert.equal(
    await mqadmin.text('updateOrderConf -m get -t Ordered'),
    'get orderConf success. topic=[Ordered], orderConf=[broker-a:3] \n',
  );
  await mqadmin.text('updateOrderConf -m put -t Ordered -v broker-a:5');
  assert.equal(await admin.getKVConfig('ORDER_TOPIC_CONFIG', 'Ordered'), 'broker-a:5');
  await mqadmin.text('updateOrderConf -m delete -t Ordered --dry-run');
  assert.equal(await admin.getKVConfig('ORDER_TOPIC_CONFIG', 'Ordered'), 'broker-a:5');
  assert.equal(
    await mqadmin.text('updateOrderConf -m delete -t Ordered'),
    'delete orderConf success. topic=[Ordered]\n',
  );
  assert.equal(await admin.getKVConfig('ORDER_TOPIC_CONFIG', 'Ordered'), undefined);
});

test('values of the name server are set and deleted', async () => {
  assert.equal(
    await mqadmin.text('updateKvConfig -s space -k key -v value'),
    'create or update kv config to namespace success.\n',
  );
  assert.equal(await admin.getKVConfig('space', 'key'), 'value');
  assert.match(await mqadmin.text('deleteKvConfig -s space -k key --dry-run'), /would delete key=value/);
  assert.equal(await admin.getKVConfig('space', 'key'), 'value');
  assert.equal(
    await mqadmin.text('deleteKvConfig -s space -k key'),
    'delete kv config from namespace success.\n',
  );
  assert.equal(await admin.getKVConfig('space', 'key'), undefined);
});

test('a group is made and deleted, with its topics', async () => {
  await topic('GroupTopic');
  await group('MySubGroup', 'GroupTopic', 0);
  const config = await admin.examineSubscriptionGroupConfig(broker.brokerAddr, 'MySubGroup');
  assert.equal(config?.consumeBroadcastEnable, false);
  const preview = await mqadmin.text('deleteSubGroup -c DefaultCluster -g MySubGroup --dry-run');
  assert.match(
    preview,
    /would delete topic %RETRY%MySubGroup: 0 messages\nwould delete topic %DLQ%MySubGroup: not there\noffsets stay; online members: none\n$/,
  );
  assert.notEqual(await admin.examineSubscriptionGroupConfig(broker.brokerAddr, 'MySubGroup'), undefined);
  assert.match(
    await mqadmin.text('deleteSubGroup -c DefaultCluster -g MySubGroup'),
    /^delete subscription group \[MySubGroup\] from broker \[\S+\] in cluster \[DefaultCluster\] success\.\ndelete topic \[%RETRY%MySubGroup\] from cluster/,
  );
  assert.equal(await admin.examineSubscriptionGroupConfig(broker.brokerAddr, 'MySubGroup'), undefined);
});

test('offsets are reset and cloned, after a look', async () => {
  await topic('ResetTopic', 5);
  await group('reset', 'ResetTopic', 3);
  const preview = await mqadmin.text('resetOffsetByTime -g reset -t ResetTopic -s 0 --dry-run');
  assert.match(preview, /^broker-a +0 +5 +3 +0 +3$/m);
  assert.match(preview, /would consume 3 messages again and skip 0\n$/);
  assert.equal(await offsetOf('reset', 'ResetTopic'), 3);
  const text = await mqadmin.text('resetOffsetByTime -g reset -t ResetTopic -s 0');
  assert.match(
    text,
    /^rollback consumer offset by specified consumerGroup\[reset\], topic\[ResetTopic\], force\[true\], timestamp\(string\)\[0\], timestamp\(long\)\[0\]\n#brokerName {11}#queueId/,
  );
  assert.match(text, /^broker-a {14}0 {21}5 {21}3 {21}0 {21}0 +$/m);
  assert.equal(await offsetOf('reset', 'ResetTopic'), 0);
  await mqadmin.text('resetOffsetByTime -g reset -t ResetTopic -s -1 -f false');
  assert.equal(await offsetOf('reset', 'ResetTopic'), 0, 'without force nothing is skipped');
  await mqadmin.text('resetOffsetByTime -g reset -t ResetTopic -s -1');
  assert.equal(await offsetOf('reset', 'ResetTopic'), 5);

  await admin.updateConsumeOffset(broker.brokerAddr, 'reset', { topic: 'ResetTopic', queueId: 0 }, 2);
  assert.match(
    await mqadmin.text('cloneGroupOffset -s reset -d clone -t ResetTopic --dry-run'),
    /^would set clone in queue 0 of broker-a from .* to 2\n$/,
  );
  assert.equal(
    await mqadmin.text('cloneGroupOffset -s reset -d clone -t ResetTopic'),
    'clone group offset success. srcGroup[reset], destGroup=[clone], topic[ResetTopic]\n',
  );
  assert.equal(await offsetOf('clone', 'ResetTopic'), 2);
});

test('configuration is changed, checked by the server', async () => {
  const target = `-b ${broker.brokerAddr}`;
  assert.match(
    await mqadmin.text(`updateBrokerConfig ${target} -k fileReservedTime -v 99 --dry-run`),
    /from 72 to 99/,
  );
  assert.match(await mqadmin.text(`getBrokerConfig ${target}`), /^fileReservedTime {34}= {2}72$/m);
  assert.equal(
    await mqadmin.text('updateBrokerConfig -c DefaultCluster -k fileReservedTime -v 99'),
    `update broker config success, ${broker.brokerAddr}\n`,
  );
  assert.match(
    await mqadmin.text('getBrokerConfig -c DefaultCluster'),
    /^============Master: [\d.:]+============\n/,
  );
  assert.match(await mqadmin.text(`getBrokerConfig ${target}`), /^fileReservedTime {34}= {2}99$/m);
  const listenPort = broker.brokerAddr.split(':')[1];
  await mqadmin.text(`updateBrokerConfig -c DefaultCluster -k listenPort -v ${listenPort}`);
  assert.match(
    await mqadmin.text('getNamesrvConfig'),
    /^============\S+============\n[\s\S]*listenPort {40}= {2}/,
  );
});

test('sending: to any queue, to one queue, many, and how long it takes', async () => {
  await topic('SendTopic');
  const text = await mqadmin.text('sendMessage -t SendTopic -p hello~world -k k1 -c TagA -b broker-a -i 0');
  assert.match(
    text,
    /^#Broker Name {22}#QID {2}#Send Result {12}#MsgId\nbroker-a {26}0 {5}SEND_OK {17}[0-9A-F]{32}\n$/,
  );
  const [message] = await admin.queryMessage('SendTopic', 'k1', 1);
  assert.equal(message?.body.toString(), 'hello world');
  const bad = await mqadmin.run('sendMessage -t SendTopic -p x -i 0');
  assert.deepEqual([bad.exitCode, bad.output], [2, '']);
  const rt = await mqadmin.text('checkMsgSendRT -t SendTopic -a 3 -s 10');
  assert.match(rt, /^(broker-a +0 +true +\d+\n){3}Avg RT: \d+\.\d\d\n$/m);
  assert.match(
    await mqadmin.text('sendMsgStatus -b broker-a -c 1 -s 20'),
    /^rt:\d+ms, SendResult=SendResult \[sendStatus=SEND_OK, msgId=[0-9A-F]{32}, /,
  );
  assert.match(
    await mqadmin.text('clusterRT -s 10 -a 2 --once'),
    /^DefaultCluster {12}broker-a {18}\d+\.\d\d +2 {17}0 +$/m,
  );
  const made = await mqadmin.text('sendMessage -t MadeBySending -p x');
  assert.match(made, /SEND_OK/);
});

test('a message is sent again by its id', async () => {
  await topic('ResendTopic');
  await mqadmin.text('sendMessage -t ResendTopic -p again -k k');
  const [message] = await admin.queryMessage('ResendTopic', 'k', 1);
  const text = await mqadmin.text(`queryMsgById -i ${message!.offsetMsgId} -s true`);
  assert.match(text, /^prepare resend msg\. originalMsgId=[0-9A-F]{32}SendResult \[sendStatus=SEND_OK, /);
  assert.equal((await admin.queryMessage('ResendTopic', 'k', 9)).length, 2);
  const wrong = await mqadmin.run(`queryMsgById -i ${message!.msgId}`);
  assert.equal(wrong.exitCode, 2);
  assert.match(wrong.errors, /is no offset message id/);
});

test('tail prints what comes, filtered', async () => {
  await topic('TailTopic', 2);
  const text = await mqadmin.text('tail -t TailTopic -b 0 -c 2');
  assert.match(text, /^\S+ \S+ 0:0 [0-9A-F]{32} tags=- keys=- m0\n\S+ \S+ 0:1 \S+ tags=- keys=- m1\n$/);
  await mqadmin.text('sendMessage -t TailTopic -p tagged -c TagA');
  assert.match(
    await mqadmin.text("tail -t TailTopic -b 0 -c 1 -q TAGS~=~'TagA'"),
    /tags=TagA keys=- tagged\n$/,
  );
  assert.match(await mqadmin.text('tail -t TailTopic -b 0 -c 1 -s TagA'), /tags=TagA keys=- tagged\n$/);
  const bad = await mqadmin.run('tail -t TailTopic -q (');
  assert.equal(bad.exitCode, 2);
});

test('cleaning', async () => {
  for (const command of ['cleanExpiredCQ', 'cleanUnusedTopic']) {
    const preview = await mqadmin.text(`${command} --dry-run`);
    assert.ok(preview.startsWith(`would clean ${broker.brokerAddr}: `), preview);
    assert.equal(await mqadmin.text(`${command} -c DefaultCluster`), 'success\n');
    assert.equal(await mqadmin.text(`${command} -b ${broker.brokerAddr}`), 'success\n');
  }
});

test('doctor finds a healthy cluster healthy, and a dead broker ill', async () => {
  const text = await mqadmin.text('doctor --send -t SELF_TEST_TOPIC');
  assert.match(text, /^ok +name server \S+ +reachable +\d+ ms\nok +broker-a 0 \S+ +reachable /);
  assert.match(text, /^ok +broker-a 0 \S+ +message +stored and read in \d+ ms$/m);
  assert.match(text, /^ok +topic SELF_TEST_TOPIC on broker-a +route /m);
  assert.match(text, /^\d+ checks, 0 failed\n$/m);
  const missing = await mqadmin.run('doctor -t NoSuchTopic');
  assert.equal(missing.exitCode, 1);
  assert.match(missing.output, /^failed +topic NoSuchTopic/m);
});

test('what cannot be is refused before anybody is asked, and a preview does not promise it', async () => {
  for (const command of ['updateTopic -t Made', 'updateTopicPerm -t Orders']) {
    const { exitCode, errors } = await mqadmin.run(`${command} -c DefaultCluster -p 9`);
    assert.equal(exitCode, 2);
    assert.match(errors, /option -p must be an integer from 0 to 7, found "9"/);
  }
  for (const command of [`updateBrokerConfig -b ${broker.brokerAddr}`, 'updateNamesrvConfig']) {
    const { exitCode, errors } = await mqadmin.run(`${command} -k nosuchKey -v 1 --dry-run`);
    assert.equal(exitCode, 1);
    assert.match(errors, /has no setting nosuchKey/);
  }
  assert.match(
    await mqadmin.text(`updateBrokerConfig -b ${broker.brokerAddr} -k aclEnable -v true --dry-run`),
    /^would set aclEnable of \S+ from false to true, if the broker takes that\n$/,
  );
});

test('statsAll: a group that has offsets and was never connected is behind', async () => {
  await topic('Backlog', 3);
  await admin.updateConsumeOffset(broker.brokerAddr, 'NeverThere', { topic: 'Backlog', queueId: 0 }, 1);
  assert.match(await mqadmin.text('statsAll -t Backlog'), /^Backlog +NeverThere +2 /m);
});

test('startMonitoring looks at every group', async () => {
  const text = await mqadmin.text('startMonitoring --once');
  assert.match(text, /beginRound\n[\s\S]*endRound\n$/);
});

test('the last one: wipeWritePerm has producers leave', async () => {
  assert.match(
    await mqadmin.text('wipeWritePerm -b broker-a --dry-run'),
    /^would take the write permission of \d+ topics/,
  );
  assert.match(
    await mqadmin.text('wipeWritePerm -b broker-a'),
    /^wipe write perm of broker\[broker-a\] in name server\[\S+\] OK, \d+\n$/,
  );
  const route = await admin.examineTopicRouteInfo('SELF_TEST_TOPIC');
  assert.equal(route.queueDatas[0]!.perm & 2, 0);
});

test('requests are signed with conf/tools.yml, and refused without', async () => {
  const accounts = 'accounts:\n- accessKey: rocketmq2\n  secretKey: 12345678\n  admin: true\n';
  const home = path.join(broker.folder, 'home');
  mkdirSync(path.join(home, 'conf'), { recursive: true });
  writeFileSync(path.join(home, 'conf', 'plain_acl.yml'), accounts);
  await using guarded = await startTestBroker({ config: { aclEnable: true, rocketmqHome: home } });
  const unsigned = new Mqadmin(guarded.namesrvAddr, guarded.folder);
  const refused = await unsigned.run(`brokerStatus -b ${guarded.brokerAddr}`);
  assert.equal(refused.exitCode, 1);
  writeFileSync(path.join(home, 'conf', 'tools.yml'), 'accessKey: rocketmq2\nsecretKey: 12345678\n');
  const signed = new Mqadmin(guarded.namesrvAddr, home);
  assert.match(await signed.text(`brokerStatus -b ${guarded.brokerAddr}`), /brokerVersionDesc/);
  await signed.text('updateTopic -c DefaultCluster -t Guarded');
  writeFileSync(path.join(home, 'conf', 'tools.yml'), 'accessKey: rocketmq2\nsecretKey: wrongsecret\n');
  const wrong = await signed.run(`brokerStatus -b ${guarded.brokerAddr}`);
  assert.equal(wrong.exitCode, 1);
  assert.ok(!wrong.errors.includes('wrongsecret'));
});
