/** Messages with a property that consumers filter by. */
import { Producer } from '@rocketmq-ts/client';

const producer = new Producer({
  producerGroup: 'please_rename_unique_group_name',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
});
await producer.start();
for (let i = 0; i < 10; i++) {
  const properties = { a: String(i) };
  const sendResult = await producer.send({
    topic: 'FilterTopicTest',
    tags: 'TagA',
    body: `Hello RocketMQ ${i}`,
    properties,
  });
  console.log(String(sendResult));
}
await producer.shutdown();
