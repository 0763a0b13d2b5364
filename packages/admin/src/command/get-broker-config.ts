/** `getBrokerConfig`: a broker's configuration, or that of all brokers of a cluster. Counterpart: GetBrokerConfigCommand. */
import { AdminError } from '../admin-error.ts';
import type { Command, CommandContext } from '../command-line/command.ts';
import { brokerOrCluster } from '../command-line/target-brokers.ts';

export const command: Command = {
  name: 'getBrokerConfig',
  options: brokerOrCluster('update which broker', 'update which cluster'),
  async run(context) {
    const { options, admin } = context;
    const address = options.optional('b');
    const cluster = options.optional('c');
    if (address !== undefined) {
      await print(context, address, `============${address}============`);
      return;
    }
    if (cluster === undefined) throw new AdminError('ADMIN_USAGE', 'give a broker (-b) or a cluster (-c)');
    for (const { master, slaves } of await admin.fetchMasterAndSlaves(cluster)) {
      if (master !== undefined) await print(context, master, `============Master: ${master}============`);
      for (const slave of slaves)
        await print(
          context,
          slave,
          `============My Master: ${master ?? null}=====Slave: ${slave}============`,
        );
    }
  },
};

async function print({ admin, report }: CommandContext, address: string, heading: string): Promise<void> {
  report.line(heading);
  const properties = await admin.getBrokerConfig(address);
  for (const [key, value] of [...properties].sort(([a], [b]) => (a < b ? -1 : 1)))
    report.printf('%-50s=  %s\n', key, value);
  report.line();
  report.item({ broker: address, properties });
}
