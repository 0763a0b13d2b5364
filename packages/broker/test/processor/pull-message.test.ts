import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { decodeRecords, type RemotingCommand, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { BrokerRig, type BrokerRigOptions, pullFields, sendFields, without } from '../rig/broker-rig.ts';

const COMMIT = 1;
const SUSPEND = 2;
const INLINE = 4;

async function start(t: TestContext, options: BrokerRigOptions = {}): Promise<BrokerRig> {
  const rig = await BrokerRig.start(options);
  t.after(() => rig.stop());
  rig.addTopic('T');
  rig.subscribe('CG1', 'T', '*');
  return rig;
}

function bodies(answer: RemotingCommand): string[] {
  return decodeRecords(answer.body ?? Buffer.alloc(0)).map((message) => message.body.toString());
}

function offsets(answer: RemotingCommand): Record<string, string> {
  return Object.fromEntries(answer.ext);
}

for (const serializeType of [0, 1]) {
  test(`messages are found and told with where to go on, serialize type ${serializeType}`, async (t) => {
    const rig = await start(t, { serializeType });
    for (const body of ['a', 'b', 'c']) await rig.send('T', body);
    const answer = await rig.pull('T', 1);
    assert.equal(answer.code, ResponseCode.SUCCESS);
    assert.equal(answer.remark, 'FOUND');
    assert.deepEqual(
      [...answer.ext],
      [
        ['suggestWhichBrokerId', '0'],
        ['nextBeginOffset', '3'],
        ['maxOffset', '3'],
        ['minOffset', '0'],
      ],
    );
    assert.deepEqual(bodies(answer), ['b', 'c']);
    assert.deepEqual(bodies(await rig.pull('T', 0, { maxMsgNums: '2' })), ['a', 'b']);
    const counters = rig.groups.get('CG1')!.counters.get('T')!;
    assert.deepEqual([counters.getTimes, counters.getNums], [2, 4]);
    assert.equal(rig.context.stats.getNums, 4);
    assert.equal(rig.context.stats.getFoundTimes, 2);
  });
}

test('large answers go out by reference and arrive whole', async (t) => {
  const rig = await start(t);
  const sent = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(9000));
  for (const body of sent) await rig.send('T', body);
  assert.deepEqual(bodies(await rig.pull('T', 0)), sent);
  assert.deepEqual(bodies(await rig.pull('T', 7)), sent.slice(7));
});

test('header fields that are missing or no number are named', async (t) => {
  const rig = await start(t);
  for (const name of [
    'consumerGroup',
    'topic',
    'queueId',
    'queueOffset',
    'maxMsgNums',
    'sysFlag',
    'suspendTimeoutMillis',
    'subVersion',
  ]) {
    const answer = await rig.call(RequestCode.PULL_MESSAGE, without(pullFields('T', 0), name));
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR);
    assert.match(answer.remark!, new RegExp(`PULL_MESSAGE \\(11\\): header field "${name}" is missing`));
  }
  for (const name of [
    'queueId',
    'queueOffset',
    'maxMsgNums',
    'sysFlag',
    'commitOffset',
    'suspendTimeoutMillis',
    'subVersion',
  ]) {
    const answer = await rig.pull('T', 0, { [name]: 'x' });
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR);
    assert.match(answer.remark!, new RegExp(`header field "${name}" must be`));
  }
  const commit = without(pullFields('T', 0, { sysFlag: `${COMMIT}` }), 'commitOffset');
  assert.match((await rig.call(RequestCode.PULL_MESSAGE, commit)).remark!, /"commitOffset" is missing/);
});

test('checks come in the order of 4.4.0, with its codes and remarks', async (t) => {
  const rig = await start(t);
  const expectRefusal = async (
    code: number,
    remark: string | RegExp,
    given = {},
    topic = 'T',
  ): Promise<void> => {
    const answer = await rig.pull(topic, 0, given);
    assert.equal(answer.code, code, answer.remark);
    if (typeof remark === 'string') assert.equal(answer.remark, remark);
    else assert.match(answer.remark!, remark);
  };
  const faq = '\nSee http://rocketmq.apache.org/docs/faq/ for further details.';
  await expectRefusal(
    ResponseCode.TOPIC_NOT_EXIST,
    `topic[No] not exist, apply first please! ${faq}`,
    {},
    'No',
  );
  await expectRefusal(
    ResponseCode.SYSTEM_ERROR,
    /^queueId\[4\] is illegal, topic:\[T\] topicConfig\.readQueueNums:\[4\] consumer:\[\/10\.0\.0\.2:\d+\]$/,
    { queueId: '4' },
  );
  await expectRefusal(ResponseCode.SYSTEM_ERROR, /^queueId\[-1\] is illegal/, { queueId: '-1' });
  await expectRefusal(ResponseCode.SUBSCRIPTION_NOT_EXIST, `the consumer's group info not exist${faq}`, {
    consumerGroup: 'Unheard',
  });
  rig.addTopic('T2');
  await expectRefusal(
    ResponseCode.SUBSCRIPTION_NOT_EXIST,
    `the consumer's subscription not exist${faq}`,
    {},
    'T2',
  );
  await expectRefusal(ResponseCode.SUBSCRIPTION_NOT_LATEST, "the consumer's subscription not latest", {
    subVersion: '2',
  });
  rig.consumers.get('CG1')!.messageModel = 'BROADCASTING';
  rig.groups.get('CG1')!.config.consumeBroadcastEnable = false;
  await expectRefusal(ResponseCode.NO_PERMISSION, 'the consumer group[CG1] can not consume by broadcast way');
  rig.topics.get('T')!.config.perm = 2;
  await expectRefusal(ResponseCode.NO_PERMISSION, 'the topic[T] pulling message is forbidden');
  rig.groups.get('CG1')!.config.consumeEnable = false;
  await expectRefusal(ResponseCode.NO_PERMISSION, 'subscription group no permission, CG1');
  rig.autoCreateGroups = false;
  await expectRefusal(
    ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
    `subscription group [Nobody] does not exist, ${faq}`,
    { consumerGroup: 'Nobody' },
  );
  rig.config.brokerPermission = 2;
  await expectRefusal(ResponseCode.NO_PERMISSION, 'the broker[127.0.0.1] pulling message is forbidden');
});

test('a group deleted and made again is not the old one', async (t) => {
  const rig = await start(t);
  await rig.send('T', 'a');
  assert.equal((await rig.pull('T', 0)).code, 0);
  rig.groups.get('CG1')!.deleted = true;
  rig.groups.delete('CG1');
  rig.addGroup('CG1', { consumeEnable: false });
  assert.equal((await rig.pull('T', 0)).code, ResponseCode.NO_PERMISSION);
});

test('offsets outside the queue', async (t) => {
  const rig = await start(t);
  const noWait = { sysFlag: '0' };
  const nothing = await rig.pull('T', 0, noWait);
  assert.deepEqual([nothing.code, nothing.remark], [ResponseCode.PULL_NOT_FOUND, 'NO_MESSAGE_IN_QUEUE']);
  const beyondNothing = await rig.pull('T', 7, noWait);
  assert.deepEqual(
    [beyondNothing.code, beyondNothing.remark],
    [ResponseCode.PULL_OFFSET_MOVED, 'NO_MESSAGE_IN_QUEUE'],
  );
  for (let i = 0; i < 5; i++) await rig.send('T', `${i}`);
  const atEnd = await rig.pull('T', 5, noWait);
  assert.deepEqual([atEnd.code, atEnd.remark], [ResponseCode.PULL_NOT_FOUND, 'OFFSET_OVERFLOW_ONE']);
  assert.equal(offsets(atEnd).nextBeginOffset, '5');
  const beyond = await rig.pull('T', 9, noWait);
  assert.deepEqual([beyond.code, beyond.remark], [ResponseCode.PULL_OFFSET_MOVED, 'OFFSET_OVERFLOW_BADLY']);
  assert.equal(offsets(beyond).nextBeginOffset, '0');
  rig.store.expire('T', 1, 2);
  assert.equal(offsets(await rig.pull('T', 9, noWait)).nextBeginOffset, '5');
  const gone = await rig.pull('T', 1, noWait);
  assert.deepEqual([gone.code, gone.remark], [ResponseCode.PULL_OFFSET_MOVED, 'OFFSET_TOO_SMALL']);
  assert.deepEqual(offsets(gone), {
    suggestWhichBrokerId: '0',
    nextBeginOffset: '2',
    maxOffset: '5',
    minOffset: '2',
  });
  assert.equal((await rig.pull('T', -1, noWait)).code, ResponseCode.PULL_OFFSET_MOVED);
});

test('a corrected offset leaves an event behind', async (t) => {
  const rig = await start(t);
  await rig.send('T', 'x');
  await rig.pull('T', 9, { sysFlag: '0' });
  const event = rig.store.appended.at(-1)!;
  assert.equal(event.topic, 'OFFSET_MOVED_EVENT');
  assert.equal(event.properties.get('TAGS'), 'CG1');
  assert.equal(event.properties.get('KEYS'), 'CG1');
  const answer = await rig.run(
    rig
      .ask(RequestCode.PULL_MESSAGE, pullFields('T', 9, { sysFlag: '0' }))
      .then(() => rig.store.messageByOffset(0)),
  );
  assert.notEqual(answer, undefined);
  rig.addTopic('OFFSET_MOVED_EVENT', { readQueueNums: 1, writeQueueNums: 1 });
  rig.subscribe('CG1', 'OFFSET_MOVED_EVENT', '*');
  const [body] = bodies(await rig.pull('OFFSET_MOVED_EVENT', 0, { queueId: '0' }));
  assert.equal(
    body,
    '{"consumerGroup":"CG1","messageQueue":{"brokerName":"broker-a","queueId":1,"topic":"T"},"offsetNew":0,"offsetRequest":9}',
  );
  rig.config.brokerRole = 'SLAVE';
  const onSlave = await rig.pull('T', 9, { sysFlag: '0' });
  assert.equal(onSlave.code, ResponseCode.PULL_RETRY_IMMEDIATELY);
});

test('only messages of the subscription are sent', async (t) => {
  const rig = await start(t);
  for (const tag of ['A', 'B', 'A', 'C']) await rig.send('T', tag, { i: `TAGS\x01${tag}\x02` });
  await rig.send('T', 'untagged', { i: '' });
  rig.subscribe('CG1', 'T', 'A || C', 2);
  const some = await rig.pull('T', 0);
  assert.deepEqual(bodies(some), ['A', 'A', 'C']);
  assert.equal(offsets(some).nextBeginOffset, '5');
  rig.subscribe('CG1', 'T', 'Z', 3);
  const none = await rig.pull('T', 0);
  assert.deepEqual([none.code, none.remark], [ResponseCode.PULL_RETRY_IMMEDIATELY, 'NO_MATCHED_MESSAGE']);
  assert.equal(offsets(none).nextBeginOffset, '5');
});

test('a subscription in the request needs no heartbeat', async (t) => {
  const rig = await start(t);
  for (const tag of ['A', 'B']) await rig.send('T', tag, { i: `TAGS\x01${tag}\x02` });
  const inline = { consumerGroup: 'Alone', sysFlag: `${INLINE}` };
  assert.deepEqual(bodies(await rig.pull('T', 0, { ...inline, subscription: 'B' })), ['B']);
  assert.deepEqual(bodies(await rig.pull('T', 0, { ...inline, subscription: 'B' })), ['B']);
  assert.deepEqual(bodies(await rig.pull('T', 0, { ...inline, subscription: 'A||B' })), ['A', 'B']);
  assert.deepEqual(bodies(await rig.pull('T', 0, { ...inline, subscription: '*' })), ['A', 'B']);
  assert.deepEqual(bodies(await rig.pull('T', 0, inline)), ['A', 'B']);
  const noType = without(pullFields('T', 0, { ...inline, subscription: 'A' }), 'expressionType');
  assert.deepEqual(bodies(await rig.call(RequestCode.PULL_MESSAGE, noType)), ['A']);
  const bad = await rig.pull('T', 0, { ...inline, subscription: '||' });
  assert.equal(bad.code, ResponseCode.SUBSCRIPTION_PARSE_FAILED);
  const empty = await rig.pull('T', 0, { ...inline, expressionType: 'SQL92' });
  assert.equal(empty.code, ResponseCode.SUBSCRIPTION_PARSE_FAILED);
  const sql = await rig.pull('T', 0, { ...inline, subscription: 'a > 1', expressionType: 'SQL92' });
  assert.equal(sql.code, ResponseCode.SYSTEM_ERROR);
  assert.match(sql.remark!, /^The broker does not support consumer to filter message by SQL92/);
});

test('SQL92 expressions judge the properties of the records', async (t) => {
  const rig = await start(t, { config: { enablePropertyFilter: true } });
  for (const level of ['1', '5', 'x']) await rig.send('T', level, { i: `level\x01${level}\x02` });
  const sql = { consumerGroup: 'Alone', sysFlag: `${INLINE}`, expressionType: 'SQL92' };
  assert.deepEqual(bodies(await rig.pull('T', 0, { ...sql, subscription: 'level > 3' })), ['5']);
  const bad = await rig.pull('T', 0, { ...sql, subscription: 'level >' });
  assert.equal(bad.code, ResponseCode.SUBSCRIPTION_PARSE_FAILED);
  rig.subscribe('CG1', 'T', 'level between 0 and 2', 2);
  rig.consumers.get('CG1')!.subscriptions.get('T')!.expressionType = 'SQL92';
  assert.deepEqual(bodies(await rig.pull('T', 0, { subVersion: '2' })), ['1']);
  rig.subscribe('CG1', 'T', 'level = ', 3);
  rig.consumers.get('CG1')!.subscriptions.get('T')!.expressionType = 'SQL92';
  assert.equal((await rig.pull('T', 0)).code, ResponseCode.FILTER_DATA_NOT_EXIST);
});

test('the committed offset of a pull is taken over', async (t) => {
  const rig = await start(t);
  await rig.send('T', 'a');
  await rig.pull('T', 0, { sysFlag: `${COMMIT}`, commitOffset: '7' });
  await rig.pull('T', 0, { sysFlag: '0', commitOffset: '8' });
  await rig.pull('No', 0, { sysFlag: `${COMMIT}`, commitOffset: '9' });
  assert.deepEqual(rig.committed, ['T@CG1:1=7']);
  const held = rig.ask(
    RequestCode.PULL_MESSAGE,
    pullFields('T', 1, { sysFlag: `${COMMIT | SUSPEND}`, commitOffset: '1' }),
  );
  await rig.clock.advance(100);
  assert.deepEqual(rig.committed, ['T@CG1:1=7', 'T@CG1:1=1']);
  await rig.run(held);
  assert.equal(rig.committed.length, 2);
  rig.config.brokerRole = 'SLAVE';
  await rig.pull('T', 0, { sysFlag: `${COMMIT}`, commitOffset: '9' });
  assert.equal(rig.committed.length, 2);
});

test('which broker to ask next', async (t) => {
  const rig = await start(t);
  await rig.send('T', 'a');
  Object.assign(rig.groups.get('CG1')!.config, { brokerId: 3, whichBrokerWhenConsumeSlowly: 1 });
  assert.equal(offsets(await rig.pull('T', 0)).suggestWhichBrokerId, '0');
  rig.config.slaveReadEnable = true;
  assert.equal(offsets(await rig.pull('T', 0)).suggestWhichBrokerId, '3');
});

test('reads from disk are answered when they are done, and do not hold others up', async (t) => {
  const rig = await start(t);
  for (const body of ['a', 'b']) await rig.send('T', body);
  rig.store.cold = true;
  const asked = rig.ask(RequestCode.PULL_MESSAGE, pullFields('T', 0));
  await rig.clock.advance(50);
  rig.store.cold = false;
  assert.deepEqual(bodies(await rig.pull('T', 1)), ['b']);
  rig.store.finishReads();
  assert.deepEqual(bodies(await rig.run(asked)), ['a', 'b']);
  const counters = rig.groups.get('CG1')!.counters.get('T')!;
  assert.equal(counters.getFromDiskNums, 2);
  assert.ok(counters.getLatencyMs >= 50);
});

test('a one-way pull is ignored', async (t) => {
  const rig = await start(t);
  await rig.run(
    rig.client.oneway('10.0.0.1:10911', { code: RequestCode.PULL_MESSAGE, ext: pullFields('T', 0) }),
  );
  await rig.clock.settle();
  assert.equal((await rig.call(RequestCode.SEND_MESSAGE_V2, sendFields('T'), Buffer.from('x'))).code, 0);
});
