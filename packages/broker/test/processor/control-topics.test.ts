/** Request codes 17, 215, 305, 316, 202, 321: topics and their queues. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  decodeQueryConsumeQueueResponseBody,
  decodeTopicList,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { ControlRig } from '../rig/control-rig.ts';

const topic = {
  topic: 'T',
  defaultTopic: 'TBW102',
  readQueueNums: 2,
  writeQueueNums: 2,
  perm: 6,
  topicFilterType: 'SINGLE_TAG',
  topicSysFlag: 0,
  order: false,
};

async function rigFor(t: TestContext, settings: Record<string, string> = {}): Promise<ControlRig> {
  const rig = await ControlRig.start(settings);
  t.after(() => rig.stop());
  return rig;
}

test('a topic is in its file when the answer comes', async (t) => {
  const rig = await rigFor(t);
  assert.equal((await rig.call(RequestCode.UPDATE_AND_CREATE_TOPIC, topic)).code, 0);
  const file = JSON.parse(readFileSync(join(rig.folder, 'config/topics.json'), 'utf8'));
  assert.equal(file.topicConfigTable.T.writeQueueNums, 2);
  assert.equal(file.dataVersion.counter, 1);
});

test('what cannot be a topic is refused with the reason', async (t) => {
  const rig = await rigFor(t);
  const refused: [Record<string, string | number>, RegExp][] = [
    [{ topic: '../../../x' }, /illegal characters/],
    [{ topic: 'x'.repeat(128) }, /128 characters/],
    [{ topic: 'DefaultCluster' }, /conflict with system reserved words/],
    [{ readQueueNums: -1 }, /readQueueNums=-1/],
    [{ writeQueueNums: 70_000 }, /writeQueueNums=70000/],
    [{ perm: 99 }, /perm=99/],
    [{ topicFilterType: 'OTHER' }, /SINGLE_TAG or MULTI_TAG/],
    [{ perm: 'six' }, /"perm" must be a 32-bit integer/],
  ];
  for (const [wrong, reason] of refused) {
    const answer = await rig.call(RequestCode.UPDATE_AND_CREATE_TOPIC, { ...topic, ...wrong });
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR);
    assert.match(answer.remark ?? '', reason);
  }
  const { topic: _, ...nameless } = topic;
  const answer = await rig.call(RequestCode.UPDATE_AND_CREATE_TOPIC, nameless);
  assert.match(answer.remark ?? '', /header field "topic" is missing/);
});

test('a deleted topic takes its queues and offsets with it, and can be made again', async (t) => {
  const rig = await rigFor(t);
  await rig.call(RequestCode.UPDATE_AND_CREATE_TOPIC, topic);
  const { offsets, topics } = rig.parts.control;
  offsets.commit('G', 'T', 0, 5, 'c');
  const before = topics.find('T')!;
  assert.equal((await rig.call(RequestCode.DELETE_TOPIC_IN_BROKER, { topic: 'T' })).code, 0);
  assert.deepEqual(rig.store.calls, ['deleteTopic T']);
  assert.equal(offsets.query('G', 'T', 0), -1);
  assert.equal(before.deleted, true);
  await rig.call(RequestCode.UPDATE_AND_CREATE_TOPIC, topic);
  assert.notEqual(topics.find('T'), before);
  assert.equal((await rig.call(RequestCode.DELETE_TOPIC_IN_BROKER, { topic: 'NeverThere' })).code, 0);
});

test('topics that hold messages on their way are not deleted', async (t) => {
  const rig = await rigFor(t);
  for (const name of ['SCHEDULE_TOPIC_XXXX', 'RMQ_SYS_TRANS_HALF_TOPIC']) {
    const answer = await rig.call(RequestCode.DELETE_TOPIC_IN_BROKER, { topic: name });
    assert.match(answer.remark ?? '', /cannot be deleted/);
  }
  assert.deepEqual(rig.store.calls, []);
});

test('clean-up of unused topics drops their offsets', async (t) => {
  const rig = await rigFor(t);
  rig.store.unused = ['Old'];
  rig.parts.control.offsets.commit('G', 'Old', 0, 5, 'c');
  await rig.call(RequestCode.CLEAN_UNUSED_TOPIC);
  assert.equal(rig.parts.control.offsets.query('G', 'Old', 0), -1);
});

test('system topics are listed', async (t) => {
  const rig = await rigFor(t);
  const answer = await rig.call(RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER);
  assert.ok(decodeTopicList(answer.body!).topicList.includes('TBW102'));
});

test('the queue of a topic is told unit by unit, unlike 4.4.0', async (t) => {
  const rig = await rigFor(t);
  rig.fill('T', 0, 3, 'TagA');
  const queue = rig.store.queue('T', 0) as unknown as {
    unitAt: unknown;
    records: { physicalOffset: number }[];
  };
  queue.unitAt = (offset: number) => ({ physicalOffset: queue.records[offset]!.physicalOffset, size: 100 });
  rig.store.messageByOffset = async (at) =>
    (queue.records as unknown as { physicalOffset: number; bytes: Buffer }[]).find(
      (one) => one.physicalOffset === at,
    )?.bytes;
  const ask = { topic: 'T', queueId: 0, index: 1, count: 5 };
  const body = decodeQueryConsumeQueueResponseBody(
    (await rig.call(RequestCode.QUERY_CONSUME_QUEUE, ask)).body!,
  );
  assert.equal(body.maxQueueIndex, 3);
  assert.deepEqual(
    body.queueData?.map((unit) => [unit.physicOffset, unit.physicSize, unit.tagsCode, unit.eval]),
    [
      [1000, 100, 2598919, true],
      [2000, 100, 2598919, true],
    ],
  );
  const none = await rig.call(RequestCode.QUERY_CONSUME_QUEUE, { ...ask, queueId: 9 });
  assert.equal(none.remark, '9@T is not exist!');
  const past = await rig.call(RequestCode.QUERY_CONSUME_QUEUE, { ...ask, index: 3 });
  assert.equal(past.remark, 'Index 3 of 0@T is not exist!');
  const offline = await rig.call(RequestCode.QUERY_CONSUME_QUEUE, { ...ask, consumerGroup: 'G' });
  assert.equal(decodeQueryConsumeQueueResponseBody(offline.body!).filterData, 'G@T is not online!');
  await rig.beat('c', [{ group: 'G', topics: { T: 'TagB' } }]);
  const online = await rig.call(RequestCode.QUERY_CONSUME_QUEUE, { ...ask, consumerGroup: 'G' });
  const told = decodeQueryConsumeQueueResponseBody(online.body!);
  assert.equal(told.subscriptionData?.subString, 'TagB');
  assert.equal(told.queueData?.[0]?.eval, false);
});
