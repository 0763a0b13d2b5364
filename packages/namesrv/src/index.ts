export type { ConfigChange, ConfigEffect, ConfigKey, NamesrvHost } from './config/config-key.ts';
export { configKeys as namesrvConfigKeys, type NamesrvConfigValues } from './config/config-keys.ts';
export { NamesrvConfig, type NamesrvConfigSources } from './config/namesrv-config.ts';
export { NameServer, type NameServerOptions } from './name-server.ts';
export { NamesrvError, type NamesrvErrorCode } from './namesrv-error.ts';
