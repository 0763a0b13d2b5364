/** Polling, iterating, committing, seeking, against a simulated cluster. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LitePullConsumer, type LitePullConsumerOptions, type MQClientError } from '@rocketmq-ts/client';
import { bodies, consumerScene, storedOffset } from '../support/consumer-scene.ts';

async function scene(options: Partial<LitePullConsumerOptions> = {}) {
  const made = await consumerScene();
  for (let i = 0; i < 12; i++) made.broker.put('TopicTest', i % 4, `m${i}`);
  let hosts = 0;
  const consumer = (more: Partial<LitePullConsumerOptions> = {}): LitePullConsumer =>
    new LitePullConsumer({
      consumerGroup: 'CG',
      namesrvAddr: made.cluster.namesrvAddr,
      clientIP: `10.0.5.${++hosts}`,
      instanceName: 'lite',
      platform: made.world.platform(`10.0.5.${hosts}`),
      logger: made.world.log,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      ...options,
      ...more,
    });
  return { ...made, consumer };
}

const queue = (queueId: number) => ({ topic: 'TopicTest', brokerName: 'broker-a', queueId });

test('polls give what is there, wait for what is to come, and end when nothing comes', async () => {
  const { world, broker, consumer } = await scene();
  const one = consumer();
  one.subscribe('TopicTest');
  await world.run(one.start());
  const got: string[] = [];
  while (got.length < 12) got.push(...bodies(await world.run(one.poll())));
  const start = world.clock.monotonicMs();
  assert.deepEqual(await world.run(one.poll(700)), []);
  assert.ok(world.clock.monotonicMs() - start >= 700);
  const next = one.poll();
  await world.advance(100);
  broker.put('TopicTest', 1, 'later');
  assert.deepEqual(bodies(await world.run(next)), ['later']);
  const data = [...broker.clients.values()][0]?.consumerDataSet[0];
  assert.deepEqual([data?.consumeType, data?.subscriptionDataSet.length], ['CONSUME_ACTIVELY', 1]);
  await world.run(one.shutdown());
});

test('what was polled is committed by the next poll, not before', async () => {
  const { world, broker, consumer } = await scene();
  const one = consumer({ pullBatchSize: 32 });
  one.assign([queue(0)]);
  await world.run(one.start());
  assert.equal((await world.run(one.poll())).length, 3);
  await world.advance(11_000);
  assert.equal(storedOffset(broker, 0) ?? 0, 0);
  assert.deepEqual(await world.run(one.poll(0)), []);
  await world.advance(6000);
  assert.equal(storedOffset(broker, 0), 3);
  broker.put('TopicTest', 0, 'last');
  assert.equal((await world.run(one.poll())).length, 1);
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 3, 'the last one was handed out and not asked on');
});

test('for await: one message at a time, each committed as the next is asked for; the loop ends with the consumer', async () => {
  const { world, broker, consumer } = await scene();
  const one = consumer();
  one.subscribe('TopicTest');
  await world.run(one.start());
  const got: string[] = [];
  const loop = (async () => {
    for await (const message of one) {
      got.push(message.body.toString());
      if (got.length === 5) await one.commit();
    }
  })();
  await world.until(() => got.length === 12);
  const down = one.shutdown();
  await world.run(Promise.all([loop, down]));
  const committed = [0, 1, 2, 3].reduce((sum, id) => sum + (storedOffset(broker, id) ?? 0), 0);
  assert.equal(committed, 12);
});

test('autoCommit off: nothing is committed but by commit', async () => {
  const { world, broker, consumer } = await scene({ autoCommit: false });
  const one = consumer({ pullBatchSize: 32 });
  one.assign([queue(2)]);
  await world.run(one.start());
  assert.equal((await world.run(one.poll())).length, 3);
  await world.run(one.poll(0));
  await world.advance(12_000);
  assert.equal(storedOffset(broker, 2) ?? 0, 0);
  await world.run(one.commit());
  assert.equal(storedOffset(broker, 2), 3);
  assert.equal(await world.run(one.committed(queue(2))), 3);
  assert.equal(await world.run(one.committed(queue(1))), -1);
  await world.run(one.shutdown());
});

test('assigned queues are consumed whoever else is there; another assignment takes their place', async () => {
  const { world, consumer } = await scene();
  const [one, two] = [consumer(), consumer()];
  for (const each of [one, two]) each.assign([queue(0), queue(1)]);
  await world.run(Promise.all([one.start(), two.start()]));
  for (const each of [one, two]) {
    const got: string[] = [];
    while (got.length < 6) got.push(...bodies(await world.run(each.poll())));
    assert.deepEqual(got.sort(), ['m0', 'm1', 'm4', 'm5', 'm8', 'm9']);
  }
  one.assign([queue(3)]);
  const got: string[] = [];
  while (got.length < 3) got.push(...bodies(await world.run(one.poll())));
  assert.deepEqual(got, ['m3', 'm7', 'm11']);
  assert.deepEqual(
    one.assignedMessageQueues().map((each) => each.queueId),
    [3],
  );
  await world.run(Promise.all([one.shutdown(), two.shutdown()]));
});

test('seek goes back and forth; what waited is dropped', async () => {
  const { world, broker, consumer } = await scene();
  const one = consumer({ pullBatchSize: 1 });
  one.assign([queue(0)]);
  await world.run(one.start());
  const next = async (): Promise<string | undefined> => bodies(await world.run(one.poll(1000)))[0];
  assert.equal(await next(), 'm0');
  await world.run(one.seekToEnd(queue(0)));
  assert.equal(await next(), undefined);
  await world.run(one.seekToBegin(queue(0)));
  assert.deepEqual([await next(), await next()], ['m0', 'm4']);
  await world.run(one.seek(queue(0), 2));
  assert.equal(await next(), 'm8');
  await assert.rejects(world.run(one.seek(queue(0), 4)), /Seek offset illegal: 4 in .*, which has 0 to 3/);
  await assert.rejects(
    world.run(one.seek(queue(1), 0)),
    (error: MQClientError) => error.code === 'QUEUE_NOT_FOUND',
  );
  await next();
  await world.run(one.shutdown());
  assert.equal(storedOffset(broker, 0), 3);
});

test('a paused queue gives nothing new until it is resumed', async () => {
  const { world, broker, consumer } = await scene();
  const one = consumer({ pullBatchSize: 32 });
  one.assign([queue(0)]);
  await world.run(one.start());
  await world.run(one.poll());
  one.pause([queue(0)]);
  await world.advance(16_000);
  broker.put('TopicTest', 0, 'a');
  await world.advance(16_000);
  broker.put('TopicTest', 0, 'b');
  const meanwhile = bodies(await world.run(one.poll(1000)));
  assert.ok(!meanwhile.includes('b'));
  one.resume([queue(0)]);
  const got = [...meanwhile];
  while (got.length < 2) got.push(...bodies(await world.run(one.poll(1000))));
  assert.deepEqual(got, ['a', 'b']);
  await world.run(one.shutdown());
});

test('members of a subscribing group share the queues', async () => {
  const { world, consumer } = await scene();
  const [one, two] = [consumer(), consumer()];
  for (const each of [one, two]) each.subscribe('TopicTest');
  await world.run(one.start());
  await world.run(two.start());
  await world.until(
    () => one.assignedMessageQueues().length === 2 && two.assignedMessageQueues().length === 2,
    25_000,
  );
  await world.run(Promise.all([one.shutdown(), two.shutdown()]));
});

test('a poll that waits ends when the consumer shuts down; later ones are refused', async () => {
  const { world, consumer } = await scene();
  const one = consumer();
  one.subscribe('Empty');
  await world.run(one.start());
  const waiting = one.poll(60_000);
  await world.run(one.shutdown());
  assert.deepEqual(await waiting, []);
  await assert.rejects(one.poll(), /not running/);
});

test('it serves as a stream', async () => {
  const { Readable } = await import('node:stream');
  const { world, consumer } = await scene();
  const one = consumer();
  one.assign([queue(1)]);
  await world.run(one.start());
  const got: string[] = [];
  const stream = Readable.from(one)
    .take(3)
    .forEach((message) => {
      got.push(message.body.toString());
    });
  await world.run(stream);
  assert.deepEqual(got, ['m1', 'm5', 'm9']);
  await world.run(one.shutdown());
});
