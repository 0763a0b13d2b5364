/**
 * `updateTopicPerm`: changes a topic's permission and keeps its other settings. Counterpart: UpdateTopicPermSubCommand,
 * which gives every broker the queue numbers of the first one; here each keeps its own.
 */
import { MASTER_ID, type TopicConfig } from '@rocketmq-ts/protocol';
import { AdminError } from '../admin-error.ts';
import { type Command, required } from '../command-line/command.ts';
import { brokerOrCluster, forEachBroker, targetMasters } from '../command-line/target-brokers.ts';
import { topicConfigText } from '../text/java-text.ts';

export const command: Command = {
  name: 'updateTopicPerm',
  options: [
    ...brokerOrCluster('create topic to which broker', 'create topic to which cluster'),
    required('t', 'topic', 'topic name'),
    required('p', 'perm', "set topic's permission(2|4|6), intro[2:W; 4:R; 6:RW]"),
  ],
  changes: true,
  async run(context) {
    const { options, admin, report, dryRun } = context;
    const topic = options.text('t');
    const perm = options.integer('p', 6, 0, 7);
    const addresses = await targetMasters(context);
    const route = await admin.examineTopicRouteInfo(topic);
    let found = 0;
    await forEachBroker(addresses, async (address) => {
      const broker = route.brokerDatas.find(({ brokerAddrs }) => brokerAddrs.get(MASTER_ID) === address);
      const queues = route.queueDatas.find(({ brokerName }) => brokerName === broker?.brokerName);
      if (queues === undefined) {
        if (!options.has('b')) return;
        throw new AdminError('ADMIN_BROKER_UNKNOWN', `topic ${topic} is on no master at ${address}`);
      }
      found++;
      if (queues.perm === perm) {
        report.line('new perm equals to the old one!');
        report.item({ ...(dryRun && { dryRun }), broker: address, topic, old: perm, perm, changed: false });
        return;
      }
      const config: TopicConfig = {
        topicName: topic,
        readQueueNums: queues.readQueueNums,
        writeQueueNums: queues.writeQueueNums,
        perm,
        topicFilterType: 'SINGLE_TAG',
        topicSysFlag: queues.topicSynFlag,
        order: false,
      };
      if (!dryRun) await admin.createAndUpdateTopicConfig(address, config);
      report.item({
        ...(dryRun && { dryRun }),
        broker: address,
        topic,
        old: queues.perm,
        perm,
        changed: !dryRun,
      });
      if (dryRun) {
        report.line(`would update topic perm from ${queues.perm} to ${perm} in ${address}`);
        return;
      }
      report.printf('update topic perm from %s to %s in %s success.%n', queues.perm, perm, address);
      if (options.has('b')) report.line(topicConfigText(config));
    });
    if (found === 0)
      throw new AdminError(
        'ADMIN_NOT_FOUND',
        `topic ${topic} is on no master of cluster ${options.text('c')}`,
      );
  },
};
