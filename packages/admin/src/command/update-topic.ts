/** `updateTopic`: creates a topic, or changes its settings. Counterpart: UpdateTopicSubCommand. */
import { buildTopicSysFlag, type TopicConfig } from '@rocketmq-ts/protocol';
import { type Command, option, required } from '../command-line/command.ts';
import type { CommandOptions } from '../command-line/command-options.ts';
import { brokerOrCluster, forEachBroker, targetMasters } from '../command-line/target-brokers.ts';
import { topicConfigText } from '../text/java-text.ts';

export const command: Command = {
  name: 'updateTopic',
  options: [
    ...brokerOrCluster('create topic to which broker', 'create topic to which cluster'),
    required('t', 'topic', 'topic name'),
    option('r', 'readQueueNums', 'set read queue nums'),
    option('w', 'writeQueueNums', 'set write queue nums'),
    option('p', 'perm', "set topic's permission(2|4|6), intro[2:W 4:R; 6:RW]"),
    option('o', 'order', "set topic's order(true|false)"),
    option('u', 'unit', 'is unit topic (true|false)'),
    option('s', 'hasUnitSub', 'has unit sub (true|false)'),
  ],
  changes: true,
  async run(context) {
    const { options, admin, report, dryRun } = context;
    const config = topicConfig(options);
    const addresses = await targetMasters(context);
    if (dryRun) {
      const brokers: object[] = [];
      await forEachBroker(addresses, async (address) => {
        const old = await admin.examineTopicConfig(address, config.topicName);
        brokers.push({ address, old });
        report.line(`would ${old === undefined ? 'create' : 'change'} the topic on ${address}`);
        if (old !== undefined) report.line(`from ${topicConfigText(old)}`);
        report.line(`to   ${topicConfigText(config)}`);
      });
      report.value({ dryRun: true, brokers, config });
      return;
    }
    await forEachBroker(addresses, async (address) => {
      await admin.createAndUpdateTopicConfig(address, config);
      if (config.order && options.has('b')) {
        const orderConf = `${await admin.fetchBrokerNameByAddr(address)}:${config.writeQueueNums}`;
        await admin.createOrUpdateOrderConf(config.topicName, orderConf, false);
        report.printf('set broker orderConf. isOrder=%s, orderConf=[%s]', true, orderConf);
      }
      report.printf('create topic to %s success.%n', address);
    });
    if (config.order && !options.has('b')) {
      const brokers = await admin.fetchMasterAndSlaves(options.text('c'));
      const orderConf = brokers.map(({ brokerName }) => `${brokerName}:${config.writeQueueNums}`).join(';');
      await admin.createOrUpdateOrderConf(config.topicName, orderConf, true);
      report.printf('set cluster orderConf. isOrder=%s, orderConf=[%s]', true, orderConf);
    }
    report.text(topicConfigText(config));
    report.value({ brokers: addresses, config });
  },
};

function topicConfig(options: CommandOptions): TopicConfig {
  return {
    topicName: options.text('t'),
    readQueueNums: options.integer('r', 8, 1),
    writeQueueNums: options.integer('w', 8, 1),
    perm: options.integer('p', 6, 0, 7),
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: buildTopicSysFlag(options.boolean('u', false), options.boolean('s', false)),
    order: options.boolean('o', false),
  };
}
