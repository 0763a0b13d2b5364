/** OnewayProducer: nobody says whether the broker has stored the message. For what may be lost, such as metrics. */
import { Producer } from '@rocketmq-ts/client';

const producer = new Producer({
  producerGroup: 'producer1',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
});
await producer.start();
for (let i = 0; i < 100; i++) {
  await producer.sendOneway({ topic: 'TopicTest', tags: 'TagA', body: `Hello RocketMQ ${i}` });
}
await producer.shutdown();
