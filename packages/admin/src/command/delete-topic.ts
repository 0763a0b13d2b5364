/** `deleteTopic`: from all brokers of a cluster, then from the name servers. Counterpart: DeleteTopicSubCommand. */
import type { TopicStatsTable } from '@rocketmq-ts/protocol';
import type { AdminClient } from '../admin-client.ts';
import { type Command, required } from '../command-line/command.ts';
import type { Report } from '../command-line/report.ts';

export const command: Command = {
  name: 'deleteTopic',
  options: [
    required('t', 'topic', 'topic name'),
    required('c', 'clusterName', 'delete topic from which cluster'),
  ],
  changes: true,
  async run({ options, admin, report, dryRun }) {
    const topic = options.text('t');
    const cluster = options.text('c');
    if (dryRun) return preview(admin, report, topic, cluster);
    const brokers = await deleteTopic(admin, report, topic, cluster);
    report.value({ topic, cluster, brokers, nameServers: admin.nameServers() });
  },
};

/** Answers the brokers it was deleted from. */
export async function deleteTopic(
  admin: AdminClient,
  report: Report,
  topic: string,
  cluster: string,
): Promise<string[]> {
  const brokers = await admin.fetchMasterAndSlaveAddrByClusterName(cluster);
  await admin.deleteTopicInBroker(brokers, topic);
  report.printf('delete topic [%s] from cluster [%s] success.%n', topic, cluster);
  await admin.deleteTopicInNameServer(undefined, topic);
  report.printf('delete topic [%s] from NameServer success.%n', topic);
  return brokers;
}

export function messagesIn({ offsetTable }: TopicStatsTable): number {
  return [...offsetTable.values()].reduce((sum, each) => sum + each.maxOffset - each.minOffset, 0);
}

async function preview(admin: AdminClient, report: Report, topic: string, cluster: string): Promise<void> {
  const brokers = await admin.fetchMasterAndSlaveAddrByClusterName(cluster);
  const stats = await admin.examineTopicStats(topic);
  const groups = await admin.queryTopicConsumeByWho(topic);
  const messages = messagesIn(stats);
  report.line(`would delete topic ${topic} from ${brokers.join(', ')} and ${admin.nameServers().join(', ')}`);
  report.line(`messages: ${messages} in ${stats.offsetTable.size} queues`);
  report.line(`consumer groups: ${groups.join(', ') || 'none'}`);
  report.value({ dryRun: true, topic, brokers, nameServers: admin.nameServers(), messages, groups });
}
