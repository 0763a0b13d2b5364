/** Name servers from an HTTP address server: at the start, every two minutes, and when it fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MQClientError, Producer, PushConsumer } from '@rocketmq-ts/client';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

async function scene() {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world, ['broker-a'], 2);
  cluster.createTopic('TopicTest');
  const server = { answer: '', asked: [] as string[] };
  const host = world.network.host('10.0.9.1');
  await world.run(
    host.listen({ host: '10.0.9.1', port: 8080 }, (stream) =>
      stream.setHandler({
        onData(chunk) {
          server.asked.push(chunk.toString().split(' ')[1] ?? '');
          stream.write([Buffer.from(server.answer)]);
          stream.end();
        },
        onDrain() {},
        onClose() {},
      }),
    ),
  );
  let hosts = 0;
  const client = () => {
    const clientIP = `10.0.3.${++hosts}`;
    return {
      namesrvAddr: '',
      namesrvDomain: '10.0.9.1',
      clientIP,
      platform: world.platform(clientIP),
      logger: world.log,
    };
  };
  const [first, second] = cluster.nameServers;
  assert.ok(first && second);
  const names = (...each: { address: string }[]) => {
    server.answer = `HTTP/1.1 200 OK\r\n\r\n${each.map(({ address }) => address).join(';')}\n`;
  };
  return { world, cluster, server, client, first, second, names };
}

test('a producer asks once at its start, and follows the list every two minutes', async () => {
  const { world, server, client, first, second, names } = await scene();
  names(first);
  const producer = new Producer({ producerGroup: 'PG', ...client() });
  await world.run(producer.start());
  await world.run(producer.send({ topic: 'TopicTest', body: 'a' }));
  assert.deepEqual(server.asked, ['/rocketmq/nsaddr']);
  assert.ok(first.requests.length > 0);
  assert.equal(second.requests.length, 0);

  names(second);
  await world.advance(121_000);
  const before = first.requests.length;
  await world.run(producer.fetchPublishMessageQueues('TopicTest'));
  assert.equal(first.requests.length, before);
  assert.ok(second.requests.length > 0);

  server.answer = 'HTTP/1.1 500 Broken\r\n\r\n';
  await world.advance(120_000);
  assert.equal(world.log.count('the name servers known so far stay'), 1);
  await world.run(producer.fetchPublishMessageQueues('TopicTest'));
  const asked = server.asked.length;
  await world.run(producer.shutdown());
  await world.advance(600_000);
  assert.equal(server.asked.length, asked, 'nobody asks after the shutdown');
});

test('a unit and a group of their own, and a consumer', async () => {
  const { world, server, client, first, names } = await scene();
  names(first);
  const consumer = new PushConsumer({
    consumerGroup: 'CG',
    unitName: 'hz',
    namesrvDomainSubgroup: 'test',
    ...client(),
  });
  consumer.subscribe('TopicTest');
  consumer.registerMessageListener(() => {});
  await world.run(consumer.start());
  assert.deepEqual(server.asked, ['/rocketmq/test-hz?nofix=1']);
  await world.run(consumer.shutdown());
});

test('a start that finds none says whom it asked, and may be tried again', async () => {
  const { world, server, client, first, names } = await scene();
  const producer = new Producer({ producerGroup: 'PG', ...client() });
  for (const [answer, why] of [
    ['HTTP/1.1 404 No\r\n\r\n', /answered "HTTP\/1.1 404 No/],
    ['HTTP/1.1 200 OK\r\n\r\n', /its answer is empty/],
    ['HTTP/1.1 200 OK\r\n\r\n<html>', /"<html>", which is not host:port/],
  ] as const) {
    server.answer = answer;
    await assert.rejects(world.run(producer.start()), (error: MQClientError) => {
      assert.equal(error.code, 'NO_NAME_SERVER_EXCEPTION');
      assert.match(error.message, /http:\/\/10.0.9.1:8080\/rocketmq\/nsaddr gave none/);
      assert.match(error.message, why);
      return true;
    });
  }
  names(first);
  await world.run(producer.start());
  await world.run(producer.send({ topic: 'TopicTest', body: 'a' }));
  await world.run(producer.shutdown());
});

test('a shutdown in the middle of the question leaves nothing behind', async () => {
  const { world, client, server, first, names } = await scene();
  names(first);
  const producer = new Producer({ producerGroup: 'PG', ...client() });
  const starting = producer.start().catch((error: MQClientError) => error.code);
  await world.run(producer.shutdown());
  assert.equal(await world.run(starting), 'CLIENT_NOT_RUNNING');
  const consumer = new PushConsumer({ consumerGroup: 'CG', ...client() });
  consumer.registerMessageListener(() => {});
  const consumerStarting = consumer.start();
  await world.run(consumer.shutdown());
  await world.run(consumerStarting);
  await world.advance(300_000);
  assert.equal(server.asked.length, 2);
});

test('of two that start together one may give up: the other goes on, and follows the list', async () => {
  const { world, server, client, first, second, names } = await scene();
  names(first);
  const shared = client();
  const stays = new Producer({ producerGroup: 'PG1', ...shared });
  const goes = new Producer({ producerGroup: 'PG2', ...shared });
  // The one that gives up is told first.
  const starting = [goes.start().catch(() => {}), stays.start()];
  await world.run(goes.shutdown());
  await world.run(Promise.all(starting));
  await world.run(stays.send({ topic: 'TopicTest', body: 'a' }));
  assert.equal(server.asked.length, 1, 'asked once for both');
  names(second);
  await world.advance(121_000);
  assert.equal(server.asked.length, 2);
  await world.run(stays.fetchPublishMessageQueues('TopicTest'));
  assert.ok(second.requests.length > 0);
  await world.run(stays.shutdown());
});

test('addresses that were given are not looked for; a wrong domain is refused', async () => {
  const { world, cluster, server, client } = await scene();
  const given = new Producer({ producerGroup: 'PG', ...client(), namesrvAddr: cluster.namesrvAddr });
  await given.start();
  await world.run(given.shutdown());
  assert.deepEqual(server.asked, []);
  await assert.rejects(
    new Producer({ producerGroup: 'PG', ...client(), namesrvDomain: 'http://a/b' }).start(),
    (error: MQClientError) => error.code === 'CLIENT_CONFIG_ILLEGAL',
  );
});
