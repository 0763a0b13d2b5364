/** Consumer: members of one group share the messages. A message may come twice: what is done with it must bear that. */
import { ConsumeConcurrentlyStatus, PushConsumer } from '@rocketmq-ts/client';

const consumer = new PushConsumer({
  consumerGroup: 'consumerGroup1',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
});
consumer.subscribe('TopicTest', '*');
consumer.registerMessageListener((messages) => {
  for (const message of messages) console.log(`Receive New Messages: ${message}`);
  return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
});
await consumer.start();
console.log('Consumer Started.');
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void consumer.shutdown());
