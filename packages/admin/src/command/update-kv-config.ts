/** `updateKvConfig`: sets a value in every name server. Counterpart: UpdateKvConfigCommand. */
import { type Command, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'updateKvConfig',
  options: [
    required('s', 'namespace', 'set the namespace'),
    required('k', 'key', 'set the key name'),
    required('v', 'value', 'set the key value'),
  ],
  changes: true,
  async run({ options, admin, report, dryRun }) {
    const [namespace, key, value] = [options.text('s'), options.text('k'), options.text('v')];
    if (dryRun) {
      const old = await admin.getKVConfig(namespace, key);
      report.line(`would set ${key} of ${namespace} from ${old ?? 'nothing'} to ${value}`);
      report.value({ dryRun, namespace, key, old, value });
      return;
    }
    await admin.createAndUpdateKvConfig(namespace, key, value);
    report.printf('create or update kv config to namespace success.%n');
    report.value({ namespace, key, value });
  },
};
