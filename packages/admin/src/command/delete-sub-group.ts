/**
 * `deleteSubGroup`: from a broker, or from a cluster together with its retry and dead-letter topics. Counterpart:
 * DeleteSubscriptionGroupCommand.
 */
import { dlqTopic, retryTopic } from '@rocketmq-ts/protocol';
import { type Command, type CommandContext, required } from '../command-line/command.ts';
import { brokerOrCluster, forEachBroker, targetMasters } from '../command-line/target-brokers.ts';
import { deleteTopic } from './delete-topic.ts';

export const command: Command = {
  name: 'deleteSubGroup',
  options: [
    ...brokerOrCluster(
      'delete subscription group from which broker',
      'delete subscription group from which cluster',
    ),
    required('g', 'groupName', 'subscription group name'),
  ],
  changes: true,
  async run(context) {
    const { options, admin, report, dryRun } = context;
    const group = options.text('g');
    const cluster = options.has('b') ? undefined : options.optional('c');
    const addresses = await targetMasters(context);
    const topics = cluster === undefined ? [] : [retryTopic(group), dlqTopic(group)];
    if (dryRun) return preview(context, group, addresses, topics);
    await forEachBroker(addresses, async (address) => {
      await admin.deleteSubscriptionGroup(address, group);
      const inCluster = cluster === undefined ? '' : ` in cluster [${cluster}]`;
      report.line(`delete subscription group [${group}] from broker [${address}]${inCluster} success.`);
    });
    for (const topic of topics) await deleteTopic(admin, report, topic, cluster as string);
    report.value({ group, brokers: addresses, topics });
  },
};

async function preview(
  { admin, report }: CommandContext,
  group: string,
  brokers: readonly string[],
  topics: readonly string[],
): Promise<void> {
  const members: string[] = [];
  for (const address of brokers) {
    try {
      const { connectionSet } = await admin.getConsumerConnectionList(address, group);
      members.push(...connectionSet.map(({ clientId }) => clientId));
    } catch {
      // nobody of the group is connected to this broker
    }
  }
  report.line(`would delete group ${group} from ${brokers.join(', ')}, with the offsets it has consumed to`);
  if (topics.length > 0) report.line(`would delete topics ${topics.join(', ')}`);
  report.line(`online members: ${members.join(', ') || 'none'}`);
  report.value({ dryRun: true, group, brokers, topics, members });
}
