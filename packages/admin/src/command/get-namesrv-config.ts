/** `getNamesrvConfig`: the configuration of every name server. Counterpart: GetNamesrvConfigCommand. */
import type { Command } from '../command-line/command.ts';

export const command: Command = {
  name: 'getNamesrvConfig',
  options: [],
  async run({ admin, report }) {
    const configs = await admin.getNameServerConfig();
    for (const [nameServer, properties] of configs) {
      report.printf('============%s============\n', nameServer);
      for (const [key, value] of [...properties].sort(([a], [b]) => (a < b ? -1 : 1)))
        report.printf('%-50s=  %s\n', key, value);
    }
    report.value(configs);
  },
};
