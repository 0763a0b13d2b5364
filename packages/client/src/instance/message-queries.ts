/**
 * Finds stored messages: by the place where a broker has them, by the id their sender gave them, by key. RocketMQ's
 * MQAdminImpl.viewMessage, queryMessage and queryMessageByUniqKey.
 */
import {
  decodeOffsetMsgId,
  decodeRecord,
  decodeRecords,
  ExtReader,
  MASTER_ID,
  type OffsetMsgId,
  PropertyKey,
  RequestCode,
  ResponseCode,
  type TopicRouteData,
  timeOfUniqueId,
} from '@rocketmq-ts/protocol';
import { describeError, MQBrokerError, MQClientError } from '../errors.ts';
import { ReceivedMessage } from '../message/received-message.ts';
import type { Namespace } from '../namespace.ts';
import type { ClientInstance } from './client-instance.ts';
import type { QueueQueries } from './queue-queries.ts';

const viewTimeoutMs = 6000;
const queryTimeoutMs = 18_000;
const uniqKeyMaxNum = 32;
const uniqKeyEarlierMs = 1000;
const javaLongMax = '9223372036854775807';

export interface QueryResult {
  /** Up to when the brokers' indexes had come, milliseconds since the epoch. */
  readonly indexLastUpdateTimestamp: number;
  readonly messageList: readonly ReceivedMessage[];
}

export class MessageQueries {
  readonly #instance: ClientInstance;
  readonly #queues: QueueQueries;
  readonly #namespace: Namespace;

  constructor(instance: ClientInstance, queues: QueueQueries, namespace: Namespace) {
    this.#instance = instance;
    this.#queues = queues;
    this.#namespace = namespace;
  }

  /** By offset id, which names the broker; with a topic also by the id of its sender. */
  async view(msgId: string, topic?: string): Promise<ReceivedMessage> {
    let place: OffsetMsgId;
    try {
      place = decodeOffsetMsgId(msgId);
    } catch (error) {
      if (topic !== undefined) return this.byUniqKey(topic, msgId);
      throw noMessage(`query message by id finished, but no message: ${describeError(error)}`, error);
    }
    if (topic === undefined || (await this.#isBrokerOf(topic, place))) return this.#viewAt(place);
    return this.byUniqKey(topic, msgId);
  }

  /** Rejects with NO_MESSAGE when there is none. */
  async byUniqKey(topic: string, uniqKey: string): Promise<ReceivedMessage> {
    const begin = timeOfUniqueId(uniqKey, this.#instance.config.platform.clock.now()) - uniqKeyEarlierMs;
    const { messageList } = await this.#query(topic, uniqKey, uniqKeyMaxNum, begin, javaLongMax, true);
    return messageList[0] as ReceivedMessage;
  }

  /** Messages of a topic with a key, stored from `begin` to `end`. Rejects with NO_MESSAGE when there is none. */
  byKey(topic: string, key: string, maxNum: number, begin: number, end: number): Promise<QueryResult> {
    return this.#query(topic, key, maxNum, begin, String(end), false);
  }

  /** Both kinds of id have 32 digits: an offset id begins with the address of a broker. */
  async #isBrokerOf(topic: string, { ip, port }: OffsetMsgId): Promise<boolean> {
    const route = await this.#route(topic);
    return route.brokerDatas.some((broker) => [...broker.brokerAddrs.values()].includes(`${ip}:${port}`));
  }

  async #viewAt({ ip, port, offset }: OffsetMsgId): Promise<ReceivedMessage> {
    const { requests, brokerClient } = this.#instance;
    const address = brokerClient.channel(`${ip.includes(':') ? `[${ip}]` : ip}:${port}`);
    const command = { code: RequestCode.VIEW_MESSAGE_BY_ID, ext: { offset } };
    const response = await requests.invoke(address, command, viewTimeoutMs);
    if (response.code !== ResponseCode.SUCCESS || response.body === undefined) {
      throw new MQBrokerError(response.code, response.remark, address);
    }
    return this.#namespace.stripMessage(new ReceivedMessage(decodeRecord(response.body), undefined));
  }

  async #route(topic: string): Promise<TopicRouteData> {
    const known = this.#instance.routes.get(this.#namespace.wrap(topic));
    return known ?? this.#queues.route(topic);
  }

  /** Asks a broker of every name. One that fails is left out, unless all do. */
  async #query(
    applicationTopic: string,
    key: string,
    maxNum: number,
    begin: number,
    end: string,
    unique: boolean,
  ): Promise<QueryResult> {
    const topic = this.#namespace.wrap(applicationTopic);
    const route = await this.#route(topic);
    const answers = await Promise.allSettled(
      route.brokerDatas.map(({ brokerName, brokerAddrs }) => {
        const address = brokerAddrs.get(MASTER_ID) ?? [...brokerAddrs.values()][0];
        const ext = { topic, key, maxNum, beginTimestamp: begin, endTimestamp: end };
        return this.#queryOne(brokerName, address, { ...ext, _UNIQUE_KEY_QUERY: unique });
      }),
    );
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const failed = answers.find((answer) => answer.status === 'rejected');
    const messageList = found
      .flatMap((result) => result.messageList)
      .filter((message) => (unique ? message.msgId === key : hasKey(message, key)));
    if (messageList.length > 0) {
      return {
        indexLastUpdateTimestamp: Math.max(...found.map((each) => each.indexLastUpdateTimestamp)),
        messageList,
      };
    }
    throw noMessage(
      `query message by key finished, but no message: ${key} of topic ${topic}`,
      failed?.reason,
    );
  }

  async #queryOne(
    brokerName: string,
    address: string,
    ext: Readonly<Record<string, string | number | boolean>>,
  ): Promise<QueryResult> {
    const { requests, brokerClient } = this.#instance;
    const command = { code: RequestCode.QUERY_MESSAGE, ext };
    const response = await requests.invoke(brokerClient.channel(address), command, queryTimeoutMs);
    if (response.code === ResponseCode.QUERY_NOT_FOUND)
      return { indexLastUpdateTimestamp: 0, messageList: [] };
    if (response.code !== ResponseCode.SUCCESS)
      throw new MQBrokerError(response.code, response.remark, address);
    const reader = new ExtReader(command.code, response.ext);
    return {
      indexLastUpdateTimestamp: reader.optionalLong('indexLastUpdateTimestamp') ?? 0,
      messageList: decodeRecords(response.body ?? Buffer.alloc(0)).map((record) =>
        this.#namespace.stripMessage(new ReceivedMessage(record, brokerName)),
      ),
    };
  }
}

function hasKey(message: ReceivedMessage, key: string): boolean {
  return message.properties.get(PropertyKey.KEYS)?.split(' ').includes(key) ?? false;
}

function noMessage(message: string, cause: unknown): MQClientError {
  return new MQClientError('NO_MESSAGE', message, { cause });
}
