/**
 * Which brokers a command is for: `-b ADDRESS`, or the masters of `-c CLUSTER`; and how it goes on when one of them fails.
 */
import { AdminError } from '../admin-error.ts';
import { type CommandContext, option } from './command.ts';
import { Failures } from './failures.ts';

/** For commands that take `-b brokerAddr` or `-c clusterName` in 4.4.0's words. */
export function brokerOrCluster(broker: string, cluster: string) {
  return [option('b', 'brokerAddr', broker), option('c', 'clusterName', cluster)];
}

/** Throws ADMIN_USAGE without either option, ADMIN_CLUSTER_UNKNOWN. */
export async function targetMasters({ options, admin }: CommandContext): Promise<string[]> {
  const address = options.optional('b');
  if (address !== undefined) return [address];
  const cluster = options.optional('c');
  if (cluster === undefined) throw new AdminError('ADMIN_USAGE', 'give a broker (-b) or a cluster (-c)');
  return admin.fetchMasterAddrByClusterName(cluster);
}

/** Does it for every address, past failures; then throws what failed, or ADMIN_PARTLY_FAILED with all of it. */
export async function forEachBroker(
  addresses: readonly string[],
  act: (address: string) => Promise<void>,
): Promise<void> {
  const failures = new Failures();
  for (const address of addresses) await failures.attempt(() => act(address));
  failures.rethrow('brokers');
}
