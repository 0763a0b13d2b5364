/** SyncProducer: each send waits until the broker has stored the message. */
import { Producer } from '@rocketmq-ts/client';

const producer = new Producer({
  producerGroup: 'MyProducerGroup',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
});
await producer.start();
for (let i = 0; i < 100; i++) {
  const sendResult = await producer.send({ topic: 'TopicTest', tags: 'TagA', body: `Hello RocketMQ ${i}` });
  console.log(String(sendResult));
}
await producer.shutdown();
