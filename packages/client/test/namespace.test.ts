/** Namespaces: brokers see NS%topic and NS%group, the application sees neither. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AllocateMessageQueueByConfig,
  LitePullConsumer,
  type MessageQueue,
  type MQClientError,
  Producer,
  PullConsumer,
  type ReceivedMessage,
  TransactionProducer,
} from '@rocketmq-ts/client';
import { PropertyKey, RequestCode } from '@rocketmq-ts/protocol';
import fc from 'fast-check';
import { Namespace } from '../src/namespace.ts';
import { bodies, consumerScene } from './support/consumer-scene.ts';

const ns = new Namespace('NS');

test('names are wrapped and stripped as later releases do', () => {
  for (const [bare, wrapped] of [
    ['Topic', 'NS%Topic'],
    ['NSx', 'NS%NSx'],
    ['%RETRY%CG', '%RETRY%NS%CG'],
    ['%DLQ%CG', '%DLQ%NS%CG'],
    ['TBW102', 'TBW102'],
    ['RMQ_SYS_TRACE_TOPIC', 'RMQ_SYS_TRACE_TOPIC'],
    ['rmq_sys_anything', 'rmq_sys_anything'],
    ['BenchmarkTest', 'BenchmarkTest'],
    ['SELF_TEST_TOPIC', 'SELF_TEST_TOPIC'],
    ['OFFSET_MOVED_EVENT', 'OFFSET_MOVED_EVENT'],
    ['SCHEDULE_TOPIC_XXXX', 'SCHEDULE_TOPIC_XXXX'],
    ['RMQ_SYS_TRANS_HALF_TOPIC', 'RMQ_SYS_TRANS_HALF_TOPIC'],
    ['CID_RMQ_SYS_TRANS', 'CID_RMQ_SYS_TRANS'],
    ['', ''],
  ] as const) {
    assert.equal(ns.wrap(bare), wrapped);
    assert.equal(ns.wrap(wrapped), wrapped, 'wrapped once');
    assert.equal(ns.strip(wrapped), bare);
    assert.equal(ns.strip(bare), bare);
  }
  assert.equal(ns.strip('Other%Topic'), 'Other%Topic');
  assert.throws(
    () => new Namespace('a%b'),
    (error: MQClientError) => error.code === 'CLIENT_CONFIG_ILLEGAL',
  );
});

test('any name comes back', () => {
  const name = fc.string({ unit: fc.constantFrom(...'abN%S_-'), minLength: 1 });
  fc.assert(
    fc.property(name, (topic) => {
      const wrapped = ns.wrap(topic);
      assert.equal(ns.wrap(wrapped), wrapped);
      if (ns.strip(topic) === topic) assert.equal(ns.strip(wrapped), topic);
    }),
  );
});

async function scene() {
  const { world, cluster, broker, consumer } = await consumerScene();
  cluster.createTopic('NS%Shop', 2);
  let hosts = 0;
  const client = () => {
    const clientIP = `10.0.6.${++hosts}`;
    return {
      namespace: 'NS',
      namesrvAddr: cluster.namesrvAddr,
      clientIP,
      platform: world.platform(clientIP),
      logger: world.log,
    };
  };
  return { world, cluster, broker, consumer, client };
}

test('a producer: messages, queues, selectors, hooks, queries', async () => {
  const { world, broker, client } = await scene();
  const producer = new Producer({ producerGroup: 'PG', ...client() });
  await producer.start();
  const hooked: string[] = [];
  producer.registerSendMessageHook({
    sendMessageAfter: (c) => hooked.push(c.messageQueue.topic, c.producerGroup),
  });
  const seen: MessageQueue[] = [];
  const results = [
    await world.run(producer.send({ topic: 'Shop', body: 'a' })),
    await world.run(
      producer.send(
        { topic: 'Shop', body: 'b' },
        {
          selector: (queues) => {
            seen.push(...queues);
            return queues[1];
          },
        },
      ),
    ),
    await world.run(producer.sendBatch([{ topic: 'Shop', body: 'c' }])),
  ];
  const queues = await world.run(producer.fetchPublishMessageQueues('Shop'));
  results.push(await world.run(producer.send({ topic: 'Shop', body: 'd' }, { queue: queues[0] })));
  await world.run(producer.sendOneway({ topic: 'Shop', body: 'e' }));
  for (const topic of [
    ...results.map((each) => each.messageQueue.topic),
    ...[...seen, ...queues].map((q) => q.topic),
  ])
    assert.equal(topic, 'Shop');
  assert.deepEqual(new Set(hooked), new Set(['Shop', 'NS%PG']));
  await world.until(() => broker.queue('NS%Shop', 0).maxOffset + broker.queue('NS%Shop', 1).maxOffset === 5);
  const viewed = await world.run(producer.viewMessage(results[0]?.offsetMsgId ?? ''));
  assert.deepEqual([viewed.topic, viewed.body.toString()], ['Shop', 'a']);
  assert.equal(
    await world.run(producer.maxOffset(queues[1] as MessageQueue)),
    broker.queue('NS%Shop', 1).maxOffset,
  );
  const created: (string | undefined)[] = [];
  broker.server.handle(RequestCode.UPDATE_AND_CREATE_TOPIC, ({ ext }) => {
    created.push(ext.get('topic'));
    return { code: 0 };
  });
  await world.run(producer.createTopic('NS%Shop', 'New', 1));
  assert.deepEqual(created, ['NS%New']);
  await world.run(producer.shutdown());
});

test('a transaction producer: the group of half messages, outcomes and checks', async () => {
  const { world, broker, client } = await scene();
  const ended: string[] = [];
  broker.server.handle(RequestCode.END_TRANSACTION, ({ ext }) => {
    ended.push(`${ext.get('producerGroup')} ${ext.get('fromTransactionCheck') ?? 'false'}`);
    return undefined;
  });
  const checked: string[] = [];
  const producer = new TransactionProducer({
    producerGroup: 'PT',
    transactionListener: {
      executeLocalTransaction: () => 'UNKNOW',
      checkLocalTransaction({ topic }) {
        checked.push(topic);
        return 'COMMIT_MESSAGE';
      },
    },
    ...client(),
  });
  await producer.start();
  const half = await world.run(producer.sendMessageInTransaction({ topic: 'Shop', body: 'x' }, undefined));
  assert.equal(half.messageQueue.topic, 'Shop');
  const stored = broker.queue('NS%Shop', half.messageQueue.queueId).messages[0]?.record;
  assert.ok(stored?.includes('PGROUP\x01NS%PT\x02'));
  const ext = { tranStateTableOffset: '0', commitLogOffset: '0', msgId: half.msgId };
  broker.notify(RequestCode.CHECK_TRANSACTION_STATE, ext, stored);
  await world.until(() => ended.length === 2);
  assert.deepEqual(checked, ['Shop']);
  assert.deepEqual(ended, ['NS%PT false', 'NS%PT true']);
  await world.run(producer.shutdown());
});

test('a push consumer: topics, tries and queues without the namespace', async () => {
  const { world, broker, consumer } = await scene();
  const pushed = consumer({ namespace: 'NS' });
  pushed.subscribe('Shop');
  broker.put('NS%Shop', 0, 'a');
  const got: string[] = [];
  pushed.registerMessageListener(([message], context) => {
    got.push(`${message?.topic} ${message?.reconsumeTimes} ${context.messageQueue.topic}`);
    return got.length === 1 ? 'RECONSUME_LATER' : 'CONSUME_SUCCESS';
  });
  await world.run(pushed.start());
  await world.until(() => got.length === 2);
  assert.deepEqual(got, ['Shop 0 Shop', 'Shop 1 %RETRY%CG']);
  assert.deepEqual(
    broker.sentBack.map((ext) => [ext.get('group'), ext.get('originTopic')]),
    [['NS%CG', 'NS%Shop']],
  );
  assert.deepEqual(broker.clientIds('NS%CG').length, 1);
  assert.ok(broker.queue('%RETRY%NS%CG', 0).maxOffset === 1);
  assert.deepEqual(
    new Set(pushed.assignedMessageQueues().map(({ topic }) => topic)),
    new Set(['Shop', '%RETRY%CG']),
  );
  pushed.unsubscribe('Shop');
  await world.until(() => pushed.assignedMessageQueues().every(({ topic }) => topic !== 'Shop'));
  await world.run(pushed.shutdown());
});

test('when sending back fails, the retry topic of the namespace is written', async () => {
  const { world, broker, consumer } = await scene();
  broker.on(RequestCode.CONSUMER_SEND_MSG_BACK, () => ({ code: 1, remark: 'no' }));
  const pushed = consumer({ namespace: 'NS' });
  pushed.subscribe('Shop');
  broker.put('NS%Shop', 0, 'a');
  const got: ReceivedMessage[] = [];
  pushed.registerMessageListener(([message]) => {
    got.push(message as ReceivedMessage);
    return got.length === 1 ? 'RECONSUME_LATER' : 'CONSUME_SUCCESS';
  });
  await world.run(pushed.start());
  await world.until(() => got.length === 2);
  assert.deepEqual(
    got.map(({ topic, properties }) => [topic, properties.get(PropertyKey.RETRY_TOPIC)]),
    [
      ['Shop', undefined],
      ['Shop', 'NS%Shop'],
    ],
  );
  await world.run(pushed.shutdown());
});

test('an orderly listener, a strategy with queues of the application, and pull consumers', async () => {
  const { world, broker, consumer, client } = await scene();
  broker.put('NS%Shop', 0, 'a');
  broker.put('NS%Shop', 1, 'b');
  const queue = { topic: 'Shop', brokerName: 'broker-a', queueId: 1 };
  const orderly = consumer({
    namespace: 'NS',
    allocateMessageQueueStrategy: new AllocateMessageQueueByConfig([queue]),
  });
  orderly.subscribe('Shop');
  const got: string[] = [];
  orderly.registerMessageListenerOrderly(([message], { messageQueue }) => {
    got.push(`${message?.topic} ${message?.body} ${messageQueue.topic}`);
  });
  await world.run(orderly.start());
  await world.until(() => got.length === 1);
  assert.deepEqual(got, ['Shop b Shop']);
  await world.run(orderly.shutdown());

  const lite = new LitePullConsumer({ consumerGroup: 'CL', ...client() });
  lite.assign([queue]);
  await world.run(lite.start());
  await world.until(() => lite.assignedMessageQueues().length === 1);
  await world.run(lite.seekToBegin(queue));
  const polled = await world.run(lite.poll());
  assert.deepEqual([bodies(polled), polled[0]?.topic], [['b'], 'Shop']);
  await world.run(lite.commit());
  assert.equal(await world.run(lite.committed(queue)), 1);
  await world.run(lite.shutdown());
  assert.equal(broker.offsets.get('NS%Shop@NS%CL@1'), 1);

  const puller = new PullConsumer({ consumerGroup: 'CP', registerTopics: ['Shop'], ...client() });
  const told: string[] = [];
  puller.registerMessageQueueListener('Shop', (topic, all, mine) => {
    told.push(topic, ...[...all, ...mine].map((each) => each.topic));
  });
  await world.run(puller.start());
  await world.until(() => told.length > 0);
  assert.deepEqual(told, ['Shop', 'Shop', 'Shop', 'Shop', 'Shop']);
  const result = await world.run(puller.pull(queue, '*', 0, 32));
  assert.equal(result.msgFoundList[0]?.topic, 'Shop');
  puller.updateConsumeOffset(queue, 1);
  await world.run(puller.shutdown());
  assert.equal(broker.offsets.get('NS%Shop@NS%CP@1'), 1);
});
