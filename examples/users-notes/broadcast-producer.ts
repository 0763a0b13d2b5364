/** BroadcastProducer: sends as always; broadcasting is the consumers' affair. */
import { Producer } from '@rocketmq-ts/client';

const producer = new Producer({
  producerGroup: 'ProducerGroupName',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
});
await producer.start();
for (let i = 0; i < 10; i++) {
  const sendResult = await producer.send({
    topic: 'TopicTest',
    tags: 'TagA',
    keys: 'OrderID188',
    body: 'Hello world',
  });
  console.log(String(sendResult));
}
await producer.shutdown();
