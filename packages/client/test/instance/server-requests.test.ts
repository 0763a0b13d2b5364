/** What brokers ask a consumer, and what it answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReceivedMessage } from '@rocketmq-ts/client';
import {
  decodeConsumeMessageDirectlyResult,
  decodeConsumerRunningInfo,
  decodeGetConsumerStatusBody,
  encodeResetOffsetBody,
  encodeResetOffsetBodyForC,
  type RemotingCommand,
  RequestCode,
} from '@rocketmq-ts/protocol';
import { type ConsumerScene, consumerScene, storedOffset } from '../support/consumer-scene.ts';

async function scene() {
  const made = await consumerScene();
  for (let i = 0; i < 8; i++) made.broker.put('TopicTest', i % 4, `m${i}`);
  const got: ReceivedMessage[] = [];
  const one = made.consumer();
  one.subscribe('TopicTest', 'TagA || *');
  one.subscribe('TopicTest');
  one.registerMessageListener((messages) => {
    got.push(...messages);
    if (messages[0]?.body.toString() === 'throw') throw new Error('my bug');
    return messages[0]?.body.toString() === 'later' ? 'RECONSUME_LATER' : undefined;
  });
  await made.world.run(one.start());
  await made.world.until(() => got.length === 8);
  return { ...made, got, one };
}

function ask(
  scene: ConsumerScene,
  code: number,
  ext: Record<string, string>,
  body?: Buffer,
): Promise<RemotingCommand> {
  const [connection] = scene.broker.server.connections;
  assert.ok(connection);
  return scene.world.run(connection.invoke({ code, ext, body }, 5000));
}

for (const form of ['Java', 'C++'] as const) {
  test(`offsets are reset by the ${form} form: messages come again from there`, async () => {
    const made = await scene();
    const { world, broker, got, one } = made;
    const queues = [0, 1, 2, 3].map((queueId) => ({ topic: 'TopicTest', brokerName: 'broker-a', queueId }));
    const body =
      form === 'Java'
        ? encodeResetOffsetBody({ offsetTable: new Map(queues.map((queue) => [queue, 1])) })
        : encodeResetOffsetBodyForC({ offsetTable: queues.map((queue) => ({ ...queue, offset: 1 })) });
    broker.notify(
      RequestCode.RESET_CONSUMER_CLIENT_OFFSET,
      { topic: 'TopicTest', group: 'CG', timestamp: '0', isForce: 'true' },
      body,
    );
    await world.advance(9000);
    assert.equal(got.length, 8);
    await world.until(() => got.length === 12, 5000);
    assert.deepEqual(
      got.slice(8).map((message) => message.queueOffset),
      [1, 1, 1, 1],
    );
    await world.run(one.shutdown());
    assert.equal(storedOffset(broker, 0), 2);
  });
}

test('it tells its offsets', async () => {
  const made = await scene();
  const answer = await ask(made, RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, {
    topic: 'TopicTest',
    group: 'CG',
    clientAddr: '',
  });
  const { messageQueueTable } = decodeGetConsumerStatusBody(answer.body ?? Buffer.alloc(0));
  assert.deepEqual([...messageQueueTable].map(([queue, offset]) => `${queue.queueId}:${offset}`).sort(), [
    '0:2',
    '1:2',
    '2:2',
    '3:2',
  ]);
  await made.world.run(made.one.shutdown());
});

test('it tells about itself', async () => {
  const made = await scene();
  await made.world.advance(61_000);
  const answer = await ask(made, RequestCode.GET_CONSUMER_RUNNING_INFO, {
    consumerGroup: 'CG',
    clientId: '10.0.4.1@test',
  });
  assert.equal(answer.code, 0);
  const info = decodeConsumerRunningInfo(answer.body ?? Buffer.alloc(0));
  assert.deepEqual(
    info.subscriptionSet.map((each) => each.topic),
    ['%RETRY%CG', 'TopicTest'],
  );
  assert.equal(info.mqTable.size, 5);
  const [, queue] =
    [...info.mqTable].find(([each]) => each.topic === 'TopicTest' && each.queueId === 0) ?? [];
  assert.equal(queue?.commitOffset, 2);
  assert.ok(Math.abs((queue?.lastPullTimestamp ?? 0) - made.world.clock.now()) < 20_000);
  const properties = Object.fromEntries(info.properties);
  assert.equal(properties.PROP_NAMESERVER_ADDR, '10.0.1.1:9876;');
  assert.equal(properties.PROP_CONSUME_TYPE, 'CONSUME_PASSIVELY');
  assert.equal(properties.PROP_CLIENT_VERSION, 'V4_4_0');
  assert.equal(properties.PROP_CONSUMEORDERLY, 'false');
  assert.equal(properties.PROP_THREADPOOL_CORE_SIZE, '64');
  assert.equal(properties.consumerGroup, 'CG');
  assert.equal(properties.allocateMessageQueueStrategy, 'AVG');
  assert.equal(info.statusTable.get('TopicTest')?.consumeFailedMsgs, 0);
  await made.world.run(made.one.shutdown());
});

for (const [body, expected] of [
  ['fine', 'CR_SUCCESS'],
  ['later', 'CR_LATER'],
  ['throw', 'CR_THROW_EXCEPTION'],
] as const) {
  test(`one message consumed at once: ${expected}`, async () => {
    const made = await scene();
    made.broker.put('Elsewhere', 0, body);
    const record = made.broker.queue('Elsewhere', 0).messages[0]?.record;
    const ext = { consumerGroup: 'CG', clientId: '10.0.4.1@test', msgId: 'x', brokerName: 'broker-a' };
    const answer = await ask(made, RequestCode.CONSUME_MESSAGE_DIRECTLY, ext, record);
    const result = decodeConsumeMessageDirectlyResult(answer.body ?? Buffer.alloc(0));
    assert.deepEqual([result.consumeResult, result.order, result.autoCommit], [expected, false, true]);
    assert.equal(result.remark, expected === 'CR_THROW_EXCEPTION' ? 'my bug' : undefined);
    assert.equal(made.got.length, 9);
    await made.world.run(made.one.shutdown());
  });
}

test('a group that is not here is answered with an error', async () => {
  const made = await scene();
  for (const code of [RequestCode.GET_CONSUMER_RUNNING_INFO, RequestCode.CONSUME_MESSAGE_DIRECTLY]) {
    const answer = await ask(made, code, { consumerGroup: 'Nobody', clientId: 'x' });
    assert.equal(answer.code, 1);
    assert.equal(answer.remark, 'The Consumer Group <Nobody> not exist in this consumer');
  }
  await made.world.run(made.one.shutdown());
});

test('a request without its fields is answered with an error that names them', async () => {
  const made = await scene();
  const answer = await ask(made, RequestCode.GET_CONSUMER_RUNNING_INFO, {});
  assert.equal(answer.code, 1);
  assert.match(answer.remark ?? '', /consumerGroup/);
  await made.world.run(made.one.shutdown());
});
