/** `cleanUnusedTopic`: has brokers drop queues of topics that they no longer have. Counterpart: CleanUnusedTopicCommand, whose -c is taken for an address. */
import { type Command, option } from '../command-line/command.ts';

export const command: Command = {
  name: 'cleanUnusedTopic',
  options: [option('b', 'brokerAddr', 'Broker address'), option('c', 'cluster', 'cluster name')],
  changes: true,
  async run({ options, admin, report, dryRun }) {
    const address = options.optional('b');
    const cluster = options.optional('c');
    if (dryRun) {
      const brokers = address === undefined ? await admin.brokerAddresses(cluster) : [address];
      report.line(`would clean ${brokers.join(', ')}`);
      report.value({ dryRun, brokers });
      return;
    }
    let brokers = [address ?? ''];
    if (address === undefined) brokers = await admin.cleanUnusedTopic(cluster);
    else await admin.cleanUnusedTopicByAddr(address);
    report.text('success');
    report.value({ brokers });
  },
};
