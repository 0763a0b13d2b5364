/**
 * The quickstart producer: sends 1,000 messages to TopicTest and prints what came of each.
 * Counterpart: org.apache.rocketmq.example.quickstart.Producer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Message, Producer } from '@rocketmq-ts/client';

const MESSAGES = 1000;

export async function runQuickstartProducer(namesrvAddr: string): Promise<void> {
  const producer = new Producer({ producerGroup: 'please_rename_unique_group_name', namesrvAddr });
  await producer.start();
  for (let i = 0; i < MESSAGES; i++) {
    try {
      const result = await producer.send(new Message('TopicTest', 'TagA', `Hello RocketMQ ${i}`));
      console.log(String(result));
    } catch (error) {
      console.error(error);
      await sleep(1000);
    }
  }
  await producer.shutdown();
}
