/** Hooks see every request; the signing one makes all of them verifiable. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AclClientRPCHook, Producer, PushConsumer, type RpcHook } from '@rocketmq-ts/client';
import { RequestCode, verifySignature } from '@rocketmq-ts/protocol';
import { bodies } from '../support/consumer-scene.ts';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

async function scene() {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world);
  cluster.createTopic('TopicTest');
  const broker = cluster.brokers[0];
  assert.ok(broker);
  const options = {
    namesrvAddr: cluster.namesrvAddr,
    clientIP: '10.0.3.1',
    instanceName: 'test',
    platform: world.platform('10.0.3.1'),
    logger: world.log,
  };
  return { world, cluster, broker, options };
}

test('every request is signed over all it carries', async () => {
  const { world, cluster, broker, options } = await scene();
  const signed = new Set<number>();
  for (const server of [...cluster.nameServers, broker]) {
    server.server.setGuard((view, buffer, bodyStart, bodyEnd) => {
      signed.add(view.code);
      const body = Buffer.from(buffer.subarray(bodyStart, bodyEnd));
      return verifySignature(view.toExt(), body, '12345678')
        ? undefined
        : { code: 1, remark: 'Check signature failed' };
    });
  }
  const rpcHook = new AclClientRPCHook({ accessKey: 'rocketmq', secretKey: '12345678' });
  const producer = new Producer({ ...options, producerGroup: 'PG', rpcHook });
  const consumer = new PushConsumer({
    ...options,
    consumerGroup: 'CG',
    rpcHook,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  });
  const got: string[] = [];
  consumer.subscribe('TopicTest');
  consumer.registerMessageListener((messages) => {
    got.push(...bodies(messages));
  });
  await world.run(Promise.all([producer.start(), consumer.start()]));
  await world.run(
    producer.send({ topic: 'TopicTest', body: 'Grüße', tags: 'TagA', properties: { a: 'b"c\n' } }),
  );
  await world.run(producer.send({ topic: 'TopicTest', body: 'x'.repeat(5000) }));
  await world.run(producer.sendBatch([{ topic: 'TopicTest', body: 'b' }]));
  await world.run(producer.sendOneway({ topic: 'TopicTest', body: 'c' }));
  await world.until(() => got.length === 4);
  await world.run(Promise.all([consumer.shutdown(), producer.shutdown()]));
  for (const code of [
    'SEND_MESSAGE_V2',
    'SEND_BATCH_MESSAGE',
    'PULL_MESSAGE',
    'HEART_BEAT',
    'GET_ROUTEINTO_BY_TOPIC',
    'UPDATE_CONSUMER_OFFSET',
    'UNREGISTER_CLIENT',
  ] as const) {
    assert.ok(signed.has(RequestCode[code]), code);
  }
});

test('a hook adds fields, hears answers, and may refuse', async () => {
  const { world, broker, options } = await scene();
  const answers: string[] = [];
  let refuse = false;
  const rpcHook: RpcHook = {
    doBeforeRequest(address, request) {
      if (refuse && request.code === RequestCode.SEND_MESSAGE_V2) throw new Error(`not to ${address}`);
      request.ext.set('added', 'yes');
    },
    doAfterResponse(_address, request, response) {
      answers.push(`${request.code}:${response.code}:${response.ext.get('queueOffset')}`);
    },
  };
  const producer = new Producer({ ...options, producerGroup: 'PG', rpcHook });
  await producer.start();
  const result = await world.run(producer.send({ topic: 'TopicTest', body: 'x' }));
  assert.equal(
    broker.requests.find((each) => each.code === RequestCode.SEND_MESSAGE_V2)?.ext.get('added'),
    'yes',
  );
  assert.ok(answers.includes(`310:0:${result.queueOffset}`));
  refuse = true;
  await assert.rejects(
    world.run(producer.send({ topic: 'TopicTest', body: 'x' })),
    /not to 10\.0\.2\.1:10911/,
  );
  await world.run(producer.shutdown());
});

test('clients with different hooks do not share connections, with equal ones they do', async () => {
  const { world, broker, options } = await scene();
  const hook = (secretKey: string): AclClientRPCHook =>
    new AclClientRPCHook({ accessKey: 'rocketmq', secretKey });
  const producers = ['1', '1', '2'].map(
    (secret, i) => new Producer({ ...options, producerGroup: `PG${i}`, rpcHook: hook(secret) }),
  );
  for (const producer of producers) await producer.start();
  await world.run(Promise.all(producers.map((producer) => producer.send({ topic: 'TopicTest', body: 'x' }))));
  assert.equal(broker.server.connectionCount, 2);
  await world.run(Promise.all(producers.map((producer) => producer.shutdown())));
});
