/** A message that is delivered after a second: delay level 1 of `1s 5s 10s 30s 1m 2m …` (messageDelayLevel). */
import { Producer, PushConsumer } from '@rocketmq-ts/client';

const namesrvAddr = process.env.NAMESRV_ADDR ?? 'localhost:9876';
const body = `see you later ${Date.now()}`;

const consumer = new PushConsumer({
  consumerGroup: 'example_delayed',
  namesrvAddr,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
});
consumer.subscribe('DelayTest');
const received = new Promise((resolve) => {
  consumer.registerMessageListener((messages) => {
    for (const message of messages) {
      if (String(message.body) !== body) continue;
      console.log(`received after ${Date.now() - message.bornTimestamp} ms`);
      resolve();
    }
  });
});
await consumer.start();

const producer = new Producer({ producerGroup: 'example_producer', namesrvAddr });
await producer.start();
await producer.send({ topic: 'DelayTest', body, delayTimeLevel: 1 });
console.log('sent');
await received;
await producer.shutdown();
await consumer.shutdown();
