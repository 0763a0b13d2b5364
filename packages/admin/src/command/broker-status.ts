/** `brokerStatus`: a broker's figures. Counterpart: BrokerStatusSubCommand. */
import { AdminError } from '../admin-error.ts';
import type { Command } from '../command-line/command.ts';
import { brokerOrCluster, forEachBroker } from '../command-line/target-brokers.ts';

export const command: Command = {
  name: 'brokerStatus',
  options: brokerOrCluster('Broker address', 'which cluster'),
  async run({ options, admin, report }) {
    const address = options.optional('b');
    const cluster = options.optional('c');
    if (address === undefined && cluster === undefined)
      throw new AdminError('ADMIN_USAGE', 'give a broker (-b) or a cluster (-c)');
    const addresses =
      address === undefined ? await admin.fetchMasterAndSlaveAddrByClusterName(cluster as string) : [address];
    await forEachBroker(addresses, async (each) => {
      const { table } = await admin.fetchBrokerRuntimeStats(each);
      for (const [key, value] of [...table].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (address === undefined) report.printf('%-24s %-32s: %s%n', each, key, value);
        else report.printf('%-32s: %s%n', key, value);
      }
      report.item({ broker: each, table });
    });
  },
};
