/**
 * OrderedConsumer: the messages of a queue one after the other, each queue at one member at a time.
 *
 * The sample of the notes sets `autoCommit` to false and answers SUCCESS, which says "this one is consumed, but not done with
 * until I answer COMMIT". It never does: the offsets never advance, so that every message comes again after a restart, and after
 * `pullThresholdForQueue` (1000) messages the queue stands still. Java says nothing; this client warns. `ALWAYS_SUCCESS=1` shows
 * it. To process messages in order and go on, leave autoCommit on, or answer COMMIT as below.
 */
import { ConsumeOrderlyStatus, PushConsumer } from '@rocketmq-ts/client';

const consumer = new PushConsumer({
  consumerGroup: 'example_group_name',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
  consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
});
consumer.subscribe('TopicTest', 'TagA || TagC || TagD');
consumer.registerMessageListenerOrderly((messages, context) => {
  context.autoCommit = false;
  for (const message of messages) {
    console.log(
      `Receive New Messages: queue ${context.messageQueue.queueId} ${message.keys} ${message.body}`,
    );
  }
  return process.env.ALWAYS_SUCCESS ? ConsumeOrderlyStatus.SUCCESS : ConsumeOrderlyStatus.COMMIT;
});
await consumer.start();
console.log('Consumer Started.');
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void consumer.shutdown());
