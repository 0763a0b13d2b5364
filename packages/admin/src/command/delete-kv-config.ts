/** `deleteKvConfig`: removes a value from every name server. Counterpart: DeleteKvConfigCommand. */
import { type Command, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'deleteKvConfig',
  options: [required('s', 'namespace', 'set the namespace'), required('k', 'key', 'set the key name')],
  changes: true,
  async run({ options, admin, report, dryRun }) {
    const [namespace, key] = [options.text('s'), options.text('k')];
    if (dryRun) {
      const old = await admin.getKVConfig(namespace, key);
      report.line(old === undefined ? `${key} of ${namespace} is not there` : `would delete ${key}=${old}`);
      report.value({ dryRun, namespace, key, old });
      return;
    }
    await admin.deleteKvConfig(namespace, key);
    report.printf('delete kv config from namespace success.%n');
    report.value({ namespace, key });
  },
};
