/** TransactionConsumer: an ordinary consumer; it sees only what was committed. */
import { ConsumeConcurrentlyStatus, PushConsumer } from '@rocketmq-ts/client';

const consumer = new PushConsumer({
  consumerGroup: 'example_consumer_group_name',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
  consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
});
consumer.subscribe('TopicTest-1', '*');
consumer.registerMessageListener((messages) => {
  for (const message of messages) console.log(`Receive New Messages: ${message.body}`);
  // Only this answer says that the messages are done with; they come one at a time unless consumeMessageBatchMaxSize is set.
  return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
});
await consumer.start();
console.log('Consumer Started.');
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void consumer.shutdown());
