import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { Producer, PushConsumer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startTestBroker } from '../src/index.ts';

test('two brokers side by side, each with its own messages, gone without a trace', async () => {
  const first = await startTestBroker();
  const second = await startTestBroker({ config: { brokerName: 'other' } });
  assert.notEqual(first.namesrvAddr, second.namesrvAddr);
  const [a, b] = await Promise.all([
    sendAndReceive(first.namesrvAddr, 'one'),
    sendAndReceive(second.namesrvAddr, 'two'),
  ]);
  assert.deepEqual([a, b], ['broker-a one', 'other two']);
  await first.stop();
  await second[Symbol.asyncDispose]();
  assert.equal(existsSync(first.folder), false);
  assert.equal(existsSync(second.folder), false);
});

test('a start that fails names what is wrong and leaves nothing behind', async () => {
  await assert.rejects(
    startTestBroker({ config: { flushDiskType: 'NEVER' } }),
    /flushDiskType=NEVER is not allowed/,
  );
});

test('is ready without waiting for what servers do now and then', async () => {
  const startedMs = performance.now();
  await using broker = await startTestBroker();
  assert.match(broker.brokerAddr, /^127\.0\.0\.1:\d+$/);
  assert.ok(performance.now() - startedMs < 30_000);
});

async function sendAndReceive(namesrvAddr: string, body: string): Promise<string> {
  const common = { namesrvAddr, logger: silentLogger };
  await using producer = new Producer({ ...common, producerGroup: 'test', sendMsgTimeout: 60_000 });
  await producer.start();
  await producer.send({ topic: 'T', body });
  await using consumer = new PushConsumer({
    ...common,
    consumerGroup: 'test',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  });
  consumer.subscribe('T');
  const received = new Promise<string>((resolve) => {
    consumer.registerMessageListener(([message]) => resolve(`${message?.brokerName} ${message?.body}`));
  });
  await consumer.start();
  return await received;
}
