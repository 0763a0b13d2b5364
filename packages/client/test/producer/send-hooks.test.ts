/** Hooks of a producer: what they see of each attempt, and that they break nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MQClientError, Producer, type SendMessageContext } from '@rocketmq-ts/client';
import { RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

async function scene() {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world, ['broker-a', 'broker-b']);
  cluster.createTopic('TopicTest', 1);
  const producer = new Producer({
    producerGroup: 'PG',
    namesrvAddr: cluster.namesrvAddr,
    clientIP: '10.0.3.1',
    platform: world.platform('10.0.3.1'),
    logger: world.log,
  });
  await producer.start();
  return { world, cluster, producer };
}

test('a hook sees each attempt of a send, before it and after it', async () => {
  const { world, cluster, producer } = await scene();
  const seen: string[] = [];
  const before: SendMessageContext[] = [];
  const after: SendMessageContext[] = [];
  producer.registerSendMessageHook({
    sendMessageBefore(context) {
      assert.equal(context.sendResult, undefined);
      before.push(context);
      seen.push(`before ${context.brokerAddr}`);
    },
    sendMessageAfter(context) {
      after.push(context);
      seen.push(`after ${context.sendResult?.sendStatus ?? context.exception?.message.slice(0, 7)}`);
    },
  });
  let refusals = 0;
  for (const broker of cluster.brokers) {
    broker.on(RequestCode.SEND_MESSAGE_V2, () =>
      refusals++ === 0 ? { code: ResponseCode.SYSTEM_ERROR, remark: 'no' } : undefined,
    );
  }
  const message = { topic: 'TopicTest', body: 'a'.repeat(5000), delayTimeLevel: 2, keys: ['x', 'y'] };
  const result = await world.run(producer.send(message));
  assert.match(
    seen.join(', '),
    /^before 10.0.2.(\d):10911, after CODE: 1, before 10.0.2.(?!\1)\d:10911, after SEND_OK$/,
  );
  assert.deepEqual(after, before, 'the same objects');
  const [context] = after.slice(-1);
  assert.ok(context);
  const { producerGroup, messages, msgId, messageQueue, bornHost, communicationMode, msgType } = context;
  assert.deepEqual(
    { producerGroup, messages, msgId, bornHost, communicationMode, msgType, queue: messageQueue.key },
    {
      producerGroup: 'PG',
      messages: [message],
      msgId: result.msgId,
      bornHost: '10.0.3.1',
      communicationMode: 'SYNC',
      msgType: 'Delay_Msg',
      queue: result.messageQueue.key,
    },
  );
  assert.equal(context.sendResult, result);
  assert.ok(context.bodySizeBytes < 100, 'compressed');
  await world.run(producer.shutdown());
});

test('batches, callbacks, one-way sends and failures are seen too', async () => {
  const { world, cluster, producer } = await scene();
  const seen: string[] = [];
  producer.registerSendMessageHook({
    hookName: 'watcher',
    sendMessageAfter({ communicationMode, messages, sendResult, exception }) {
      seen.push(`${communicationMode} ${messages.length} ${sendResult?.sendStatus} ${exception?.name}`);
    },
  });
  const one = { topic: 'TopicTest', body: 'a' };
  await world.run(producer.sendBatch([one, one, one]));
  await world.run(new Promise<void>((resolve) => producer.sendAsync(one, () => resolve())));
  await world.run(producer.sendOneway(one));
  for (const broker of cluster.brokers) broker.on(RequestCode.SEND_MESSAGE_V2, () => 'silence');
  await assert.rejects(world.run(producer.send(one, { timeoutMs: 100 })));
  await assert.rejects(world.run(producer.send(one, { signal: AbortSignal.abort() })));
  assert.deepEqual(seen, [
    'SYNC 3 SEND_OK undefined',
    'ASYNC 1 SEND_OK undefined',
    'ONEWAY 1 undefined undefined',
    'SYNC 1 undefined RemotingTimeoutError',
  ]);
  await world.run(producer.shutdown());
});

test('a hook that throws changes nothing and is logged once a minute', async () => {
  const { world, producer } = await scene();
  let called = 0;
  producer.registerSendMessageHook({
    hookName: 'broken',
    sendMessageBefore() {
      throw new Error('before');
    },
    sendMessageAfter() {
      throw new Error('after');
    },
  });
  producer.registerSendMessageHook({ sendMessageAfter: () => called++ });
  for (let i = 0; i < 3; i++) await world.run(producer.send({ topic: 'TopicTest', body: 'a' }));
  assert.equal(called, 3);
  assert.equal(world.log.count('the hook broken failed in sendMessageBefore'), 1);
  await world.advance(61_000);
  await world.run(producer.send({ topic: 'TopicTest', body: 'a' }));
  assert.equal(world.log.count('the hook broken failed'), 2);
  await world.run(producer.shutdown());
});

test('a hook may forbid messages: nothing is sent, and its error is the outcome', async () => {
  const { world, cluster, producer } = await scene();
  producer.registerCheckForbiddenHook({
    checkForbidden({ messages }) {
      if (messages.some(({ body }) => String(body).includes('secret'))) throw new Error('not that');
    },
  });
  const secret = { topic: 'TopicTest', body: 'a secret' };
  const refused = (error: Error) => error.message === 'not that';
  await assert.rejects(world.run(producer.send(secret)), refused);
  await assert.rejects(world.run(producer.sendBatch([secret])), refused);
  await assert.rejects(world.run(producer.sendOneway(secret)), refused);
  await assert.rejects(
    world.run(
      new Promise((resolve, reject) =>
        producer.sendAsync(secret, (error, result) => (error ? reject(error) : resolve(result))),
      ),
    ),
    refused,
  );
  const requests = () =>
    cluster.brokers.flatMap((each) => [...each.queues.values()]).flatMap((q) => q.messages);
  assert.equal(requests().length, 0);
  await world.run(producer.send({ topic: 'TopicTest', body: 'open' }));
  assert.equal(requests().length, 1);
  await world.run(producer.shutdown());
});

test('a hook without a function is refused', async () => {
  const { world, producer } = await scene();
  assert.throws(
    () => producer.registerSendMessageHook({ hookName: 'empty' }),
    (error: MQClientError) => error.code === 'CLIENT_CONFIG_ILLEGAL',
  );
  await world.run(producer.shutdown());
});
