/**
 * Which brokers a command is for: `-b ADDRESS`, or the masters of `-c CLUSTER`; and how it goes on when one of them fails.
 */
import { AdminError, describeError } from '../admin-error.ts';
import { type CommandContext, option } from './command.ts';

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
  const failures: unknown[] = [];
  for (const address of addresses) {
    try {
      await act(address);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 0) return;
  if (addresses.length === 1) throw failures[0];
  const texts = failures.map(describeError).join('; ');
  throw new AdminError(
    'ADMIN_PARTLY_FAILED',
    `${failures.length} of ${addresses.length} brokers failed: ${texts}`,
    failures[0],
  );
}
