/** Transactions against a scripted broker: what is sent when, and what is answered to checks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  LocalTransactionState,
  type TransactionListener,
  TransactionProducer,
  type TransactionProducerOptions,
} from '@rocketmq-ts/client';
import { RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

async function scene(
  listener: Partial<TransactionListener<string>>,
  options: Partial<TransactionProducerOptions<string>> = {},
) {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world);
  cluster.createTopic('TopicTest', 1);
  const broker = cluster.brokers[0];
  assert.ok(broker);
  const ended: { ext: ReadonlyMap<string, string>; remark: string | undefined }[] = [];
  broker.server.handle(RequestCode.END_TRANSACTION, (request) => {
    ended.push({ ext: new Map(request.ext), remark: request.remark });
    return undefined;
  });
  const producer = new TransactionProducer<string>({
    producerGroup: 'PG',
    namesrvAddr: cluster.namesrvAddr,
    clientIP: '10.0.3.1',
    platform: world.platform('10.0.3.1'),
    logger: world.log,
    transactionListener: {
      executeLocalTransaction: () => LocalTransactionState.UNKNOW,
      checkLocalTransaction: () => LocalTransactionState.UNKNOW,
      ...listener,
    },
    ...options,
  });
  await producer.start();
  return { world, broker, producer, ended };
}

for (const [state, code] of [
  ['COMMIT_MESSAGE', '8'],
  ['ROLLBACK_MESSAGE', '12'],
  ['UNKNOW', '0'],
] as const) {
  test(`${state}: the half message is stored, the local transaction runs, its outcome is told`, async () => {
    const order: string[] = [];
    const { world, broker, producer, ended } = await scene({
      executeLocalTransaction: async ({ message, arg, transactionId, sendResult }) => {
        order.push(
          `${message.body} ${arg} ${transactionId === sendResult.msgId} ${broker.count(RequestCode.SEND_MESSAGE_V2)}`,
        );
        return state;
      },
    });
    broker.put('TopicTest', 0, 'first');
    const result = await world.run(
      producer.sendMessageInTransaction({ topic: 'TopicTest', body: 'x', tags: 'T' }, 'arg'),
    );
    assert.equal(result.localTransactionState, state);
    assert.deepEqual(order, ['x arg true 1']);
    await world.advance(10);
    const sent = broker.requests.find((each) => each.code === RequestCode.SEND_MESSAGE_V2)?.ext;
    assert.equal(sent?.get('f'), '4');
    assert.ok(sent?.get('i')?.endsWith('TAGS\x01T\x02TRAN_MSG\x01true\x02PGROUP\x01PG\x02'));
    assert.deepEqual(Object.fromEntries(ended[0]?.ext ?? []), {
      producerGroup: 'PG',
      tranStateTableOffset: '1',
      commitLogOffset: String(Number.parseInt(result.offsetMsgId.slice(16), 16)),
      commitOrRollback: code,
      msgId: result.msgId,
    });
    await world.run(producer.shutdown());
  });
}

test('a local transaction that fails counts as unknown, is logged, and its words go along', async () => {
  const { world, producer, ended } = await scene({
    executeLocalTransaction: () => {
      throw new Error('my bug');
    },
  });
  const result = await world.run(producer.sendMessageInTransaction({ topic: 'TopicTest', body: 'x' }, ''));
  await world.advance(10);
  assert.equal(result.localTransactionState, 'UNKNOW');
  assert.equal(ended[0]?.remark, 'executeLocalTransactionBranch exception: my bug');
  assert.equal(
    world.log.count(
      'executeLocalTransaction failed; the outcome of the transaction counts as unknown my bug',
    ),
    1,
  );
  await world.run(producer.shutdown());
});

test('what is no state counts as unknown and is logged', async () => {
  const { world, producer } = await scene({ executeLocalTransaction: () => undefined as never });
  const result = await world.run(producer.sendMessageInTransaction({ topic: 'TopicTest', body: 'x' }, ''));
  assert.equal(result.localTransactionState, 'UNKNOW');
  assert.equal(world.log.count('executeLocalTransaction returned undefined'), 1);
  await world.run(producer.shutdown());
});

test('a half message that is not flushed is rolled back, and nothing is run', async () => {
  let ran = false;
  const { world, broker, producer, ended } = await scene({
    executeLocalTransaction: () => {
      ran = true;
      return 'COMMIT_MESSAGE';
    },
  });
  const ext = { msgId: '0A00020100002A9F0000000000000010', queueId: 0, queueOffset: 3 };
  broker.on(RequestCode.SEND_MESSAGE_V2, () => ({ code: ResponseCode.FLUSH_DISK_TIMEOUT, ext }));
  const result = await world.run(producer.sendMessageInTransaction({ topic: 'TopicTest', body: 'x' }, ''));
  await world.advance(10);
  assert.deepEqual(
    [result.sendStatus, result.localTransactionState, ran],
    ['FLUSH_DISK_TIMEOUT', 'ROLLBACK_MESSAGE', false],
  );
  assert.equal(ended[0]?.ext.get('commitOrRollback'), '12');
  await world.run(producer.shutdown());
});

test('a half message that is refused runs nothing', async () => {
  let ran = false;
  const { world, broker, producer, ended } = await scene({
    executeLocalTransaction: () => {
      ran = true;
      return 'COMMIT_MESSAGE';
    },
  });
  broker.on(RequestCode.SEND_MESSAGE_V2, () => ({ code: ResponseCode.SYSTEM_BUSY, remark: 'busy' }));
  await assert.rejects(
    world.run(producer.sendMessageInTransaction({ topic: 'TopicTest', body: 'x' }, '')),
    /busy/,
  );
  await world.advance(10);
  assert.deepEqual([ran, ended.length], [false, 0]);
  await world.run(producer.shutdown());
});

test('checks are answered to the broker that asked, one after the other, no more waiting than allowed', async () => {
  let running = 0;
  let most = 0;
  const { world, broker, producer, ended } = await scene(
    {
      checkLocalTransaction: async (message) => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 100));
        running--;
        if (message.body.toString() === '1') throw new Error('my bug');
        assert.equal(message.transactionId, message.msgId);
        return LocalTransactionState.COMMIT_MESSAGE;
      },
    },
    { checkRequestHoldMax: 2 },
  );
  await world.run(producer.sendMessageInTransaction({ topic: 'TopicTest', body: 'x' }, ''));
  await world.advance(10);
  const properties = (id: string): Map<string, string> =>
    new Map([
      ['UNIQ_KEY', id],
      ['TRAN_MSG', 'true'],
      ['PGROUP', 'PG'],
    ]);
  for (let i = 0; i < 4; i++) {
    broker.put('Half', 0, `${i}`, properties(`ID${i}`));
    const body = broker.queue('Half', 0).messages[i]?.record;
    const ext = {
      tranStateTableOffset: `${i}`,
      commitLogOffset: `${100 + i}`,
      msgId: `ID${i}`,
      transactionId: `T${i}`,
      offsetMsgId: 'x',
    };
    broker.notify(RequestCode.CHECK_TRANSACTION_STATE, ext, body);
  }
  await world.advance(500);
  assert.equal(most, 1);
  assert.equal(ended.length, 4, 'one for the send, three for checks');
  const [, first, second] = ended;
  assert.deepEqual(Object.fromEntries(first?.ext ?? []), {
    producerGroup: 'PG',
    tranStateTableOffset: '0',
    commitLogOffset: '100',
    commitOrRollback: '8',
    fromTransactionCheck: 'true',
    msgId: 'ID0',
    transactionId: 'T0',
  });
  assert.equal(second?.ext.get('commitOrRollback'), '0');
  assert.equal(second?.remark, 'checkLocalTransactionState Exception: my bug');
  assert.equal(world.log.count('checkRequestHoldMax'), 1);
  await world.run(producer.shutdown());
});

test('a producer that has sent nothing is known to the brokers of its template topic, and can be asked', async () => {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world);
  const [broker] = cluster.brokers;
  assert.ok(broker);
  const producer = new TransactionProducer<string>({
    producerGroup: 'PG',
    namesrvAddr: cluster.namesrvAddr,
    platform: world.platform('10.0.3.1'),
    logger: world.log,
    transactionListener: {
      executeLocalTransaction: () => LocalTransactionState.UNKNOW,
      checkLocalTransaction: () => LocalTransactionState.UNKNOW,
    },
  });
  await producer.start();
  await world.advance(10_000);
  assert.equal(broker.count(RequestCode.HEART_BEAT), 0, 'the template topic is not there yet');
  cluster.createTopic('TBW102', 1);
  await world.advance(25_000);
  const [heartbeat] = broker.clients.values();
  assert.ok(heartbeat?.producerDataSet.some(({ groupName }) => groupName === 'PG'));
  await world.run(producer.shutdown());
});

test('a check for a group that is not here is logged', async () => {
  const { world, broker, producer, ended } = await scene({});
  await world.run(producer.send({ topic: 'TopicTest', body: 'x' }));
  await world.advance(10);
  broker.put(
    'Half',
    0,
    'x',
    new Map([
      ['UNIQ_KEY', 'ID'],
      ['PGROUP', 'Other'],
    ]),
  );
  const ext = { tranStateTableOffset: '0', commitLogOffset: '0', msgId: 'ID' };
  broker.notify(RequestCode.CHECK_TRANSACTION_STATE, ext, broker.queue('Half', 0).messages[0]?.record);
  await world.advance(100);
  assert.equal(ended.length, 0);
  assert.equal(world.log.count('a transaction of group Other, which has no transaction producer here'), 1);
  await world.run(producer.shutdown());
});

test('shutdown waits for a local transaction and tells its outcome', async () => {
  const { world, producer, ended } = await scene({
    executeLocalTransaction: async () => {
      await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 2000));
      return LocalTransactionState.COMMIT_MESSAGE;
    },
  });
  const sending = producer.sendMessageInTransaction({ topic: 'TopicTest', body: 'x' }, '');
  await world.advance(100);
  const down = producer.shutdown();
  assert.equal((await world.run(sending)).localTransactionState, 'COMMIT_MESSAGE');
  await world.run(down);
  await world.advance(100);
  assert.equal(ended.length, 1);
});

test('a listener without its functions is refused', () => {
  assert.throws(
    () => new TransactionProducer({ producerGroup: 'PG', transactionListener: {} as never }),
    /executeLocalTransaction and checkLocalTransaction/,
  );
});
