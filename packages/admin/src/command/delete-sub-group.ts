/**
 * `deleteSubGroup`: from a broker, or from a cluster together with its retry and dead-letter topics. Counterpart:
 * DeleteSubscriptionGroupCommand.
 */
import { dlqTopic, retryTopic } from '@rocketmq-ts/protocol';
import { type Command, type CommandContext, required } from '../command-line/command.ts';
import { Failures } from '../command-line/failures.ts';
import { brokerOrCluster, forEachBroker, targetMasters } from '../command-line/target-brokers.ts';
import { deleteTopic, messagesIn } from './delete-topic.ts';

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

/** The offsets that the group has consumed to stay, as on 4.4.0's brokers. */
async function preview(
  { admin, report }: CommandContext,
  group: string,
  brokers: readonly string[],
  topics: readonly string[],
): Promise<void> {
  const failures = new Failures();
  const members: string[] = [];
  for (const address of brokers) {
    const config = await failures.find(() => admin.examineSubscriptionGroupConfig(address, group));
    report.line(
      `would delete group ${group} from ${address}${config === undefined ? ', which does not have it' : ''}`,
    );
    const found = await failures.find(() => admin.getConsumerConnectionList(address, group));
    members.push(...(found?.connectionSet ?? []).map(({ clientId }) => clientId));
  }
  let messages = 0;
  for (const topic of topics) {
    const stats = await failures.find(() => admin.examineTopicStats(topic));
    const count = stats === undefined ? undefined : messagesIn(stats);
    messages += count ?? 0;
    report.line(`would delete topic ${topic}: ${count === undefined ? 'not there' : `${count} messages`}`);
  }
  report.line(`offsets stay; online members: ${members.join(', ') || 'none'}`);
  report.value({ dryRun: true, group, brokers, topics, messages, members });
  failures.rethrow('questions');
}
