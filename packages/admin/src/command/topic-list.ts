/** `topicList`: all topics, with -c their clusters and the groups that consume them. Counterpart: TopicListSubCommand. */
import { isDlqTopic, isRetryTopic } from '@rocketmq-ts/protocol';
import type { AdminClient } from '../admin-client.ts';
import { type Command, flag } from '../command-line/command.ts';
import { front } from '../text/printf.ts';

export const command: Command = {
  name: 'topicList',
  options: [flag('c', 'clusterModel', 'clusterModel')],
  async run({ options, admin, report }) {
    const topics = (await admin.fetchAllTopicList()).sort();
    if (!options.has('c')) {
      for (const topic of topics) report.line(topic);
      report.value(topics);
      return;
    }
    const format = '%-20s  %-48s  %-48s%n';
    report.printf(format, '#Cluster Name', '#Topic', '#Consumer Group');
    const rows = [];
    for (const topic of topics) {
      if (isRetryTopic(topic) || isDlqTopic(topic)) continue;
      const { clusters, groups } = await usersOf(admin, topic);
      rows.push({ topic, clusters, groups });
      for (const group of groups.length === 0 ? [''] : groups)
        report.printf(format, front(clusters[0] ?? '', 20), front(topic, 48), front(group, 48));
    }
    report.value(rows);
  },
};

async function usersOf(admin: AdminClient, topic: string): Promise<{ clusters: string[]; groups: string[] }> {
  try {
    const clusters = await admin.getTopicClusterList(topic);
    return { clusters, groups: await admin.queryTopicConsumeByWho(topic) };
  } catch {
    return { clusters: [], groups: [] }; // deleted meanwhile, or its broker is down: the topic is listed all the same
  }
}
