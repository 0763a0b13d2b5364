import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createOffsetMsgId, type RemotingCommand, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { AppendStatus } from '@rocketmq-ts/store';
import { BrokerRig, STORE_HOST } from '../rig/broker-rig.ts';

async function start(t: TestContext): Promise<BrokerRig> {
  const rig = await BrokerRig.start();
  t.after(() => rig.stop());
  rig.addTopic('T');
  rig.addGroup('G');
  return rig;
}

function sendBack(
  rig: BrokerRig,
  offset: number,
  given: Record<string, string> = {},
): Promise<RemotingCommand> {
  return rig.call(RequestCode.CONSUMER_SEND_MSG_BACK, {
    offset,
    group: 'G',
    delayLevel: '0',
    originMsgId: 'C0000202',
    originTopic: 'T',
    unitMode: 'false',
    maxReconsumeTimes: '16',
    ...given,
  });
}

test('a message sent back comes again after a while', async (t) => {
  const rig = await start(t);
  await rig.send('T', 'x');
  const answer = await sendBack(rig, 0);
  assert.deepEqual([answer.code, answer.remark], [0, undefined]);
  const copy = rig.store.appended[1]!;
  assert.equal(copy.topic, 'SCHEDULE_TOPIC_XXXX');
  assert.equal(copy.queueId, 2);
  assert.equal(copy.tagsCode, rig.clock.now() + 10_000);
  const { properties } = copy;
  assert.equal(properties.get('REAL_TOPIC'), '%RETRY%G');
  assert.equal(properties.get('RETRY_TOPIC'), 'T');
  assert.equal(properties.get('ORIGIN_MESSAGE_ID'), createOffsetMsgId(STORE_HOST.ip, STORE_HOST.port, 0));
  assert.equal(properties.get('DELAY'), '3');
  assert.equal(properties.get('WAIT'), 'false');
  assert.equal(properties.get('TAGS'), 'TagA');
  assert.equal(rig.topics.get('%RETRY%G')!.config.perm, 6);
  assert.equal(rig.groups.get('G')!.counters.get('T')!.sendBackNums, 1);
});

test('with SYNC_FLUSH the answer waits for the disk: the consumer lets go of the message then', async (t) => {
  const rig = await BrokerRig.start({ config: { flushDiskType: 'SYNC_FLUSH' } });
  t.after(() => rig.stop());
  rig.addTopic('T');
  rig.addGroup('G');
  const sending = rig.send('T', 'x');
  await rig.clock.advance(100);
  rig.store.sync();
  await sending;
  let answered = false;
  const answer = sendBack(rig, 0).then((response) => {
    answered = true;
    return response.code;
  });
  await rig.clock.advance(100);
  assert.equal(rig.store.appended.length, 2);
  assert.equal(answered, false);
  rig.store.sync();
  assert.equal(await answer, ResponseCode.SUCCESS);
});

test('later copies keep where it all began, and wait longer', async (t) => {
  const rig = await start(t);
  const properties =
    'RETRY_TOPIC\x01Origin\x02ORIGIN_MESSAGE_ID\x01FIRST\x02REAL_TOPIC\x01%RETRY%G\x02REAL_QID\x010\x02DELAY\x013\x02';
  rig.addTopic('%RETRY%G', { readQueueNums: 1, writeQueueNums: 1 });
  await rig.send('%RETRY%G', 'x', { e: '0', j: '1', l: '16', i: properties.replace('DELAY\x013\x02', '') });
  await sendBack(rig, 0);
  const copy = rig.store.appended[1]!;
  assert.equal(copy.properties.get('RETRY_TOPIC'), 'Origin');
  assert.equal(copy.properties.get('ORIGIN_MESSAGE_ID'), 'FIRST');
  assert.equal(copy.properties.get('DELAY'), '4');
  assert.equal(copy.queueId, 3);
  assert.equal(rig.groups.get('G')!.counters.get('Origin')!.sendBackNums, 1);
  await sendBack(rig, 0, { delayLevel: '7' });
  assert.equal(rig.store.appended[2]!.queueId, 6);
});

test('the last try, and a negative level, make a dead letter', async (t) => {
  const rig = await start(t);
  await rig.send('T', 'x', { j: '16' });
  assert.equal((await sendBack(rig, 0)).code, 0);
  const dead = rig.store.appended[1]!;
  assert.equal(dead.topic, '%DLQ%G');
  assert.equal(dead.properties.has('DELAY'), false);
  assert.equal(rig.topics.get('%DLQ%G')!.config.perm, 2);
  assert.equal(rig.topics.get('%DLQ%G')!.config.writeQueueNums, 1);
  await rig.send('T', 'y');
  await sendBack(rig, 0, { delayLevel: '-1' });
  assert.equal(rig.store.appended[3]!.topic, '%DLQ%G');
});

test('the number of tries is the client’s word, or else the group’s', async (t) => {
  const rig = await start(t);
  rig.groups.get('G')!.config.retryMaxTimes = 1;
  await rig.send('T', 'x', { j: '1' });
  await sendBack(rig, 0, { maxReconsumeTimes: '2' });
  assert.equal(rig.store.appended[1]!.properties.get('REAL_TOPIC'), '%RETRY%G');
  const unsaid = await rig.call(RequestCode.CONSUMER_SEND_MSG_BACK, { offset: 0, group: 'G', delayLevel: 0 });
  assert.equal(unsaid.code, 0);
  assert.equal(rig.store.appended[2]!.topic, '%DLQ%G');
});

test('refusals', async (t) => {
  const rig = await start(t);
  await rig.send('T', 'x');
  const expectRefusal = async (
    code: number,
    remark: RegExp,
    given: Record<string, string> = {},
  ): Promise<void> => {
    const answer = await sendBack(rig, given.offset === undefined ? 0 : Number(given.offset), given);
    assert.equal(answer.code, code, answer.remark);
    assert.match(answer.remark!, remark);
  };
  await expectRefusal(ResponseCode.SYSTEM_ERROR, /^look message by offset failed, 77$/, { offset: '77' });
  rig.store.nextStatus = AppendStatus.SERVICE_NOT_AVAILABLE;
  await expectRefusal(ResponseCode.SERVICE_NOT_AVAILABLE, /service not available now/);
  rig.store.nextStatus = AppendStatus.PUT_OK;
  rig.store.failNextWrite = true;
  await expectRefusal(ResponseCode.SYSTEM_ERROR, /the message sent back was not stored safely/);
  rig.topics.get('%RETRY%G')!.config.perm = 4;
  await expectRefusal(ResponseCode.NO_PERMISSION, /^the topic\[%RETRY%G\] sending message is forbidden$/);
  rig.groups.get('G')!.config.retryQueueNums = 0;
  assert.equal((await sendBack(rig, 0)).code, 0);
  rig.config.brokerPermission = 4;
  await expectRefusal(
    ResponseCode.NO_PERMISSION,
    /^the broker\[127\.0\.0\.1\] sending message is forbidden$/,
  );
  rig.autoCreateGroups = false;
  await expectRefusal(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, /^subscription group not exist, None /, {
    group: 'None',
  });
});
