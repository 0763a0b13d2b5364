/** A producer's life: start, what it sends and refuses, routes that are missing, shutdown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Message,
  MessageQueue,
  type MQClientError,
  Producer,
  type ProducerOptions,
  splitBatch,
} from '@rocketmq-ts/client';
import { decodeRecord, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { RemotingTooMuchRequestError } from '@rocketmq-ts/remoting';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

async function scene(options: Partial<ProducerOptions> = {}, nameServers = 1) {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world, ['broker-a'], nameServers);
  cluster.createTopic('TopicTest');
  const producer = new Producer({
    producerGroup: 'PG',
    namesrvAddr: cluster.namesrvAddr,
    clientIP: '10.0.3.1',
    platform: world.platform('10.0.3.1'),
    logger: world.log,
    ...options,
  });
  await producer.start();
  const broker = cluster.brokers[0];
  assert.ok(broker);
  return { world, cluster, producer, broker };
}

async function failure(promise: Promise<unknown>): Promise<MQClientError> {
  try {
    await promise;
  } catch (error) {
    return error as MQClientError;
  }
  throw new Error('it should have failed');
}

test('a message arrives with everything it was given', async () => {
  const { world, producer, broker } = await scene();
  const message = new Message('TopicTest', 'TagA', ['k1', 'k2'], 'Grüße');
  message.putUserProperty('a', 'b"c');
  message.delayTimeLevel = 3;
  message.flag = 7;
  const result = await world.run(
    producer.send(message, { queue: new MessageQueue('TopicTest', 'broker-a', 2) }),
  );
  assert.equal(
    String(result),
    `SendResult [sendStatus=SEND_OK, msgId=${result.msgId}, offsetMsgId=${result.offsetMsgId}, ` +
      'messageQueue=MessageQueue [topic=TopicTest, brokerName=broker-a, queueId=2], queueOffset=0]',
  );
  const stored = decodeRecord(broker.queue('TopicTest', 2).messages[0]?.record ?? Buffer.alloc(0));
  assert.equal(stored.body.toString(), 'Grüße');
  assert.equal(stored.flag, 7);
  const { UNIQ_KEY, ...properties } = Object.fromEntries(stored.properties);
  assert.equal(UNIQ_KEY, result.msgId);
  assert.deepEqual(properties, { WAIT: 'true', TAGS: 'TagA', KEYS: 'k1 k2', DELAY: '3', a: 'b"c' });
  assert.equal((await world.run(producer.viewMessage(result.offsetMsgId))).msgId, result.msgId);
  await world.run(producer.shutdown());
});

test('queues take turns', async () => {
  const { world, producer } = await scene();
  const ids: number[] = [];
  for (let i = 0; i < 8; i++)
    ids.push((await world.run(producer.send({ topic: 'TopicTest', body: 'x' }))).messageQueue.queueId);
  assert.deepEqual(ids.slice(0, 4).sort(), [0, 1, 2, 3]);
  assert.deepEqual(ids.slice(4), ids.slice(0, 4));
  await world.run(producer.shutdown());
});

test('what cannot be sent is refused with code 13, before anything is sent', async () => {
  const { world, producer, broker } = await scene({ maxMessageSize: 100 });
  const ok = { topic: 'TopicTest', body: 'x' };
  const bad: [object, RegExp][] = [
    [{ ...ok, topic: '' }, /topic is blank/],
    [{ ...ok, topic: 'a b' }, /illegal characters/],
    [{ ...ok, topic: '../x' }, /illegal characters/],
    [{ ...ok, topic: 'x'.repeat(256) }, /255/],
    [{ ...ok, topic: 'TBW102' }, /AUTO_CREATE_TOPIC_KEY_TOPIC/],
    [{ ...ok, body: '' }, /length is zero/],
    [{ ...ok, body: undefined }, /body is null/],
    [{ ...ok, body: 'x'.repeat(101) }, /MAX: 100, found 101/],
    [{ ...ok, properties: { TAGS: 'x' } }, /used by system/],
    [{ ...ok, properties: { a: ' ' } }, /blank/],
    [{ ...ok, properties: { a: 'x\x01y' } }, /separate properties/],
    [{ ...ok, tags: 'x\x02y' }, /separate properties/],
    [{ ...ok, delayTimeLevel: 1.5 }, /delayTimeLevel/],
    [{ ...ok, flag: 2 ** 31 }, /32-bit/],
  ];
  for (const [message, expected] of bad) {
    const error = await failure(producer.send(message as typeof ok));
    assert.match(error.message, expected);
    assert.deepEqual(
      [error.code, error.responseCode, error.retriable],
      ['MESSAGE_ILLEGAL', 13, false],
      error.message,
    );
  }
  const wrongQueue = { queue: { topic: 'Other', brokerName: 'broker-a', queueId: 0 } };
  assert.match((await world.run(failure(producer.send(ok, wrongQueue)))).message, /not equal mq's topic/);
  const none = await world.run(failure(producer.send(ok, { selector: () => undefined })));
  assert.equal(none.code, 'QUEUE_NOT_FOUND');
  assert.equal(broker.count(RequestCode.SEND_MESSAGE_V2), 0);
  await world.run(producer.shutdown());
});

test('batches: one request, an id each; unlike messages are refused', async () => {
  const { world, producer, broker } = await scene();
  const messages = ['a', 'b', 'c'].map((body) => ({ topic: 'TopicTest', body, tags: 'T' }));
  const result = await world.run(producer.sendBatch(messages));
  assert.equal(result.msgId.split(',').length, 3);
  assert.equal(result.offsetMsgId.split(',').length, 3);
  assert.equal(broker.count(RequestCode.SEND_BATCH_MESSAGE), 1);
  const bad: [object[], RegExp][] = [
    [[], /one message at least/],
    [
      [
        { topic: 'A', body: 'x' },
        { topic: 'B', body: 'x' },
      ],
      /topic of the messages/,
    ],
    [[{ topic: 'A', body: 'x', delayTimeLevel: 1 }], /Delay/],
    [
      [
        { topic: 'A', body: 'x' },
        { topic: 'A', body: 'x', waitStoreMsgOK: false },
      ],
      /waitStoreMsgOK/,
    ],
    [[{ topic: '%RETRY%g', body: 'x' }], /Retry Group/],
    [[{ topic: 'A', body: '' }], /length is zero/],
  ];
  for (const [batch, expected] of bad) {
    const error = await failure(producer.sendBatch(batch as typeof messages));
    assert.match(error.message, expected);
    assert.equal(error.responseCode, 13);
  }
  await world.run(producer.shutdown());
});

test('a long list is cut into batches by size, in order', () => {
  const messages = Array.from({ length: 50 }, (_, i) => ({
    topic: 'T',
    body: 'x'.repeat(i === 20 ? 5000 : 100),
    keys: `k${i}`,
  }));
  const batches = [...splitBatch(messages, 2000)];
  assert.deepEqual(batches.flat(), messages);
  assert.ok(batches.length > 5);
  for (const batch of batches) {
    const bytes = batch.reduce((sum, message) => sum + message.body.length + 91, 0);
    assert.ok(bytes <= 2000 || batch.length === 1);
  }
  assert.deepEqual([...splitBatch([])], []);
});

test('one-way: sent, and nothing is answered', async () => {
  const { world, producer, broker } = await scene();
  await world.run(
    producer.sendOneway({ topic: 'TopicTest', body: 'x', tags: 'TagA', properties: { a: 'b\tc' } }),
  );
  await world.advance(10);
  assert.equal(broker.count(RequestCode.SEND_MESSAGE_V2), 1);
  assert.ok(broker.requests.at(-1)?.ext.get('i')?.endsWith('TAGS\x01TagA\x02a\x01b\tc\x02'));
  await world.run(producer.shutdown());
});

test('an unknown topic takes its queues from the template, at most defaultTopicQueueNums', async () => {
  const { world, cluster, producer } = await scene({ defaultTopicQueueNums: 2 });
  cluster.createTopic('TBW102', 8);
  const queueIds = new Set<number>();
  for (let i = 0; i < 6; i++)
    queueIds.add((await world.run(producer.send({ topic: 'New', body: 'x' }))).messageQueue.queueId);
  assert.deepEqual([...queueIds].sort(), [0, 1]);
  cluster.createTopic('New', 3);
  await world.advance(31_000);
  for (let i = 0; i < 6; i++)
    queueIds.add((await world.run(producer.send({ topic: 'New', body: 'x' }))).messageQueue.queueId);
  assert.deepEqual([...queueIds].sort(), [0, 1, 2]);
  await world.run(producer.shutdown());
});

test('no route: says who was asked, what they said, the nearest name and what to do', async () => {
  const { world, producer, cluster } = await scene({}, 2);
  const error = await world.run(failure(producer.send({ topic: 'TopicTset', body: 'x' })));
  assert.deepEqual([error.code, error.responseCode], ['NOT_FOUND_TOPIC_EXCEPTION', 10005]);
  for (const nameServer of cluster.nameServers)
    assert.ok(error.message.includes(nameServer.address), error.message);
  assert.match(
    error.message,
    /code 17 TOPIC_NOT_EXIST: No topic route info in name server for the topic: TopicTset\)/,
  );
  assert.match(error.message, /nearest topic they know is TopicTest\./);
  assert.match(error.message, /Brokers registered there: broker-a at 10\.0\.2\.1:10911\./);
  assert.match(
    error.message,
    /None of them creates topics by itself \(autoCreateTopicEnable=false\): create it \(mqadmin updateTopic -t TopicTset -c DefaultCluster\)/,
  );
  cluster.createTopic('TBW102');
  const readable = await world.run(failure(producer.fetchPublishMessageQueues('TopicTset')));
  assert.match(readable.message, /broker-a would create the topic on its first message/);
  for (const nameServer of cluster.nameServers) nameServer.routes.clear();
  const empty = await world.run(failure(producer.fetchPublishMessageQueues('TopicTset')));
  assert.match(empty.message, /No broker is registered there: start one/);
  await world.run(producer.shutdown());
});

test('a broker that cannot be reached: says that its address is the advertised one', async () => {
  const { world, producer, broker } = await scene();
  world.network.crash(broker.host);
  const error = await world.run(failure(producer.send({ topic: 'TopicTest', body: 'x' })));
  assert.equal(error.code, 'CONNECT_BROKER_EXCEPTION');
  assert.match(
    error.message,
    /10\.0\.2\.1:10911 is the address that broker broker-a advertises: .*brokerIP1/,
  );
  await world.run(producer.shutdown());
});

test('no name server answers: says so, within the time of the send', async () => {
  const { world, producer, cluster } = await scene({}, 2);
  for (const nameServer of cluster.nameServers) world.network.crash(nameServer.host);
  const error = await world.run(failure(producer.send({ topic: 'Any', body: 'x' })));
  assert.equal(error.responseCode, 10005);
  assert.match(error.message, /no name server could be asked: .*10\.0\.1\.[12]:9876 \(.*ECONNREFUSED/);
  for (const nameServer of cluster.nameServers) world.network.partition('10.0.3.1', nameServer.host);
  const start = world.clock.monotonicMs();
  const late = await world.run(failure(producer.send({ topic: 'Any2', body: 'x' }, { timeoutMs: 400 })));
  assert.ok(
    (late as Error) instanceof RemotingTooMuchRequestError || late.responseCode === 10005,
    String(late),
  );
  assert.ok(world.clock.monotonicMs() - start <= 410);
  world.network.heal();
  await world.run(producer.shutdown());
});

test('a topic that may not be written has no queues to send to', async () => {
  const { world, producer, cluster } = await scene();
  cluster.createTopic('ReadOnly', 4, cluster.brokers, 4);
  const error = await world.run(failure(producer.send({ topic: 'ReadOnly', body: 'x' })));
  assert.equal(error.responseCode, 10005);
  assert.match(error.message, /may be written to/);
  await world.run(producer.shutdown());
});

test('a second name server is asked when the first is down, and stays in use', async () => {
  const { world, producer, cluster } = await scene({}, 2);
  world.network.crash('10.0.1.1');
  await world.run(producer.send({ topic: 'TopicTest', body: 'x' }));
  const second = cluster.nameServers[1];
  assert.ok((second?.count(RequestCode.GET_ROUTEINTO_BY_TOPIC) ?? 0) >= 1);
  await world.advance(61_000);
  assert.equal(world.log.count('could not be fetched'), 0);
  await world.run(producer.shutdown());
});

test('the broker hears of the group at once and every 30 seconds, and of its end', async () => {
  const { world, producer, broker } = await scene();
  assert.equal(broker.count(RequestCode.HEART_BEAT), 0);
  await world.run(producer.send({ topic: 'TopicTest', body: 'x' }));
  await world.advance(10);
  assert.equal(broker.count(RequestCode.HEART_BEAT), 1);
  const data = [...broker.clients.values()][0];
  assert.match(data?.clientID ?? '', new RegExp(`^10\\.0\\.3\\.1@${process.pid}#`));
  assert.deepEqual(data?.producerDataSet, [{ groupName: 'PG' }, { groupName: 'CLIENT_INNER_PRODUCER' }]);
  await world.advance(60_000);
  assert.equal(broker.count(RequestCode.HEART_BEAT), 3);
  await world.run(producer.shutdown());
  const last = broker.requests.at(-1);
  assert.equal(last?.code, RequestCode.UNREGISTER_CLIENT);
  assert.equal(last?.ext.get('producerGroup'), 'PG');
  assert.equal(world.clock.pendingCount <= 4, true, 'only the servers have timers left');
});

test('producers of one configuration share a connection; a group is in it once', async () => {
  const { world, cluster, producer, broker } = await scene();
  const platform = world.platform('10.0.3.2');
  const options = { namesrvAddr: cluster.namesrvAddr, clientIP: '10.0.3.2', platform, logger: world.log };
  const one = new Producer({ ...options, producerGroup: 'one' });
  const two = new Producer({ ...options, producerGroup: 'two' });
  const again = new Producer({ ...options, producerGroup: 'one' });
  await Promise.all([one.start(), two.start()]);
  const error = await failure(again.start());
  assert.equal(error.code, 'GROUP_EXISTS_ALREADY');
  await world.run(Promise.all([one, two].map((each) => each.send({ topic: 'TopicTest', body: 'x' }))));
  assert.equal(broker.server.connectionCount, 1);
  await world.run(one.shutdown());
  await world.run(two.send({ topic: 'TopicTest', body: 'x' }));
  await again.start();
  await world.run(Promise.all([two.shutdown(), again.shutdown(), producer.shutdown()]));
});

test('shutdown waits for sends under way; later sends are refused', async () => {
  const { world, producer, broker } = await scene();
  await world.run(producer.send({ topic: 'TopicTest', body: 'x' }));
  const results = Promise.all(
    Array.from({ length: 50 }, () => producer.send({ topic: 'TopicTest', body: 'x' })),
  );
  const down = producer.shutdown();
  assert.equal((await world.run(results)).length, 50);
  await world.run(down);
  const error = await failure(producer.send({ topic: 'TopicTest', body: 'x' }));
  assert.equal(error.code, 'CLIENT_NOT_RUNNING');
  assert.match(error.message, /SHUTDOWN_ALREADY/);
  assert.equal((await failure(producer.start())).code, 'CLIENT_NOT_RUNNING');
  assert.equal(broker.count(RequestCode.SEND_MESSAGE_V2), 51);
  await producer.shutdown();
});

test('options that cannot be are refused by name', async () => {
  const make = (options: Partial<ProducerOptions>): Producer =>
    new Producer({ producerGroup: 'PG', ...options });
  assert.throws(() => make({ producerGroup: 'DEFAULT_PRODUCER' }), /producerGroup is DEFAULT_PRODUCER/);
  assert.throws(() => make({ producerGroup: 'a b' }), /producerGroup is "a b"/);
  assert.throws(() => make({ sendMsgTimeout: 0 }), /sendMsgTimeout is 0/);
  assert.throws(() => make({ latencyMax: [1] }), /latencyMax has 1 values/);
  const world = new SimWorld();
  const platform = world.platform('10.0.3.1');
  assert.match(
    (await failure(make({ namesrvAddr: 'nohost', platform }).start())).message,
    /"nohost", which is not host:port/,
  );
  const none = await failure(make({ namesrvAddr: '', platform }).start());
  assert.deepEqual([none.code, none.responseCode], ['NO_NAME_SERVER_EXCEPTION', 10004]);
});

test('whether it runs', async () => {
  const { world, producer } = await scene();
  assert.equal(producer.isRunning, true);
  await world.run(producer.shutdown());
  assert.equal(producer.isRunning, false);
  await assert.rejects(producer.maxOffset({ topic: 'T', brokerName: 'b', queueId: 0 }), /SHUTDOWN_ALREADY/);
});

test('await using shuts a producer down', async () => {
  const { world, producer } = await scene();
  await world.run(producer[Symbol.asyncDispose]());
  assert.equal((await failure(producer.send({ topic: 'TopicTest', body: 'x' }))).code, 'CLIENT_NOT_RUNNING');
});

test('the callback of a send that throws is logged, and called once', async () => {
  const { world, producer, broker } = await scene();
  broker.on(RequestCode.SEND_MESSAGE_V2, () => ({ code: ResponseCode.SYSTEM_BUSY, remark: 'busy' }));
  let calls = 0;
  producer.sendAsync({ topic: 'TopicTest', body: 'x' }, () => {
    calls++;
    throw new Error('my bug');
  });
  await world.advance(100);
  assert.equal(calls, 1);
  assert.equal(world.log.count('the callback of a send failed my bug'), 1);
  await world.run(producer.shutdown());
});
