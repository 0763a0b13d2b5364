/** Pulls on schedule: each queue of the share, one call at a time, until it is another member's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type MQClientError,
  PullConsumerScheduleService,
  type PullConsumerScheduleServiceOptions,
} from '@rocketmq-ts/client';
import { bodies, consumerScene, storedOffset } from '../support/consumer-scene.ts';

async function scene() {
  const { world, cluster, broker } = await consumerScene();
  let hosts = 0;
  return {
    world,
    broker,
    service(options: Partial<PullConsumerScheduleServiceOptions> = {}) {
      const clientIP = `10.0.5.${++hosts}`;
      return new PullConsumerScheduleService({
        consumerGroup: 'CG',
        namesrvAddr: cluster.namesrvAddr,
        clientIP,
        instanceName: 'test',
        platform: world.platform(clientIP),
        logger: world.log,
        ...options,
      });
    },
  };
}

test('everything is pulled from every queue, and the offsets are stored', async () => {
  const { world, broker, service } = await scene();
  for (let i = 0; i < 20; i++) broker.put('TopicTest', i % 4, String(i));
  const got: string[] = [];
  const one = service();
  one.registerPullTaskCallback('TopicTest', async (queue, { pullConsumer }) => {
    const offset = Math.max(0, await pullConsumer.fetchConsumeOffset(queue, false));
    const result = await pullConsumer.pull(queue, '*', offset, 2);
    got.push(...bodies(result.msgFoundList));
    pullConsumer.updateConsumeOffset(queue, result.nextBeginOffset);
  });
  await world.run(one.start());
  await world.until(() => got.length === 20, 10_000);
  await world.run(one.shutdown());
  assert.deepEqual(
    got.map(Number).sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, i) => i),
  );
  for (const queueId of [0, 1, 2, 3]) assert.equal(storedOffset(broker, queueId), 5);
});

test('calls come at the times that callbacks ask for, one at a time per queue', async () => {
  const { world, service } = await scene();
  const calls: string[] = [];
  const times: number[] = [];
  let running = 0;
  const one = service({ pullThreadNums: 2 });
  one.registerPullTaskCallback('TopicTest', async (queue, context) => {
    running++;
    assert.ok(running <= 2);
    await new Promise<void>((resolve) => void world.clock.setTimeout(resolve, 50));
    running--;
    calls.push(String(queue.queueId));
    if (queue.queueId === 0) times.push(world.clock.monotonicMs());
    if (queue.queueId === 1 && calls.length < 5) throw new Error('broken');
    context.pullNextDelayTimeMillis = queue.queueId === 0 ? 100 : 5000;
  });
  await world.run(one.start());
  await world.until(() => calls.length === 4, 1000);
  assert.deepEqual(calls, ['0', '1', '2', '3']);
  await world.until(() => calls.filter((id) => id === '1').length === 2, 1500);
  assert.equal(
    world.log.count('the pull task of MessageQueue [topic=TopicTest, brokerName=broker-a, queueId=1] failed'),
    1,
  );
  const gaps = times.slice(1, 5).map((time, i) => Math.round(time - (times[i] as number)));
  assert.ok(
    gaps.every((gap) => gap >= 150 && gap < 250),
    gaps.join(),
  );
  await world.run(one.shutdown());
  const count = calls.length;
  await world.advance(20_000);
  assert.equal(calls.length, count);
});

test('a queue that another member gets is not called for any more, and its signal aborts', async () => {
  const { world, service } = await scene();
  const called = new Map<string, number>();
  const aborted: number[] = [];
  const member = (name: string) => {
    const each = service();
    each.registerPullTaskCallback('TopicTest', async ({ queueId }, context) => {
      called.set(`${name}${queueId}`, world.clock.monotonicMs());
      if (name !== 'a' || queueId !== 3) return;
      await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
      aborted.push(queueId);
    });
    return each;
  };
  const [a, b] = [member('a'), member('b')];
  await world.run(a.start());
  await world.until(() => called.size === 4);
  await world.run(b.start());
  await world.until(() => called.has('b3'), 30_000);
  const at = world.clock.monotonicMs();
  await world.advance(2000);
  assert.deepEqual(aborted, [3]);
  assert.deepEqual(
    [...called]
      .filter(([, time]) => time > at)
      .map(([name]) => name)
      .sort(),
    ['a0', 'a1', 'b2', 'b3'],
  );
  await world.run(a.shutdown());
  await world.run(b.shutdown());
});

test('a shutdown waits for running callbacks, not for ever', async () => {
  const { world, broker, service } = await scene();
  const one = service({ awaitTerminationMillisWhenShutdown: 3000 });
  let started = 0;
  one.registerPullTaskCallback('TopicTest', async (queue, { pullConsumer }) => {
    started++;
    await new Promise<void>((resolve) => {
      if (queue.queueId !== 1) world.clock.setTimeout(resolve, 500);
    });
    pullConsumer.updateConsumeOffset(queue, 7);
  });
  await world.run(one.start());
  await world.until(() => started === 4);
  const startMs = world.clock.monotonicMs();
  await world.run(one.shutdown());
  assert.ok(world.clock.monotonicMs() - startMs >= 3000);
  assert.equal(storedOffset(broker, 0), 7);
  assert.equal(storedOffset(broker, 1), undefined);
});

test('what is no callback is refused', async () => {
  const { service } = await scene();
  assert.throws(
    () => service().registerPullTaskCallback('TopicTest', undefined as unknown as () => void),
    (error: MQClientError) => error.code === 'CLIENT_CONFIG_ILLEGAL',
  );
  assert.throws(() => service({ pullThreadNums: 0 }), /pullThreadNums/);
});
