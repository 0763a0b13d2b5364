/** Sends ten messages with a tag and a key, and receives them. Ends by itself. */
import { Producer, PushConsumer } from '@rocketmq-ts/client';

const namesrvAddr = process.env.NAMESRV_ADDR ?? 'localhost:9876';
const run = Date.now(); // tells this run's messages from earlier ones

const consumer = new PushConsumer({
  consumerGroup: 'example_send_and_receive',
  namesrvAddr,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
});
consumer.subscribe('TopicTest', 'TagA || TagB');
const received = new Promise((resolve) => {
  let count = 0;
  consumer.registerMessageListener((messages) => {
    for (const message of messages) {
      if (message.getUserProperty('run') !== String(run)) continue;
      console.log(
        `received ${message.body} (tag ${message.tags}, key ${message.keys}) from queue ${message.queueId}`,
      );
      if (++count === 10) resolve();
    }
    // Returning nothing means success; throwing has the messages delivered again later.
  });
});
await consumer.start();

const producer = new Producer({ producerGroup: 'example_producer', namesrvAddr });
await producer.start();
for (let i = 0; i < 10; i++) {
  const result = await producer.send({
    topic: 'TopicTest',
    tags: i % 2 === 0 ? 'TagA' : 'TagB',
    keys: `order-${i}`,
    properties: { run: String(run) },
    body: `Hello RocketMQ ${i}`,
  });
  console.log(`sent ${result.msgId} to queue ${result.messageQueue.queueId} at offset ${result.queueOffset}`);
}

await received;
await producer.shutdown();
await consumer.shutdown();
