/** Ten orders with four steps each: the steps of one order go to one queue, and are consumed in that order. */
import { Producer, PushConsumer } from '@rocketmq-ts/client';

const namesrvAddr = process.env.NAMESRV_ADDR ?? 'localhost:9876';
const run = Date.now();
const steps = ['created', 'paid', 'shipped', 'closed'];

const producer = new Producer({ producerGroup: 'example_producer', namesrvAddr });
await producer.start();
for (const step of steps) {
  for (let order = 0; order < 10; order++) {
    await producer.send(
      { topic: 'OrderTest', tags: step, body: `${run}/${order}/${step}` },
      { selector: (queues, _message, id) => queues[id % queues.length], arg: order },
    );
  }
}

const consumer = new PushConsumer({
  consumerGroup: 'example_ordered',
  namesrvAddr,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
});
consumer.subscribe('OrderTest');
const seen = new Map();
const done = new Promise((resolve) => {
  let count = 0;
  consumer.registerMessageListenerOrderly((messages) => {
    for (const message of messages) {
      const [of, order, step] = String(message.body).split('/');
      if (of !== String(run)) continue;
      seen.set(order, [...(seen.get(order) ?? []), step]);
      if (++count === 40) resolve();
    }
  });
});
await consumer.start();
await done;
for (const [order, found] of seen) {
  console.log(`order ${order}: ${found.join(', ')}`);
  if (found.join() !== steps.join()) process.exitCode = 1;
}
await producer.shutdown();
await consumer.shutdown();
