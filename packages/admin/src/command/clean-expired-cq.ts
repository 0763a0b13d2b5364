/** `cleanExpiredCQ`: has brokers drop queue files of what is gone from the log. Counterpart: CleanExpiredCQSubCommand. */
import { type Command, option } from '../command-line/command.ts';

export const command: Command = {
  name: 'cleanExpiredCQ',
  options: [option('b', 'brokerAddr', 'Broker address'), option('c', 'cluster', 'clustername')],
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
    if (address === undefined) brokers = await admin.cleanExpiredConsumerQueue(cluster);
    else await admin.cleanExpiredConsumerQueueByAddr(address);
    report.text('success');
    report.value({ brokers });
  },
};
