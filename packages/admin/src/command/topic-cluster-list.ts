/** `topicClusterList`: the clusters that have a topic. Counterpart: TopicClusterSubCommand. */
import { type Command, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'topicClusterList',
  options: [required('t', 'topic', 'topic name')],
  async run({ options, admin, report }) {
    const clusters = await admin.getTopicClusterList(options.text('t'));
    for (const cluster of clusters.sort()) report.line(cluster);
    report.value(clusters);
  },
};
