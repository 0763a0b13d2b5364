/** What became of a message: its traces, written by producer and consumer and read from the trace topic. */
import { decodeTraceData, Producer, PushConsumer } from '@rocketmq-ts/client';

const namesrvAddr = process.env.NAMESRV_ADDR ?? 'localhost:9876';
const consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';

const producer = new Producer({
  producerGroup: 'example_traced_producer',
  namesrvAddr,
  enableMsgTrace: true,
});
await producer.start();
const { msgId } = await producer.send({ topic: 'TraceTest', body: 'Hello', keys: 'order-1' });

const consumer = new PushConsumer({
  consumerGroup: 'example_traced',
  namesrvAddr,
  consumeFromWhere,
  enableMsgTrace: true,
});
consumer.subscribe('TraceTest');
consumer.registerMessageListener(async () => {
  await new Promise((resolve) => setTimeout(resolve, 50));
});
await consumer.start();

const reader = new PushConsumer({ consumerGroup: 'example_trace_reader', namesrvAddr, consumeFromWhere });
reader.subscribe('RMQ_SYS_TRACE_TOPIC');
const complete = new Promise((resolve) => {
  reader.registerMessageListener((messages) => {
    for (const message of messages) {
      for (const trace of decodeTraceData(message.body)) {
        if (trace.msgId !== msgId) continue;
        if (trace.type === 'Pub') {
          console.log(`sent by ${trace.groupName} to ${trace.storeHost} in ${trace.costTime} ms`);
        } else if (trace.type === 'SubBefore') {
          console.log(`taken by ${trace.groupName}, try ${trace.retryTimes + 1}`);
        } else {
          console.log(`consumed in ${trace.costTime} ms: ${trace.contextCode}`);
          resolve();
        }
      }
    }
  });
});
await reader.start();
await complete;
for (const client of [producer, consumer, reader]) await client.shutdown();
