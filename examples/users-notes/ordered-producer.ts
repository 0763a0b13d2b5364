/** OrderedProducer: messages of one order go to one queue, where they keep their order. */
import { Producer } from '@rocketmq-ts/client';

const producer = new Producer({
  producerGroup: 'example_group_name',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
});
await producer.start();
const tags = ['TagA', 'TagB', 'TagC', 'TagD', 'TagE'];
for (let i = 0; i < 100; i++) {
  const orderId = i % 10;
  const message = {
    topic: 'TopicTest',
    tags: tags[i % tags.length],
    keys: `KEY${i}`,
    body: `Hello RocketMQ ${i}`,
  };
  const sendResult = await producer.send(message, {
    selector: (queues, _message, id: number) => queues[id % queues.length]!,
    arg: orderId,
  });
  console.log(String(sendResult));
}
await producer.shutdown();
