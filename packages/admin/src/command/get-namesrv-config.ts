/** `getNamesrvConfig`: the configuration of every name server. Counterpart: GetNamesrvConfigCommand. */
import type { Command } from '../command-line/command.ts';
import { Failures } from '../command-line/failures.ts';
import { printConfig } from '../command-line/print-config.ts';

export const command: Command = {
  name: 'getNamesrvConfig',
  options: [],
  async run({ admin, report }) {
    const failures = new Failures();
    for (const address of admin.nameServers()) {
      const config = await failures.attempt(() => admin.getNameServerConfig([address]));
      for (const [nameServer, properties] of config ?? []) {
        printConfig(report, nameServer, properties);
        report.item({ nameServer, properties });
      }
    }
    failures.rethrow('name servers');
  },
};
