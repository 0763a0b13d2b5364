/** Configuration values for tests. */
import { BrokerConfig } from '../../src/config/broker-config.ts';
import type { ConfigValues } from '../../src/config/config-keys.ts';
import { testHost } from './host-facts.ts';

export function testValues(given: Partial<ConfigValues> = {}): ConfigValues {
  const config = BrokerConfig.load({ host: testHost, overrides: new Map([['brokerName', 'broker-a']]) });
  return Object.assign(config.values, given);
}
