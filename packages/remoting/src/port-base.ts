/**
 * A broker with port p also serves p-2 (VIP) and replicates on p+1: looks for a base at which all of them are free.
 */
import type { Listener, Platform } from '@rocketmq-ts/platform';
import { RemotingConnectError } from './errors.ts';

const DEFAULT_ATTEMPTS = 50;

/**
 * Answers a base port p such that p + each of `offsets` could be bound a moment ago. They are free again when it
 * answers, so the caller binds at once and looks again when another process was quicker.
 */
export async function findPortBase(
  platform: Platform,
  host: string,
  offsets: readonly number[],
  attempts = DEFAULT_ATTEMPTS,
): Promise<number> {
  let lastError: unknown;
  for (let i = 0; i < attempts; i++) {
    const held: Listener[] = [];
    try {
      const first = await platform.network.listen({ host, port: 0 }, (stream) => stream.destroy());
      held.push(first);
      const base = first.port;
      for (const offset of offsets) {
        if (offset === 0) continue;
        held.push(await platform.network.listen({ host, port: base + offset }, (stream) => stream.destroy()));
      }
      return base;
    } catch (error) {
      lastError = error;
    } finally {
      for (const listener of held) await listener.close();
    }
  }
  throw new RemotingConnectError(
    `no base port found on ${host} with ports ${offsets.map((offset) => `p${offset < 0 ? '' : '+'}${offset}`).join(', ')} ` +
      `free, in ${attempts} attempts: set listenPort`,
    lastError,
  );
}
