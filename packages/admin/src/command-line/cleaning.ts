/**
 * What `cleanExpiredCQ` and `cleanUnusedTopic` share: they have one broker clean up, those of a cluster, or all.
 */
import type { AdminClient } from '../admin-client.ts';
import { type Command, option } from './command.ts';
import { forEachBroker } from './target-brokers.ts';

export interface Cleaning {
  readonly name: string;
  /** 4.4.0's description of -c. */
  readonly cluster: string;
  clean(admin: AdminClient, brokerAddr: string): Promise<void>;
  /** What the broker would lose, as far as can be told from here. */
  preview(admin: AdminClient, brokerAddr: string): Promise<{ text: string; value: object }>;
}

export function cleaningCommand({ name, cluster, clean, preview }: Cleaning): Command {
  return {
    name,
    options: [option('b', 'brokerAddr', 'Broker address'), option('c', 'cluster', cluster)],
    changes: true,
    async run({ options, admin, report, dryRun }) {
      const address = options.optional('b');
      const brokers = address === undefined ? await admin.brokerAddresses(options.optional('c')) : [address];
      if (dryRun) {
        const previews: object[] = [];
        await forEachBroker(brokers, async (broker) => {
          const { text, value } = await preview(admin, broker);
          report.line(`would clean ${broker}: ${text}`);
          previews.push({ broker, ...value });
        });
        report.value({ dryRun, brokers: previews });
        return;
      }
      const cleaned: string[] = [];
      try {
        await forEachBroker(brokers, async (broker) => {
          await clean(admin, broker);
          cleaned.push(broker);
        });
        report.text('success');
      } finally {
        report.value({ brokers: cleaned });
      }
    },
  };
}
