/**
 * What the defaults of the configuration take from the machine and the environment of the process. Handed in, so that tests
 * and several brokers in one process do not depend on the machine.
 */
import os from 'node:os';

export interface HostFacts {
  readonly hostName: string;
  /** First IPv4 address that other machines can reach; 127.0.0.1 when there is none. */
  readonly localAddress: string;
  readonly homeFolder: string;
  readonly cpuCount: number;
  readonly totalMemoryBytes: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function readHostFacts(): HostFacts {
  return {
    hostName: os.hostname() || 'DEFAULT_BROKER',
    localAddress: firstReachableAddress(os.networkInterfaces()),
    homeFolder: os.homedir(),
    cpuCount: os.availableParallelism(),
    totalMemoryBytes: os.totalmem(),
    environment: process.env,
  };
}

/** As RocketMQ: an address that is not 127.* and preferably not 192.168.*; it takes the last of those, we the first. */
export function firstReachableAddress(interfaces: ReturnType<typeof os.networkInterfaces>): string {
  const addresses = Object.values(interfaces)
    .flat()
    .filter((address) => address !== undefined && address.family === 'IPv4' && !address.internal)
    .map((address) => address!.address);
  return addresses.find((address) => !address.startsWith('192.168.')) ?? addresses[0] ?? '127.0.0.1';
}
