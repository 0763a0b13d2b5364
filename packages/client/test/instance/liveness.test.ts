/** A connection that has died without a word is found out by its silence, and made anew. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Producer, type ProducerOptions } from '@rocketmq-ts/client';
import { RequestCode } from '@rocketmq-ts/protocol';
import { bodies, consumerScene } from '../support/consumer-scene.ts';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

async function scene(options: Partial<ProducerOptions> = {}) {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world);
  cluster.createTopic('T');
  const broker = cluster.brokers[0];
  assert.ok(broker);
  const producer = new Producer({
    producerGroup: 'PG',
    namesrvAddr: cluster.namesrvAddr,
    clientIP: '10.0.3.1',
    platform: world.platform('10.0.3.1'),
    logger: world.log,
    ...options,
  });
  await producer.start();
  await world.run(producer.send({ topic: 'T', body: 'x' }));
  return { world, cluster, broker, producer };
}

test('sends work again a few seconds after their connection was lost', async () => {
  const { world, broker, producer } = await scene();
  world.network.lose('10.0.3.1', broker.host);
  await assert.rejects(world.run(producer.send({ topic: 'T', body: 'x' })), /call timeout/);
  await world.advance(3100);
  await world.run(producer.send({ topic: 'T', body: 'x' }));
  assert.equal(world.log.count('is silent: its connection is given up'), 1);
  await world.run(producer.shutdown());
});

test('a broker that is only slow with one request keeps its connection', async () => {
  const { world, broker, producer } = await scene();
  broker.on(RequestCode.SEND_MESSAGE_V2, () => 'silence');
  await assert.rejects(world.run(producer.send({ topic: 'T', body: 'x' })), /call timeout/);
  await world.advance(10_000);
  assert.equal(world.log.count('is silent'), 0);
  assert.equal(broker.server.connectionCount, 1);
  broker.on(RequestCode.SEND_MESSAGE_V2, undefined);
  await world.run(producer.send({ topic: 'T', body: 'x' }));
  await world.run(producer.shutdown());
});

test('the same for name servers', async () => {
  const { world, cluster, producer } = await scene();
  const nameServer = cluster.nameServers[0];
  assert.ok(nameServer);
  world.network.lose('10.0.3.1', nameServer.host);
  await world.advance(40_000);
  cluster.createTopic('Later');
  await world.run(producer.send({ topic: 'Later', body: 'x' }));
  await world.run(producer.shutdown());
});

test('a consumer whose connection was lost gets messages again within a minute', async () => {
  const { world, broker, consumer } = await consumerScene();
  const got: string[] = [];
  const one = consumer();
  one.subscribe('TopicTest');
  one.registerMessageListener((messages) => {
    got.push(...bodies(messages));
  });
  await world.run(one.start());
  await world.advance(1000);
  world.network.lose('10.0.4.1', broker.host);
  for (let i = 0; i < 4; i++) broker.put('TopicTest', i, `m${i}`);
  await world.until(() => got.length === 4, 60_000);
  await world.run(one.shutdown());
});
