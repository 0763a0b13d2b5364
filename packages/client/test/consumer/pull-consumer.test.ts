/** Pulling by hand: results, offsets, shares of a group. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageSelector, PullConsumer, type PullConsumerOptions, PullStatus } from '@rocketmq-ts/client';
import { PropertyKey, RequestCode } from '@rocketmq-ts/protocol';
import { bodies, consumerScene, storedOffset } from '../support/consumer-scene.ts';

async function scene() {
  const made = await consumerScene();
  for (let i = 0; i < 12; i++) {
    made.broker.put('TopicTest', i % 4, `m${i}`, new Map([[PropertyKey.TAGS, i < 6 ? 'TagA' : 'TagB']]));
  }
  let hosts = 0;
  const consumer = (options: Partial<PullConsumerOptions> = {}): PullConsumer =>
    new PullConsumer({
      consumerGroup: 'CG',
      namesrvAddr: made.cluster.namesrvAddr,
      clientIP: `10.0.6.${++hosts}`,
      instanceName: 'pull',
      platform: made.world.platform(`10.0.6.${hosts}`),
      logger: made.world.log,
      ...options,
    });
  return { ...made, consumer };
}

const queue = { topic: 'TopicTest', brokerName: 'broker-a', queueId: 0 };

test('a pull gives what is there: found, nothing new, nothing that matches, outside', async () => {
  const { world, broker, consumer } = await scene();
  const one = consumer();
  await world.run(one.start());
  const found = await world.run(one.pull(queue, '*', 0, 2));
  assert.deepEqual(
    [found.pullStatus, found.nextBeginOffset, found.minOffset, found.maxOffset],
    [PullStatus.FOUND, 2, 0, 3],
  );
  assert.deepEqual(bodies(found.msgFoundList), ['m0', 'm4']);
  const tagged = await world.run(one.pull(queue, 'TagB', 0, 32));
  assert.deepEqual(bodies(tagged.msgFoundList), ['m8']);
  assert.equal((await world.run(one.pull(queue, '*', 3, 32))).pullStatus, PullStatus.NO_NEW_MSG);
  const outside = await world.run(one.pull(queue, '*', 99, 32));
  assert.deepEqual([outside.pullStatus, outside.nextBeginOffset], [PullStatus.OFFSET_ILLEGAL, 3]);
  const sql = await world.run(one.pull(queue, MessageSelector.bySql('a > 1'), 0, 32));
  assert.equal(sql.pullStatus, PullStatus.FOUND);
  const request = broker.requests.filter((each) => each.code === RequestCode.PULL_MESSAGE).at(-1)?.ext;
  assert.deepEqual(
    [request?.get('sysFlag'), request?.get('subscription'), request?.get('expressionType')],
    ['4', 'a > 1', 'SQL92'],
  );
  for (const [offset, count] of [
    [-1, 1],
    [0, 0],
    [0.5, 1],
  ] as const) {
    await assert.rejects(one.pull(queue, '*', offset, count), /CLIENT_CONFIG|offset|maxNums/);
  }
  await world.run(one.shutdown());
});

test('a blocking pull waits for a message, and can be given up', async () => {
  const { world, broker, consumer } = await scene();
  const one = consumer();
  await world.run(one.start());
  const waiting = one.pullBlockIfNotFound(queue, '*', 3, 32);
  await world.advance(5000);
  broker.put('TopicTest', 0, 'new');
  assert.deepEqual(bodies((await world.run(waiting)).msgFoundList), ['new']);
  const start = world.clock.monotonicMs();
  assert.equal(
    (await world.run(one.pullBlockIfNotFound(queue, '*', 4, 32))).pullStatus,
    PullStatus.NO_NEW_MSG,
  );
  assert.ok(world.clock.monotonicMs() - start >= 20_000);
  const abort = new AbortController();
  const given = one.pullBlockIfNotFound(queue, '*', 4, 32, { signal: abort.signal });
  await world.advance(100);
  abort.abort(new Error('enough'));
  await assert.rejects(given, /enough/);
  await world.run(one.shutdown());
});

test('offsets are noted, stored every five seconds and at shutdown, and read back', async () => {
  const { world, broker, consumer } = await scene();
  const one = consumer();
  await world.run(one.start());
  assert.equal(await world.run(one.fetchConsumeOffset(queue, false)), -1);
  one.updateConsumeOffset(queue, 2);
  assert.equal(await world.run(one.fetchConsumeOffset(queue, false)), 2);
  assert.equal(await world.run(one.fetchConsumeOffset(queue, true)), -1);
  await world.advance(5100);
  assert.equal(storedOffset(broker, 0), 2);
  assert.equal(await world.run(one.fetchConsumeOffset(queue, true)), 2);
  one.updateConsumeOffset(queue, 3);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 3);
  await assert.rejects(one.pull(queue, '*', 0, 1), /SHUTDOWN_ALREADY/);
});

test('registered topics are divided among the group; listeners hear of changes', async () => {
  const { world, consumer } = await scene();
  const heard: string[] = [];
  const [one, two] = [consumer(), consumer({ registerTopics: ['TopicTest'] })];
  one.registerMessageQueueListener('TopicTest', (topic, all, mine) => {
    heard.push(`${topic} ${all.length} ${mine.map((each) => each.queueId).join('')}`);
  });
  await world.run(one.start());
  await world.until(() => heard.length === 1);
  await world.run(two.start());
  await world.until(() => heard.length === 2, 25_000);
  assert.deepEqual(heard, ['TopicTest 4 0123', 'TopicTest 4 01']);
  assert.deepEqual(world.log.lines, []);
  const share = await world.run(two.fetchMessageQueuesInBalance('TopicTest'));
  assert.deepEqual(
    share.map((each) => each.queueId),
    [2, 3],
  );
  assert.equal((await world.run(two.fetchSubscribeMessageQueues('TopicTest'))).length, 4);
  await world.run(Promise.all([one.shutdown(), two.shutdown()]));
});

test('a queue that another member got: its offset is stored once more, and then left to that member', async () => {
  const { world, broker, consumer } = await scene();
  const [one, two] = [
    consumer({ registerTopics: ['TopicTest'] }),
    consumer({ registerTopics: ['TopicTest'] }),
  ];
  await world.run(one.start());
  await world.run(one.fetchMessageQueuesInBalance('TopicTest'));
  const [mine, lost] = [0, 3].map((queueId) => ({ topic: 'TopicTest', brokerName: 'broker-a', queueId }));
  assert.ok(mine && lost);
  await world.advance(1000);
  one.updateConsumeOffset(mine, 1);
  one.updateConsumeOffset(lost, 2);
  await world.run(two.start());
  await world.until(() => storedOffset(broker, 3) === 2, 3000, 'the lost offset at once');
  two.updateConsumeOffset(lost, 3);
  one.updateConsumeOffset(lost, 2); // too late
  await world.advance(30_000);
  assert.equal(storedOffset(broker, 0), 1);
  assert.equal(storedOffset(broker, 3), 3);
  assert.equal(await world.run(one.fetchConsumeOffset(lost, false)), 3, 'asked from the broker');
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 3), 3);
  await world.run(two.shutdown());
});

test('a listener registered late hears of the share as it is', async () => {
  const { world, consumer } = await scene();
  const one = consumer({ registerTopics: ['TopicTest'] });
  await world.run(one.start());
  await world.advance(1000);
  const heard: string[] = [];
  one.registerMessageQueueListener('TopicTest', (topic) => heard.push(topic));
  await world.until(() => heard.length === 1, 1000);
  await world.advance(60_000);
  assert.equal(heard.length, 1);
  await world.run(one.shutdown());
});

test('options that cannot be are refused', async () => {
  const { consumer } = await scene();
  assert.throws(
    () => consumer({ brokerSuspendMaxTimeMillis: 40_000 }),
    /consumerTimeoutMillisWhenSuspend must greater than brokerSuspendMaxTimeMillis/,
  );
  assert.throws(() => consumer({ consumerGroup: 'DEFAULT_CONSUMER' }), /consumerGroup is DEFAULT_CONSUMER/);
});
