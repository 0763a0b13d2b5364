export { Broker, type BrokerOptions } from './broker.ts';
export { BrokerError, type BrokerErrorCode } from './broker-error.ts';
export {
  BrokerConfig,
  type BrokerConfigSources,
  type ConfigUpdate,
  parseKeyValueArguments,
} from './config/broker-config.ts';
export { BrokerConfigError } from './config/broker-config-error.ts';
export type { ConfigChange, ConfigEffect, ConfigKey } from './config/config-key.ts';
export { type ConfigKeyName, type ConfigValues, configKeys } from './config/config-keys.ts';
export { type HostFacts, readHostFacts } from './config/host-facts.ts';
