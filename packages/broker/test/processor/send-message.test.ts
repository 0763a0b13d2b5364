import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  createOffsetMsgId,
  decodeRecord,
  encodeBatch,
  javaHashCode,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { AppendStatus } from '@rocketmq-ts/store';
import {
  BrokerRig,
  type BrokerRigOptions,
  type SendFields,
  STORE_HOST,
  sendFields,
  without,
} from '../rig/broker-rig.ts';

async function start(t: TestContext, options: BrokerRigOptions = {}): Promise<BrokerRig> {
  const rig = await BrokerRig.start(options);
  t.after(() => rig.stop());
  return rig;
}

function messageId(offset: number): string {
  return createOffsetMsgId(STORE_HOST.ip, STORE_HOST.port, offset);
}

for (const serializeType of [0, 1]) {
  test(`a message is stored as it came and answered with where it went, serialize type ${serializeType}`, async (t) => {
    const rig = await start(t, { serializeType });
    const topic = rig.addTopic('T');
    const first = await rig.send('T', 'hello', { h: '5', j: '2' });
    assert.equal(first.code, ResponseCode.SUCCESS);
    assert.equal(first.remark, undefined);
    assert.deepEqual(
      [...first.ext],
      [
        ['queueId', '1'],
        ['TRACE_ON', 'true'],
        ['MSG_REGION', 'DefaultRegion'],
        ['msgId', messageId(0)],
        ['queueOffset', '0'],
      ],
    );
    const stored = decodeRecord((await rig.store.messageByOffset(0))!, 0);
    assert.equal(stored.body.toString(), 'hello');
    assert.equal(stored.flag, 5);
    assert.equal(stored.reconsumeTimes, 2);
    assert.equal(stored.bornTimestamp, 1795383917503);
    assert.match(stored.bornHost, /^10\.0\.0\.2:/);
    assert.equal(stored.properties.get('TAGS'), 'TagA');
    assert.equal(rig.store.appended[0]!.tagsCode, javaHashCode('TagA'));
    const second = await rig.send('T', '');
    assert.equal(second.ext.get('queueOffset'), '1');
    assert.equal(second.ext.get('msgId'), messageId(stored.storeSize));
    assert.equal(topic.putNums, 2);
    assert.equal(topic.putSizeBytes, rig.store.maxPhysicalOffset);
    assert.equal(rig.context.stats.putNums, 2);
  });
}

test('SEND_MESSAGE (10) has the same fields under their full names', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  const fields = {
    producerGroup: 'PG1',
    topic: 'T',
    defaultTopic: 'TBW102',
    defaultTopicQueueNums: '4',
    queueId: '2',
    sysFlag: '0',
    bornTimestamp: '1795383917503',
    flag: '0',
    properties: 'KEYS\x01k\x02',
    reconsumeTimes: '0',
    unitMode: 'false',
    batch: 'false',
  };
  const answer = await rig.call(RequestCode.SEND_MESSAGE, fields, Buffer.from('x'));
  assert.equal(answer.code, 0);
  assert.equal(answer.ext.get('queueId'), '2');
  assert.equal(rig.store.appended[0]!.properties.get('KEYS'), 'k');
});

test('a header field that is missing or no number is named, and nothing is stored', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  for (const [letter, name] of [
    ['b', 'topic'],
    ['e', 'queueId'],
    ['f', 'sysFlag'],
    ['g', 'bornTimestamp'],
    ['h', 'flag'],
  ] as const) {
    const answer = await rig.call(
      RequestCode.SEND_MESSAGE_V2,
      without(sendFields('T'), letter),
      Buffer.from('x'),
    );
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR);
    assert.match(
      answer.remark!,
      new RegExp(`SEND_MESSAGE_V2 \\(310\\): header field "${letter}" \\(${name}\\) is missing`),
    );
  }
  for (const [letter, value] of [
    ['e', 'one'],
    ['e', '99999999999'],
    ['f', '1.5'],
    ['g', '99999999999999999999'],
    ['g', ''],
    ['j', 'x'],
  ] as const) {
    const answer = await rig.send('T', 'x', { [letter]: value });
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR, `${letter}=${value}`);
    assert.match(answer.remark!, new RegExp(`header field "${letter}" must be`));
  }
  const v1 = await rig.call(RequestCode.SEND_MESSAGE, { topic: 'T' });
  assert.match(v1.remark!, /SEND_MESSAGE \(10\): header field "queueId" is missing/);
  assert.equal(rig.store.appended.length, 0);
});

test('what only a new topic needs may be missing for one that exists, and so may the group', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  for (const letter of ['a', 'c', 'd', 'i', 'j', 'k', 'l', 'm']) {
    const answer = await rig.call(
      RequestCode.SEND_MESSAGE_V2,
      without(sendFields('T'), letter),
      Buffer.from('x'),
    );
    assert.equal(answer.code, ResponseCode.SUCCESS, `without ${letter}: ${answer.remark}`);
  }
  assert.equal((await rig.send('T', 'x', { j: '', l: '' })).code, ResponseCode.SUCCESS);
  for (const letter of ['c', 'd']) {
    const answer = await rig.call(
      RequestCode.SEND_MESSAGE_V2,
      without(sendFields('New'), letter),
      Buffer.from('x'),
    );
    assert.match(answer.remark!, new RegExp(`header field "${letter}" .* is missing`));
  }
});

test('sends are refused until startAcceptSendRequestTimeStamp', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  rig.config.startAcceptSendRequestTimeStamp = rig.clock.now() + 1000;
  const answer = await rig.send('T', 'x');
  assert.equal(answer.code, ResponseCode.SYSTEM_ERROR);
  assert.match(answer.remark!, /^broker unable to service, until /);
  await rig.clock.advance(1000);
  assert.equal((await rig.send('T', 'x')).code, 0);
});

test('a broker that is not writable refuses ordered topics only', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  rig.addTopic('Ordered');
  rig.orderTopics.add('Ordered');
  rig.config.brokerPermission = 4;
  const answer = await rig.send('Ordered', 'x');
  assert.equal(answer.code, ResponseCode.NO_PERMISSION);
  assert.equal(answer.remark, 'the broker[127.0.0.1] sending message is forbidden');
  assert.deepEqual([...answer.ext.keys()], ['TRACE_ON', 'MSG_REGION']);
  assert.equal((await rig.send('T', 'x')).code, 0);
});

test('a slave takes no messages', async (t) => {
  const rig = await start(t, { config: { brokerRole: 'SLAVE' } });
  rig.addTopic('T');
  const answer = await rig.send('T', 'x');
  assert.equal(answer.code, ResponseCode.SERVICE_NOT_AVAILABLE);
  assert.match(answer.remark!, /this broker is a slave/);
});

test('topics of the broker itself are refused', async (t) => {
  const rig = await start(t);
  rig.addTopic('SCHEDULE_TOPIC_XXXX');
  for (const name of [
    'TBW102',
    'SCHEDULE_TOPIC_XXXX',
    'RMQ_SYS_TRANS_HALF_TOPIC',
    'RMQ_SYS_TRANS_OP_HALF_TOPIC',
  ]) {
    const answer = await rig.send(name, 'x');
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR, name);
    assert.equal(answer.remark, `the topic[${name}] is conflict with system reserved words.`);
  }
});

test('an unknown topic is made from its default topic, or refused with 17', async (t) => {
  const rig = await start(t);
  const made = await rig.send('New', 'x', { d: '3' });
  assert.equal(made.code, 0);
  assert.equal(rig.topics.get('New')!.config.writeQueueNums, 3);
  rig.autoCreate = false;
  const refused = await rig.send('Other', 'x');
  assert.equal(refused.code, ResponseCode.TOPIC_NOT_EXIST);
  assert.equal(
    refused.remark,
    'topic[Other] not exist, apply first please!\nSee http://rocketmq.apache.org/docs/faq/ for further details.',
  );
  const retry = await rig.send('%RETRY%G', 'x', { e: '0', l: '16' });
  assert.equal(retry.code, 0);
  assert.equal(rig.topics.get('%RETRY%G')!.config.writeQueueNums, 1);
});

test('a name that must not become a folder is refused', async (t) => {
  const rig = await start(t);
  for (const name of ['../../../x', 'a/b', 'a b', '', 'x'.repeat(128), 'ü', 'a"b']) {
    const answer = await rig.send(name, 'x');
    assert.equal(answer.code, ResponseCode.MESSAGE_ILLEGAL, name);
    assert.match(answer.remark!, /^the topic ".*" (is blank|contains illegal characters|has 128 characters)/);
  }
  assert.equal(rig.topics.size, 1);
});

test('a queue beyond the topic is refused, a negative one means any', async (t) => {
  const rig = await start(t);
  rig.addTopic('T', { readQueueNums: 2, writeQueueNums: 3 });
  const refused = await rig.send('T', 'x', { e: '3' });
  assert.equal(refused.code, ResponseCode.SYSTEM_ERROR);
  assert.match(
    refused.remark!,
    /^request queueId\[3\] is illegal, TopicConfig \[topicName=T, readQueueNums=2, writeQueueNums=3, perm=RW-, topicFilterType=SINGLE_TAG, topicSysFlag=0, order=false\] Producer: 10\.0\.0\.2:\d+$/,
  );
  const chosen = new Set<string>();
  for (let i = 0; i < 50; i++) chosen.add((await rig.send('T', 'x', { e: '-1' })).ext.get('queueId')!);
  assert.deepEqual([...chosen].sort(), ['0', '1', '2']);
  rig.addTopic('ReadOnly', { readQueueNums: 2, writeQueueNums: 0 });
  assert.match((await rig.send('ReadOnly', 'x', { e: '-1' })).remark!, /has no queue to write to/);
});

test('a retry past its last becomes a dead letter', async (t) => {
  const rig = await start(t);
  rig.addGroup('G', { retryMaxTimes: 2 });
  rig.addTopic('%RETRY%G', { readQueueNums: 1, writeQueueNums: 1 });
  const target = async (given: Partial<SendFields>): Promise<string> => {
    const answer = await rig.send('%RETRY%G', 'x', { e: '0', ...given });
    assert.equal(answer.code, 0, answer.remark);
    return rig.store.appended.at(-1)!.topic;
  };
  assert.equal(await target({ j: '15', l: '16' }), '%RETRY%G');
  assert.equal(await target({ j: '16', l: '16' }), '%DLQ%G');
  assert.equal(await target({ j: '1' }), '%RETRY%G');
  assert.equal(await target({ j: '2' }), '%DLQ%G');
  assert.equal(rig.topics.get('%DLQ%G')!.config.perm, 2);
  rig.autoCreateGroups = false;
  rig.addTopic('%RETRY%Gone', { readQueueNums: 1, writeQueueNums: 1 });
  const refused = await rig.send('%RETRY%Gone', 'x', { e: '0', l: '16' });
  assert.equal(refused.code, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST);
  assert.match(refused.remark!, /^subscription group not exist, Gone /);
});

test('properties that cannot be stored are refused', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  const long = await rig.send('T', 'x', { i: `k\x01${'v'.repeat(40_000)}\x02` });
  assert.equal(long.code, ResponseCode.MESSAGE_ILLEGAL);
  assert.match(long.remark!, /longer than 32767 bytes/);
  const delay = await rig.send('T', 'x', { i: 'DELAY\x01soon\x02' });
  assert.equal(delay.code, ResponseCode.MESSAGE_ILLEGAL);
  assert.match(delay.remark!, /DELAY is not a whole number/);
  assert.equal(
    (await rig.call(RequestCode.SEND_MESSAGE_V2, without(sendFields('T'), 'i'), Buffer.from('x'))).code,
    0,
  );
});

test('what the store refuses is told with its reason', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  const expected = [
    [AppendStatus.MESSAGE_ILLEGAL, ResponseCode.MESSAGE_ILLEGAL, /maxMessageSize=4194304/],
    [AppendStatus.PROPERTIES_SIZE_EXCEEDED, ResponseCode.MESSAGE_ILLEGAL, /32767/],
    [AppendStatus.CREATE_MAPEDFILE_FAILED, ResponseCode.SYSTEM_ERROR, /create mapped file failed/],
  ] as const;
  for (const [status, code, remark] of expected) {
    rig.store.nextStatus = status;
    const answer = await rig.send('T', 'x');
    assert.equal(answer.code, code);
    assert.match(answer.remark!, remark);
  }
  rig.store.refuse('the disk is full: 12 bytes are left');
  const full = await rig.send('T', 'x');
  assert.equal(full.code, ResponseCode.SERVICE_NOT_AVAILABLE);
  assert.match(full.remark!, /service not available now: the disk is full: 12 bytes are left/);
  assert.equal(rig.context.stats.putFailedNums, 4);
});

test('a batch is stored message by message and answered once', async (t) => {
  const rig = await start(t);
  const topic = rig.addTopic('T');
  const body = encodeBatch(
    ['A', 'B', 'C'].map((tag) => ({
      topic: 'T',
      flag: 0,
      properties: new Map([['TAGS', tag]]),
      body: Buffer.from(tag),
    })),
  );
  const fields = sendFields('T', { i: 'WAIT\x01true\x02', m: 'true' });
  const answer = await rig.call(RequestCode.SEND_BATCH_MESSAGE, fields, body);
  assert.equal(answer.code, 0);
  const ids = answer.ext.get('msgId')!.split(',');
  assert.equal(ids.length, 3);
  assert.equal(ids[0], messageId(0));
  assert.equal(answer.ext.get('queueOffset'), '0');
  assert.equal(topic.putNums, 3);
  assert.deepEqual(
    rig.store.appended.map((one) => one.tagsCode),
    [65, 66, 67],
  );
  assert.equal((await rig.send('T', 'x')).ext.get('queueOffset'), '3');
  const broken = await rig.call(RequestCode.SEND_BATCH_MESSAGE, fields, body.subarray(0, 20));
  assert.equal(broken.code, ResponseCode.MESSAGE_ILLEGAL);
  rig.addTopic('%RETRY%G');
  const retry = await rig.call(RequestCode.SEND_BATCH_MESSAGE, sendFields('%RETRY%G', { m: 'true' }), body);
  assert.equal(retry.code, ResponseCode.MESSAGE_ILLEGAL);
  assert.equal(retry.remark, 'batch request does not support retry group %RETRY%G');
});

test('a delayed message goes to the topic of its level and remembers where it belongs', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  const answer = await rig.send('T', 'x', { i: 'DELAY\x013\x02TAGS\x01TagA\x02' });
  assert.equal(answer.code, 0);
  assert.equal(answer.ext.get('queueId'), '1');
  const [stored] = rig.store.appended;
  assert.equal(stored!.topic, 'SCHEDULE_TOPIC_XXXX');
  assert.equal(stored!.queueId, 2);
  assert.equal(stored!.tagsCode, rig.clock.now() + 10_000);
  assert.deepEqual(Object.fromEntries(stored!.properties), {
    DELAY: '3',
    TAGS: 'TagA',
    REAL_TOPIC: 'T',
    REAL_QID: '1',
  });
  await rig.send('T', 'x', { i: 'DELAY\x0199\x02REAL_TOPIC\x01Other\x02REAL_QID\x017' });
  const beyond = rig.store.appended[1]!;
  assert.equal(beyond.queueId, 17);
  assert.deepEqual(Object.fromEntries(beyond.properties), { DELAY: '18', REAL_TOPIC: 'T', REAL_QID: '1' });
  await rig.send('T', 'x', { i: 'DELAY\x010\x02' });
  assert.equal(rig.store.appended[2]!.topic, 'T');
});

test('a half message waits in a topic of its own, or is refused', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  const properties = 'TRAN_MSG\x01true\x02PGROUP\x01PG1\x02DELAY\x012\x02';
  const answer = await rig.send('T', 'x', { f: '4', i: properties });
  assert.equal(answer.code, 0);
  const [half] = rig.store.appended;
  assert.deepEqual([half!.topic, half!.queueId, half!.sysFlag], ['RMQ_SYS_TRANS_HALF_TOPIC', 0, 0]);
  assert.equal(half!.properties.get('REAL_TOPIC'), 'T');
  assert.equal(half!.properties.get('REAL_QID'), '1');
  rig.config.rejectTransactionMessage = true;
  const refused = await rig.send('T', 'x', { f: '4', i: properties });
  assert.equal(refused.code, ResponseCode.NO_PERMISSION);
  assert.equal(refused.remark, 'the broker[127.0.0.1] sending transaction message is forbidden');
});

test('the system flag of a multi-tag topic tells it', async (t) => {
  const rig = await start(t);
  rig.addTopic('T', { topicFilterType: 'MULTI_TAG' });
  await rig.send('T', 'x', { f: '1' });
  assert.equal(rig.store.appended[0]!.sysFlag, 3);
});

test('a one-way send is stored and never answered, refused or not', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  const send = (topic: string): Promise<void> =>
    rig.client.oneway('10.0.0.1:10911', {
      code: RequestCode.SEND_MESSAGE_V2,
      ext: sendFields(topic),
      body: Buffer.from('x'),
    });
  await rig.run(send('T'));
  await rig.run(send('../x'));
  await rig.run(
    rig.client.oneway('10.0.0.1:10911', {
      code: RequestCode.SEND_MESSAGE_V2,
      ext: {},
      body: Buffer.from('x'),
    }),
  );
  await rig.clock.settle();
  assert.equal(rig.store.appended.length, 1);
  assert.equal(rig.dataPath.completion.length, 0);
  assert.equal((await rig.send('T', 'y')).ext.get('queueOffset'), '1');
});

test('the region and the trace switch follow the configuration', async (t) => {
  const rig = await start(t);
  rig.addTopic('T');
  await rig.send('T', 'x');
  rig.config.regionId = 'Elsewhere';
  rig.config.traceOn = false;
  const answer = await rig.send('T', 'x');
  assert.equal(answer.ext.get('MSG_REGION'), 'Elsewhere');
  assert.equal(answer.ext.get('TRACE_ON'), 'false');
});
