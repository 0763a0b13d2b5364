/**
 * Many messages in one request: of one topic, with one waitStoreMsgOK, without delay, at most 1 MiB in all. `splitBatch` cuts a
 * list that may be longer, as the ListSplitter of RocketMQ's batch example does.
 */
import { Producer, splitBatch } from '@rocketmq-ts/client';

const producer = new Producer({
  producerGroup: 'BatchProducerGroupName',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
});
await producer.start();
const messages = Array.from({ length: 10_000 }, (_, i) => ({
  topic: 'BatchTest',
  tags: 'Tag',
  keys: `OrderID${i}`,
  body: `Hello world ${i}`,
}));
for (const batch of splitBatch(messages)) {
  const sendResult = await producer.sendBatch(batch);
  console.log(`${batch.length} messages from ${sendResult.queueOffset} on in ${sendResult.messageQueue}`);
}
await producer.shutdown();
