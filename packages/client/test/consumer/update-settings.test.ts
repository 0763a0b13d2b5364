/** How fast a consumer pulls and consumes, changed while it runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MQClientError, PushConsumer } from '@rocketmq-ts/client';
import { RequestCode } from '@rocketmq-ts/protocol';
import { consumerScene } from '../support/consumer-scene.ts';

/** Listeners that run until they are let go. */
function gate() {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    get running() {
      return running;
    },
    listener: () => {
      running++;
      return new Promise<void>((resolve) => {
        waiting.push(() => {
          running--;
          resolve();
        });
      });
    },
    open() {
      for (const letGo of waiting.splice(0)) letGo();
    },
  };
}

test('more calls at a time, fewer, larger pulls, a larger window', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (let i = 0; i < 100; i++) broker.put('TopicTest', 0, String(i));
  const doors = gate();
  const pushed = consumer({ consumeThreadMax: 2, pullBatchSize: 5, pullThresholdForQueue: 10 });
  pushed.subscribe('TopicTest');
  pushed.registerMessageListener(doors.listener);
  await world.run(pushed.start());
  await world.until(() => doors.running === 2);
  await world.advance(2000);
  assert.equal(doors.running, 2);
  const pulls = () =>
    broker.requests
      .filter(
        ({ code, ext }) =>
          code === RequestCode.PULL_MESSAGE && ext.get('topic') === 'TopicTest' && ext.get('queueId') === '0',
      )
      .map(({ ext }) => Number(ext.get('maxMsgNums')));
  assert.deepEqual(pulls(), [5, 5, 5], 'then the window is full');
  pushed.updateSettings({ consumeThreadMax: 4 });
  await world.until(() => doors.running === 4, 1000, 'four at once, without one having ended');
  pushed.updateSettings({ consumeThreadMax: 7, pullThresholdForQueue: 40, pullBatchSize: 20 });
  await world.until(() => doors.running === 7, 1000, 'seven at once, without one having ended');
  await world.until(() => pulls().length === 5, 1000, 'the window is larger');
  assert.deepEqual(pulls().slice(3), [20, 20]);
  pushed.updateCorePoolSize(1);
  doors.open();
  await world.until(() => doors.running === 1);
  await world.advance(1000);
  assert.equal(doors.running, 1);
  pushed.updateCorePoolSize(1000);
  await world.until(() => {
    doors.open();
    return broker.offsets.get('TopicTest@CG@0') === 100;
  });
  await world.run(pushed.shutdown());
});

test('more queues of an orderly consumer at a time', async () => {
  const { world, broker, consumer } = await consumerScene();
  for (let i = 0; i < 4; i++) broker.put('TopicTest', i, 'x');
  const doors = gate();
  const pushed = consumer({ consumeThreadMax: 1 });
  pushed.subscribe('TopicTest');
  pushed.registerMessageListenerOrderly(doors.listener);
  await world.run(pushed.start());
  await world.until(() => doors.running === 1);
  await world.advance(3000);
  assert.equal(doors.running, 1);
  pushed.updateSettings({ consumeThreadMax: 3 });
  await world.until(() => doors.running === 3, 1000);
  doors.open();
  await world.until(() => doors.running === 1);
  doors.open();
  await world.run(pushed.shutdown());
});

test('what cannot be changed, and what is out of range, is refused, and nothing is changed', async () => {
  const { world, consumer } = await consumerScene();
  const pushed: PushConsumer = consumer({ consumeThreadMin: 2 });
  const refused = (error: MQClientError) => error.code === 'CLIENT_CONFIG_ILLEGAL';
  assert.throws(() => pushed.updateSettings({ pullBatchSize: 0 }), refused);
  assert.throws(
    () => pushed.updateSettings({ consumerGroup: 'x' } as object),
    /consumerGroup cannot be changed/,
  );
  pushed.updateSettings({ pullBatchSize: 64, pullInterval: undefined });
  pushed.subscribe('TopicTest');
  pushed.registerMessageListener(() => {});
  await world.run(pushed.start());
  await world.run(pushed.shutdown());
});
