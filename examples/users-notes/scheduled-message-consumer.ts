/** ScheduledMessageConsumer: tells how long ago each message was sent. */
import { ConsumeConcurrentlyStatus, PushConsumer } from '@rocketmq-ts/client';

const consumer = new PushConsumer({
  consumerGroup: 'ExampleConsumer',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
  consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
});
consumer.subscribe('TestTopic', '*');
consumer.registerMessageListener((messages) => {
  for (const message of messages) {
    // The notes print the time since storeTimestamp, which is that of the delivery: always close to zero.
    console.log(`Receive message[msgId=${message.msgId}] ${Date.now() - message.bornTimestamp}ms later`);
  }
  return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
});
await consumer.start();
console.log('Consumer Started.');
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void consumer.shutdown());
