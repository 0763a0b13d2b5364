/**
 * What takes the name servers, and through them all brokers of a topic, a group or a cluster: routes, key-value
 * configuration, statistics put together, topics and groups on every broker.
 *
 * Behaviour: DefaultMQAdminExtImpl and CommandUtil. Where Java asks one broker at random for a group's connections, all
 * are asked, since a member may have lost one of them.
 */
import {
  type BrokerData,
  type ClientConnection,
  type ClusterInfo,
  type ConsumerConnection,
  type ConsumerRunningInfo,
  type ConsumeStats,
  compareMessageQueues,
  decodeClusterInfo,
  decodeKVTable,
  decodeTopicList,
  decodeTopicRouteData,
  encodeDeleteKVConfigRequestHeader,
  encodeDeleteTopicInNamesrvRequestHeader,
  encodeGetKVConfigRequestHeader,
  encodeGetKVListByNamespaceRequestHeader,
  encodeGetRouteInfoRequestHeader,
  encodeGetTopicsByClusterRequestHeader,
  encodePutKVConfigRequestHeader,
  encodeWipeWritePermOfBrokerRequestHeader,
  formatProperties,
  isReadable,
  type KVTable,
  MASTER_ID,
  type MessageQueue,
  type ProducerConnection,
  parseGetKVConfigResponseHeader,
  parseProperties,
  parseWipeWritePermOfBrokerResponseHeader,
  type QueueTimeSpan,
  RequestCode,
  ResponseCode,
  retryTopic,
  type TopicRouteData,
  type TopicStatsTable,
} from '@rocketmq-ts/protocol';
import { AdminError, isAnswer } from './admin-error.ts';
import { BrokerAdmin } from './broker-admin.ts';

const NO_BODY = Buffer.alloc(0);
const ROUTE_MS = 10_000;
export const ORDER_TOPIC_CONFIG = 'ORDER_TOPIC_CONFIG';

/** A master with its slaves. */
export interface MasterAndSlaves {
  readonly brokerName: string;
  /** Undefined while the master is down. */
  readonly master: string | undefined;
  readonly slaves: readonly string[];
}

export class ClusterAdmin extends BrokerAdmin {
  readonly #brokerAddrs = new Map<string, { readonly address: string; readonly untilMs: number }>();

  getNameServerAddressList(): readonly string[] {
    return this.namesrvAddrs;
  }

  async examineBrokerClusterInfo(): Promise<ClusterInfo> {
    const answer = await this.invokeNameServer({ code: RequestCode.GET_BROKER_CLUSTER_INFO });
    return decodeClusterInfo(answer.body ?? NO_BODY);
  }

  /** Rejects with AdminAnswerError TOPIC_NOT_EXIST when no name server knows the topic. */
  async examineTopicRouteInfo(topic: string): Promise<TopicRouteData> {
    const ext = encodeGetRouteInfoRequestHeader({ topic });
    const answer = await this.invokeNameServer({ code: RequestCode.GET_ROUTEINTO_BY_TOPIC, ext });
    return decodeTopicRouteData(answer.body ?? NO_BODY);
  }

  async fetchAllTopicList(): Promise<string[]> {
    const answer = await this.invokeNameServer({ code: RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER });
    return decodeTopicList(answer.body ?? NO_BODY).topicList;
  }

  async fetchTopicsByCluster(cluster: string): Promise<string[]> {
    const ext = encodeGetTopicsByClusterRequestHeader({ cluster });
    const answer = await this.invokeNameServer({ code: RequestCode.GET_TOPICS_BY_CLUSTER, ext });
    return decodeTopicList(answer.body ?? NO_BODY).topicList;
  }

  /** Undefined when nothing is kept under the key. */
  async getKVConfig(namespace: string, key: string): Promise<string | undefined> {
    const ext = encodeGetKVConfigRequestHeader({ namespace, key });
    try {
      const answer = await this.invokeNameServer({ code: RequestCode.GET_KV_CONFIG, ext });
      return parseGetKVConfigResponseHeader(answer.ext).value;
    } catch (error) {
      if (isAnswer(error, ResponseCode.QUERY_NOT_FOUND)) return undefined;
      throw error;
    }
  }

  async getKVListByNamespace(namespace: string): Promise<KVTable> {
    const ext = encodeGetKVListByNamespaceRequestHeader({ namespace });
    const answer = await this.invokeNameServer({ code: RequestCode.GET_KVLIST_BY_NAMESPACE, ext });
    return decodeKVTable(answer.body ?? NO_BODY);
  }

  /** On every name server. */
  async createAndUpdateKvConfig(namespace: string, key: string, value: string): Promise<void> {
    const ext = encodePutKVConfigRequestHeader({ namespace, key, value });
    await this.invokeEveryNameServer({ code: RequestCode.PUT_KV_CONFIG, ext });
  }

  /** On every name server. */
  async deleteKvConfig(namespace: string, key: string): Promise<void> {
    const ext = encodeDeleteKVConfigRequestHeader({ namespace, key });
    await this.invokeEveryNameServer({ code: RequestCode.DELETE_KV_CONFIG, ext });
  }

  async putKVConfig(namespace: string, key: string, value: string): Promise<void> {
    await this.createAndUpdateKvConfig(namespace, key, value);
  }

  /**
   * The queues that an ordered topic has, `broker:number;broker:number`. `isCluster` replaces all of it; otherwise the
   * one broker named in `value` is replaced or added.
   */
  async createOrUpdateOrderConf(topic: string, value: string, isCluster: boolean): Promise<void> {
    if (isCluster) return this.createAndUpdateKvConfig(ORDER_TOPIC_CONFIG, topic, value);
    const brokers = new Map<string, string>();
    const old = (await this.getKVConfig(ORDER_TOPIC_CONFIG, topic)) ?? '';
    for (const item of [...old.split(';'), value]) {
      if (item !== '') brokers.set(item.split(':')[0] ?? '', item);
    }
    return this.createAndUpdateKvConfig(ORDER_TOPIC_CONFIG, topic, [...brokers.values()].join(';'));
  }

  /** Answers how many topics of the broker lost their write permission in that name server. */
  async wipeWritePermOfBroker(namesrvAddr: string, brokerName: string): Promise<number> {
    const ext = encodeWipeWritePermOfBrokerRequestHeader({ brokerName });
    const answer = await this.invoke(namesrvAddr, { code: RequestCode.WIPE_WRITE_PERM_OF_BROKER, ext });
    return parseWipeWritePermOfBrokerResponseHeader(answer.ext).wipeTopicCount;
  }

  /** By name server. */
  async getNameServerConfig(nameServers?: readonly string[]): Promise<Map<string, Map<string, string>>> {
    const answers = await this.invokeEveryNameServer({ code: RequestCode.GET_NAMESRV_CONFIG }, nameServers);
    return new Map(
      [...answers].map(([address, answer]) => [
        address,
        parseProperties((answer.body ?? NO_BODY).toString()),
      ]),
    );
  }

  async updateNameServerConfig(
    properties: ReadonlyMap<string, string>,
    nameServers?: readonly string[],
  ): Promise<void> {
    const body = Buffer.from(formatProperties(properties));
    await this.invokeEveryNameServer({ code: RequestCode.UPDATE_NAMESRV_CONFIG, body }, nameServers);
  }

  async deleteTopicInBroker(brokerAddrs: Iterable<string>, topic: string): Promise<void> {
    for (const address of brokerAddrs) await this.deleteTopicOnBroker(address, topic);
  }

  async deleteTopicInNameServer(nameServers: readonly string[] | undefined, topic: string): Promise<void> {
    const ext = encodeDeleteTopicInNamesrvRequestHeader({ topic });
    await this.invokeEveryNameServer({ code: RequestCode.DELETE_TOPIC_IN_NAMESRV, ext }, nameServers);
  }

  /** Brokers of a cluster, by name. Rejects with ADMIN_CLUSTER_UNKNOWN. */
  async fetchMasterAndSlaves(clusterName: string): Promise<MasterAndSlaves[]> {
    const { clusterAddrTable, brokerAddrTable } = await this.examineBrokerClusterInfo();
    const names = clusterAddrTable.get(clusterName);
    if (names === undefined) throw unknownCluster(clusterName, [...clusterAddrTable.keys()]);
    return [...names].sort().flatMap((brokerName) => {
      const addresses = brokerAddrTable.get(brokerName)?.brokerAddrs;
      if (addresses === undefined) return [];
      const slaves = [...addresses].filter(([id]) => id !== MASTER_ID).sort(([a], [b]) => a - b);
      return [{ brokerName, master: addresses.get(MASTER_ID), slaves: slaves.map(([, address]) => address) }];
    });
  }

  /** Addresses of a cluster's masters. Rejects with ADMIN_CLUSTER_UNKNOWN. */
  async fetchMasterAddrByClusterName(clusterName: string): Promise<string[]> {
    return (await this.fetchMasterAndSlaves(clusterName)).flatMap(({ master }) => master ?? []);
  }

  /** Addresses of all of a cluster's brokers. Rejects with ADMIN_CLUSTER_UNKNOWN. */
  async fetchMasterAndSlaveAddrByClusterName(clusterName: string): Promise<string[]> {
    const brokers = await this.fetchMasterAndSlaves(clusterName);
    return brokers.flatMap(({ master, slaves }) => [...(master === undefined ? [] : [master]), ...slaves]);
  }

  /** Rejects with ADMIN_BROKER_UNKNOWN. */
  async fetchBrokerNameByAddr(brokerAddr: string): Promise<string> {
    const { brokerAddrTable } = await this.examineBrokerClusterInfo();
    for (const [name, data] of brokerAddrTable)
      if ([...data.brokerAddrs.values()].includes(brokerAddr)) return name;
    throw new AdminError('ADMIN_BROKER_UNKNOWN', `no name server knows a broker at ${brokerAddr}`);
  }

  /** Clusters that the first broker of the topic's route belongs to. */
  async getTopicClusterList(topic: string): Promise<string[]> {
    const { clusterAddrTable } = await this.examineBrokerClusterInfo();
    const route = await this.examineTopicRouteInfo(topic);
    const brokerNames = new Set(route.brokerDatas.map((data) => data.brokerName));
    return [...clusterAddrTable]
      .filter(([, names]) => names.some((name) => brokerNames.has(name)))
      .map(([c]) => c);
  }

  getClusterList(topic: string): Promise<string[]> {
    return this.getTopicClusterList(topic);
  }

  /** The readable queues of a topic, in order. */
  async fetchSubscribeMessageQueues(topic: string): Promise<MessageQueue[]> {
    const route = await this.examineTopicRouteInfo(topic);
    const queues = route.queueDatas.flatMap(({ brokerName, perm, readQueueNums }) =>
      isReadable(perm)
        ? Array.from({ length: readQueueNums }, (_, queueId) => ({ topic, brokerName, queueId }))
        : [],
    );
    return queues.sort(compareMessageQueues);
  }

  async examineTopicStats(topic: string): Promise<TopicStatsTable> {
    const result: TopicStatsTable = { offsetTable: new Map() };
    for (const address of await this.#brokersOf(topic)) {
      for (const [queue, offsets] of (await this.getTopicStatsInfo(address, topic)).offsetTable)
        result.offsetTable.set(queue, offsets);
    }
    if (result.offsetTable.size > 0) return result;
    throw new AdminError('ADMIN_NOT_FOUND', `no broker has statistics of topic ${topic}`);
  }

  /** Of one topic, or of all that the group has consumed. Rejects with ADMIN_NOT_FOUND when it consumed nothing yet. */
  async examineConsumeStats(group: string, topic?: string): Promise<ConsumeStats> {
    const result: ConsumeStats = { consumeTps: 0, offsetTable: new Map() };
    for (const address of await this.#brokersOf(retryTopic(group))) {
      const stats = await this.getConsumeStats(address, group, topic);
      for (const [queue, offsets] of stats.offsetTable) result.offsetTable.set(queue, offsets);
      result.consumeTps += stats.consumeTps;
    }
    if (result.offsetTable.size > 0) return result;
    throw new AdminError(
      'ADMIN_NOT_FOUND',
      `no broker has offsets of group ${group}${topic === undefined ? '' : ` in topic ${topic}`}: maybe it has not consumed anything`,
    );
  }

  async examineConsumerConnectionInfo(group: string): Promise<ConsumerConnection> {
    const found = await this.#connections(retryTopic(group), (address) =>
      this.getConsumerConnectionList(address, group),
    );
    return found ?? notOnline('consumer', group);
  }

  /** Of the producers that any broker of the topic knows. */
  async examineProducerConnectionInfo(group: string, topic: string): Promise<ProducerConnection> {
    const found = await this.#connections(topic, (address) => this.getProducerConnectionList(address, group));
    return found ?? notOnline('producer', group);
  }

  /** Asked through the first broker that the client is connected to. */
  async getConsumerRunningInfo(
    group: string,
    clientId: string,
    jstack: boolean,
  ): Promise<ConsumerRunningInfo> {
    return this.#firstOf(await this.#brokersOf(retryTopic(group)), (address) =>
      this.getConsumerRunningInfoFromBroker(address, group, clientId, jstack),
    );
  }

  /** Groups that consume the topic or have offsets in it. */
  async queryTopicConsumeByWho(topic: string): Promise<string[]> {
    const groups = new Set<string>();
    for (const address of await this.#brokersOf(topic)) {
      for (const group of await this.queryTopicConsumeByWhoOnBroker(address, topic)) groups.add(group);
    }
    return [...groups].sort();
  }

  async queryConsumeTimeSpan(topic: string, group: string): Promise<QueueTimeSpan[]> {
    const spans: QueueTimeSpan[] = [];
    for (const address of await this.#brokersOf(topic))
      spans.push(...(await this.queryConsumeTimeSpanOnBroker(address, topic, group)));
    return spans;
  }

  /** Everywhere, or in one cluster. */
  async cleanExpiredConsumerQueue(clusterName?: string): Promise<string[]> {
    const addresses = await this.brokerAddresses(clusterName);
    for (const address of addresses) await this.cleanExpiredConsumerQueueByAddr(address);
    return addresses;
  }

  /** Everywhere, or in one cluster. */
  async cleanUnusedTopic(clusterName?: string): Promise<string[]> {
    const addresses = await this.brokerAddresses(clusterName);
    for (const address of addresses) await this.cleanUnusedTopicByAddr(address);
    return addresses;
  }

  /** The address to ask a queue's broker at; remembered for a while, since messages are read queue by queue. */
  async brokerAddrOf(queue: MessageQueue): Promise<string> {
    const key = `${queue.topic}\0${queue.brokerName}`;
    const nowMs = this.platform.clock.monotonicMs();
    const known = this.#brokerAddrs.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.address;
    const address = await this.#lookUpBroker(queue);
    this.#brokerAddrs.set(key, { address, untilMs: nowMs + ROUTE_MS });
    return address;
  }

  async #lookUpBroker(queue: MessageQueue): Promise<string> {
    const route = await this.examineTopicRouteInfo(queue.topic);
    const data = route.brokerDatas.find(({ brokerName }) => brokerName === queue.brokerName);
    const address = data && selectBrokerAddr(data);
    if (address !== undefined) return address;
    throw new AdminError(
      'ADMIN_BROKER_UNKNOWN',
      `topic ${queue.topic} is not on a broker called ${queue.brokerName}; it is on ${
        route.brokerDatas.map(({ brokerName }) => brokerName).join(', ') || 'none'
      }`,
    );
  }

  /** Of all brokers, or of those of one cluster. */
  async brokerAddresses(clusterName?: string): Promise<string[]> {
    if (clusterName !== undefined) return this.fetchMasterAndSlaveAddrByClusterName(clusterName);
    const { brokerAddrTable } = await this.examineBrokerClusterInfo();
    return [...brokerAddrTable.values()].flatMap((data) => [...data.brokerAddrs.values()]);
  }

  async #brokersOf(topic: string): Promise<string[]> {
    const { brokerDatas } = await this.examineTopicRouteInfo(topic);
    return brokerDatas.flatMap((data) => selectBrokerAddr(data) ?? []);
  }

  /** What all brokers know, put together by client; undefined when none knows any. */
  async #connections<T extends { connectionSet: ClientConnection[] }>(
    topic: string,
    ask: (address: string) => Promise<T>,
  ): Promise<T | undefined> {
    let first: T | undefined;
    let failure: unknown;
    const byClient = new Map<string, ClientConnection>();
    for (const address of await this.#brokersOf(topic)) {
      try {
        const found = await ask(address);
        if (found.connectionSet.length > 0) first ??= found;
        for (const each of found.connectionSet) byClient.set(each.clientId, each);
      } catch (error) {
        failure ??= error;
      }
    }
    if (first === undefined && failure !== undefined) throw failure;
    if (first === undefined) return undefined;
    const connectionSet = [...byClient.values()].sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
    return { ...first, connectionSet };
  }

  async #firstOf<T>(addresses: readonly string[], ask: (address: string) => Promise<T>): Promise<T> {
    let failure: unknown = new AdminError('ADMIN_NOT_FOUND', 'the route names no broker');
    for (const [index, address] of addresses.entries()) {
      try {
        return await ask(address);
      } catch (error) {
        if (index === 0) failure = error;
      }
    }
    throw failure;
  }
}

/** The master, or the slave with the lowest id while there is none. */
export function selectBrokerAddr({ brokerAddrs }: BrokerData): string | undefined {
  const master = brokerAddrs.get(MASTER_ID);
  if (master !== undefined) return master;
  return [...brokerAddrs].sort(([a], [b]) => a - b)[0]?.[1];
}

function unknownCluster(clusterName: string, known: readonly string[]): AdminError {
  return new AdminError(
    'ADMIN_CLUSTER_UNKNOWN',
    `there is no cluster ${clusterName}; the name server knows ${[...known].sort().join(', ') || 'none'}. ` +
      'Make sure that the name is right, and that this is the name server of that cluster',
  );
}

function notOnline(kind: string, group: string): never {
  throw new AdminError('ADMIN_NOT_FOUND', `the ${kind} group ${group} is not online`);
}
