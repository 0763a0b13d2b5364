/** `updateBrokerConfig`: sets one key of running brokers. Counterpart: UpdateBrokerConfigSubCommand. */

import { checkKnown } from '../command-line/check-result.ts';
import { type Command, required } from '../command-line/command.ts';
import { brokerOrCluster, forEachBroker, targetMasters } from '../command-line/target-brokers.ts';

export const command: Command = {
  name: 'updateBrokerConfig',
  options: [
    ...brokerOrCluster('update which broker', 'update which cluster'),
    required('k', 'key', 'config key'),
    required('v', 'value', 'config value'),
  ],
  changes: true,
  async run(context) {
    const { options, admin, report, dryRun } = context;
    const key = options.text('k');
    const value = options.text('v');
    const addresses = await targetMasters(context);
    await forEachBroker(addresses, async (address) => {
      if (dryRun) {
        const properties = await admin.getBrokerConfig(address);
        checkKnown(key, address, properties);
        const old = properties.get(key);
        report.line(`would set ${key} of ${address} from ${old} to ${value}, if the broker takes that`);
        report.item({ dryRun, broker: address, key, old, value });
        return;
      }
      await admin.updateBrokerConfig(address, new Map([[key, value]]));
      // 4.4.0 answers success also for a key that it does not have.
      checkKnown(key, address, await admin.getBrokerConfig(address));
      report.printf('update broker config success, %s\n', address);
      report.item({ broker: address, key, value });
    });
  },
};
