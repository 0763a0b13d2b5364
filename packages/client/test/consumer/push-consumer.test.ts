/** Concurrent consumption from start to shutdown, against a simulated cluster. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConsumeConcurrentlyContext,
  MessageSelector,
  MQBrokerError,
  MQClientError,
  type PushConsumer,
} from '@rocketmq-ts/client';
import { deflateBody, PropertyKey, RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { bodies, consumerScene, storedOffset } from '../support/consumer-scene.ts';

const tag = (name: string): Map<string, string> => new Map([[PropertyKey.TAGS, name]]);

test('messages are consumed as they arrive, offsets follow, the group is left at the end', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (let i = 0; i < 10; i++) broker.put('TopicTest', i % 4, `m${i}`);
  const got: string[] = [];
  const one = consumer();
  one.subscribe('TopicTest', '*');
  one.registerMessageListener(async (messages, context) => {
    got.push(...bodies(messages));
    assert.equal(messages.length, 1);
    assert.equal(context.messageQueue.topic, 'TopicTest');
    assert.equal(messages[0]?.properties.get(PropertyKey.MAX_OFFSET) !== undefined, true);
  });
  await world.run(one.start());
  await world.until(() => got.length === 10);
  const before = world.clock.monotonicMs();
  broker.put('TopicTest', 2, 'late');
  await world.until(() => got.length === 11);
  assert.ok(world.clock.monotonicMs() - before <= 10, 'a held pull is answered at once');
  await world.advance(6000);
  assert.equal(storedOffset(broker, 2), 3, 'offsets are stored every 5 s');
  assert.equal(one.assignedMessageQueues().filter((queue) => queue.topic === 'TopicTest').length, 4);
  await world.run(one.shutdown());
  assert.deepEqual(
    [0, 1, 2, 3].map((id) => storedOffset(broker, id)),
    [3, 3, 3, 2],
  );
  assert.equal(broker.requests.at(-1)?.code, RequestCode.UNREGISTER_CLIENT);
  assert.deepEqual(world.log.lines, []);
});

test('a member that joins takes queues over, one that leaves gives them back, and nothing is lost', async () => {
  const { world, broker, consumer } = await consumerScene();
  const got = new Map<string, number>();
  const make = (): PushConsumer => {
    const each = consumer();
    each.subscribe('TopicTest');
    each.registerMessageListener((messages) => {
      for (const body of bodies(messages)) got.set(body, (got.get(body) ?? 0) + 1);
    });
    return each;
  };
  const queues = (each: PushConsumer): number =>
    each.assignedMessageQueues().filter((queue) => queue.topic === 'TopicTest').length;
  let sent = 0;
  const send = (count: number): void => {
    for (let i = 0; i < count; i++) broker.put('TopicTest', sent % 4, `m${sent++}`);
  };
  const [one, two, three] = [make(), make(), make()];
  await world.run(one.start());
  await world.until(() => queues(one) === 4, 20_000, 'one client has all queues');
  send(40);
  await world.run(two.start());
  await world.until(() => queues(one) === 2 && queues(two) === 2, 5000, 'two clients share');
  send(40);
  await world.run(three.start());
  await world.until(
    () => queues(one) + queues(two) + queues(three) === 4 && queues(three) === 1,
    5000,
    'three share',
  );
  send(40);
  await world.run(one.shutdown());
  await world.until(() => queues(two) === 2 && queues(three) === 2, 5000, 'two are left');
  send(40);
  await world.until(() => got.size === sent, 30_000, 'all are consumed');
  const twice = [...got.values()].filter((times) => times > 1).length;
  assert.ok(twice <= 64, `${twice} messages came twice`);
  await world.run(Promise.all([two.shutdown(), three.shutdown()]));
});

test('a listener that throws is logged, and its message comes again', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put('TopicTest', 0, 'bad', tag('TagA'));
  broker.put('TopicTest', 0, 'good', tag('TagA'));
  const seen: string[] = [];
  const one = consumer();
  one.subscribe('TopicTest', 'TagA || TagB');
  one.registerMessageListener((messages, context) => {
    const message = messages[0];
    seen.push(`${message?.body} ${message?.topic} ${message?.reconsumeTimes} ${context.messageQueue.topic}`);
    if (message?.body.toString() === 'bad' && message.reconsumeTimes === 0) throw new Error('my bug');
    return 'CONSUME_SUCCESS';
  });
  await world.run(one.start());
  await world.until(() => seen.length === 3);
  assert.deepEqual(seen.sort(), [
    'bad TopicTest 0 TopicTest',
    'bad TopicTest 1 %RETRY%CG',
    'good TopicTest 0 TopicTest',
  ]);
  assert.equal(world.log.count('ERROR the listener failed; its messages come again my bug'), 1);
  const back = broker.sentBack[0];
  assert.deepEqual(
    [back?.get('group'), back?.get('delayLevel'), back?.get('originTopic'), back?.get('maxReconsumeTimes')],
    ['CG', '0', 'TopicTest', '16'],
  );
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 2);
});

test('RECONSUME_LATER, ackIndex and delay levels reach the broker', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (let i = 0; i < 4; i++) broker.put('TopicTest', 1, `m${i}`);
  broker.retryDelayMs = 1e9;
  const one = consumer({ consumeMessageBatchMaxSize: 4, maxReconsumeTimes: 5 });
  one.subscribe('TopicTest');
  let calls = 0;
  one.registerMessageListener(async (_messages, context: ConsumeConcurrentlyContext) => {
    calls++;
    context.ackIndex = 1;
    context.delayLevelWhenNextConsume = 2;
    return 'CONSUME_SUCCESS';
  });
  await world.run(one.start());
  await world.until(() => broker.sentBack.length === 2);
  assert.equal(calls, 1);
  assert.deepEqual(
    broker.sentBack.map((back) => [back.get('delayLevel'), back.get('maxReconsumeTimes')]),
    [
      ['2', '5'],
      ['2', '5'],
    ],
  );
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 1), 4);
});

test('when a message cannot be sent back it goes to the retry topic as a new one', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put(
    'TopicTest',
    0,
    'bad',
    new Map([
      ['UNIQ_KEY', 'ID1'],
      ['TAGS', 'TagA'],
      ['mine', 'yes'],
    ]),
  );
  broker.on(RequestCode.CONSUMER_SEND_MSG_BACK, () => ({ code: ResponseCode.SYSTEM_ERROR, remark: 'no' }));
  const seen: string[] = [];
  const one = consumer();
  one.subscribe('TopicTest', 'TagA');
  one.registerMessageListener((messages) => {
    const message = messages[0];
    seen.push(
      `${message?.topic} ${message?.reconsumeTimes} ${message?.msgId} ${message?.getUserProperty('mine')}`,
    );
    return seen.length === 1 ? 'RECONSUME_LATER' : 'CONSUME_SUCCESS';
  });
  await world.run(one.start());
  await world.until(() => seen.length === 2);
  assert.deepEqual(seen, ['TopicTest 0 ID1 yes', 'TopicTest 1 ID1 yes']);
  const sent = broker.requests.find((request) => request.code === RequestCode.SEND_MESSAGE_V2)?.ext;
  assert.deepEqual(
    [sent?.get('a'), sent?.get('b'), sent?.get('j'), sent?.get('l')],
    ['CLIENT_INNER_PRODUCER', '%RETRY%CG', '1', '16'],
  );
  assert.ok(sent?.get('i')?.includes('ORIGIN_MESSAGE_ID\x01ID1\x02'));
  assert.ok(sent?.get('i')?.includes('DELAY\x013\x02'));
  await world.run(one.shutdown());
});

test('when nothing can be sent back the message is consumed again here, and holds the offset', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put('TopicTest', 0, 'bad');
  broker.put('TopicTest', 0, 'good');
  const no = () => ({ code: ResponseCode.SYSTEM_BUSY, remark: 'no' });
  broker.on(RequestCode.CONSUMER_SEND_MSG_BACK, no);
  broker.on(RequestCode.SEND_MESSAGE_V2, no);
  const seen: string[] = [];
  const one = consumer();
  one.subscribe('TopicTest');
  one.registerMessageListener((messages) => {
    seen.push(`${messages[0]?.body} ${messages[0]?.reconsumeTimes}`);
    return seen.length === 1 ? 'RECONSUME_LATER' : undefined;
  });
  await world.run(one.start());
  await world.advance(4000);
  assert.deepEqual(seen, ['bad 0', 'good 0']);
  await world.advance(8000);
  assert.deepEqual(seen, ['bad 0', 'good 0', 'bad 1']);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 2);
});

test('a listener that returns what is no status is told so, and the message comes again', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put('TopicTest', 0, 'x');
  broker.retryDelayMs = 1e9;
  const one = consumer();
  one.subscribe('TopicTest');
  one.registerMessageListener(async () => false as never);
  await world.run(one.start());
  await world.until(() => broker.sentBack.length === 1);
  assert.equal(world.log.count('the listener returned false, which is no ConsumeConcurrentlyStatus'), 1);
  await world.run(one.shutdown());
});

test('at most consumeThreadMax listeners run, and pulling stops while the cache is full', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (let i = 0; i < 3000; i++) broker.put('TopicTest', 0, `m${i}`);
  let running = 0;
  let most = 0;
  let done = 0;
  const release: (() => void)[] = [];
  let open = false;
  const one = consumer({ consumeThreadMax: 5, pullThresholdForQueue: 100 });
  one.subscribe('TopicTest');
  one.registerMessageListener(async () => {
    most = Math.max(most, ++running);
    if (!open) await new Promise<void>((resolve) => release.push(resolve));
    running--;
    done++;
  });
  await world.run(one.start());
  await world.advance(1000);
  assert.equal(running, 5);
  const pulled = broker.requests.filter(
    (each) => each.code === 11 && each.ext.get('topic') === 'TopicTest' && each.ext.get('queueId') === '0',
  ).length;
  assert.equal(pulled, 4, '128 messages are more than 100');
  await world.advance(200_000);
  assert.equal(world.log.count('was not pulled for two minutes'), 0, 'waiting for room is no standstill');
  open = true;
  for (const each of release) each();
  const start = world.clock.monotonicMs();
  await world.until(() => done === 3000);
  assert.ok(world.clock.monotonicMs() - start < 1000, 'room is used as soon as there is some');
  assert.equal(most, 5);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 3000);
});

for (const [what, options, bodyBytes] of [
  ['size', { pullThresholdSizeForQueue: 1 }, 100_000],
  ['span', { consumeConcurrentlyMaxSpan: 50 }, 1],
  ['count per topic', { pullThresholdForTopic: 40 }, 1],
] as const) {
  test(`flow control by ${what}`, async () => {
    const { world, broker, consumer } = await consumerScene();
    for (let i = 0; i < 400; i++) broker.put('TopicTest', 0, Buffer.alloc(bodyBytes, 'x'));
    const one = consumer({ ...options, pullBatchSize: 8, awaitTerminationMillisWhenShutdown: 0 });
    one.subscribe('TopicTest');
    let calls = 0;
    one.registerMessageListener(() => {
      calls++;
      return new Promise(() => {});
    });
    await world.run(one.start());
    await world.advance(3000);
    const next = Math.max(
      ...broker.requests
        .filter(
          (each) =>
            each.code === RequestCode.PULL_MESSAGE &&
            each.ext.get('topic') === 'TopicTest' &&
            each.ext.get('queueId') === '0',
        )
        .map((each) => Number(each.ext.get('queueOffset'))),
    );
    assert.ok(next < 64, `pulled up to ${next + 8}`);
    assert.ok(calls > 0);
    await world.run(one.shutdown());
  });
}

test('offset illegal: the queue goes on where the broker says, after ten seconds', async () => {
  const { world, broker, consumer } = await consumerScene();
  const queue = broker.queue('TopicTest', 0);
  queue.minOffset = 100;
  broker.offsets.set('TopicTest@CG@0', 7);
  broker.put('TopicTest', 0, 'first');
  const got: number[] = [];
  const one = consumer();
  one.subscribe('TopicTest');
  one.registerMessageListener((messages) => {
    got.push(messages[0]?.queueOffset ?? -1);
  });
  await world.run(one.start());
  await world.advance(9000);
  assert.deepEqual(got, []);
  await world.until(() => got.length === 1, 5000);
  assert.deepEqual(got, [100]);
  assert.equal(world.log.count('the pull request offset illegal: 7 of'), 1);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 101);
});

test('where a group without offsets starts', async () => {
  const cases = [
    ['CONSUME_FROM_LAST_OFFSET', 3],
    ['CONSUME_FROM_FIRST_OFFSET', 0],
    ['CONSUME_FROM_TIMESTAMP', 0],
  ] as const;
  for (const [consumeFromWhere, expected] of cases) {
    const { world, broker, consumer } = await consumerScene();
    for (let i = 0; i < 3; i++) broker.put('TopicTest', 0, `m${i}`);
    const one = consumer({ consumeFromWhere, consumeTimestamp: '20231114221320' });
    one.subscribe('TopicTest');
    one.registerMessageListener(() => {});
    await world.run(one.start());
    await world.advance(500);
    const first = broker.requests.find(
      (each) =>
        each.code === RequestCode.PULL_MESSAGE &&
        each.ext.get('topic') === 'TopicTest' &&
        each.ext.get('queueId') === '0',
    );
    assert.equal(first?.ext.get('queueOffset'), String(expected), consumeFromWhere);
    const search = broker.requests.find((each) => each.code === RequestCode.SEARCH_OFFSET_BY_TIMESTAMP);
    if (consumeFromWhere === 'CONSUME_FROM_TIMESTAMP') {
      assert.equal(search?.ext.get('timestamp'), String(new Date(2023, 10, 14, 22, 13, 20).getTime()));
    }
    const retry = broker.requests.find(
      (each) => each.code === RequestCode.PULL_MESSAGE && each.ext.get('topic') === '%RETRY%CG',
    );
    await world.advance(3000);
    assert.equal(retry?.ext.get('queueOffset') ?? '0', '0');
    await world.run(one.shutdown());
  }
});

test('an offset that cannot be read leaves the queue alone until it can', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put('TopicTest', 0, 'x');
  broker.on(RequestCode.QUERY_CONSUMER_OFFSET, () => ({ code: ResponseCode.SYSTEM_BUSY, remark: 'busy' }));
  const one = consumer();
  one.subscribe('TopicTest');
  let got = 0;
  one.registerMessageListener(() => {
    got++;
  });
  await world.run(one.start());
  await world.advance(15_000);
  assert.equal(got, 0);
  broker.on(RequestCode.QUERY_CONSUMER_OFFSET, undefined);
  await world.until(() => got === 1, 25_000);
  await world.run(one.shutdown());
});

test('tags are compared as text once more, and what is filtered out advances the offset', async () => {
  const { world, broker, consumer } = await consumerScene();
  // "AaAa" and "BBBB" have the same hash: the broker cannot tell them apart.
  broker.put('TopicTest', 0, 'right', tag('AaAa'));
  broker.put('TopicTest', 0, 'wrong', tag('BBBB'));
  broker.put('TopicTest', 0, 'none');
  const got: string[] = [];
  const one = consumer();
  one.subscribe('TopicTest', ' AaAa || TagX ');
  one.registerMessageListener((messages) => {
    got.push(...bodies(messages));
  });
  await world.run(one.start());
  await world.advance(1000);
  assert.deepEqual(got, ['right']);
  const data = [...broker.clients.values()][0]?.consumerDataSet[0]?.subscriptionDataSet.find(
    (each) => each.topic === 'TopicTest',
  );
  assert.deepEqual(data?.tagsSet, ['AaAa', 'TagX']);
  await world.advance(16_000);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 3);
});

test('compressed bodies are inflated; one that cannot be does not stop its queue', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put('TopicTest', 0, deflateBody(Buffer.from('hello')), new Map(), { sysFlag: 1 });
  broker.put('TopicTest', 0, 'not zlib', new Map(), { sysFlag: 1 });
  broker.put('TopicTest', 0, 'plain');
  const got: string[] = [];
  const one = consumer();
  one.subscribe('TopicTest');
  one.registerMessageListener((messages) => {
    got.push(...bodies(messages));
  });
  await world.run(one.start());
  await world.until(() => got.length === 3);
  assert.deepEqual(got, ['hello', 'not zlib', 'plain']);
  assert.equal(world.log.count('cannot be inflated'), 1);
  await world.run(one.shutdown());
});

test('a broker that does not know the subscription yet hears it at once; the pull is tried after 3 s', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put('TopicTest', 0, 'x');
  let refused = 0;
  broker.on(RequestCode.PULL_MESSAGE, (request) =>
    request.ext.get('topic') === 'TopicTest' && request.ext.get('queueId') === '0' && refused++ < 1
      ? { code: ResponseCode.SUBSCRIPTION_NOT_LATEST, remark: "the consumer's subscription not latest" }
      : undefined,
  );
  let got = 0;
  const one = consumer();
  one.subscribe('TopicTest');
  one.registerMessageListener(() => {
    got++;
  });
  await world.run(one.start());
  const beats = broker.count(RequestCode.HEART_BEAT);
  await world.advance(2900);
  assert.ok(broker.count(RequestCode.HEART_BEAT) > beats);
  assert.equal(got, 0);
  await world.until(() => got === 1, 1000);
  await world.run(one.shutdown());
});

test('suspend stops pulling, resume goes on', async () => {
  const { world, broker, consumer } = await consumerScene();
  let got = 0;
  const one = consumer();
  one.subscribe('TopicTest');
  one.registerMessageListener(() => {
    got++;
  });
  await world.run(one.start());
  broker.put('TopicTest', 0, 'a');
  await world.until(() => got === 1);
  one.suspend();
  for (let i = 0; i < 4; i++) broker.put('TopicTest', i, 'b');
  await world.advance(16_000);
  const pulls = broker.count(RequestCode.PULL_MESSAGE);
  broker.put('TopicTest', 0, 'c');
  await world.advance(30_000);
  assert.equal(broker.count(RequestCode.PULL_MESSAGE), pulls);
  const before = got;
  one.resume();
  await world.until(() => got === 6, 1000);
  assert.ok(before < 6);
  await world.run(one.shutdown());
});

test('shutdown waits for running listeners, keeps their outcome, and tells them', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put('TopicTest', 0, 'slow');
  let told = false;
  let finished = false;
  const one = consumer({ awaitTerminationMillisWhenShutdown: 5000 });
  one.subscribe('TopicTest');
  one.registerMessageListener(async (_messages, { signal }) => {
    signal.addEventListener('abort', () => {
      told = true;
    });
    await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 3000));
    finished = true;
  });
  await world.run(one.start());
  await world.advance(500);
  const down = one.shutdown();
  assert.equal(told, true);
  assert.equal(one.shutdown(), down, 'a second call is the same shutdown');
  await world.run(down);
  assert.equal(finished, true);
  assert.equal(storedOffset(broker, 0), 1);
});

test('shutdown does not wait for ever', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put('TopicTest', 0, 'stuck');
  const one = consumer({ awaitTerminationMillisWhenShutdown: 2000 });
  one.subscribe('TopicTest');
  one.registerMessageListener(() => new Promise(() => {}));
  await world.run(one.start());
  await world.advance(500);
  const start = world.clock.monotonicMs();
  await world.run(one.shutdown());
  const took = world.clock.monotonicMs() - start;
  assert.ok(took >= 2000 && took < 2500, `took ${took} ms`);
  assert.equal(world.log.count('1 listeners of group CG still run'), 1);
  assert.notEqual(storedOffset(broker, 0), 1);
});

test('an abort signal shuts a consumer down', async () => {
  const { world, broker, consumer } = await consumerScene();
  const abort = new AbortController();
  const one = consumer({ signal: abort.signal });
  one.subscribe('TopicTest');
  one.registerMessageListener(() => {});
  await world.run(one.start());
  assert.equal(broker.clientIds('CG').length, 1);
  abort.abort();
  await world.until(() => broker.clientIds('CG').length === 0, 5000);
  await world.run(one[Symbol.asyncDispose]());
  const late = consumer({ signal: abort.signal });
  late.subscribe('TopicTest');
  late.registerMessageListener(() => {});
  await assert.rejects(late.start());
});

test('a message that is consumed for longer than consumeTimeout is sent back', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.put('TopicTest', 0, 'stuck');
  broker.put('TopicTest', 0, 'fine');
  broker.retryDelayMs = 1e9;
  const one = consumer({ consumeTimeout: 1, awaitTerminationMillisWhenShutdown: 0 });
  one.subscribe('TopicTest');
  one.registerMessageListener((messages) =>
    bodies(messages)[0] === 'stuck' ? new Promise(() => {}) : undefined,
  );
  await world.run(one.start());
  await world.advance(59_000);
  assert.equal(broker.sentBack.length, 0);
  await world.until(() => broker.sentBack.length === 1, 65_000);
  assert.equal(broker.sentBack[0]?.get('delayLevel'), '3');
  await world.advance(6000);
  assert.equal(storedOffset(broker, 0), 2, 'its queue has gone on');
  await world.run(one.shutdown());
});

test('a topic that comes later is consumed once it has a route; a subscription can be added and taken away', async () => {
  const { world, cluster, broker, consumer } = await consumerScene();
  const got: string[] = [];
  const one = consumer();
  one.subscribe('Later');
  one.registerMessageListener((messages) => {
    got.push(...bodies(messages));
  });
  await world.run(one.start());
  await world.advance(20_000);
  cluster.createTopic('Later', 1);
  broker.put('Later', 0, 'a');
  await world.until(() => got.length === 1, 31_000);
  one.subscribe('TopicTest');
  broker.put('TopicTest', 0, 'b');
  await world.until(() => got.length === 2, 2000);
  one.unsubscribe('TopicTest');
  await world.advance(1000);
  broker.put('TopicTest', 0, 'c');
  await world.advance(25_000);
  assert.deepEqual(got, ['a', 'b']);
  await world.run(one.shutdown());
});

test('a refused SQL92 expression fails the start with the words of the broker', async () => {
  const { world, broker, consumer } = await consumerScene();
  broker.on(RequestCode.CHECK_CLIENT_CONFIG, () => ({
    code: ResponseCode.SUBSCRIPTION_PARSE_FAILED,
    remark: 'bad near <<',
  }));
  const one = consumer();
  one.subscribe('TopicTest', MessageSelector.bySql('a <<'));
  one.registerMessageListener(() => {});
  const error = await world.run(
    one.start().then(
      () => undefined,
      (reason: unknown) => reason,
    ),
  );
  assert.ok(error instanceof MQBrokerError);
  assert.equal(error.code, 'SUBSCRIPTION_PARSE_FAILED');
  assert.match(error.message, /bad near <</);
  assert.equal(broker.clientIds('CG').length, 0);
});

test('what cannot be started says why', async () => {
  const { consumer } = await consumerScene();
  const rejects = (promise: Promise<void>, pattern: RegExp): Promise<void> =>
    assert.rejects(
      promise,
      (error: MQClientError) => pattern.test(error.message) && error.responseCode === -1,
    );
  await rejects(consumer().start(), /messageListener is null/);
  assert.throws(() => consumer({ consumerGroup: 'DEFAULT_CONSUMER' }), /consumerGroup is DEFAULT_CONSUMER/);
  assert.throws(
    () => consumer({ consumeThreadMax: 1001 }),
    /consumeThreadMax is 1001; it must be an integer from 1 to 1000/,
  );
  assert.throws(() => consumer({ consumeThreadMin: 5, consumeThreadMax: 4 }), /consumeThreadMin is 5/);
  assert.throws(() => consumer({ pullBatchSize: 0 }), /pullBatchSize/);
  assert.throws(() => consumer({ pullThresholdForTopic: 0 }), /pullThresholdForTopic/);
  assert.throws(() => consumer({ consumeTimestamp: 'yesterday' }), /consumeTimestamp is invalid/);
  assert.throws(() => consumer().subscribe('T', '||'), MQClientError);
  assert.throws(() => consumer().subscribe('a/b'), /illegal characters/);
  assert.throws(() => consumer().registerMessageListener(undefined as never), /must be a function/);
  assert.throws(() => consumer().suspend(), /not running/);
});
