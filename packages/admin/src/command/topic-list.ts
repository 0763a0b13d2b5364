/** `topicList`: all topics, with -c their clusters and the groups that consume them. Counterpart: TopicListSubCommand. */
import { isDlqTopic, isRetryTopic } from '@rocketmq-ts/protocol';
import { type Command, flag } from '../command-line/command.ts';
import { Failures } from '../command-line/failures.ts';
import { front } from '../text/printf.ts';

export const command: Command = {
  name: 'topicList',
  options: [flag('c', 'clusterModel', 'clusterModel')],
  async run({ options, admin, report, progress }) {
    const topics = (await admin.fetchAllTopicList()).sort();
    if (!options.has('c')) {
      for (const topic of topics) report.line(topic);
      report.value(topics);
      return;
    }
    const format = '%-20s  %-48s  %-48s%n';
    report.printf(format, '#Cluster Name', '#Topic', '#Consumer Group');
    const rows = [];
    const failures = new Failures();
    progress.begin('topicList', topics.length);
    for (const topic of topics) {
      progress.advance();
      if (isRetryTopic(topic) || isDlqTopic(topic)) continue;
      const clusters = (await failures.find(() => admin.getTopicClusterList(topic))) ?? [];
      const groups = (await failures.find(() => admin.queryTopicConsumeByWho(topic))) ?? [];
      rows.push({ topic, clusters, groups });
      for (const group of groups.length === 0 ? [''] : groups)
        report.printf(format, front(clusters[0] ?? '', 20), front(topic, 48), front(group, 48));
    }
    report.value(rows);
    failures.rethrow('questions');
  },
};
