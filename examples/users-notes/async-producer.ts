/**
 * AsyncProducer: sends do not wait for each other. `shutdown` waits for those that are under way, so that no sleep is needed.
 * Promises do the same: `Promise.all(messages.map((message) => producer.send(message)))`.
 */
import { Producer } from '@rocketmq-ts/client';

const producer = new Producer({
  producerGroup: 'producerGroup1',
  namesrvAddr: process.env.NAMESRV_ADDR ?? 'localhost:9876',
  retryTimesWhenSendAsyncFailed: 0,
});
await producer.start();
for (let i = 0; i < 100; i++) {
  producer.sendAsync(
    { topic: 'TopicTest', tags: 'TagA', keys: 'OrderID188', body: 'Hello world' },
    {
      onSuccess: (sendResult) => console.log(`${String(i).padEnd(10)} OK ${sendResult.msgId}`),
      onException: (error) => console.error(`${String(i).padEnd(10)} Exception`, error),
    },
  );
}
await producer.shutdown();
