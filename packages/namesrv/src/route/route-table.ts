/**
 * Which brokers there are, and which topics they have.
 *
 * Invariants: a broker name without addresses, a cluster without broker names, a topic without queues are not kept.
 * Every address that is alive has the connection it registered on; when that closes, or nothing was heard for
 * `expireMs`, the address goes, and with the last address of a broker name its topics. Only masters (id 0) say what
 * topics a broker name has. Behaviour: `RouteInfoManager`.
 */

import type { Logger } from '@rocketmq-ts/platform';
import type { BrokerData, ClusterInfo, DataVersion, TopicConfig } from '@rocketmq-ts/protocol';
import { equalDataVersions, MASTER_ID, type TopicRouteData } from '@rocketmq-ts/protocol';
import { NamesrvError } from '../namesrv-error.ts';
import { TopicTable } from './topic-table.ts';

/** What a broker registered on; compared by identity. */
export type BrokerChannel = object;

interface LiveBroker {
  readonly channel: BrokerChannel;
  readonly dataVersion: DataVersion;
  readonly haServerAddr: string;
  /** Monotonic milliseconds: a jump of the wall clock must not drop brokers. */
  lastHeardMs: number;
}

export interface BrokerRegistration {
  readonly clusterName: string;
  readonly brokerName: string;
  readonly brokerAddr: string;
  readonly brokerId: number;
  readonly haServerAddr: string;
  readonly dataVersion: DataVersion;
  readonly topics: Iterable<TopicConfig>;
  /** Undefined leaves what is known. */
  readonly filterServers: string[] | undefined;
}

/** What a slave has to know of its master. */
export interface MasterAddress {
  readonly masterAddr: string;
  readonly haServerAddr: string;
}

export interface RouteBounds {
  readonly maxBrokers: number;
  readonly maxRoutes: number;
}

export class RouteTable {
  readonly topics: TopicTable;
  readonly #bounds: RouteBounds;
  readonly #logger: Logger;
  readonly #brokers = new Map<string, BrokerData>();
  readonly #clusters = new Map<string, Set<string>>();
  readonly #live = new Map<string, LiveBroker>();
  readonly #filterServers = new Map<string, string[]>();

  constructor(bounds: RouteBounds, logger: Logger) {
    this.#bounds = bounds;
    this.#logger = logger;
    this.topics = new TopicTable(bounds, logger);
  }

  /** Throws NamesrvError (`NAMESRV_LIMIT`) at a bound. */
  register(
    registration: BrokerRegistration,
    channel: BrokerChannel,
    nowMs: number,
  ): MasterAddress | undefined {
    const { clusterName, brokerName, brokerAddr, brokerId } = registration;
    const known = this.#live.get(brokerAddr);
    if (known === undefined && this.#live.size >= this.#bounds.maxBrokers) {
      throw new NamesrvError(
        'NAMESRV_LIMIT',
        `broker ${brokerAddr} (${brokerName}) not registered: there are ${this.#live.size} already, maxBrokers is ` +
          `${this.#bounds.maxBrokers}`,
      );
    }
    let broker = this.#brokers.get(brokerName);
    const first = broker === undefined || !broker.brokerAddrs.has(brokerId);
    const changed = known === undefined || !equalDataVersions(known.dataVersion, registration.dataVersion);
    if (brokerId === MASTER_ID && (first || changed)) this.topics.update(brokerName, registration.topics);
    if (broker === undefined) {
      broker = { cluster: clusterName, brokerName, brokerAddrs: new Map() };
      this.#brokers.set(brokerName, broker);
    }
    // A slave that became master: one address is never two brokers of a name (4.4.0 kept both).
    for (const [id, address] of broker.brokerAddrs) {
      if (address === brokerAddr && id !== brokerId) broker.brokerAddrs.delete(id);
    }
    broker.brokerAddrs.set(brokerId, brokerAddr);
    this.#putIntoCluster(broker, clusterName);
    this.#live.set(brokerAddr, {
      channel,
      dataVersion: registration.dataVersion,
      haServerAddr: registration.haServerAddr,
      lastHeardMs: nowMs,
    });
    if (known === undefined) {
      this.#logger.info('new broker registered', { brokerName, brokerAddr, brokerId, clusterName });
    }
    if (registration.filterServers?.length === 0) this.#filterServers.delete(brokerAddr);
    else if (registration.filterServers !== undefined) {
      this.#filterServers.set(brokerAddr, registration.filterServers);
    }
    return brokerId === MASTER_ID ? undefined : this.#masterOf(broker);
  }

  /** The broker says that it stops. */
  unregister(clusterName: string, brokerName: string, brokerAddr: string, brokerId: number): void {
    this.#live.delete(brokerAddr);
    this.#filterServers.delete(brokerAddr);
    const addresses = this.#brokers.get(brokerName)?.brokerAddrs;
    // The id may have gone to another address meanwhile, which then stays (4.4.0 took it out).
    if (addresses?.get(brokerId) === brokerAddr) addresses.delete(brokerId);
    this.#forgetIfEmpty(brokerName);
    this.#logger.info('broker unregistered', { brokerName, brokerAddr, brokerId, clusterName });
  }

  /** The connection is gone: so are the brokers that registered on it. */
  channelClosed(channel: BrokerChannel): void {
    for (const [address, live] of this.#live) {
      if (live.channel === channel) this.#drop(address, 'its connection closed');
    }
  }

  /** Drops brokers that were not heard of for `expireMs`; answers what they had registered on. */
  expire(nowMs: number, expireMs: number): BrokerChannel[] {
    const channels: BrokerChannel[] = [];
    for (const [address, live] of this.#live) {
      if (nowMs - live.lastHeardMs <= expireMs) continue;
      channels.push(live.channel);
      this.#drop(address, `nothing heard of it for ${expireMs} ms`);
    }
    return channels;
  }

  /** The version of the topics that the broker registered last. */
  dataVersion(brokerAddr: string): DataVersion | undefined {
    return this.#live.get(brokerAddr)?.dataVersion;
  }

  /** A sign of life without a registration. */
  heard(brokerAddr: string, nowMs: number): void {
    const live = this.#live.get(brokerAddr);
    if (live !== undefined) live.lastHeardMs = nowMs;
  }

  /** Undefined when no broker has the topic. */
  route(topic: string): TopicRouteData | undefined {
    const queueDatas = this.topics.queues(topic);
    if (queueDatas === undefined) return undefined;
    const route: TopicRouteData = { queueDatas, brokerDatas: [], filterServerTable: new Map() };
    for (const queue of queueDatas) {
      const broker = this.#brokers.get(queue.brokerName);
      if (broker === undefined || route.brokerDatas.includes(broker)) continue;
      route.brokerDatas.push(broker);
      for (const address of broker.brokerAddrs.values()) {
        const servers = this.#filterServers.get(address);
        if (servers !== undefined) route.filterServerTable.set(address, servers);
      }
    }
    return route.brokerDatas.length > 0 ? route : undefined;
  }

  clusterInfo(): ClusterInfo {
    const clusterAddrTable = new Map<string, string[]>();
    for (const [cluster, names] of this.#clusters) clusterAddrTable.set(cluster, [...names]);
    return { brokerAddrTable: this.#brokers, clusterAddrTable };
  }

  /** Topics of any broker of the cluster; empty when there is no such cluster. */
  topicsOfCluster(cluster: string): string[] {
    return this.topics.ofBrokers(this.#clusters.get(cluster) ?? new Set());
  }

  /** Names of clusters and brokers, which are topics of their own; and the address of some broker. */
  systemTopics(): { topicList: string[]; brokerAddr: string | undefined } {
    const topicList: string[] = [];
    for (const [cluster, names] of this.#clusters) topicList.push(cluster, ...names);
    const first: BrokerData | undefined = this.#brokers.values().next().value;
    return { topicList, brokerAddr: first?.brokerAddrs.values().next().value };
  }

  /** A broker name belongs to one cluster: the one it registered for last (4.4.0 kept it in both). */
  #putIntoCluster(broker: BrokerData, clusterName: string): void {
    if (broker.cluster !== clusterName) this.#takeOutOfCluster(broker.cluster, broker.brokerName);
    broker.cluster = clusterName;
    const names = this.#clusters.get(clusterName);
    if (names === undefined) this.#clusters.set(clusterName, new Set([broker.brokerName]));
    else names.add(broker.brokerName);
  }

  #takeOutOfCluster(clusterName: string, brokerName: string): void {
    const names = this.#clusters.get(clusterName);
    names?.delete(brokerName);
    if (names?.size === 0) this.#clusters.delete(clusterName);
  }

  #masterOf(broker: BrokerData): MasterAddress | undefined {
    const masterAddr = broker.brokerAddrs.get(MASTER_ID);
    const live = masterAddr === undefined ? undefined : this.#live.get(masterAddr);
    return live === undefined ? undefined : { masterAddr: masterAddr!, haServerAddr: live.haServerAddr };
  }

  #drop(address: string, reason: string): void {
    this.#live.delete(address);
    this.#filterServers.delete(address);
    for (const broker of this.#brokers.values()) {
      for (const [id, brokerAddr] of broker.brokerAddrs) {
        if (brokerAddr !== address) continue;
        broker.brokerAddrs.delete(id);
        this.#logger.warn('broker dropped', {
          brokerName: broker.brokerName,
          brokerAddr,
          brokerId: id,
          reason,
        });
        this.#forgetIfEmpty(broker.brokerName);
        return;
      }
    }
  }

  #forgetIfEmpty(brokerName: string): void {
    const broker = this.#brokers.get(brokerName);
    if (broker === undefined || broker.brokerAddrs.size > 0) return;
    this.#brokers.delete(brokerName);
    this.#takeOutOfCluster(broker.cluster, brokerName);
    this.topics.removeBroker(brokerName);
  }
}
