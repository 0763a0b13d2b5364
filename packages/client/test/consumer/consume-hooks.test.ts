/** Hooks of consumers: around the listener, and before it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConsumeMessageContext, PullConsumer } from '@rocketmq-ts/client';
import { bodies, consumerScene, storedOffset } from '../support/consumer-scene.ts';

test('a hook sees each call of the listener and how it ended', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (let i = 0; i < 4; i++) broker.put('TopicTest', 0, String(i));
  const pushed = consumer({ consumeMessageBatchMaxSize: 2, consumeTimeout: 1 });
  pushed.subscribe('TopicTest');
  const before: ConsumeMessageContext[] = [];
  const after: ConsumeMessageContext[] = [];
  pushed.registerConsumeMessageHook({
    consumeMessageBefore(context) {
      before.push(context);
      throw new Error('broken');
    },
    consumeMessageAfter: (context) => after.push(context),
  });
  pushed.registerMessageListener(
    ([message]) =>
      new Promise((resolve) => {
        world.clock.setTimeout(resolve, String(message?.body) === '2' ? 60_000 : 10);
      }),
  );
  await world.run(pushed.start());
  await world.until(() => after.length === 2);
  assert.equal(after[0], before[0], 'the same object');
  assert.deepEqual(
    after.map(({ consumerGroup, messages, messageQueue, success, status, returnType }) => [
      consumerGroup,
      bodies(messages),
      messageQueue.queueId,
      success,
      status,
      returnType,
    ]),
    [
      ['CG', ['0', '1'], 0, true, 'CONSUME_SUCCESS', 'SUCCESS'],
      ['CG', ['2', '3'], 0, true, 'CONSUME_SUCCESS', 'TIME_OUT'],
    ],
  );
  assert.equal(world.log.count('consumeMessageBefore'), 1, 'not for each call');
  await world.run(pushed.shutdown());
});

test('a filter hook leaves messages out, which then count as consumed', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (let i = 0; i < 6; i++) broker.put('TopicTest', 0, String(i));
  const pushed = consumer();
  pushed.subscribe('TopicTest');
  pushed.registerFilterMessageHook({
    hookName: 'broken',
    filterMessage() {
      throw new Error('broken');
    },
  });
  pushed.registerFilterMessageHook({
    filterMessage({ messages, messageQueue, consumerGroup, unitMode }) {
      assert.deepEqual([messageQueue.topic, consumerGroup, unitMode], ['TopicTest', 'CG', false]);
      return messages.filter(({ body }) => Number(body) % 2 === 0);
    },
  });
  pushed.registerFilterMessageHook({ filterMessage: () => undefined });
  const got: string[] = [];
  pushed.registerMessageListener((messages) => void got.push(...bodies(messages)));
  await world.run(pushed.start());
  await world.until(() => got.length === 3);
  assert.deepEqual(got, ['0', '2', '4']);
  assert.equal(world.log.count('the hook broken failed in filterMessage'), 1);
  broker.put('TopicTest', 0, '7');
  await world.until(() => storedOffset(broker, 0) === 7);
  await world.run(pushed.shutdown());
  assert.deepEqual(got, ['0', '2', '4']);
});

test('a pull consumer is filtered likewise', async () => {
  const { world, cluster, broker } = await consumerScene();
  for (let i = 0; i < 4; i++) broker.put('TopicTest', 0, String(i));
  const puller = new PullConsumer({
    consumerGroup: 'CP',
    namesrvAddr: cluster.namesrvAddr,
    clientIP: '10.0.5.1',
    platform: world.platform('10.0.5.1'),
    logger: world.log,
  });
  puller.registerFilterMessageHook({ filterMessage: ({ messages }) => messages.slice(1) });
  await world.run(puller.start());
  const queue = { topic: 'TopicTest', brokerName: 'broker-a', queueId: 0 };
  await world.run(puller.fetchSubscribeMessageQueues('TopicTest'));
  const result = await world.run(puller.pull(queue, '*', 0, 32));
  assert.deepEqual(bodies(result.msgFoundList), ['1', '2', '3']);
  assert.equal(result.nextBeginOffset, 4);
  await world.run(puller.shutdown());
});

test('a messageQueueListener hears of each change of the share', async () => {
  const { world, consumer } = await consumerScene();
  const heard: string[] = [];
  const one = consumer({
    messageQueueListener(topic, all, mine) {
      heard.push(`${topic} ${all.length} ${mine.map((queue) => queue.queueId).join('')}`);
      if (heard.length === 2) throw new Error('broken');
    },
  });
  const two = consumer();
  for (const each of [one, two]) {
    each.subscribe('TopicTest');
    each.registerMessageListener(() => {});
  }
  await world.run(one.start());
  await world.until(() => heard.length === 1);
  await world.advance(3000); // the retry topic has come
  await world.run(two.start());
  await world.until(() => heard.length === 2);
  await world.run(two.shutdown());
  await world.until(() => heard.length === 3);
  assert.deepEqual(heard, ['TopicTest 4 0123', 'TopicTest 4 01', 'TopicTest 4 0123']);
  assert.equal(world.log.count('the messageQueueListener failed at topic TopicTest broken'), 1);
  await world.run(one.shutdown());
});
