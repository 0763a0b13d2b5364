/**
 * What is known of topics' routes: fetched when first needed, refreshed by the owner's timer, told on when changed.
 *
 * Invariants: one fetch per topic at a time, shared by whoever asks meanwhile; a route once known stays until a name
 * server gives another: a name server that is down or has lost a topic does not stop clients.
 * Behaviour from MQClientInstance.updateTopicRouteInfoFromNameServer.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import { DEFAULT_TOPIC, isRetryTopic, type QueueData, type TopicRouteData } from '@rocketmq-ts/protocol';
import { compareStrings } from '../message/message-queue.ts';
import { BrokerAddresses } from './broker-addresses.ts';
import { describeAnswers, type NameServerAnswer, type NameServers } from './name-servers.ts';

/** A topic is not asked for again sooner than this after a failed send or pull, milliseconds. */
const refreshSoonMs = 1000;

export interface RouteListener {
  onRouteChanged(topic: string, route: TopicRouteData): void;
  /** A broker address appeared that was not known before. */
  onNewBroker(): void;
}

interface CachedRoute {
  readonly route: TopicRouteData;
  readonly fingerprint: string;
}

export class RouteCache {
  readonly brokers = new BrokerAddresses();
  readonly #nameServers: NameServers;
  readonly #listener: RouteListener;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #routes = new Map<string, CachedRoute>();
  readonly #fetching = new Map<string, Promise<readonly NameServerAnswer[]>>();
  readonly #askedAtMs = new Map<string, number>();

  constructor(nameServers: NameServers, listener: RouteListener, clock: Clock, logger: Logger) {
    this.#nameServers = nameServers;
    this.#listener = listener;
    this.#clock = clock;
    this.#logger = logger;
  }

  get(topic: string): TopicRouteData | undefined {
    return this.#routes.get(topic)?.route;
  }

  /** Every topic with a route. */
  topics(): IterableIterator<string> {
    return this.#routes.keys();
  }

  /** Fetches the route; answers what the name servers said when they have none (then the old one stays). */
  refresh(topic: string): Promise<readonly NameServerAnswer[]> {
    const underWay = this.#fetching.get(topic);
    if (underWay !== undefined) return underWay;
    this.#askedAtMs.set(topic, this.#clock.monotonicMs());
    const fetching = this.#fetch(topic).finally(() => this.#fetching.delete(topic));
    this.#fetching.set(topic, fetching);
    return fetching;
  }

  /** Fetches unless that was done a moment ago: for use after a broker could not be reached. */
  refreshSoon(topic: string): void {
    const askedAt = this.#askedAtMs.get(topic);
    if (askedAt !== undefined && this.#clock.monotonicMs() - askedAt < refreshSoonMs) return;
    void this.refresh(topic);
  }

  /** Gives a topic without a route that of the template topic, with at most `queueNums` queues. */
  async refreshFromTemplate(
    topic: string,
    createTopicKey: string,
    queueNums: number,
  ): Promise<readonly NameServerAnswer[]> {
    const answer = await this.#nameServers.route(createTopicKey);
    if (answer.route === undefined) return answer.answers;
    if (this.#routes.has(topic)) return [];
    const queueDatas = answer.route.queueDatas.map((data): QueueData => {
      const queues = Math.min(queueNums, data.readQueueNums);
      return { ...data, readQueueNums: queues, writeQueueNums: queues };
    });
    this.#take(topic, { ...answer.route, queueDatas });
    return [];
  }

  /** Drops addresses of brokers that no route names any more. */
  cleanOfflineBrokers(): void {
    const addresses = new Set<string>();
    for (const { route } of this.#routes.values()) {
      for (const broker of route.brokerDatas) {
        for (const address of broker.brokerAddrs.values()) addresses.add(address);
      }
    }
    this.brokers.retain((address) => addresses.has(address));
  }

  async #fetch(topic: string): Promise<readonly NameServerAnswer[]> {
    const answer = await this.#nameServers.route(topic);
    if (answer.route !== undefined) {
      this.#take(topic, answer.route);
      return [];
    }
    // Retry topics and the template need not exist.
    if (!isRetryTopic(topic) && topic !== DEFAULT_TOPIC && !answer.answers.every(isReached)) {
      this.#logger.warn(
        `the route of topic ${topic} could not be fetched: ${describeAnswers(answer.answers)}`,
      );
    }
    return answer.answers;
  }

  #take(topic: string, route: TopicRouteData): void {
    const fingerprint = routeFingerprint(route);
    const changed = this.#routes.get(topic)?.fingerprint !== fingerprint;
    if (changed) this.#routes.set(topic, { route, fingerprint });
    let newBroker = false;
    for (const broker of route.brokerDatas) {
      if (this.brokers.put(broker.brokerName, broker.brokerAddrs)) newBroker = true;
    }
    if (changed) this.#listener.onRouteChanged(topic, route);
    if (newBroker) this.#listener.onNewBroker();
  }
}

function isReached(answer: NameServerAnswer): boolean {
  return answer.reached;
}

/** Equal exactly for routes that mean the same, in whatever order they list queues and brokers. */
function routeFingerprint(route: TopicRouteData): string {
  const queues = route.queueDatas
    .map(
      (queue) =>
        `${queue.brokerName},${queue.readQueueNums},${queue.writeQueueNums},${queue.perm},${queue.topicSynFlag}`,
    )
    .sort(compareStrings);
  const brokers = route.brokerDatas
    .map(({ cluster, brokerName, brokerAddrs }) => {
      const addresses = [...brokerAddrs].sort(([a], [b]) => a - b);
      return `${cluster},${brokerName},${addresses.map(([id, address]) => `${id}=${address}`).join(',')}`;
    })
    .sort(compareStrings);
  return [route.orderTopicConf ?? '', ...queues, '/', ...brokers].join(';');
}
