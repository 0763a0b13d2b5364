/** BroadcastConsumer: every member gets every message. Each keeps its offsets in a file of its own (`~/.rocketmq_offsets`). */
import { ConsumeConcurrentlyStatus, PushConsumer } from '@rocketmq-ts/client';

const consumer = new PushConsumer({
  consumerGroup: 'example_broadcast_group',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
  consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
  messageModel: 'BROADCASTING',
});
consumer.subscribe('TopicTest', 'TagA || TagC || TagD');
consumer.registerMessageListener((messages) => {
  for (const message of messages) console.log(`Receive New Messages: ${message}`);
  return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
});
await consumer.start();
console.log('Broadcast Consumer Started.');
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void consumer.shutdown());
