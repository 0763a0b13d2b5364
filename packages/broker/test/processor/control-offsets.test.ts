/** Request codes 14, 15, 222, 303, 308, 314: what groups have consumed. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  decodeQueryConsumeTimeSpanBody,
  decodeQueryCorrectionOffsetBody,
  decodeResetOffsetBody,
  decodeResetOffsetBodyForC,
  LanguageCode,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { newTopicConfig } from '../../src/topic/built-in-topics.ts';
import { ControlRig } from '../rig/control-rig.ts';

async function rigFor(t: TestContext): Promise<ControlRig> {
  const rig = await ControlRig.start();
  t.after(() => rig.stop());
  rig.parts.control.topics.update(newTopicConfig('T', { readQueueNums: 2, writeQueueNums: 2 }));
  return rig;
}

const queue = { topic: 'T', queueId: 0, consumerGroup: 'G' };

test('14: a stored offset, 0 for what is still recent, not found for what is not', async (t) => {
  const rig = await rigFor(t);
  rig.fill('T', 0, 5);
  assert.equal((await rig.call(RequestCode.QUERY_CONSUMER_OFFSET, queue)).ext.get('offset'), '0');
  rig.store.onDisk = true;
  const old = await rig.call(RequestCode.QUERY_CONSUMER_OFFSET, queue);
  assert.equal(old.code, ResponseCode.QUERY_NOT_FOUND);
  rig.store.onDisk = false;
  rig.store.expire('T', 0, 2);
  assert.equal((await rig.call(RequestCode.QUERY_CONSUMER_OFFSET, queue)).code, ResponseCode.QUERY_NOT_FOUND);
  await rig.call(RequestCode.UPDATE_CONSUMER_OFFSET, { ...queue, commitOffset: 3 });
  assert.equal((await rig.call(RequestCode.QUERY_CONSUMER_OFFSET, queue)).ext.get('offset'), '3');
});

test('15: what cannot be an offset is refused', async (t) => {
  const rig = await rigFor(t);
  const wrong: [Record<string, string | number>, RegExp][] = [
    [{ commitOffset: -1 }, /negative/],
    [{ queueId: 1_000_000 }, /queueId 1000000/],
    [{ topic: '../x' }, /illegal/],
    [{ consumerGroup: 'a@b' }, /illegal/],
    [{ commitOffset: '9223372036854775807' }, /commitOffset/],
  ];
  for (const [fields, reason] of wrong) {
    const answer = await rig.call(RequestCode.UPDATE_CONSUMER_OFFSET, {
      ...queue,
      commitOffset: 1,
      ...fields,
    });
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR);
    assert.match(answer.remark ?? '', reason);
  }
});

test('222: refusals', async (t) => {
  const rig = await rigFor(t);
  const ask = { topic: 'T', group: 'G', timestamp: -1, isForce: true };
  const unknown = await rig.call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, { ...ask, topic: 'U' });
  assert.match(unknown.remark ?? '', /no topic in this broker. topic=U/);
  const never = await rig.call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, ask);
  assert.equal(never.remark, 'THe consumer group <G> not exist');
  for (const queueId of [0, 1]) rig.parts.control.offsets.commit('G', 'T', queueId, 0, 'c');
  const offline = await rig.call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, ask);
  assert.equal(offline.code, ResponseCode.CONSUMER_NOT_ONLINE);
});

test('222: without force an offset only goes back; a C++ client gets a list', async (t) => {
  const rig = await rigFor(t);
  rig.fill('T', 0, 10);
  rig.fill('T', 1, 10);
  rig.parts.control.offsets.commit('G', 'T', 0, 4, 'c');
  rig.parts.control.offsets.commit('G', 'T', 1, 10, 'c');
  const client = rig.newClient(LanguageCode.CPP);
  const bodies: Buffer[] = [];
  client.handle(RequestCode.RESET_CONSUMER_CLIENT_OFFSET, (request) => {
    bodies.push(request.body);
    return undefined;
  });
  await rig.beat('c', [{ group: 'G', topics: { T: '*' } }], [], client);
  const ask = { topic: 'T', group: 'G', timestamp: rig.clock.now() - 5_000, isForce: false };
  const answer = await rig.call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, ask);
  await rig.clock.advance(10);
  const offsets = (table: Iterable<readonly [{ queueId: number }, number]>) =>
    Object.fromEntries(Array.from(table, ([one, offset]) => [one.queueId, offset]));
  assert.deepEqual(offsets(decodeResetOffsetBody(answer.body!).offsetTable), { 0: 4, 1: 5 });
  const list = decodeResetOffsetBodyForC(bodies[0]!).offsetTable;
  assert.deepEqual(offsets(list.map((one) => [one, one.offset] as const)), { 0: 4, 1: 5 });
});

test('303: times of what is there and of what was reached', async (t) => {
  const rig = await rigFor(t);
  rig.fill('T', 0, 10);
  rig.parts.control.offsets.commit('G', 'T', 0, 4, 'c');
  const answer = await rig.call(RequestCode.QUERY_CONSUME_TIME_SPAN, { topic: 'T', group: 'G' });
  const [first, second] = decodeQueryConsumeTimeSpanBody(answer.body!).consumeTimeSpanSet;
  const now = rig.clock.now();
  assert.equal(Math.round((now - first!.minTimeStamp) / 1000), 10);
  assert.equal(Math.round((now - first!.consumeTimeStamp) / 1000), 7);
  assert.equal(Math.round(first!.delayTime / 1000), 6);
  assert.match(first!.maxTimeStampStr ?? '', /^\d{4}-\d\d-\d\d#\d\d:\d\d:\d\d:\d{3}$/);
  assert.equal(second!.delayTime, 0);
  const unknown = await rig.call(RequestCode.QUERY_CONSUME_TIME_SPAN, { topic: 'U', group: 'G' });
  assert.equal(unknown.code, ResponseCode.TOPIC_NOT_EXIST);
});

test('308: the lowest offset of all groups but some, and none lost by asking', async (t) => {
  const rig = await rigFor(t);
  const { offsets } = rig.parts.control;
  offsets.commit('G', 'T', 0, 7, 'c');
  offsets.commit('H', 'T', 0, 5, 'c');
  offsets.commit('Slow', 'T', 0, 1, 'c');
  const ask = { topic: 'T', compareGroup: 'Other', filterGroups: 'Slow' };
  const answer = await rig.call(RequestCode.QUERY_CORRECTION_OFFSET, ask);
  assert.deepEqual([...decodeQueryCorrectionOffsetBody(answer.body!).correctionOffsets], [[0, 5]]);
  assert.equal(offsets.query('Slow', 'T', 0), 1);
  const behind = await rig.call(RequestCode.QUERY_CORRECTION_OFFSET, { ...ask, compareGroup: 'Slow' });
  assert.match(behind.body!.toString(), /\{0:9223372036854775807\}/);
});

test('314: one topic, or all of them, when none is named', async (t) => {
  const rig = await rigFor(t);
  const { offsets, topics } = rig.parts.control;
  topics.update(newTopicConfig('U'));
  offsets.commit('G', 'T', 0, 7, 'c');
  offsets.commit('G', 'U', 1, 8, 'c');
  offsets.commit('G', 'Gone', 1, 8, 'c');
  const ask = { srcGroup: 'G', destGroup: 'H', offline: true };
  await rig.call(RequestCode.CLONE_GROUP_OFFSET, { ...ask, topic: 'T' });
  assert.deepEqual(offsets.topicsOfGroup('H'), ['T']);
  await rig.call(RequestCode.CLONE_GROUP_OFFSET, ask);
  assert.deepEqual(offsets.topicsOfGroup('H').sort(), ['T', 'U']);
  assert.equal((await rig.call(RequestCode.CLONE_GROUP_OFFSET, { ...ask, destGroup: '../x' })).code, 1);
});
