/** Request codes 34, 35, 38, 223, 307, 309: clients, and what is asked of them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  createOffsetMsgId,
  decodeGetConsumerStatusBody,
  encodeGetConsumerStatusBody,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { ControlRig } from '../rig/control-rig.ts';

async function rigFor(t: TestContext, settings: Record<string, string> = {}): Promise<ControlRig> {
  const rig = await ControlRig.start(settings);
  t.after(() => rig.stop());
  return rig;
}

const group = { group: 'G', topics: { T: '*' } };

test('a heartbeat makes the retry topic, and the group when that is allowed', async (t) => {
  const rig = await rigFor(t);
  assert.equal((await rig.beat('c', [group])).code, 0);
  assert.equal(rig.parts.control.topics.find('%RETRY%G')?.config.writeQueueNums, 1);
  const strict = await rigFor(t, { autoCreateSubscriptionGroup: 'false' });
  assert.equal((await strict.beat('c', [group])).code, 0);
  assert.equal(strict.parts.control.topics.find('%RETRY%G'), undefined);
  assert.ok(strict.parts.control.consumers.find('G'));
});

test('a group with an impossible name is named, the others of the heartbeat count', async (t) => {
  const rig = await rigFor(t);
  const answer = await rig.beat('c', [{ group: '../../x', topics: { T: '*' } }, group], ['P']);
  assert.equal(answer.code, ResponseCode.SYSTEM_ERROR);
  assert.match(answer.remark ?? '', /"\.\.\/\.\.\/x"/);
  assert.ok(rig.parts.control.consumers.find('G'));
  assert.ok(rig.parts.control.producers.members('P'));
  assert.equal(rig.parts.control.consumers.find('../../x'), undefined);
});

test('a group whose retry topic would be too long works without', async (t) => {
  const rig = await rigFor(t);
  const long = 'g'.repeat(125);
  assert.equal((await rig.beat('c', [{ group: long, topics: { T: '*' } }])).code, 0);
  assert.ok(rig.parts.control.consumers.find(long));
});

test('a heartbeat with too many groups, without a client, or that is no heartbeat is refused', async (t) => {
  const rig = await rigFor(t, { maxGroupsPerHeartbeat: '1' });
  assert.match((await rig.beat('c', [group], ['P'])).remark ?? '', /maxGroupsPerHeartbeat allows 1/);
  assert.match((await rig.beat('', [group])).remark ?? '', /no clientID/);
  const broken = await rig.call(RequestCode.HEART_BEAT, {}, Buffer.from('{"clientID":'));
  assert.equal(broken.code, ResponseCode.SYSTEM_ERROR);
  assert.equal((await rig.call(RequestCode.HEART_BEAT)).code, ResponseCode.SYSTEM_ERROR);
});

test('members are told when another comes and goes', async (t) => {
  const rig = await rigFor(t);
  const told: string[] = [];
  const [a, b] = [rig.newClient(), rig.newClient()];
  a.handle(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, (request) => {
    told.push(request.ext.get('consumerGroup')!);
    return undefined;
  });
  await rig.beat('a', [group], [], a);
  await rig.beat('b', [group], [], b);
  await rig.clock.advance(10);
  assert.deepEqual(told, ['G', 'G']);
  await rig.clock.run(b.close(0));
  await rig.clock.advance(10);
  assert.deepEqual(told, ['G', 'G', 'G']);
  await rig.call(RequestCode.UNREGISTER_CLIENT, { clientID: 'a', consumerGroup: 'G' }, undefined, a);
  const list = await rig.call(RequestCode.GET_CONSUMER_LIST_BY_GROUP, { consumerGroup: 'G' });
  assert.equal(list.code, ResponseCode.SYSTEM_ERROR);
  assert.equal(list.remark, 'no consumer for this group, G');
});

test('223: the status of every member, or of one', async (t) => {
  const rig = await rigFor(t);
  const ask = { topic: 'T', group: 'G' };
  const nobody = await rig.call(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, ask);
  assert.equal(nobody.remark, 'No Any Consumer online in the consumer group: [G]');
  for (const name of ['a', 'b']) {
    const client = rig.newClient();
    client.handle(RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, (request) => {
      assert.equal(request.ext.get('topic'), 'T');
      const queue = { topic: 'T', brokerName: 'broker-x', queueId: 0 };
      return {
        code: 0,
        body: encodeGetConsumerStatusBody({
          messageQueueTable: new Map([[queue, 7]]),
          consumerTable: new Map(),
        }),
      };
    });
    await rig.beat(name, [group], [], client);
  }
  const all = await rig.call(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, ask);
  const { consumerTable } = decodeGetConsumerStatusBody(all.body!);
  assert.deepEqual([...consumerTable.keys()].sort(), ['a', 'b']);
  assert.deepEqual([...consumerTable.get('a')!.values()], [7]);
  const one = await rig.call(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, { ...ask, clientAddr: 'b' });
  assert.deepEqual([...decodeGetConsumerStatusBody(one.body!).consumerTable.keys()], ['b']);
});

test('307: a consumer that is not there, or does not answer', async (t) => {
  const rig = await rigFor(t);
  const ask = { consumerGroup: 'G', clientId: 'c', jstackEnable: false };
  const missing = await rig.call(RequestCode.GET_CONSUMER_RUNNING_INFO, ask);
  assert.equal(missing.remark, 'The Consumer <G> <c> not online');
  const client = rig.newClient();
  client.handle(RequestCode.GET_CONSUMER_RUNNING_INFO, () => new Promise(() => {}));
  await rig.beat('c', [group], [], client);
  const silent = await rig.call(RequestCode.GET_CONSUMER_RUNNING_INFO, ask);
  assert.equal(silent.code, ResponseCode.CONSUME_MSG_TIMEOUT);
  assert.match(silent.remark ?? '', /consumer <G> <c> Timeout/);
});

test('309: a stored message is handed to a consumer, with the name of the broker', async (t) => {
  const rig = await rigFor(t);
  const record = Buffer.from('a record');
  rig.store.messageByOffset = async (offset) => (offset === 300 ? record : undefined);
  const client = rig.newClient();
  client.handle(RequestCode.CONSUME_MESSAGE_DIRECTLY, (request) => {
    assert.equal(request.ext.get('brokerName'), 'broker-x');
    assert.deepEqual(request.body, record);
    return { code: 0, body: Buffer.from('{"consumeResult":"CR_SUCCESS"}') };
  });
  await rig.beat('c', [group], [], client);
  const ask = { consumerGroup: 'G', clientId: 'c', msgId: createOffsetMsgId('127.0.0.1', 10911, 300) };
  const answer = await rig.call(RequestCode.CONSUME_MESSAGE_DIRECTLY, ask);
  assert.equal(answer.body?.toString(), '{"consumeResult":"CR_SUCCESS"}');
  const unknown = { ...ask, msgId: createOffsetMsgId('127.0.0.1', 10911, 5) };
  assert.match(
    (await rig.call(RequestCode.CONSUME_MESSAGE_DIRECTLY, unknown)).remark ?? '',
    /can not find message/,
  );
  assert.equal((await rig.call(RequestCode.CONSUME_MESSAGE_DIRECTLY, { ...ask, msgId: 'xyz' })).code, 1);
});

test('301: an old filter server is told who it talks to', async (t) => {
  const rig = await rigFor(t);
  const answer = await rig.call(RequestCode.REGISTER_FILTER_SERVER, { filterServerAddr: 'x:1' });
  assert.deepEqual(Object.fromEntries(answer.ext), { brokerName: 'broker-x', brokerId: '0' });
});
