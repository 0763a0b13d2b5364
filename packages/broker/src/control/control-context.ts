/**
 * What the administrative and client-facing processors stand on: the parts of one broker that BrokerContext shows to the
 * data path only through small interfaces, here as they are.
 */
import type { Logger, Platform } from '@rocketmq-ts/platform';
import type { MessageStore } from '@rocketmq-ts/store';
import type { BrokerStats } from '../broker-context.ts';
import type { LiveConsumers } from '../client/consumer-registry.ts';
import type { ProducerRegistry } from '../client/producer-registry.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ConfigValues } from '../config/config-keys.ts';
import type { GroupConfigTable } from '../group/group-config-table.ts';
import type { RebalanceLocks } from '../lock/rebalance-locks.ts';
import type { ConsumerOffsetTable } from '../offset/consumer-offset-table.ts';
import type { NameServers } from '../registration/name-servers.ts';
import type { BrokerStatistics } from '../stats/broker-statistics.ts';
import type { TrafficRates } from '../stats/traffic-rates.ts';
import type { TopicConfigTable } from '../topic/topic-config-table.ts';

export interface ControlContext {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly config: BrokerConfig;
  /** `config.values`. */
  readonly settings: ConfigValues;
  readonly store: MessageStore;
  readonly topics: TopicConfigTable;
  readonly groups: GroupConfigTable;
  readonly consumers: LiveConsumers;
  readonly producers: ProducerRegistry;
  readonly offsets: ConsumerOffsetTable;
  readonly locks: RebalanceLocks;
  readonly counters: BrokerStats;
  readonly statistics: BrokerStatistics;
  readonly rates: TrafficRates;
  /** Milliseconds since the epoch. */
  readonly bootTimestamp: number;
  readonly nameServers: NameServers;
  /** Progress of every delay level, by level. */
  readonly delayOffsets: () => ReadonlyMap<number, number>;
  /** Facts of the data path for request code 28. */
  readonly dataPathInfo: () => ReadonlyMap<string, string>;
  /** Writes what changed of topics and groups now. */
  readonly saveState: () => void;
  /** Resolves once topics and groups, as they are now, are written: many requests of one turn cost one write. */
  readonly stateSaved: () => Promise<void>;
  /** Writes changed keys to the configuration file. Throws when it cannot. */
  readonly persistConfig: (changes: ReadonlyMap<string, string>) => void;
  /** Lets changed values take effect. */
  readonly configChanged: (keys: ReadonlySet<string>) => void;
}
