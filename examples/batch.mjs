/** Many messages in one request. A list that is too long for one is split by `splitBatch`. */
import { Producer, splitBatch } from '@rocketmq-ts/client';

const namesrvAddr = process.env.NAMESRV_ADDR ?? 'localhost:9876';

const producer = new Producer({ producerGroup: 'example_producer', namesrvAddr });
await producer.start();
const messages = Array.from({ length: 1000 }, (_, i) => ({ topic: 'BatchTest', body: `message ${i}` }));
for (const batch of splitBatch(messages, 16 * 1024)) {
  const result = await producer.sendBatch(batch);
  console.log(
    `${batch.length} messages stored, the first at ${result.queueOffset} of queue ${result.messageQueue.queueId}`,
  );
}
await producer.shutdown();
