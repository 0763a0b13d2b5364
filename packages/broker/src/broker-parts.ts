/**
 * Makes the tables, registries and processors' contexts of one broker and ties them to each other. Nothing runs yet, and no file
 * is read before `load`.
 */
import type { Logger, Platform } from '@rocketmq-ts/platform';
import { SerializeType } from '@rocketmq-ts/protocol';
import { type ClientTls, RemotingClient } from '@rocketmq-ts/remoting';
import type { MessageStore } from '@rocketmq-ts/store';
import type { BrokerContext } from './broker-context.ts';
import { LiveConsumers } from './client/consumer-registry.ts';
import { ProducerRegistry } from './client/producer-registry.ts';
import type { BrokerConfig } from './config/broker-config.ts';
import { clientLimits } from './config/server-limits.ts';
import { storeHostIp } from './config/store-options.ts';
import type { ControlContext } from './control/control-context.ts';
import { DataPath } from './data-path.ts';
import { GroupConfigTable } from './group/group-config-table.ts';
import { RebalanceLocks } from './lock/rebalance-locks.ts';
import { ConsumerOffsetTable } from './offset/consumer-offset-table.ts';
import { BrokerState } from './persistence/broker-state.ts';
import { NameServers } from './registration/name-servers.ts';
import { ReplicationMaster } from './replication/replication-master.ts';
import { SlaveRole } from './replication/slave-role.ts';
import { BrokerCounters } from './stats/broker-counters.ts';
import { BrokerStatistics } from './stats/broker-statistics.ts';
import { TrafficRates } from './stats/traffic-rates.ts';
import { TopicConfigTable } from './topic/topic-config-table.ts';
import { Transactions } from './transaction/transactions.ts';

export interface BrokerPartsOptions extends Pick<ControlContext, 'persistConfig' | 'configChanged'> {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly config: BrokerConfig;
  /** Encrypts the connections to name servers and to the master. Undefined: plain. */
  readonly clientTls?: ClientTls | undefined;
  readonly store: MessageStore;
  /** Milliseconds since the epoch. */
  readonly bootTimestamp: number;
}

export interface BrokerParts {
  readonly context: BrokerContext;
  readonly control: ControlContext;
  readonly dataPath: DataPath;
  readonly transactions: Transactions;
  readonly state: BrokerState;
  /** Connections to name servers. */
  readonly client: RemotingClient;
  /** Sends the log to slaves; undefined on a slave. */
  readonly master: ReplicationMaster | undefined;
  /** Follows a master; undefined on a master. */
  readonly slave: SlaveRole | undefined;
  /** Reads the state files. Throws StateFileError. */
  load(): void;
}

export function buildParts(options: BrokerPartsOptions): BrokerParts {
  const { platform, logger, config, store } = options;
  const values = config.values;
  const { clock, turn } = platform;
  const state = new BrokerState(platform, logger, values.storePathRootDir);
  const client = nameServerClient(options, (address) => nameServers.connectionLost(address));
  const topics: TopicConfigTable = new TopicConfigTable({
    clock,
    logger,
    config: values,
    storeTopic: (name) => store.topic(name),
    onDirty: () => state.changed('topics'),
    onChange: (topic) => nameServers.topicChanged(topic),
  });
  const nameServers: NameServers = new NameServers({
    ...{ platform, logger, config: values, topics, client },
    onRegistered: (result) => slave?.registered(result),
  });
  nameServers.setAddresses(values.namesrvAddr);
  const groups = new GroupConfigTable({
    clock,
    logger,
    config: values,
    onDirty: () => state.changed('groups'),
  });
  const offsets = new ConsumerOffsetTable({
    clock,
    logger,
    config: values,
    maxOffset: (topic, queueId) => store.findQueue(topic, queueId)?.maxOffset,
    onDirty: () => state.changed('offsets'),
  });
  const consumers = new LiveConsumers({ clock, turn, logger, config: values });
  const counters = new BrokerCounters();
  const storedCount = (): number => store.counters().appendedCount;
  const isSlave = values.brokerRole === 'SLAVE';
  const master = isSlave ? undefined : new ReplicationMaster({ platform, logger, settings: values, store });
  const context: BrokerContext = {
    slaves: values.brokerRole === 'SYNC_MASTER' ? master : undefined,
    platform,
    config: values,
    store,
    storeHost: { ip: storeHostIp(config), port: values.listenPort },
    topics,
    groups,
    consumers,
    offsets,
    stats: counters,
    log: logger,
  };
  const dataPath = new DataPath(context);
  const slave: SlaveRole | undefined = isSlave
    ? new SlaveRole({
        ...{ platform, logger, settings: values, store, client, topics, groups, offsets },
        tls: values.haTlsMode === 'disabled' ? undefined : options.clientTls,
        onOffsets: () => state.changed('offsets'),
        onDelayOffsets: (delays) => dataPath.followDelayOffsets(delays),
      })
    : undefined;
  const producers = new ProducerRegistry(clock, logger);
  const transactions = new Transactions({
    broker: context,
    writer: dataPath.writer,
    completion: dataPath.completion,
    settings: values,
    nextProducer: (group) => producers.nextConnection(group),
  });
  const control: ControlContext = {
    ...options,
    settings: values,
    topics,
    groups,
    consumers,
    producers,
    offsets,
    locks: new RebalanceLocks(clock, values, logger),
    counters,
    statistics: new BrokerStatistics({
      clock,
      clusterName: values.brokerClusterName,
      counters,
      storedCount,
      topics: () => topics.entries(),
      groups: () => groups.entries(),
    }),
    rates: new TrafficRates(clock, counters, storedCount),
    nameServers,
    saveState: () => state.saveNow(),
    stateSaved: () => state.saved(),
    delayOffsets: () => dataPath.delayOffsets(),
    dataPathInfo: () => dataPath.runtimeInfo(),
  };
  return {
    context,
    control,
    dataPath,
    transactions,
    state,
    client,
    master,
    slave,
    load() {
      state.load('topics', topics);
      state.load('groups', groups);
      state.load('offsets', offsets);
      dataPath.load();
    },
  };
}

function nameServerClient(options: BrokerPartsOptions, onLost: (address: string) => void): RemotingClient {
  const values = options.config.values;
  return new RemotingClient({
    platform: options.platform,
    logger: options.logger,
    tls: options.clientTls,
    limits: clientLimits(values),
    serializeType: SerializeType[values.serializeType],
    closeConnectionOnTimeout: values.clientCloseSocketIfTimeout,
    onConnect: (connection, address) => connection.onClose(() => onLost(address)),
  });
}
