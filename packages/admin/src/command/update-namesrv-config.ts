/** `updateNamesrvConfig`: sets one key of running name servers. Counterpart: UpdateNamesrvConfigCommand. */
import { checkKnown } from '../command-line/check-result.ts';
import { type Command, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'updateNamesrvConfig',
  options: [required('k', 'key', 'config key'), required('v', 'value', 'config value')],
  changes: true,
  async run({ options, admin, report, dryRun }) {
    const [key, value] = [options.text('k'), options.text('v')];
    const nameServers = admin.nameServers();
    if (dryRun) {
      for (const [nameServer, properties] of await admin.getNameServerConfig()) {
        checkKnown(key, nameServer, properties);
        const old = properties.get(key);
        report.line(
          `would set ${key} of ${nameServer} from ${old} to ${value}, if the name server takes that`,
        );
        report.item({ dryRun, nameServer, key, old, value });
      }
      return;
    }
    await admin.updateNameServerConfig(new Map([[key, value]]));
    // 4.4.0 answers success also for a key that it does not have.
    for (const [nameServer, properties] of await admin.getNameServerConfig())
      checkKnown(key, nameServer, properties);
    const shown = options.has('n') ? `[${nameServers.join(', ')}]` : '';
    report.printf('update name server config success!%s\n%s : %s\n', shown, key, value);
    report.value({ nameServers, key, value });
  },
};
