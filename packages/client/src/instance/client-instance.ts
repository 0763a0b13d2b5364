/**
 * What producers and consumers of one configuration share: connections, routes, heartbeats, timers.
 *
 * Invariants: one instance per client id, list of name servers and hook; a group is in it once per kind; it starts with its
 * first member and ends with its last. Its timers never throw, and keep no process alive.
 * Behaviour from MQClientInstance and MQClientManager.
 */
import type { Platform, Timer } from '@rocketmq-ts/platform';
import {
  CLIENT_INNER_PRODUCER_GROUP,
  DEFAULT_TOPIC,
  type HeartbeatData,
  MASTER_ID,
  RequestCode,
} from '@rocketmq-ts/protocol';
import { addressServerUrl, ClientTls, RemotingClient } from '@rocketmq-ts/remoting';
import type { ClientConfig } from '../client-options.ts';
import { describeError, MQClientError } from '../errors.ts';
import { BrokerClient } from './broker-client.ts';
import { Liveness } from './liveness.ts';
import type { ConsumerMember, ProducerMember } from './members.ts';
import { NameServerLookup } from './name-server-lookup.ts';
import { NameServers } from './name-servers.ts';
import { Requests } from './requests.ts';
import { RouteCache } from './route-cache.ts';
import { hookIdentity } from './rpc-hook.ts';
import { handleServerRequests } from './server-requests.ts';

const rebalanceIntervalMs = 20000;
const unregisterGraceMs = 3000;

const instances = new WeakMap<Platform, Map<string, ClientInstance>>();

export class ClientInstance {
  readonly config: ClientConfig;
  readonly clientId: string;
  readonly remoting: RemotingClient;
  readonly requests: Requests;
  readonly brokerClient: BrokerClient;
  readonly nameServers: NameServers;
  readonly routes: RouteCache;
  readonly producers = new Map<string, ProducerMember>();
  readonly consumers = new Map<string, ConsumerMember>();
  readonly startedAtMs: number;
  readonly #key: string;
  readonly #lookup: NameServerLookup | undefined;
  /** Who is starting: between finding the instance and being a member of it. */
  readonly #holders = new Set<object>();
  #timers: Timer[] = [];
  #heartbeating: Promise<void> | undefined;
  #heartbeatAgain = false;
  #stopped = false;

  /**
   * The instance of this configuration, made when there is none. It stays for `holder`, who is about to join it, until it is
   * let go.
   */
  static acquire(config: ClientConfig, holder: object): ClientInstance {
    const { clientId, vipChannelEnabled, namesrvAddrs, rpcHook, addressServer } = config;
    const tls = JSON.stringify(config.tls);
    const nameServers =
      addressServer === undefined ? [...namesrvAddrs].sort() : [addressServerUrl(addressServer)];
    const key = [clientId, vipChannelEnabled, hookIdentity(rpcHook), tls, ...nameServers].join('\n');
    let byKey = instances.get(config.platform);
    if (byKey === undefined) {
      byKey = new Map();
      instances.set(config.platform, byKey);
    }
    let instance = byKey.get(key);
    if (instance === undefined) {
      instance = new ClientInstance(config, key);
      byKey.set(key, instance);
      instance.#start();
    }
    instance.#holders.add(holder);
    return instance;
  }

  private constructor(config: ClientConfig, key: string) {
    if (config.namesrvAddrs.length === 0 && config.addressServer === undefined) {
      throw new MQClientError(
        'NO_NAME_SERVER_EXCEPTION',
        'No name server address, please set it: the option namesrvAddr or the environment variable NAMESRV_ADDR, as "host:9876"; ' +
          'or namesrvDomain, where an HTTP address server names them',
      );
    }
    this.config = config;
    this.clientId = config.clientId;
    this.#key = key;
    const { platform, logger } = config;
    this.startedAtMs = platform.clock.now();
    const tls = config.tls && ClientTls.open(platform, config.tls, logger);
    this.remoting = new RemotingClient({ platform, logger, tls });
    const liveness = new Liveness(this.remoting, logger, (address) => this.#probe(address));
    this.requests = new Requests(this.remoting, config.rpcHook, (address) => liveness.suspect(address));
    this.brokerClient = new BrokerClient(this.requests, config.vipChannelEnabled);
    this.nameServers = new NameServers(
      config.namesrvAddrs,
      this.requests,
      config.mqClientApiTimeout,
      platform.random,
      logger,
    );
    this.#lookup =
      config.addressServer && new NameServerLookup(config.addressServer, this.nameServers, platform, logger);
    this.routes = new RouteCache(
      this.nameServers,
      {
        onRouteChanged: (topic, route) => {
          for (const consumer of this.consumers.values()) consumer.onRouteChanged(topic, route);
        },
        onNewBroker: () => void this.heartbeat(),
      },
      platform.clock,
      logger,
    );
    handleServerRequests(this);
  }

  #start(): void {
    const { clock } = this.config.platform;
    this.#timers = [
      clock.setInterval(() => void this.refreshRoutes(), this.config.pollNameServerInterval),
      clock.setInterval(() => {
        this.routes.cleanOfflineBrokers();
        void this.heartbeat();
      }, this.config.heartbeatBrokerInterval),
      clock.setInterval(() => {
        for (const consumer of this.consumers.values()) void consumer.persistOffsets();
      }, this.config.persistConsumerOffsetInterval),
      clock.setInterval(() => this.rebalanceImmediately(), rebalanceIntervalMs),
    ];
  }

  /** Resolves once name servers are known. Rejects with NO_NAME_SERVER_EXCEPTION when the address server gives none. */
  async nameServersFound(): Promise<void> {
    await this.#lookup?.found();
  }

  /** Throws GROUP_EXISTS_ALREADY. */
  registerProducer(producer: ProducerMember): void {
    this.#register('producer', this.producers, producer);
    // A heartbeat follows when that makes brokers known.
    if (producer.announcedTo !== undefined) void this.routes.refresh(producer.announcedTo);
  }

  /** Throws GROUP_EXISTS_ALREADY. */
  registerConsumer(consumer: ConsumerMember): void {
    this.#register('consumer', this.consumers, consumer);
  }

  #register<T extends { readonly group: string }>(kind: string, members: Map<string, T>, member: T): void {
    if (members.has(member.group)) {
      throw new MQClientError(
        'GROUP_EXISTS_ALREADY',
        `The ${kind} group[${member.group}] has been created before in client ${this.clientId}, specify another name ` +
          'please; or give this one an instanceName of its own',
      );
    }
    members.set(member.group, member);
  }

  /** Tells the brokers that the group has gone, then ends the instance if it was the last. Never rejects. */
  async unregister(kind: 'producer' | 'consumer', group: string): Promise<void> {
    const members: Map<string, unknown> = kind === 'producer' ? this.producers : this.consumers;
    if (!members.delete(group)) return;
    const named = kind === 'producer' ? { producerGroup: group } : { consumerGroup: group };
    const addresses = this.#brokerAddresses(() => true).filter(
      (address) => this.remoting.connection(address) !== undefined,
    );
    await Promise.all(
      addresses.map((address) =>
        this.brokerClient.unregisterClient(address, this.clientId, named).catch((error: unknown) => {
          this.config.logger.warn(`${kind} group ${group} could not be unregistered at ${address}`, {
            error,
          });
        }),
      ),
    );
    await this.#endIfUnused();
  }

  /** The holder is a member now, or has given up: then the instance ends unless it has another. */
  async letGo(holder: object): Promise<void> {
    this.#holders.delete(holder);
    await this.#endIfUnused();
  }

  async #endIfUnused(): Promise<void> {
    const inUse = this.producers.size + this.consumers.size + this.#holders.size > 0;
    if (this.#stopped || inUse) return;
    this.#stopped = true;
    instances.get(this.config.platform)?.delete(this.#key);
    for (const timer of this.#timers) timer.cancel();
    this.#lookup?.stop();
    await this.remoting.close(unregisterGraceMs);
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  rebalanceImmediately(): void {
    for (const consumer of this.consumers.values()) consumer.rebalance();
  }

  /** Fetches every route in use again. */
  async refreshRoutes(): Promise<void> {
    const topics = new Set(this.routes.topics());
    for (const consumer of this.consumers.values()) {
      for (const subscription of consumer.subscriptions()) topics.add(subscription.topic);
    }
    for (const { announcedTo } of this.producers.values())
      if (announcedTo !== undefined) topics.add(announcedTo);
    await Promise.all([...topics].map((topic) => this.routes.refresh(topic)));
  }

  /**
   * Tells every known broker who is here; resolves once all have answered or failed. One round runs at a time; what
   * changed since it began goes out in another.
   */
  heartbeat(): Promise<void> {
    if (this.#heartbeating !== undefined) {
      this.#heartbeatAgain = true;
      return this.#heartbeating;
    }
    this.#heartbeating = this.#heartbeatRounds().finally(() => {
      this.#heartbeating = undefined;
    });
    return this.#heartbeating;
  }

  async #heartbeatRounds(): Promise<void> {
    do {
      this.#heartbeatAgain = false;
      if (this.#stopped || (this.producers.size === 0 && this.consumers.size === 0)) return;
      const data = this.#heartbeatData();
      // Slaves serve consumers only.
      const addresses = this.#brokerAddresses(
        (brokerId) => brokerId === MASTER_ID || this.consumers.size > 0,
      );
      await Promise.all(addresses.map((address) => this.#heartbeatOne(address, data)));
    } while (this.#heartbeatAgain);
  }

  async #heartbeatOne(address: string, data: HeartbeatData): Promise<void> {
    try {
      await this.brokerClient.heartbeat(address, data);
    } catch (error) {
      if (this.#stopped) return;
      this.config.logger.warn(`the heartbeat to broker ${address} failed: ${describeError(error)}`);
    }
  }

  /** Something every server answers at once. */
  #probe(address: string): Promise<unknown> {
    if (this.nameServers.addresses.includes(address)) {
      const command = { code: RequestCode.GET_ROUTEINTO_BY_TOPIC, ext: { topic: DEFAULT_TOPIC } };
      return this.requests.invoke(address, command, this.config.mqClientApiTimeout);
    }
    return this.brokerClient.heartbeat(address, this.#heartbeatData());
  }

  #heartbeatData(): HeartbeatData {
    return {
      clientID: this.clientId,
      producerDataSet: [...this.producers.keys(), CLIENT_INNER_PRODUCER_GROUP].map((groupName) => ({
        groupName,
      })),
      consumerDataSet: [...this.consumers.values()].map((consumer) => ({
        groupName: consumer.group,
        consumeType: consumer.consumeType,
        messageModel: consumer.messageModel,
        consumeFromWhere: consumer.consumeFromWhere,
        subscriptionDataSet: [...consumer.subscriptions()],
        unitMode: consumer.unitMode,
      })),
    };
  }

  #brokerAddresses(wants: (brokerId: number) => boolean): string[] {
    const addresses = new Set<string>();
    for (const [, byId] of this.routes.brokers.entries()) {
      for (const [brokerId, address] of byId) if (wants(brokerId)) addresses.add(address);
    }
    return [...addresses];
  }

  /**
   * Client ids of a group, as a broker of the topic knows them; undefined when none could be asked.
   *
   * Each once: 4.4.0 brokers name a client twice while a dead connection of it has not been noticed (up to 120 s), and
   * the share of its double would be consumed by nobody.
   */
  async consumerIds(topic: string, group: string): Promise<string[] | undefined> {
    let route = this.routes.get(topic);
    if (route === undefined) {
      await this.routes.refresh(topic);
      route = this.routes.get(topic);
    }
    const brokers = route?.brokerDatas.filter((broker) => broker.brokerAddrs.size > 0) ?? [];
    if (brokers.length === 0) return undefined;
    const broker = brokers[this.config.platform.random.integer(brokers.length)];
    const address = broker.brokerAddrs.get(MASTER_ID) ?? [...broker.brokerAddrs.values()][0];
    try {
      return [...new Set(await this.brokerClient.consumerIds(address, group))];
    } catch (error) {
      this.config.logger.warn(`the members of consumer group ${group} could not be asked from ${address}`, {
        error,
      });
      return undefined;
    }
  }
}
