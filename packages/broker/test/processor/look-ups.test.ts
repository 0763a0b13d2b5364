import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { decodeRecord, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { BrokerRig } from '../rig/broker-rig.ts';

async function start(t: TestContext): Promise<BrokerRig> {
  const rig = await BrokerRig.start();
  t.after(() => rig.stop());
  rig.addTopic('T');
  return rig;
}

test('the ends of a queue', async (t) => {
  const rig = await start(t);
  for (const code of [RequestCode.GET_MAX_OFFSET, RequestCode.GET_MIN_OFFSET]) {
    const unknown = await rig.call(code, { topic: 'No', queueId: 0 });
    assert.deepEqual([unknown.code, unknown.ext.get('offset')], [0, '0']);
  }
  for (let i = 0; i < 5; i++) await rig.send('T', 'x');
  rig.store.expire('T', 1, 2);
  const queue = { topic: 'T', queueId: 1 };
  assert.equal((await rig.call(RequestCode.GET_MAX_OFFSET, queue)).ext.get('offset'), '5');
  assert.equal((await rig.call(RequestCode.GET_MIN_OFFSET, queue)).ext.get('offset'), '2');
});

test('offsets and times', async (t) => {
  const rig = await start(t);
  const queue = { topic: 'T', queueId: 1 };
  const nothing = await rig.call(RequestCode.GET_EARLIEST_MSG_STORETIME, queue);
  assert.equal(nothing.ext.get('timestamp'), '-1');
  const began = rig.clock.now();
  for (let i = 0; i < 3; i++) {
    await rig.send('T', 'x');
    await rig.clock.advance(1000);
  }
  const first = await rig.call(RequestCode.GET_EARLIEST_MSG_STORETIME, queue);
  assert.equal(first.ext.get('timestamp'), `${began}`);
  const search = await rig.call(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, {
    ...queue,
    timestamp: began + 1000,
  });
  assert.equal(search.ext.get('offset'), '1');
});

test('a message by its physical offset', async (t) => {
  const rig = await start(t);
  await rig.send('T', 'hello');
  const found = await rig.call(RequestCode.VIEW_MESSAGE_BY_ID, { offset: 0 });
  assert.equal(found.code, 0);
  assert.equal(decodeRecord(found.body!, 0).body.toString(), 'hello');
  for (const offset of [1, -1, 99999]) {
    const missing = await rig.call(RequestCode.VIEW_MESSAGE_BY_ID, { offset });
    assert.equal(missing.code, ResponseCode.SYSTEM_ERROR);
    assert.equal(missing.remark, `can not find message by the offset, ${offset}`);
  }
});

test('fields that are missing or wrong are named', async (t) => {
  const rig = await start(t);
  for (const [code, ext, field] of [
    [RequestCode.GET_MAX_OFFSET, { topic: 'T' }, 'queueId'],
    [RequestCode.GET_MIN_OFFSET, { queueId: 1 }, 'topic'],
    [RequestCode.GET_EARLIEST_MSG_STORETIME, { topic: 'T', queueId: 'x' }, 'queueId'],
    [RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, { topic: 'T', queueId: 1 }, 'timestamp'],
    [RequestCode.VIEW_MESSAGE_BY_ID, {}, 'offset'],
    [RequestCode.CONSUMER_SEND_MSG_BACK, { offset: 0 }, 'group'],
  ] as const) {
    const answer = await rig.call(code, ext);
    assert.equal(answer.code, ResponseCode.SYSTEM_ERROR);
    assert.match(answer.remark!, new RegExp(`\\(${code}\\).*"${field}"`));
  }
});
