/** What is retried, where, and within which time: RocketMQ's rules against scripted brokers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  MQBrokerError,
  MQClientError,
  Producer,
  type ProducerOptions,
  SendStatus,
} from '@rocketmq-ts/client';
import { RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { RemotingTimeoutError, RemotingTooMuchRequestError } from '@rocketmq-ts/remoting';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

interface Scene {
  readonly world: SimWorld;
  readonly cluster: FakeCluster;
  readonly producer: Producer;
}

async function scene(brokers: readonly string[], options: Partial<ProducerOptions> = {}): Promise<Scene> {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world, brokers);
  cluster.createTopic('T');
  const producer = new Producer({
    producerGroup: 'PG',
    namesrvAddr: cluster.namesrvAddr,
    clientIP: '10.0.3.1',
    platform: world.platform('10.0.3.1'),
    logger: world.log,
    ...options,
  });
  await producer.start();
  return { world, cluster, producer };
}

const send = RequestCode.SEND_MESSAGE_V2;
const message = { topic: 'T', body: 'x' };

async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it should have failed');
}

for (const code of [
  'TOPIC_NOT_EXIST',
  'SERVICE_NOT_AVAILABLE',
  'SYSTEM_ERROR',
  'NO_PERMISSION',
  'NO_BUYER_ID',
  'NOT_IN_CURRENT_UNIT',
] as const) {
  test(`${code} is retried on another broker`, async () => {
    const { world, cluster, producer } = await scene(['a', 'b']);
    const [first, second] = cluster.brokers;
    first?.on(send, () => ({ code: ResponseCode[code], remark: 'no' }));
    for (let i = 0; i < 8; i++) {
      const result = await world.run(producer.send(message));
      assert.equal(result.messageQueue.brokerName, 'b');
    }
    assert.ok((first?.count(send) ?? 0) > 0);
    assert.equal(second?.count(send), 8);
    await world.run(producer.shutdown());
  });
}

for (const code of ['SYSTEM_BUSY', 'MESSAGE_ILLEGAL', 'VERSION_NOT_SUPPORTED'] as const) {
  test(`${code} is thrown at once`, async () => {
    const { world, cluster, producer } = await scene(['a', 'b']);
    for (const broker of cluster.brokers)
      broker.on(send, () => ({ code: ResponseCode[code], remark: 'because' }));
    const error = await world.run(failure(producer.send(message)));
    assert.ok(error instanceof MQBrokerError);
    assert.equal(error.responseCode, ResponseCode[code]);
    assert.equal(error.code, code);
    assert.match(error.message, /because/);
    assert.equal(
      cluster.brokers.reduce((sum, broker) => sum + broker.count(send), 0),
      1,
    );
    await world.run(producer.shutdown());
  });
}

test('after all attempts the error names brokers, count and the last answer', async () => {
  const { world, cluster, producer } = await scene(['a', 'b'], { retryTimesWhenSendFailed: 2 });
  for (const broker of cluster.brokers)
    broker.on(send, () => ({ code: ResponseCode.NO_PERMISSION, remark: 'read only' }));
  const error = await world.run(failure(producer.send(message)));
  assert.ok(error instanceof MQClientError);
  assert.equal(error.responseCode, ResponseCode.NO_PERMISSION);
  assert.equal(error.code, 'SEND_FAILED');
  assert.match(
    error.message,
    /Send \[3\] times, still failed, cost \[\d+\]ms, Topic: T, BrokersSent: \[(a, b, a|b, a, b)\].*read only/,
  );
  assert.ok(error.cause instanceof MQBrokerError);
  await world.run(producer.shutdown());
});

test('silence uses up the whole time, and no more than it', async () => {
  const { world, cluster, producer } = await scene(['a', 'b']);
  for (const broker of cluster.brokers) broker.on(send, () => 'silence');
  await world.run(producer.fetchPublishMessageQueues('T'));
  const start = world.clock.monotonicMs();
  const error = await world.run(failure(producer.send(message, { timeoutMs: 700 })));
  const took = world.clock.monotonicMs() - start;
  assert.ok(error instanceof RemotingTooMuchRequestError, String(error));
  assert.match(error.message, /sendDefaultImpl call timeout/);
  assert.ok(error.cause instanceof RemotingTimeoutError);
  assert.ok(took >= 700 && took < 730, `took ${took} ms`);
  await world.run(producer.shutdown());
});

test('a dead broker costs no time: the send goes to another', async () => {
  const { world, cluster, producer } = await scene(['a', 'b']);
  await world.run(producer.send(message));
  world.network.crash(cluster.brokers[0]?.host ?? '');
  for (let i = 0; i < 10; i++) {
    const start = world.clock.monotonicMs();
    const result = await world.run(producer.send(message));
    assert.equal(result.messageQueue.brokerName, 'b');
    assert.ok(world.clock.monotonicMs() - start < 50);
  }
  await world.run(producer.shutdown());
});

test('no broker to be reached: CONNECT_BROKER_EXCEPTION', async () => {
  const { world, cluster, producer } = await scene(['a']);
  world.network.crash(cluster.brokers[0]?.host ?? '');
  const error = await world.run(failure(producer.send(message)));
  assert.ok(error instanceof MQClientError);
  assert.deepEqual(
    [error.code, error.responseCode, error.retriable],
    ['CONNECT_BROKER_EXCEPTION', 10001, true],
  );
  await world.run(producer.shutdown());
});

test('a broker that cannot be reached at all does not hold a send longer than its time', async () => {
  const { world, cluster, producer } = await scene(['a']);
  world.network.partition('10.0.3.1', cluster.brokers[0]?.host ?? '');
  const start = world.clock.monotonicMs();
  const error = await world.run(failure(producer.send(message, { timeoutMs: 500 })));
  assert.ok(error instanceof RemotingTooMuchRequestError, String(error));
  const took = world.clock.monotonicMs() - start;
  assert.ok(took >= 500 && took < 530, `took ${took} ms`);
  world.network.heal();
  await world.run(producer.shutdown());
});

test('a lost connection is retried', async () => {
  const { world, cluster, producer } = await scene(['a', 'b']);
  let cut = 0;
  cluster.brokers[0]?.on(send, (_request, connection) => {
    cut++;
    connection.close();
    return 'silence';
  });
  for (let i = 0; i < 8; i++)
    assert.equal((await world.run(producer.send(message))).messageQueue.brokerName, 'b');
  assert.ok(cut > 0);
  await world.run(producer.shutdown());
});

test('stored but not flushed is a result, and retried only when asked for', async () => {
  const answer = { code: ResponseCode.FLUSH_DISK_TIMEOUT, ext: { msgId: 'ID', queueId: 0, queueOffset: 5 } };
  for (const retryAnotherBrokerWhenNotStoreOK of [false, true]) {
    const { world, cluster, producer } = await scene(['a', 'b'], { retryAnotherBrokerWhenNotStoreOK });
    for (const broker of cluster.brokers) broker.on(send, () => answer);
    const result = await world.run(producer.send(message));
    assert.equal(result.sendStatus, SendStatus.FLUSH_DISK_TIMEOUT);
    assert.equal(result.queueOffset, 5);
    const asked = cluster.brokers.reduce((sum, broker) => sum + broker.count(send), 0);
    assert.equal(asked, retryAnotherBrokerWhenNotStoreOK ? 3 : 1);
    await world.run(producer.shutdown());
  }
});

for (const [status, code] of [
  ['FLUSH_SLAVE_TIMEOUT', 12],
  ['SLAVE_NOT_AVAILABLE', 11],
] as const) {
  test(`${status} is a result`, async () => {
    const { world, cluster, producer } = await scene(['a']);
    cluster.brokers[0]?.on(send, () => ({
      code,
      ext: { msgId: 'ID', queueId: 1, queueOffset: 5, TRACE_ON: 'false' },
    }));
    const result = await world.run(producer.send(message));
    assert.deepEqual([result.sendStatus, result.traceOn, result.regionId], [status, false, 'DefaultRegion']);
    await world.run(producer.shutdown());
  });
}

test('a message whose queue is given is tried once', async () => {
  const { world, cluster, producer } = await scene(['a', 'b']);
  for (const broker of cluster.brokers)
    broker.on(send, () => ({ code: ResponseCode.SYSTEM_ERROR, remark: 'no' }));
  const queue = { topic: 'T', brokerName: 'a', queueId: 1 };
  for (const options of [{ queue }, { selector: () => ({ ...queue }) as never }]) {
    const before = cluster.brokers[0]?.count(send) ?? 0;
    const error = await world.run(failure(producer.send(message, options)));
    assert.ok(error instanceof MQBrokerError);
    assert.equal(cluster.brokers[0]?.count(send), before + 1);
  }
  assert.equal(cluster.brokers[1]?.count(send), 0);
  await world.run(producer.shutdown());
});

test('by callback: answers are not retried, lost connections are', async () => {
  const { world, cluster, producer } = await scene(['a', 'b']);
  const [a, b] = cluster.brokers;
  const outcome = (): Promise<string> =>
    new Promise((resolve) => {
      producer.sendAsync(message, {
        onSuccess: (result) => resolve(result.messageQueue.brokerName),
        onException: (error) => resolve((error as MQBrokerError).code),
      });
    });
  for (const broker of cluster.brokers)
    broker.on(send, () => ({ code: ResponseCode.SYSTEM_ERROR, remark: 'no' }));
  assert.equal(await world.run(outcome()), 'SYSTEM_ERROR');
  assert.equal((a?.count(send) ?? 0) + (b?.count(send) ?? 0), 1);
  a?.on(send, (_request, connection) => {
    connection.close();
    return 'silence';
  });
  b?.on(send, undefined);
  for (let i = 0; i < 8; i++) assert.equal(await world.run(outcome()), 'b');
  await world.run(producer.shutdown());
});

test('an abort ends a send at once', async () => {
  const { world, cluster, producer } = await scene(['a']);
  cluster.brokers[0]?.on(send, () => 'silence');
  const abort = new AbortController();
  const sending = failure(producer.send(message, { signal: abort.signal }));
  await world.advance(100);
  abort.abort(new Error('enough'));
  assert.equal((await sending).message, 'enough');
  assert.equal((await failure(producer.send(message, { signal: abort.signal }))).message, 'enough');
  await world.run(producer.shutdown());
});

test('keeping away from a failed broker, when asked to', async () => {
  const { world, cluster, producer } = await scene(['a', 'b'], { sendLatencyFaultEnable: true });
  const [a] = cluster.brokers;
  a?.on(send, () => ({ code: ResponseCode.SYSTEM_ERROR, remark: 'no' }));
  for (let i = 0; i < 20; i++) await world.run(producer.send(message));
  assert.ok((a?.count(send) ?? 0) <= 1, `asked ${a?.count(send)} times`);
  a?.on(send, undefined);
  await world.advance(601_000);
  for (let i = 0; i < 8; i++) await world.run(producer.send(message));
  assert.ok((a?.count(send) ?? 0) >= 4);
  await world.run(producer.shutdown());
});
