/** Messages found by place, by their sender's id and by key, over all brokers of a topic. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MQClientError, Producer } from '@rocketmq-ts/client';
import { RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

async function scene() {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world, ['a', 'b']);
  cluster.createTopic('T', 1);
  const asked: ReadonlyMap<string, string>[] = [];
  for (const broker of cluster.brokers) {
    broker.on(RequestCode.QUERY_MESSAGE, (request) => {
      asked.push(new Map(request.ext));
      const records = broker.queue('T', 0).messages.map((message) => message.record);
      if (records.length === 0) return { code: ResponseCode.QUERY_NOT_FOUND, remark: 'none' };
      return {
        code: 0,
        ext: { indexLastUpdateTimestamp: 5, indexLastUpdatePhyoffset: 0 },
        body: Buffer.concat(records),
      };
    });
  }
  const producer = new Producer({
    producerGroup: 'PG',
    namesrvAddr: cluster.namesrvAddr,
    clientIP: '10.0.3.1',
    platform: world.platform('10.0.3.1'),
    logger: world.log,
  });
  await producer.start();
  return { world, cluster, producer, asked };
}

test('by key: every broker is asked, and what only shares the hash is left out', async () => {
  const { world, cluster, producer, asked } = await scene();
  const [a, b] = cluster.brokers;
  a?.put(
    'T',
    0,
    'one',
    new Map([
      ['KEYS', 'k1 k2'],
      ['UNIQ_KEY', 'ID1'],
    ]),
  );
  a?.put(
    'T',
    0,
    'other',
    new Map([
      ['KEYS', 'k11'],
      ['UNIQ_KEY', 'ID2'],
    ]),
  );
  b?.put(
    'T',
    0,
    'two',
    new Map([
      ['KEYS', 'k2'],
      ['UNIQ_KEY', 'ID3'],
    ]),
  );
  const { messageList, indexLastUpdateTimestamp } = await world.run(
    producer.queryMessage('T', 'k2', 10, 1, 2),
  );
  assert.deepEqual(messageList.map((message) => message.body.toString()).sort(), ['one', 'two']);
  assert.equal(indexLastUpdateTimestamp, 5);
  assert.deepEqual(Object.fromEntries(asked[0] ?? []), {
    topic: 'T',
    key: 'k2',
    maxNum: '10',
    beginTimestamp: '1',
    endTimestamp: '2',
    _UNIQUE_KEY_QUERY: 'false',
  });
  const none = await world.run(
    producer.queryMessage('T', 'k3', 10, 1, 2).catch((error: MQClientError) => error),
  );
  assert.ok(none instanceof Error);
  assert.deepEqual([none.code, none.responseCode], ['NO_MESSAGE', 208]);
  await world.run(producer.shutdown());
});

test('a broker that fails is left out; if all find nothing, the failure is told', async () => {
  const { world, cluster, producer } = await scene();
  const [a, b] = cluster.brokers;
  b?.on(RequestCode.QUERY_MESSAGE, () => ({ code: ResponseCode.SYSTEM_ERROR, remark: 'broken index' }));
  const none = await world.run(
    producer.queryMessage('T', 'k', 10, 1, 2).catch((error: MQClientError) => error),
  );
  assert.match(String((none as Error).cause), /broken index/);
  a?.put('T', 0, 'one', new Map([['KEYS', 'k']]));
  assert.equal((await world.run(producer.queryMessage('T', 'k', 10, 1, 2))).messageList.length, 1);
  await world.run(producer.shutdown());
});

test("by topic and id: an offset id is looked up at its broker, a sender's id in the index", async () => {
  const { world, producer, asked } = await scene();
  const result = await world.run(producer.send({ topic: 'T', body: 'x' }));
  assert.equal((await world.run(producer.viewMessage('T', result.offsetMsgId))).msgId, result.msgId);
  assert.equal(asked.length, 0);
  assert.equal((await world.run(producer.viewMessage('T', result.msgId))).offsetMsgId, result.offsetMsgId);
  assert.equal(asked[0]?.get('_UNIQUE_KEY_QUERY'), 'true');
  assert.equal(asked[0]?.get('endTimestamp'), '9223372036854775807');
  const earlier = world.clock.now() - Number(asked[0]?.get('beginTimestamp'));
  assert.ok(earlier >= 1000 && earlier < 3000, `the window begins ${earlier} ms ago`);
  await assert.rejects(world.run(producer.viewMessage('nothing')), /NO_MESSAGE|not an offset message id/);
  await world.run(producer.shutdown());
});
