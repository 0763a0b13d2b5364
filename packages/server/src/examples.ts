/** The examples that `tools.sh` runs, under RocketMQ's class names and under short ones. */
import { runQuickstartConsumer } from './quickstart/consumer.ts';
import { runQuickstartProducer } from './quickstart/producer.ts';

export interface Example {
  /** RocketMQ's class. */
  readonly javaName: string;
  readonly shortName: string;
  run(namesrvAddr: string): Promise<void>;
}

export const examples: readonly Example[] = [
  {
    javaName: 'org.apache.rocketmq.example.quickstart.Producer',
    shortName: 'Producer',
    run: runQuickstartProducer,
  },
  {
    javaName: 'org.apache.rocketmq.example.quickstart.Consumer',
    shortName: 'Consumer',
    run: runQuickstartConsumer,
  },
];

export function findExample(name: string): Example | undefined {
  return examples.find((example) => example.javaName === name || example.shortName === name);
}

export const toolsUsage = `usage: tools.sh EXAMPLE      (NAMESRV_ADDR names the name servers, localhost:9876 by default)
${examples.map(({ shortName, javaName }) => ` ${shortName.padEnd(10)} or ${javaName}`).join('\n')}`;
