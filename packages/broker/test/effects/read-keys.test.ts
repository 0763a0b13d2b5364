/** Keys of pulls, queries and recovery, seen in the answers of whole brokers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildSubscriptionData,
  decodeRecords,
  encodeHeartbeatData,
  PullSysFlag,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { type SimBroker, SimWorld } from '../rig/sim-broker.ts';

const { SUCCESS } = ResponseCode;

async function pulled(broker: SimBroker, offset = 0): Promise<number> {
  const answer = await broker.pull('T', offset, { maxMsgNums: '64' });
  assert.equal(answer.code, SUCCESS, answer.remark);
  return decodeRecords(answer.body!).length;
}

test('maxTransferCountOnMessageInMemory, maxTransferBytesOnMessageInMemory, live: how much one pull gets', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  for (let i = 0; i < 40; i++) await broker.send('T', Buffer.alloc(1_000));
  assert.equal(await pulled(broker), 32);
  await broker.change('maxTransferCountOnMessageInMemory', 10);
  assert.equal(await pulled(broker), 10);
  await broker.change('maxTransferBytesOnMessageInMemory', 4_000);
  assert.equal(await pulled(broker), 3);
  await broker.stop();
});

test('accessMessageInMemoryMaxRatio, maxTransferCountOnMessageInDisk, maxTransferBytesOnMessageInDisk, live', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  for (let i = 0; i < 40; i++) await broker.send('T', Buffer.alloc(1_000));
  assert.equal(await pulled(broker), 32);
  await broker.change('accessMessageInMemoryMaxRatio', 0);
  assert.equal(await pulled(broker), 8, 'everything counts as being on disk');
  await broker.change('maxTransferCountOnMessageInDisk', 5);
  assert.equal(await pulled(broker), 5);
  await broker.change('maxTransferBytesOnMessageInDisk', 2_500);
  assert.equal(await pulled(broker), 2);
  await broker.stop();
});

test('slaveReadEnable, live: a master names its slave for what is on disk', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ accessMessageInMemoryMaxRatio: 0 });
  for (let i = 0; i < 40; i++) await broker.send('T', Buffer.alloc(1_000));
  const suggested = async () => (await broker.pull('T', 0)).ext.get('suggestWhichBrokerId');
  assert.equal(await suggested(), '0');
  await broker.change('slaveReadEnable', true);
  assert.equal(await suggested(), '1');
  await broker.stop();
});

test('longPollingEnable, shortPollingTimeMills, live: how long a pull is held', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  await broker.send('T');
  const heldMs = async (): Promise<number> => {
    const startedMs = world.clock.monotonicMs();
    const sysFlag = String(PullSysFlag.SUSPEND | PullSysFlag.SUBSCRIPTION);
    const answer = await broker.pull('T', 1, { sysFlag, suspendTimeoutMillis: '15000' });
    assert.equal(answer.code, ResponseCode.PULL_NOT_FOUND);
    return Math.round(world.clock.monotonicMs() - startedMs);
  };
  assert.ok((await heldMs()) >= 15_000);
  await broker.change('longPollingEnable', false);
  const short = await heldMs();
  assert.ok(short >= 1_000 && short < 2_000, `${short} ms`);
  await broker.change('shortPollingTimeMills', 300);
  assert.ok((await heldMs()) < 1_000);
  await broker.stop();
});

test('enablePropertyFilter, live: SQL92', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  await broker.send('T', 'x', { i: 'a\u00011\u0002' });
  const sql = { expressionType: 'SQL92', subscription: 'a = 1' };
  assert.notEqual((await broker.pull('T', 0, sql)).code, SUCCESS);
  await broker.change('enablePropertyFilter', true);
  assert.equal((await broker.pull('T', 0, sql)).code, SUCCESS);
  await broker.stop();
});

test('messageIndexEnable, maxMsgsNumBatch, defaultQueryMaxNum: queries by key and by id', async () => {
  const world = new SimWorld();
  let broker = await world.broker({ maxMsgsNumBatch: 5, defaultQueryMaxNum: 3 });
  for (let i = 0; i < 12; i++) await broker.send('T', 'x', { i: 'KEYS\u0001k\u0002UNIQ_KEY\u0001u\u0002' });
  await world.clock.advance(10_000);
  const query = async (key: string, unique: boolean): Promise<number> => {
    const ext = { topic: 'T', key, maxNum: 10, beginTimestamp: 0, endTimestamp: world.clock.now() + 1_000 };
    const answer = await broker.call(
      RequestCode.QUERY_MESSAGE,
      unique ? { ...ext, _UNIQUE_KEY_QUERY: true } : ext,
    );
    return answer.body === undefined ? 0 : decodeRecords(answer.body).length;
  };
  assert.equal(await query('k', false), 5);
  assert.equal(await query('u', true), 3);
  await broker.change('defaultQueryMaxNum', 2);
  assert.equal(await query('u', true), 2);
  broker = await broker.restart({ maxMsgsNumBatch: 64 });
  assert.equal(await query('k', false), 10);
  await broker.stop();
  broker = await world.broker({ messageIndexEnable: false });
  await broker.send('T', 'x', { i: 'KEYS\u0001k\u0002' });
  assert.equal(await query('k', false), 0);
  await broker.stop();
});

test('maxHashSlotNum, maxIndexNum, mapedFileSizeCommitLog, mapedFileSizeConsumeQueue: sizes of files', async () => {
  const world = new SimWorld();
  const broker = await world.broker({
    ...{ maxHashSlotNum: 50, maxIndexNum: 200 },
    ...{ mapedFileSizeCommitLog: 2 * 1024 * 1024, mapedFileSizeConsumeQueue: 1_990 },
  });
  for (let i = 0; i < 120; i++) await broker.send('T', 'x', { i: 'KEYS\u0001k\u0002' });
  const { disk } = broker;
  await broker.stop();
  const sizes = (part: string) =>
    new Set([...disk.files()].filter(([path]) => path.includes(part)).map(([, size]) => size));
  assert.deepEqual(sizes('/commitlog/'), new Set([2 * 1024 * 1024]));
  assert.ok(sizes('/consumequeue/T/0/').has(2_000), 'rounded up to units of 20 bytes');
  assert.deepEqual(sizes('/index/'), new Set([40 + 50 * 4 + 200 * 20]));
});

test('checkCRCOnRecover: whether a damaged body is found at the start', async () => {
  for (const checkCRCOnRecover of [true, false]) {
    const world = new SimWorld();
    const broker = await world.broker();
    await broker.send('T', 'abcdefgh');
    await broker.send('T', 'second');
    const [path] = [...broker.disk.files().keys()].filter((name) => name.includes('/commitlog/0'));
    const answer = await broker.pull('T', 0);
    const [record] = decodeRecords(answer.body!);
    const at = answer.body!.indexOf('abcdefgh');
    assert.ok(record !== undefined && at > 0);
    broker.disk.damage(path!, at);
    const again = await broker.crash({ checkCRCOnRecover });
    const named = world.logger.complaints().some((line) => /damage/i.test(line));
    assert.equal(named, checkCRCOnRecover);
    await again.stop();
  }
});

test('disableConsumeIfConsumerReadSlowly, consumerFallbehindThreshold, live: a group that is too far behind is stopped', async () => {
  const world = new SimWorld();
  const broker = await world.broker();
  for (let i = 0; i < 10; i++) await broker.send('T', Buffer.alloc(1_000));
  await broker.call(RequestCode.UPDATE_CONSUMER_OFFSET, {
    consumerGroup: 'CG1',
    topic: 'T',
    queueId: 0,
    commitOffset: 0,
  });
  const beat = `{"clientID":"c","consumerDataSet":[{"consumeFromWhere":"CONSUME_FROM_LAST_OFFSET","consumeType":"CONSUME_PASSIVELY","groupName":"CG1","messageModel":"CLUSTERING","subscriptionDataSet":[],"unitMode":false}],"producerDataSet":[]}`;
  const live = async (): Promise<void> => {
    for (let i = 0; i < 7; i++) {
      await broker.call(RequestCode.HEART_BEAT, {}, Buffer.from(beat));
      await world.clock.advance(30_000);
    }
  };
  await broker.change('consumerFallbehindThreshold', 5_000);
  await live();
  assert.equal((await broker.pull('T', 0)).code, SUCCESS, 'it is not wanted');
  await broker.change('disableConsumeIfConsumerReadSlowly', true);
  await broker.change('consumerFallbehindThreshold', 50_000);
  await live();
  assert.equal((await broker.pull('T', 0)).code, SUCCESS, 'it is not so far behind');
  await broker.change('consumerFallbehindThreshold', 5_000);
  await live();
  assert.equal((await broker.pull('T', 0)).code, ResponseCode.NO_PERMISSION);
  await broker.stop();
});

test('filterSupportRetry, live: a retry topic is filtered by what the group subscribes to of the first topic', async () => {
  const world = new SimWorld();
  const broker = await world.broker({ enablePropertyFilter: true });
  const subscription = (topic: string, subString: string, expressionType: string) => ({
    ...buildSubscriptionData(topic, '*', 1),
    ...{ subString, expressionType },
  });
  const beat = encodeHeartbeatData({
    clientID: 'c',
    producerDataSet: [],
    consumerDataSet: [
      {
        groupName: 'G',
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: 'CLUSTERING',
        consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
        unitMode: false,
        subscriptionDataSet: [subscription('T', 'a = 1', 'SQL92'), subscription('%RETRY%G', '*', 'TAG')],
      },
    ],
  });
  await broker.call(RequestCode.HEART_BEAT, {}, beat);
  await broker.send('%RETRY%G', 'x', { i: 'RETRY_TOPIC\u0001T\u0002a\u00012\u0002' });
  const ext = { consumerGroup: 'G', sysFlag: '0', subscription: '' };
  assert.equal((await broker.pull('%RETRY%G', 0, ext)).code, SUCCESS);
  await broker.change('filterSupportRetry', true);
  assert.notEqual((await broker.pull('%RETRY%G', 0, ext)).code, SUCCESS);
  await broker.stop();
});
