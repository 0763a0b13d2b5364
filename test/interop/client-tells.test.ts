/** What our client finds out from servers of both kinds and from official members, and tells: missing topics, members that subscribe differently. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MQClientError, Producer, PullConsumerScheduleService } from '@rocketmq-ts/client';
import { type Logger, silentLogger } from '@rocketmq-ts/platform';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { startJavaConsumer } from './harness/java-clients.ts';
import { ourSend, startOurConsumer, withProducer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { sharedPair, until } from './harness/pair.ts';
import { sampleMessages } from './harness/sample-messages.ts';

const options = { config: { autoCreateTopicEnable: false } };
const kinds = [
  ['official', sharedPair(startJavaNamesrv, startJavaBroker, options)],
  ['our', sharedPair(startOurNamesrv, startOurBroker, options)],
] as const;

/** With automatic creation off, and waits for the route. */
async function createTopic(namesrvAddr: string, topic: string): Promise<void> {
  const producer = new Producer({ producerGroup: 'PG_CREATE', namesrvAddr, logger: silentLogger });
  await producer.start();
  try {
    await until('the broker is registered', 20_000, () =>
      producer.createTopic('BenchmarkTest', topic, 4).then(
        () => true,
        () => false,
      ),
    );
    await until(`${topic} has a route`, 20_000, () =>
      producer.fetchPublishMessageQueues(topic).then(
        () => true,
        () => false,
      ),
    );
  } finally {
    await producer.shutdown();
  }
}

for (const [kind, pair] of kinds) {
  test(`no route: the brokers, that none creates topics, and the nearest name (${kind} servers)`, {
    timeout: 600_000,
  }, async () => {
    const { namesrv, broker } = await pair();
    await createTopic(namesrv.address, 'Orders');
    await withProducer(namesrv.address, async (producer) => {
      const error = await producer.send({ topic: 'Ordesr', body: 'x' }).then(
        () => assert.fail('it was sent'),
        (reason: MQClientError) => reason,
      );
      assert.equal(error.code, 'NOT_FOUND_TOPIC_EXCEPTION');
      for (const part of [
        `Name servers asked: ${namesrv.address} (code 17 TOPIC_NOT_EXIST`,
        `Brokers registered there: broker-a at ${broker.address}`,
        'The nearest topic they know is Orders',
        'None of them creates topics by itself (autoCreateTopicEnable=false)',
      ])
        assert.ok(error.message.includes(part), error.message);
    });
  });

  test(`an official member of the group that subscribes differently is told of (${kind} servers)`, {
    timeout: 600_000,
  }, async () => {
    const { namesrv } = await pair();
    const namesrvAddr = namesrv.address;
    await createTopic(namesrvAddr, 'Different');
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
    const told = () => warnings.filter((line) => line.includes('subscribe differently'));
    const { consumer } = await startOurConsumer(namesrvAddr, 'CG_DIFFERENT', 'Different', {
      expression: 'A',
      logger,
    });
    const java = await startJavaConsumer({
      namesrvAddr,
      group: 'CG_DIFFERENT',
      topic: 'Different',
      expression: 'B || C',
      expected: 1000,
    });
    try {
      await until('ours tells', 60_000, () => told().length > 0);
      assert.match(told()[0] ?? '', /topic Different, here "A", there "B \|\| C"/);
    } finally {
      await java.kill();
      await consumer.shutdown();
    }
  });

  test(`scheduled pulls take everything once (${kind} servers)`, { timeout: 600_000 }, async () => {
    const { namesrv } = await pair();
    const namesrvAddr = namesrv.address;
    await createTopic(namesrvAddr, 'Scheduled');
    const sent = sampleMessages(100, false);
    await ourSend(namesrvAddr, 'Scheduled', sent);
    const service = new PullConsumerScheduleService({ consumerGroup: 'CG_SCHEDULED', namesrvAddr });
    const got: string[] = [];
    service.registerPullTaskCallback('Scheduled', async (queue, context) => {
      const { pullConsumer } = context;
      const offset = Math.max(0, await pullConsumer.fetchConsumeOffset(queue, false));
      const result = await pullConsumer.pull(queue, '*', offset, 7);
      got.push(...result.msgFoundList.map((message) => message.body.toString('base64')));
      pullConsumer.updateConsumeOffset(queue, result.nextBeginOffset);
      context.pullNextDelayTimeMillis = 10;
    });
    try {
      await service.start();
      await until('all are pulled', 30_000, () => got.length >= sent.length);
    } finally {
      await service.shutdown();
    }
    assert.deepEqual(got.sort(), sent.map(({ body }) => body.toString('base64')).sort());
  });
}
