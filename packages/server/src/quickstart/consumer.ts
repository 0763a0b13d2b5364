/**
 * The quickstart consumer: prints every message of TopicTest until it is stopped.
 * Counterpart: org.apache.rocketmq.example.quickstart.Consumer.
 */
import { PushConsumer } from '@rocketmq-ts/client';
import { messageText } from './message-text.ts';

export async function runQuickstartConsumer(namesrvAddr: string): Promise<void> {
  const consumer = new PushConsumer({
    consumerGroup: 'please_rename_unique_group_name_4',
    namesrvAddr,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  });
  consumer.subscribe('TopicTest', '*');
  consumer.registerMessageListener((messages) => {
    // Java prints the name of its thread; here there is one.
    console.log(`ConsumeMessageThread_1 Receive New Messages: [${messages.map(messageText).join(', ')}] `);
  });
  const stop = (): void => void consumer.shutdown().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  await consumer.start();
  console.log('Consumer Started.');
}
