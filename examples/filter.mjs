/**
 * Consumes only messages whose properties match an SQL92 expression; the broker does the filtering. It must allow that:
 * `npm start -- enablePropertyFilter=true`.
 */
import { MessageSelector, Producer, PushConsumer } from '@rocketmq-ts/client';

const namesrvAddr = process.env.NAMESRV_ADDR ?? 'localhost:9876';
const run = Date.now();

const producer = new Producer({ producerGroup: 'example_producer', namesrvAddr });
await producer.start();
for (let a = 0; a < 10; a++) {
  await producer.send({
    topic: 'FilterTest',
    properties: { a: String(a), run: String(run) },
    body: `a is ${a}`,
  });
}

const consumer = new PushConsumer({
  consumerGroup: `example_filter_${run}`,
  namesrvAddr,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
});
consumer.subscribe('FilterTest', MessageSelector.bySql(`run = '${run}' AND a BETWEEN 0 AND 3`));
const received = new Promise((resolve) => {
  const found = [];
  consumer.registerMessageListener((messages) => {
    for (const message of messages) {
      console.log(`received: ${message.body}`);
      if (found.push(String(message.body)) === 4) resolve();
    }
  });
});
await consumer.start();
await received;
await consumer.shutdown();
await producer.shutdown();
