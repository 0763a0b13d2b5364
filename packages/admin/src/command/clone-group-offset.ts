/**
 * `cloneGroupOffset`: gives one group the offsets that another has consumed to in a topic.
 *
 * Counterpart: CloneGroupOffsetCommand, which writes the ends of all queues of all topics of the source group instead, so
 * that the other group skips what the first has not consumed.
 */
import { compareMessageQueues } from '@rocketmq-ts/protocol';
import { type Command, option, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'cloneGroupOffset',
  options: [
    required('s', 'srcGroup', 'set source consumer group'),
    required('d', 'destGroup', 'set destination consumer group'),
    required('t', 'topic', 'set the topic'),
    option('o', 'offline', 'the group or the topic is offline'),
  ],
  changes: true,
  async run({ options, admin, report, dryRun }) {
    const srcGroup = options.text('s');
    const destGroup = options.text('d');
    const topic = options.text('t');
    const { offsetTable } = await admin.examineConsumeStats(srcGroup, topic);
    const cloned = [];
    for (const [queue, { consumerOffset }] of [...offsetTable].sort(([a], [b]) =>
      compareMessageQueues(a, b),
    )) {
      if (queue.topic !== topic || consumerOffset < 0) continue;
      const address = await admin.brokerAddrOf(queue);
      cloned.push({ ...queue, offset: consumerOffset });
      if (!dryRun) {
        await admin.updateConsumeOffset(address, destGroup, queue, consumerOffset);
        continue;
      }
      const old = await admin.queryConsumerOffsetOnBroker(address, destGroup, queue);
      report.line(
        `would set ${destGroup} in queue ${queue.queueId} of ${queue.brokerName} from ${old ?? 'nothing'} to ${consumerOffset}`,
      );
    }
    report.value({ ...(dryRun && { dryRun }), srcGroup, destGroup, topic, queues: cloned });
    if (dryRun) return;
    const words = 'clone group offset success. srcGroup[%s], destGroup=[%s], topic[%s]';
    report.printf(words, srcGroup, destGroup, topic);
  },
};
