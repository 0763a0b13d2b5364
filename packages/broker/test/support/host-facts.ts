/** A machine that is the same everywhere. */
import type { HostFacts } from '../../src/config/host-facts.ts';

export const testHost: HostFacts = {
  hostName: 'test-host',
  localAddress: '192.0.2.10',
  homeFolder: '/home/tester',
  cpuCount: 2,
  totalMemoryBytes: 8 * 1024 ** 3,
  environment: {},
};
