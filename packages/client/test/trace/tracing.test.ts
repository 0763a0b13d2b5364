/** What producers and consumers write to the trace topic, line by line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  LitePullConsumer,
  Producer,
  type ProducerOptions,
  PushConsumer,
  type PushConsumerOptions,
  TransactionProducer,
} from '@rocketmq-ts/client';
import { decodeRecord, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

const traceTopic = 'RMQ_SYS_TRACE_TOPIC';

async function scene() {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world);
  cluster.createTopic('TopicTest', 1);
  cluster.createTopic(traceTopic, 1);
  const [broker] = cluster.brokers;
  assert.ok(broker);
  let hosts = 0;
  const client = () => {
    const clientIP = `10.0.3.${++hosts}`;
    return {
      namesrvAddr: cluster.namesrvAddr,
      clientIP,
      platform: world.platform(clientIP),
      logger: world.log,
    };
  };
  return {
    world,
    cluster,
    broker,
    client,
    producer: (options: Partial<ProducerOptions> = {}) =>
      new Producer({ producerGroup: 'PG', enableMsgTrace: true, ...client(), ...options }),
    consumer: (options: Partial<PushConsumerOptions> = {}) =>
      new PushConsumer({
        consumerGroup: 'CG',
        enableMsgTrace: true,
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        ...client(),
        ...options,
      }),
    messages: (topic = traceTopic) =>
      broker.queue(topic, 0).messages.map(({ record }) => decodeRecord(record)),
    lines: (topic = traceTopic) =>
      broker.queue(topic, 0).messages.flatMap(({ record }) =>
        decodeRecord(record)
          .body.toString()
          .split('\x02')
          .filter((line) => line !== '')
          .map((line) => line.split('\x01')),
      ),
  };
}

test('a producer traces what was stored: one Pub per message', async () => {
  const { world, producer, lines, messages } = await scene();
  const traced = producer();
  await traced.start();
  const result = await world.run(
    traced.send({ topic: 'TopicTest', tags: 'A', keys: ['k1', 'k2'], body: 'abc' }),
  );
  const batch = await world.run(
    traced.sendBatch([
      { topic: 'TopicTest', body: '1', keys: 'k' },
      { topic: 'TopicTest', body: '2' },
    ]),
  );
  await world.run(traced.sendOneway({ topic: 'TopicTest', body: 'x' }));
  await world.run(traced.shutdown());
  const [single, many, ...rest] = lines();
  assert.deepEqual(rest, []);
  assert.match(single?.[1] ?? '', /^\d{13}$/);
  assert.match(single?.[10] ?? '', /^\d+$/);
  assert.deepEqual(single?.toSpliced(10, 1).toSpliced(1, 1), [
    'Pub',
    'DefaultRegion',
    'PG',
    'TopicTest',
    result.msgId,
    'A',
    'k1 k2',
    '10.0.2.1:10911',
    '3',
    '0',
    result.offsetMsgId,
    'true',
  ]);
  assert.deepEqual(many?.slice(4, 9), ['TopicTest', batch.msgId, 'null', 'null', '10.0.2.1:10911']);
  const keys = messages()[0]?.properties.get('KEYS');
  assert.equal(keys, [result.msgId, 'k1 k2', ...batch.msgId.split(',')].join(' '));
  assert.equal(traced.lostTraces, 0);
});

test('what is not flushed or replicated is no success; a delay and a half message have their types', async () => {
  const { world, producer, broker, client, lines } = await scene();
  broker.on(RequestCode.SEND_MESSAGE_V2, ({ ext }) =>
    ext.get('b') === 'TopicTest'
      ? {
          code: ResponseCode.FLUSH_SLAVE_TIMEOUT,
          ext: {
            msgId: '0A00020100002A9F0000000000000000',
            queueId: 0,
            queueOffset: 0,
            MSG_REGION: 'R',
            TRACE_ON: 'true',
          },
        }
      : undefined,
  );
  const traced = producer();
  await traced.start();
  await world.run(traced.send({ topic: 'TopicTest', body: 'a', delayTimeLevel: 1 }));
  await world.run(traced.shutdown());
  const transactional = new TransactionProducer({
    producerGroup: 'PT',
    enableMsgTrace: true,
    transactionListener: {
      executeLocalTransaction: () => 'COMMIT_MESSAGE',
      checkLocalTransaction: () => 'COMMIT_MESSAGE',
    },
    ...client(),
  });
  await transactional.start();
  await world.run(transactional.sendMessageInTransaction({ topic: 'TopicTest', body: 'a' }, undefined));
  await world.run(transactional.shutdown());
  assert.deepEqual(
    lines().map((line) => [line[3], line[11], line[13]]),
    [
      ['PG', '3', 'false'],
      ['PT', '1', 'false'],
    ],
  );
});

test('a broker with traceOn=false silences a producer; a trace topic of its own is taken', async () => {
  const { world, cluster, producer, broker, lines } = await scene();
  cluster.createTopic('MyTraces', 1);
  let traceOn = false;
  broker.on(RequestCode.SEND_MESSAGE_V2, ({ ext }) =>
    ext.get('b') === 'TopicTest'
      ? { code: 0, ext: { msgId: '0'.repeat(32), queueId: 0, queueOffset: 0, TRACE_ON: String(traceOn) } }
      : undefined,
  );
  const traced = producer({ enableMsgTrace: undefined, traceTopic: 'MyTraces' });
  await traced.start();
  await world.run(traced.send({ topic: 'TopicTest', body: 'a' }));
  traceOn = true;
  await world.run(traced.send({ topic: 'TopicTest', body: 'b' }));
  await world.run(traced.shutdown());
  assert.equal(lines('MyTraces').length, 1);
  assert.equal(lines().length, 0);
});

test('a trace topic that cannot be written fails no send and delays none', async () => {
  const { world, producer } = await scene();
  const traced = producer({ traceTopic: 'Nowhere' });
  await traced.start();
  const startMs = world.clock.monotonicMs();
  for (let i = 0; i < 20; i++) {
    const result = await world.run(traced.send({ topic: 'TopicTest', body: 'a' }));
    assert.equal(result.sendStatus, 'SEND_OK');
  }
  assert.ok(world.clock.monotonicMs() - startMs < 100);
  await world.run(traced.shutdown());
  assert.equal(traced.lostTraces, 20);
  assert.ok(world.log.count('message traces were lost') > 0);
});

test('a consumer traces each call of its listener: SubBefore and SubAfter of every message', async () => {
  const { world, consumer, broker, lines, messages } = await scene();
  const answers = ['CONSUME_SUCCESS', 'RECONSUME_LATER', 'nonsense'] as const;
  const properties = (id: string, more: [string, string][] = []) =>
    new Map([['UNIQ_KEY', id], ['MSG_REGION', 'R1'], ['TRACE_ON', 'true'], ...more]);
  broker.put('TopicTest', 0, '0', properties('id0', [['KEYS', 'k']]));
  broker.put('TopicTest', 0, '1', properties('id1'));
  broker.put('TopicTest', 0, '2', properties('id2'));
  broker.put('TopicTest', 0, '3', properties('id3'));
  broker.put('TopicTest', 0, '4', properties('silent', [['TRACE_ON', 'false']]));
  const traced = consumer();
  traced.subscribe('TopicTest');
  let calls = 0;
  traced.registerMessageListener(([message]) => {
    calls++;
    const i = Number(message?.body);
    if (i === 3) throw new Error('no');
    return answers[i] as string;
  });
  await world.run(traced.start());
  await world.until(() => calls === 5);
  await world.run(traced.shutdown());
  const all = lines();
  const before = all.filter(([type]) => type === 'SubBefore');
  const after = all.filter(([type]) => type === 'SubAfter');
  assert.equal(before.length + after.length, all.length);
  assert.deepEqual(
    before.map(([, , region, group, , msgId, retries, keys]) => [region, group, msgId, retries, keys]),
    [
      ['R1', 'CG', 'id0', '0', 'k'],
      ['R1', 'CG', 'id1', '0', 'null'],
      ['R1', 'CG', 'id2', '0', 'null'],
      ['R1', 'CG', 'id3', '0', 'null'],
    ],
  );
  assert.deepEqual(
    after.map(([, requestId, msgId, , success, keys, code]) => [requestId, msgId, success, keys, code]),
    [
      [before[0]?.[4], 'id0', 'true', 'k', '0'],
      [before[1]?.[4], 'id1', 'false', 'null', '4'],
      [before[2]?.[4], 'id2', 'false', 'null', '3'],
      [before[3]?.[4], 'id3', 'false', 'null', '2'],
    ],
  );
  assert.ok(messages().every(({ properties: { size } }) => size > 0));
});

test('an orderly listener and a lite pull consumer are traced too', async () => {
  const { world, consumer, broker, client, lines } = await scene();
  broker.put('TopicTest', 0, 'a', new Map([['UNIQ_KEY', 'id0']]));
  const orderly = consumer({ suspendCurrentQueueTimeMillis: 10 });
  orderly.subscribe('TopicTest');
  let calls = 0;
  orderly.registerMessageListenerOrderly(() =>
    calls++ === 0 ? 'SUSPEND_CURRENT_QUEUE_A_MOMENT' : 'SUCCESS',
  );
  await world.run(orderly.start());
  await world.until(() => calls === 2);
  await world.run(orderly.shutdown());
  const outcome = (line: string[]) => (line[0] === 'SubAfter' ? `${line[2]} ${line[4]} ${line[6]}` : line[5]);
  assert.deepEqual(lines().map(outcome), ['id0', 'id0 false 4', 'id0', 'id0 true 0']);

  const lite = new LitePullConsumer({
    consumerGroup: 'CL',
    enableMsgTrace: true,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    ...client(),
  });
  lite.subscribe('TopicTest');
  await world.run(lite.start());
  assert.equal((await world.run(lite.poll())).length, 1);
  await world.run(lite.commit());
  await world.run(lite.shutdown());
  assert.deepEqual(
    lines()
      .slice(4)
      .map((line) => [line[0], outcome(line)]),
    [
      ['SubBefore', 'id0'],
      ['SubAfter', 'id0 true 0'],
    ],
  );
});
