/** Every member of a broadcasting group gets every message; members of an ordinary group share them. */
import { Producer, PushConsumer } from '@rocketmq-ts/client';

const namesrvAddr = process.env.NAMESRV_ADDR ?? 'localhost:9876';
const body = `news ${Date.now()}`;

const producer = new Producer({ producerGroup: 'example_producer', namesrvAddr });
await producer.start();
function subscriber(name) {
  const consumer = new PushConsumer({
    consumerGroup: 'example_broadcast',
    instanceName: name, // two members in one process need names of their own
    messageModel: 'BROADCASTING',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET', // the default begins with what is sent from now on
    namesrvAddr,
  });
  consumer.subscribe('NewsTest');
  const received = new Promise((resolve) => {
    consumer.registerMessageListener((messages) => {
      if (!messages.some((message) => String(message.body) === body)) return;
      console.log(`${name} received it`);
      resolve();
    });
  });
  return { consumer, received };
}

const subscribers = [subscriber('first'), subscriber('second')];
for (const { consumer } of subscribers) await consumer.start();
await producer.send({ topic: 'NewsTest', body });
await Promise.all(subscribers.map(({ received }) => received));
for (const { consumer } of subscribers) await consumer.shutdown();
await producer.shutdown();
