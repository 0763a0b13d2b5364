/**
 * What one consumed message costs the client: CPU time per message, concurrent listener that does nothing.
 *
 *     node packages/client/dist/bench/consume.js [seconds per round] [messages per pull]
 *
 * The broker is a stub in a process of its own with an endless topic of 4 queues, 128 B bodies, tags and ids.
 */
import { fork } from 'node:child_process';
import { PushConsumer } from '@rocketmq-ts/client';

const seconds = Number(process.argv[2] ?? 3);
const pullBatchSize = Number(process.argv[3] ?? 32);
const child = fork(new URL('./stub-broker.js', import.meta.url));
const port = await new Promise<number>((resolve) =>
  child.once('message', (message) => resolve(message as number)),
);

for (const [kind, promised] of [
  ['plain function', false],
  ['async function', true],
] as const) {
  const consumer = new PushConsumer({
    consumerGroup: `bench_consume_${promised}`,
    namesrvAddr: `127.0.0.1:${port}`,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    pullBatchSize,
  });
  let consumed = 0;
  consumer.subscribe('BenchConsume', 'TagA');
  if (promised) {
    consumer.registerMessageListener(async (messages) => {
      consumed += messages.length;
    });
  } else {
    consumer.registerMessageListener((messages) => {
      consumed += messages.length;
    });
  }
  await consumer.start();
  for (let round = 1; round <= 4; round++) {
    const cpu = process.cpuUsage();
    const before = consumed;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const used = process.cpuUsage(cpu);
    const messages = consumed - before;
    console.log(
      `${kind}, round ${round}: ${Math.round(messages / seconds)} messages/s, ` +
        `${((used.user + used.system) / messages).toFixed(2)} us CPU per message`,
    );
  }
  await consumer.shutdown();
}
child.disconnect();
