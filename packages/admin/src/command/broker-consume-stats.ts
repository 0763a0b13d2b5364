/** `brokerConsumeStats`: how far every group of a broker is. Counterpart: BrokerConsumeStatsSubCommad. */
import { compareMessageQueues } from '@rocketmq-ts/protocol';
import { type Command, option, required } from '../command-line/command.ts';
import { dateTime } from '../text/date-text.ts';
import { front } from '../text/printf.ts';

export const command: Command = {
  name: 'brokerConsumeStats',
  options: [
    required('b', 'brokerAddr', 'Broker address'),
    option('t', 'timeoutMillis', 'request timeout Millis'),
    option('l', 'level', 'threshold of print diff'),
    option('o', 'order', 'order topic'),
  ],
  async run({ options, admin, report }) {
    const level = options.integer('l', 0);
    const stats = await admin.fetchConsumeStatsInBroker(
      options.text('b'),
      options.boolean('o', false),
      options.integer('t', 50_000, 1),
    );
    const heads = ['#Topic', '#Group', '#Broker Name', '#QID', '#Broker Offset', '#Consumer Offset'];
    report.printf('%-32s  %-32s  %-32s  %-4s  %-20s  %-20s  %-20s  %s%n', ...heads, '#Diff', '#LastTime');
    const rows: object[] = [];
    for (const groups of stats.consumeStatsList) {
      for (const [group, perTopic] of groups) {
        for (const { offsetTable } of perTopic) {
          const queues = [...offsetTable].sort(([a], [b]) => compareMessageQueues(a, b));
          for (const [queue, { brokerOffset, consumerOffset, lastTimestamp }] of queues) {
            const diff = brokerOffset - consumerOffset;
            if (diff < level || lastTimestamp <= 0) continue;
            rows.push({ group, ...queue, brokerOffset, consumerOffset, diff, lastTimestamp });
            report.printf(
              '%-32s  %-32s  %-32s  %-4d  %-20d  %-20d  %-20d  %s%n',
              front(queue.topic, 32),
              group,
              front(queue.brokerName, 32),
              queue.queueId,
              brokerOffset,
              consumerOffset,
              diff,
              dateTime(lastTimestamp),
            );
          }
        }
      }
    }
    report.printf('%nDiff Total: %d%n', stats.totalDiff);
    report.value({ queues: rows, totalDiff: stats.totalDiff });
  },
};
