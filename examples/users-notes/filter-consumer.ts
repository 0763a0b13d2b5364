/** Only messages that have a property a with 0 <= a <= 3. The broker needs `enablePropertyFilter=true`. */
import { ConsumeConcurrentlyStatus, MessageSelector, PushConsumer } from '@rocketmq-ts/client';

const consumer = new PushConsumer({
  consumerGroup: 'please_rename_unique_group_name',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
});
consumer.subscribe('FilterTopicTest', MessageSelector.bySql('a between 0 and 3'));
consumer.registerMessageListener((messages) => {
  for (const message of messages) console.log(`Receive New Messages: a=${message.getUserProperty('a')}`);
  return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
});
await consumer.start();
console.log('Consumer Started.');
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void consumer.shutdown());
