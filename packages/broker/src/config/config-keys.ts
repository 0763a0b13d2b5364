/**
 * Every configuration key of the broker, and the type of a complete set of values.
 *
 * Invariant: docs/configuration.md lists exactly these, with the same defaults and effects (held by a test).
 */
import type { ConfigKey, ConfigValue } from './config-key.ts';
import { consumeKeys } from './keys/consume-keys.ts';
import { identityKeys } from './keys/identity-keys.ts';
import { networkKeys } from './keys/network-keys.ts';
import { ownKeys } from './keys/own-keys.ts';
import { storeKeys } from './keys/store-keys.ts';
import { threadKeys } from './keys/thread-keys.ts';
import { topicKeys } from './keys/topic-keys.ts';

export const configKeySections = {
  identity: identityKeys,
  topics: topicKeys,
  store: storeKeys,
  consumption: consumeKeys,
  threads: threadKeys,
  network: networkKeys,
  own: ownKeys,
} as const;

const typedKeys = {
  ...identityKeys,
  ...topicKeys,
  ...storeKeys,
  ...consumeKeys,
  ...threadKeys,
  ...networkKeys,
  ...ownKeys,
};

export type ConfigKeyName = keyof typeof typedKeys;

/** One value for every key, under RocketMQ's name. */
export type ConfigValues = {
  -readonly [K in ConfigKeyName]: (typeof typedKeys)[K] extends ConfigKey<infer T> ? T : never;
};

/** Keys by name. A Map: names come from files and from the network. */
export const configKeys: ReadonlyMap<string, ConfigKey<ConfigValue>> = new Map(
  Object.entries(typedKeys as unknown as Record<string, ConfigKey<ConfigValue>>),
);
