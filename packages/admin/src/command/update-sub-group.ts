/**
 * `updateSubGroup`: creates a consumer group, or changes its settings. Counterpart: UpdateSubGroupSubCommand.
 *
 * As there, a group made without -m and -d may not consume from the minimum offset nor by broadcasting.
 */
import { newSubscriptionGroupConfig, type SubscriptionGroupConfig } from '@rocketmq-ts/protocol';
import { type Command, option, required } from '../command-line/command.ts';
import type { CommandOptions } from '../command-line/command-options.ts';
import { brokerOrCluster, forEachBroker, targetMasters } from '../command-line/target-brokers.ts';
import { groupConfigText } from '../text/java-text.ts';

export const command: Command = {
  name: 'updateSubGroup',
  options: [
    ...brokerOrCluster(
      'create subscription group to which broker',
      'create subscription group to which cluster',
    ),
    required('g', 'groupName', 'consumer group name'),
    option('s', 'consumeEnable', 'consume enable'),
    option('m', 'consumeFromMinEnable', 'from min offset'),
    option('d', 'consumeBroadcastEnable', 'broadcast'),
    option('q', 'retryQueueNums', 'retry queue nums'),
    option('r', 'retryMaxTimes', 'retry max times'),
    option('i', 'brokerId', 'consumer from which broker id'),
    option('w', 'whichBrokerWhenConsumeSlowly', 'which broker id when consume slowly'),
    option('a', 'notifyConsumerIdsChanged', 'notify consumerId changed'),
  ],
  changes: true,
  async run(context) {
    const { options, admin, report, dryRun } = context;
    const config = groupConfig(options);
    const addresses = await targetMasters(context);
    const olds: { address: string; old: SubscriptionGroupConfig | undefined }[] = [];
    await forEachBroker(addresses, async (address) => {
      if (dryRun) {
        const old = await admin.examineSubscriptionGroupConfig(address, config.groupName);
        olds.push({ address, old });
        report.line(`would ${old === undefined ? 'create' : 'change'} the group on ${address}`);
        if (old !== undefined) report.line(`from ${groupConfigText(old)}`);
        report.line(`to   ${groupConfigText(config)}`);
        return;
      }
      await admin.createAndUpdateSubscriptionGroupConfig(address, config);
      report.printf('create subscription group to %s success.%n', address);
    });
    if (!dryRun) report.text(groupConfigText(config));
    report.value(dryRun ? { dryRun, brokers: olds, config } : { brokers: addresses, config });
  },
};

function groupConfig(options: CommandOptions): SubscriptionGroupConfig {
  const otherwise = newSubscriptionGroupConfig(options.text('g'));
  return {
    ...otherwise,
    consumeEnable: options.boolean('s', true),
    consumeFromMinEnable: options.boolean('m', false),
    consumeBroadcastEnable: options.boolean('d', false),
    retryQueueNums: options.integer('q', otherwise.retryQueueNums),
    retryMaxTimes: options.integer('r', otherwise.retryMaxTimes, -1),
    brokerId: options.integer('i', otherwise.brokerId),
    whichBrokerWhenConsumeSlowly: options.integer('w', otherwise.whichBrokerWhenConsumeSlowly),
    notifyConsumerIdsChangedEnable: options.boolean('a', true),
  };
}
