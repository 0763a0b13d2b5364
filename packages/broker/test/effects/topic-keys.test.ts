/** Keys of topics, groups, permissions and clients, seen in the answers of whole brokers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildSubscriptionData,
  decodeLockBatchResponseBody,
  decodeTopicConfigSerializeWrapper,
  encodeHeartbeatData,
  encodeLockBatchRequestBody,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { RemotingServer } from '@rocketmq-ts/remoting';
import { type SimBroker, SimWorld } from '../rig/sim-broker.ts';

const { SUCCESS, NO_PERMISSION, TOPIC_NOT_EXIST } = ResponseCode;

async function topicsOf(broker: SimBroker) {
  const { body } = await broker.call(RequestCode.GET_ALL_TOPIC_CONFIG);
  return decodeTopicConfigSerializeWrapper(body!).topicConfigTable;
}

function heartbeat(group: string): Buffer {
  return encodeHeartbeatData({
    clientID: 'c',
    producerDataSet: [],
    consumerDataSet: [
      {
        groupName: group,
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: 'CLUSTERING',
        consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
        unitMode: false,
        subscriptionDataSet: [buildSubscriptionData('T', '*', 1)],
      },
    ],
  });
}

test('clusterTopicEnable, brokerTopicEnable, brokerClusterName, brokerName: the topics of these names', async () => {
  const world = new SimWorld();
  let broker = await world.broker({ brokerClusterName: 'Town', brokerName: 'House' });
  assert.equal((await broker.send('Town')).code, SUCCESS);
  assert.equal((await broker.send('House')).code, SUCCESS);
  await broker.stop();
  broker = await world.broker({
    ...{ brokerClusterName: 'Town', brokerName: 'House' },
    ...{ clusterTopicEnable: false, brokerTopicEnable: false },
  });
  // Producers keep to what the route says; 4.4.0's broker does not check it for sends either.
  for (const topic of ['Town', 'House']) {
    assert.equal((await topicsOf(broker)).get(topic)?.perm, 1);
    assert.equal((await broker.pull(topic, 0)).code, NO_PERMISSION);
  }
  await broker.stop();
});

test('traceTopicEnable, msgTraceTopicName: the topic for traces', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ traceTopicEnable: true, msgTraceTopicName: 'Traces' });
  const topics = await topicsOf(broker);
  assert.equal(topics.get('Traces')?.writeQueueNums, 1);
  assert.equal(topics.has('RMQ_SYS_TRACE_TOPIC'), false);
  await broker.stop();
});

test('autoCreateTopicEnable, live; defaultTopicQueueNums: what a send to an unknown topic makes', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ defaultTopicQueueNums: 3 });
  assert.equal((await broker.send('Made', 'x', { d: '16' })).code, SUCCESS);
  assert.equal((await topicsOf(broker)).get('Made')?.writeQueueNums, 3);
  await broker.change('autoCreateTopicEnable', false);
  assert.equal((await broker.send('Other')).code, TOPIC_NOT_EXIST);
  await broker.stop();
});

test('autoCreateSubscriptionGroup, live: whether a pull of an unknown group is served', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  await broker.send('T');
  assert.equal((await broker.pull('T', 0)).code, SUCCESS);
  await broker.change('autoCreateSubscriptionGroup', false);
  const answer = await broker.pull('T', 0, { consumerGroup: 'Unknown' });
  assert.equal(answer.code, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST);
  await broker.stop();
});

test('brokerPermission, live: 2 is write only, 4 is read only', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  await broker.send('T');
  await broker.change('brokerPermission', 2);
  assert.equal((await broker.pull('T', 0)).code, NO_PERMISSION);
  await broker.change('brokerPermission', 6);
  assert.equal((await broker.pull('T', 0)).code, SUCCESS);
  await broker.stop();
});

test('rejectTransactionMessage, startAcceptSendRequestTimeStamp, maxMessageSize, live: sends that are refused', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  const half = { i: 'TRAN_MSG\u0001true\u0002PGROUP\u0001P\u0002', f: '4' };
  assert.equal((await broker.send('T', 'x', half)).code, SUCCESS);
  await broker.change('rejectTransactionMessage', true);
  assert.equal((await broker.send('T', 'x', half)).code, NO_PERMISSION);
  await broker.change('maxMessageSize', 2_000);
  assert.equal((await broker.send('T', Buffer.alloc(3_000))).code, ResponseCode.MESSAGE_ILLEGAL);
  await broker.change('startAcceptSendRequestTimeStamp', world.clock.now() + 10_000);
  assert.match((await broker.send('T')).remark ?? '', /unable to service/);
  await world.clock.advance(10_000);
  assert.equal((await broker.send('T')).code, SUCCESS);
  await broker.stop();
});

test('regionId, traceOn, live: told to producers', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ regionId: 'North' });
  const before = (await broker.send('T')).ext;
  assert.deepEqual([before.get('MSG_REGION'), before.get('TRACE_ON')], ['North', 'true']);
  await broker.change('regionId', 'South');
  await broker.change('traceOn', false);
  const after = (await broker.send('T')).ext;
  assert.deepEqual([after.get('MSG_REGION'), after.get('TRACE_ON')], ['South', 'false']);
  await broker.stop();
});

test('messageDelayLevel: how long a level waits', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ messageDelayLevel: '30s 2m' });
  await broker.send('T', 'x', { i: 'DELAY\u00012\u0002' });
  const delivered = async (): Promise<string> =>
    (await broker.call(RequestCode.GET_MAX_OFFSET, { topic: 'T', queueId: 0 })).ext.get('offset') ?? '';
  await world.clock.advance(119_000);
  assert.equal(await delivered(), '0');
  await world.clock.advance(2_000);
  assert.equal(await delivered(), '1');
  await broker.stop();
});

test('maxTopicNums, maxSubscriptionGroupNums, maxConsumerOffsetNums, maxGroupsPerHeartbeat, live: bounds of tables', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  await broker.send('T');
  await broker.change('maxTopicNums', (await topicsOf(broker)).size);
  assert.equal((await broker.send('OneMore')).code, TOPIC_NOT_EXIST);
  await broker.change('maxConsumerOffsetNums', 1);
  const commit = (consumerGroup: string) =>
    broker.call(RequestCode.UPDATE_CONSUMER_OFFSET, {
      consumerGroup,
      topic: 'T',
      queueId: 0,
      commitOffset: 0,
    });
  assert.equal((await commit('A')).code, SUCCESS);
  assert.match((await commit('B')).remark ?? '', /maxConsumerOffsetNums/);
  await broker.change('maxSubscriptionGroupNums', 1);
  assert.equal(
    (await broker.pull('T', 0, { consumerGroup: 'C' })).code,
    ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
  );
  await broker.change('maxGroupsPerHeartbeat', 1);
  const two = encodeHeartbeatData({
    clientID: 'c',
    producerDataSet: [{ groupName: 'P' }, { groupName: 'Q' }],
    consumerDataSet: [],
  });
  assert.match((await broker.call(RequestCode.HEART_BEAT, {}, two)).remark ?? '', /maxGroupsPerHeartbeat/);
  await broker.stop();
});

test('clientExpireMs, live: a client without a heartbeat is disconnected', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ clientExpireMs: 300_000 });
  await broker.call(RequestCode.HEART_BEAT, {}, heartbeat('G'));
  const list = async (): Promise<number> => {
    const ext = { consumerGroup: 'G' };
    return (await broker.call(RequestCode.GET_CONSUMER_CONNECTION_LIST, ext, undefined, observer)).code;
  };
  const observer = world.client();
  await world.clock.advance(90_000);
  assert.equal(await list(), SUCCESS);
  await broker.change('clientExpireMs', 30_000);
  await world.clock.advance(20_000);
  assert.equal(await list(), ResponseCode.CONSUMER_NOT_ONLINE);
  await world.clock.run(observer.close(0));
  await broker.stop();
});

test('rebalanceLockMaxLiveTimeMs, live: how long a queue stays locked', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  const lock = async (clientId: string): Promise<number> => {
    const mqSet = [{ topic: 'T', brokerName: 'broker-a', queueId: 0 }];
    const body = encodeLockBatchRequestBody({ consumerGroup: 'G', clientId, mqSet });
    const answer = await broker.call(RequestCode.LOCK_BATCH_MQ, {}, body);
    return decodeLockBatchResponseBody(answer.body!).lockOKMQSet.length;
  };
  assert.equal(await lock('a'), 1);
  await world.clock.advance(30_000);
  assert.equal(await lock('b'), 0);
  await broker.change('rebalanceLockMaxLiveTimeMs', 20_000);
  assert.equal(await lock('b'), 1);
  await broker.stop();
});

test('notifyConsumerIdsChangedEnable, live: whether members hear of others', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  let notices = 0;
  broker.client.handle(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, () => void notices++);
  await broker.call(RequestCode.HEART_BEAT, {}, heartbeat('G'));
  await world.clock.advance(10);
  assert.equal(notices, 1);
  await broker.change('notifyConsumerIdsChangedEnable', false);
  const other = world.client();
  await broker.call(RequestCode.HEART_BEAT, {}, heartbeat('G'), other);
  await world.clock.advance(10);
  assert.equal(notices, 1);
  await world.clock.run(other.close(0));
  await broker.stop();
});

test('namesrvAddr, registerNameServerPeriod, registerBrokerTimeoutMills, forceRegister, live: what a name server hears', async () => {
  const world = new SimWorld();
  const heard: number[] = [];
  const server = new RemotingServer({
    platform: world.platform('10.0.0.9'),
    host: '10.0.0.9',
    ports: [9876],
  });
  let silent = false;
  server.handle(RequestCode.REGISTER_BROKER, () => {
    heard.push(RequestCode.REGISTER_BROKER);
    return silent ? new Promise(() => {}) : { code: SUCCESS };
  });
  server.handle(RequestCode.QUERY_DATA_VERSION, () => {
    heard.push(RequestCode.QUERY_DATA_VERSION);
    return { code: SUCCESS, ext: { changed: false } };
  });
  await world.clock.run(server.start());
  const broker = await world.broker({ namesrvAddr: '10.0.0.9:9876', registerNameServerPeriod: 20_000 });
  heard.length = 0;
  await world.clock.advance(61_000);
  assert.equal(heard.filter((code) => code === RequestCode.REGISTER_BROKER).length, 3);
  await broker.change('registerNameServerPeriod', 10_000);
  await world.clock.advance(20_000);
  heard.length = 0;
  await world.clock.advance(60_000);
  assert.equal(heard.length, 6);
  await broker.change('forceRegister', false);
  await world.clock.advance(10_000);
  heard.length = 0;
  await world.clock.advance(10_000);
  assert.deepEqual(heard, [RequestCode.QUERY_DATA_VERSION]);
  await broker.change('forceRegister', true);
  await broker.change('registerBrokerTimeoutMills', 1_500);
  silent = true;
  await world.clock.advance(12_000);
  assert.ok(
    world.logger.complaints().some((line) => /1500/.test(line)),
    world.logger.complaints().join('\n'),
  );
  silent = false;
  await broker.stop();
  await world.clock.run(server.stop(0));
});
