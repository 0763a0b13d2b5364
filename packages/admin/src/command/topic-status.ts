/** `topicStatus`: the offsets of a topic's queues. Counterpart: TopicStatusSubCommand. */
import { compareMessageQueues } from '@rocketmq-ts/protocol';
import { type Command, required } from '../command-line/command.ts';
import { dateTimeMillis } from '../text/date-text.ts';
import { front } from '../text/printf.ts';

export const command: Command = {
  name: 'topicStatus',
  options: [required('t', 'topic', 'topic name')],
  async run({ options, admin, report }) {
    const { offsetTable } = await admin.examineTopicStats(options.text('t'));
    const queues = [...offsetTable].sort(([a], [b]) => compareMessageQueues(a, b));
    const heads = ['#Broker Name', '#QID', '#Min Offset', '#Max Offset', '#Last Updated'];
    report.printf('%-32s  %-4s  %-20s  %-20s    %s%n', ...heads);
    for (const [{ brokerName, queueId }, { minOffset, maxOffset, lastUpdateTimestamp }] of queues) {
      report.printf(
        '%-32s  %-4d  %-20d  %-20d    %s%n',
        front(brokerName, 32),
        queueId,
        minOffset,
        maxOffset,
        lastUpdateTimestamp > 0 ? dateTimeMillis(lastUpdateTimestamp) : '',
      );
    }
    report.value(new Map(queues));
  },
};
