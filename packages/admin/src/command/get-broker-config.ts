/** `getBrokerConfig`: a broker's configuration, or that of all brokers of a cluster. Counterpart: GetBrokerConfigCommand. */
import { AdminError } from '../admin-error.ts';
import type { Command } from '../command-line/command.ts';
import { printConfig } from '../command-line/print-config.ts';
import { brokerOrCluster, forEachBroker } from '../command-line/target-brokers.ts';

export const command: Command = {
  name: 'getBrokerConfig',
  options: brokerOrCluster('update which broker', 'update which cluster'),
  async run({ options, admin, report }) {
    const headings = new Map<string, string>();
    const address = options.optional('b');
    const cluster = options.optional('c');
    if (address !== undefined) {
      headings.set(address, address);
    } else {
      if (cluster === undefined) throw new AdminError('ADMIN_USAGE', 'give a broker (-b) or a cluster (-c)');
      for (const { master, slaves } of await admin.fetchMasterAndSlaves(cluster)) {
        if (master !== undefined) headings.set(master, `Master: ${master}`);
        for (const slave of slaves) headings.set(slave, `My Master: ${master ?? null}=====Slave: ${slave}`);
      }
    }
    await forEachBroker([...headings.keys()], async (broker) => {
      const properties = await admin.getBrokerConfig(broker);
      printConfig(report, headings.get(broker) as string, properties);
      report.line();
      report.item({ broker, properties });
    });
  },
};
