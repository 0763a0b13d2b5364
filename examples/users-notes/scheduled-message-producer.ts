/**
 * ScheduledMessageProducer: consumers get the messages later. The level is a place in the broker's
 * `messageDelayLevel=1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h`: 3 is 10 s.
 */
import { Producer } from '@rocketmq-ts/client';

const producer = new Producer({
  producerGroup: 'ExampleProducerGroup',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
});
await producer.start();
for (let i = 0; i < 10; i++) {
  await producer.send({ topic: 'TestTopic', body: `Hello scheduled message ${i}`, delayTimeLevel: 3 });
}
console.log('10 messages sent');
await producer.shutdown();
