/** Members of a group that subscribe differently are told; those that do not, and those that do not answer, are not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LitePullConsumer, MessageSelector, type PushConsumer } from '@rocketmq-ts/client';
import { RequestCode } from '@rocketmq-ts/protocol';
import { type ConsumerScene, consumerScene } from '../support/consumer-scene.ts';

/** As brokers do: the question goes on to the client. */
function passOn({ broker }: ConsumerScene): void {
  broker.server.handle(RequestCode.GET_CONSUMER_RUNNING_INFO, async ({ ext }) => {
    for (const [connection, { clientID }] of broker.clients) {
      if (clientID !== ext.get('clientId')) continue;
      const { code, body, remark } = await connection.invoke(
        { code: RequestCode.GET_CONSUMER_RUNNING_INFO, ext: new Map(ext) },
        3000,
      );
      return { code, body, remark };
    }
    return { code: 1, remark: 'not there' };
  });
}

async function scene() {
  const made = await consumerScene();
  made.cluster.createTopic('Other');
  passOn(made);
  return {
    ...made,
    async member(subscribe: (consumer: PushConsumer) => void): Promise<PushConsumer> {
      const consumer = made.consumer();
      subscribe(consumer);
      consumer.registerMessageListener(() => {});
      await made.world.run(consumer.start());
      return consumer;
    },
  };
}

const words = 'members of the consumer group CG subscribe differently';

test('other tags, another topic, another kind of expression: both sides tell, once', async () => {
  const { world, member } = await scene();
  const a = await member((consumer) => consumer.subscribe('TopicTest', 'TagA || TagB'));
  const b = await member((consumer) => consumer.subscribe('TopicTest', 'TagA'));
  await world.until(() => world.log.count(words) === 2, 10_000);
  assert.ok(
    world.log.lines.some((line) => line.includes('topic TopicTest, here "TagA || TagB", there "TagA"')),
  );
  assert.ok(
    world.log.lines.some((line) => line.includes('topic TopicTest, here "TagA", there "TagA || TagB"')),
  );
  await world.advance(120_000);
  assert.equal(world.log.count(words), 2);
  // Its id is the highest: a's neighbour stays.
  const c = await member((consumer) => consumer.subscribe('TopicTest', 'TagA || TagB'));
  await world.advance(10_000);
  assert.equal(world.log.count('here "TagA || TagB", there "TagA"'), 1, 'not told again');
  await world.run(c.shutdown());
  await world.advance(10_000);
  b.subscribe('TopicTest', 'TagB||TagA');
  b.subscribe('Other', MessageSelector.bySql('a > 1'));
  await world.until(() => world.log.count('topic Other, here "SQL92 a > 1", there not at all') === 1, 10_000);
  b.unsubscribe('Other');
  await world.advance(10_000);
  const told = world.log.count(words);
  await world.run(a.shutdown());
  await world.advance(10_000);
  assert.equal(world.log.count(words), told);
  await world.run(b.shutdown());
});

test('equal subscriptions, however they are written, are not told of; in three, one difference is found', async () => {
  const { world, member } = await scene();
  const members = [
    await member((consumer) => consumer.subscribe('TopicTest', 'A || B')),
    await member((consumer) => consumer.subscribe('TopicTest', 'B||A')),
  ];
  await world.advance(30_000);
  assert.equal(world.log.count(words), 0);
  members.push(await member((consumer) => consumer.subscribe('TopicTest', '*')));
  await world.until(() => world.log.count(words) > 0, 10_000);
  for (const each of members) await world.run(each.shutdown());
});

test('a member that does not tell, and queues chosen by the application, are left alone', async () => {
  const { world, member, cluster, broker } = await scene();
  const lite = (clientIP: string) => {
    const platform = world.platform(clientIP);
    const options = { consumerGroup: 'CL', namesrvAddr: cluster.namesrvAddr, clientIP, platform };
    return new LitePullConsumer({ ...options, logger: world.log });
  };
  const [one, two] = [lite('10.0.5.1'), lite('10.0.5.2')];
  one.assign([{ topic: 'TopicTest', brokerName: 'broker-a', queueId: 0 }]);
  two.assign([{ topic: 'Other', brokerName: 'broker-a', queueId: 0 }]);
  await world.run(one.start());
  await world.run(two.start());
  await world.advance(10_000);
  assert.equal(world.log.count('subscribe differently'), 0);
  broker.server.handle(RequestCode.GET_CONSUMER_RUNNING_INFO, () => new Promise(() => {}));
  const a = await member((consumer) => consumer.subscribe('TopicTest'));
  const b = await member((consumer) => consumer.subscribe('Other'));
  await world.advance(60_000);
  assert.equal(world.log.count('subscribe differently'), 0);
  for (const each of [one, two, a, b]) await world.run(each.shutdown());
});

test('a consumer whose topic is missing says what it waits for, once', async () => {
  const { world, member } = await scene();
  const waiting = await member((consumer) => consumer.subscribe('TopicTset'));
  await world.advance(20_000);
  const lines = world.log.lines.filter((line) => line.includes('consumer group CG waits for a topic'));
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /No route info of this topic, TopicTset\..* The nearest topic they know is TopicTest/,
  );
  await world.run(waiting.shutdown());
});
