/**
 * Questions about queues that producers and consumers both offer: RocketMQ's MQAdmin.
 *
 * A queue's broker that is not known is looked up once; then BROKER_NOT_EXIST_EXCEPTION.
 */
import {
  DEFAULT_TOPIC,
  isReadable,
  MASTER_ID,
  type MessageQueue as MessageQueueFields,
  type TopicConfig,
  type TopicRouteData,
} from '@rocketmq-ts/protocol';
import { MQClientError } from '../errors.ts';
import { compareStrings, MessageQueue } from '../message/message-queue.ts';
import type { Namespace } from '../namespace.ts';
import { publishQueues } from '../producer/topic-publish-info.ts';
import { checkTopic } from '../validators.ts';
import type { ClientInstance } from './client-instance.ts';
import { MessageQueries } from './message-queries.ts';
import { noRouteError } from './no-route-error.ts';

const createTopicAttempts = 5;

export class QueueQueries {
  readonly messages: MessageQueries;
  readonly #instance: ClientInstance;
  readonly #namespace: Namespace;

  /** Topics and queues may be given with the namespace or without, and are answered without. */
  constructor(instance: ClientInstance, namespace: Namespace) {
    this.#instance = instance;
    this.#namespace = namespace;
    this.messages = new MessageQueries(instance, this, namespace);
  }

  /** The broker a queue's messages are sent to; looked up once when it is not known. */
  async masterOf(queue: MessageQueueFields): Promise<string> {
    const { routes } = this.#instance;
    let address = routes.brokers.master(queue.brokerName);
    if (address === undefined) {
      await routes.refresh(queue.topic);
      address = routes.brokers.master(queue.brokerName);
    }
    if (address !== undefined) return address;
    throw brokerNotExist(queue.brokerName, queue.topic);
  }

  async route(applicationTopic: string): Promise<TopicRouteData> {
    const { routes, nameServers } = this.#instance;
    const topic = this.#namespace.wrap(applicationTopic);
    const answers = await routes.refresh(topic);
    if (answers.length > 0) throw await noRouteError(nameServers, topic, answers, DEFAULT_TOPIC);
    return routes.get(topic) as TopicRouteData;
  }

  async fetchPublishMessageQueues(topic: string): Promise<MessageQueue[]> {
    const queues = publishQueues(checkTopic(topic), await this.route(topic));
    if (queues.length > 0) return queues.map((queue) => this.#namespace.stripQueue(queue));
    throw new MQClientError(
      'QUEUE_NOT_FOUND',
      `Can not find Message Queue for this topic, ${topic}: no broker of its route may be written to`,
    );
  }

  async fetchSubscribeMessageQueues(topic: string): Promise<MessageQueue[]> {
    const queues = subscribeQueues(topic, await this.route(topic));
    if (queues.length > 0) return queues.map((queue) => this.#namespace.stripQueue(queue));
    throw new MQClientError(
      'QUEUE_NOT_FOUND',
      `Can not find Message Queue for this topic, ${topic}: no broker of its route may be read`,
    );
  }

  async maxOffset(asked: MessageQueueFields): Promise<number> {
    const queue = this.#namespace.wrapQueue(asked);
    return this.#instance.brokerClient.maxOffset(await this.masterOf(queue), queue);
  }

  async minOffset(asked: MessageQueueFields): Promise<number> {
    const queue = this.#namespace.wrapQueue(asked);
    return this.#instance.brokerClient.minOffset(await this.masterOf(queue), queue);
  }

  async searchOffset(asked: MessageQueueFields, timestamp: number): Promise<number> {
    const queue = this.#namespace.wrapQueue(asked);
    return this.#instance.brokerClient.searchOffset(await this.masterOf(queue), queue, timestamp);
  }

  async earliestMsgStoreTime(asked: MessageQueueFields): Promise<number> {
    const queue = this.#namespace.wrapQueue(asked);
    return this.#instance.brokerClient.earliestMsgStoreTime(await this.masterOf(queue), queue);
  }

  /** Creates a topic on every broker that has the template topic `key`. */
  async createTopic(key: string, newTopic: string, queueNum: number, topicSysFlag = 0): Promise<void> {
    const topicName = this.#namespace.wrap(checkTopic(newTopic));
    const { nameServers, brokerClient } = this.#instance;
    const answer = await nameServers.route(key);
    if (answer.route === undefined) throw await noRouteError(nameServers, key, answer.answers, DEFAULT_TOPIC);
    const config: TopicConfig = {
      topicName,
      readQueueNums: queueNum,
      writeQueueNums: queueNum,
      perm: 6,
      topicFilterType: 'SINGLE_TAG',
      topicSysFlag,
      order: false,
    };
    const brokers = [...answer.route.brokerDatas].sort((a, b) => compareStrings(a.brokerName, b.brokerName));
    const masters = brokers.flatMap((broker) => broker.brokerAddrs.get(MASTER_ID) ?? []);
    let created = 0;
    let lastError: unknown;
    for (const address of masters) {
      for (let attempt = 1; attempt <= createTopicAttempts; attempt++) {
        try {
          await brokerClient.createTopic(address, key, config);
          created++;
          break;
        } catch (error) {
          lastError = error;
        }
      }
    }
    if (created > 0) return;
    throw new MQClientError(
      'BROKER_NOT_EXIST_EXCEPTION',
      `create new topic failed: ${newTopic} was created on none of the ${masters.length} masters that have ${key}`,
      { cause: lastError },
    );
  }
}

export function brokerNotExist(brokerName: string, topic: string): MQClientError {
  return new MQClientError(
    'BROKER_NOT_EXIST_EXCEPTION',
    `The broker[${brokerName}] not exist: no route of topic ${topic} names a reachable master of it. ` +
      'Check that it runs and is registered at the name servers (mqadmin clusterList)',
  );
}

/** The readable queues of a route, sorted as Java sorts them. */
export function subscribeQueues(topic: string, route: TopicRouteData): MessageQueue[] {
  const queues: MessageQueue[] = [];
  const queueDatas = [...route.queueDatas].sort((a, b) => compareStrings(a.brokerName, b.brokerName));
  for (const data of queueDatas) {
    if (!isReadable(data.perm)) continue;
    for (let id = 0; id < data.readQueueNums; id++) queues.push(new MessageQueue(topic, data.brokerName, id));
  }
  return queues;
}
