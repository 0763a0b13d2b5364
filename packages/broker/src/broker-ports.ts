/**
 * The three ports of a broker: p, p-2 (all requests too; RocketMQ's "VIP" port) and p+1 (replication).
 *
 * Invariant: all three are had, or none. With `listenPort=0` a free base is looked for, and held until it is listened on.
 */
import type { Listener, Platform } from '@rocketmq-ts/platform';
import { HeldPorts } from '@rocketmq-ts/remoting';
import { BrokerError } from './broker-error.ts';

const OFFSETS = [0, -2, 1] as const;

/**
 * The base to listen on, and ports that are held for that when there was a choice. Fails early, before the store is opened, when
 * one of the ports is taken.
 */
export async function choosePorts(
  platform: Platform,
  host: string,
  listenPort: number,
): Promise<{ readonly base: number; readonly ports?: HeldPorts }> {
  if (listenPort === 0) return HeldPorts.find(platform, host, OFFSETS);
  for (const offset of OFFSETS) {
    const listener = await listenOrExplain(platform, host, listenPort + offset, listenPort);
    await listener.close();
  }
  return { base: listenPort };
}

/** Holds the replication port of a slave, so that no other program takes it; connections to it are closed. */
export function reservePort(platform: Platform, host: string, listenPort: number): Promise<Listener> {
  return listenOrExplain(platform, host, listenPort + 1, listenPort);
}

function listenOrExplain(platform: Platform, host: string, port: number, base: number): Promise<Listener> {
  return explainPorts(host, port, base, () =>
    platform.network.listen({ host, port }, (stream) => {
      stream.setHandler({ onData() {}, onDrain() {}, onClose() {} });
      stream.destroy();
    }),
  );
}

/** Says which ports a broker needs when one of them cannot be had. */
export function explainPorts(
  host: string,
  port: number,
  base: number,
  listen: () => Promise<Listener>,
): Promise<Listener> {
  return explain(
    listen,
    (reason) =>
      `a broker with listenPort=${base} needs the ports ${base}, ${base - 2} and ${base + 1}; ${host}:${port} cannot be ` +
      `listened on: ${reason}. Stop what uses it, or set another listenPort (0 looks for a free one)`,
  );
}

/** Says how to go on when the port for metrics cannot be had. */
export function explainMetricsPort<T>(host: string, port: number, listen: () => Promise<T>): Promise<T> {
  return explain(
    listen,
    (reason) =>
      `metricsEnable=true needs metricsHost=${host}, metricsPort=${port}, which cannot be listened on: ${reason}. Stop what ` +
      'uses it, set another metricsPort (0 takes a free one), or metricsEnable=false',
  );
}

async function explain<T>(listen: () => Promise<T>, inWords: (reason: string) => string): Promise<T> {
  try {
    return await listen();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BrokerError('BROKER_START_FAILED', inWords(reason), { cause });
  }
}
