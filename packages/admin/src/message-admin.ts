/**
 * Messages, as administration reads and sends them: by id, by key, by queue position; one at a time.
 *
 * Behaviour: MQAdminImpl (queries), DefaultMQPullConsumer (pulls without being a member of the group) and
 * DefaultMQProducer (sends). Pulled messages carry MIN_OFFSET and MAX_OFFSET as those of Java's consumers do.
 */
import { networkInterfaces } from 'node:os';
import {
  buildPullSysFlag,
  DEFAULT_TOPIC,
  decodeOffsetMsgId,
  decodeRecord,
  decodeRecords,
  encodeProperties,
  encodePullMessageRequestHeader,
  encodeQueryMessageRequestHeader,
  encodeSendMessageRequestHeaderV2,
  encodeViewMessageRequestHeader,
  isInherited,
  isWriteable,
  MASTER_ID,
  type MessageExt,
  type MessageQueue,
  PropertyKey,
  ProtocolError,
  parsePullMessageResponseHeader,
  parseSendMessageResponseHeader,
  RequestCode,
  ResponseCode,
  TOOLS_CONSUMER_GROUP,
  type TopicRouteData,
  timeOfUniqueId,
  UniqueIdGenerator,
} from '@rocketmq-ts/protocol';
import { AdminAnswerError, AdminError, isAnswer } from './admin-error.ts';
import { ClusterAdmin, selectBrokerAddr } from './cluster-admin.ts';

export type PullStatus = 'FOUND' | 'NO_NEW_MSG' | 'NO_MATCHED_MSG' | 'OFFSET_ILLEGAL';

export interface PullResult {
  readonly pullStatus: PullStatus;
  readonly nextBeginOffset: number;
  readonly minOffset: number;
  readonly maxOffset: number;
  /** Empty unless FOUND; then empty when their tags hash alike and are others. */
  readonly messages: readonly MessageExt[];
}

export interface PullOptions {
  readonly queue: MessageQueue;
  readonly offset: number;
  /** Default: 32. */
  readonly maxNums?: number | undefined;
  /** Tags `A || B`, or an SQL92 expression. Default: `*`. */
  readonly expression?: string | undefined;
  /** Default: `TAG`. */
  readonly expressionType?: string | undefined;
  /** Default: TOOLS_CONSUMER. */
  readonly consumerGroup?: string | undefined;
}

export interface AdminMessage {
  readonly topic: string;
  readonly body: Buffer;
  readonly properties?: ReadonlyMap<string, string>;
  readonly flag?: number;
}

export interface AdminSendResult {
  readonly sendStatus: string;
  readonly msgId: string;
  readonly offsetMsgId: string;
  readonly messageQueue: MessageQueue;
  readonly queueOffset: number;
}

const PULL_STATUS = new Map<number, PullStatus>([
  [ResponseCode.SUCCESS, 'FOUND'],
  [ResponseCode.PULL_NOT_FOUND, 'NO_NEW_MSG'],
  [ResponseCode.PULL_RETRY_IMMEDIATELY, 'NO_MATCHED_MSG'],
  [ResponseCode.PULL_OFFSET_MOVED, 'OFFSET_ILLEGAL'],
]);
const SEND_STATUS = new Map<number, string>([
  [ResponseCode.SUCCESS, 'SEND_OK'],
  [ResponseCode.FLUSH_DISK_TIMEOUT, 'FLUSH_DISK_TIMEOUT'],
  [ResponseCode.FLUSH_SLAVE_TIMEOUT, 'FLUSH_SLAVE_TIMEOUT'],
  [ResponseCode.SLAVE_NOT_AVAILABLE, 'SLAVE_NOT_AVAILABLE'],
]);
/** Java's producers ask for this many queues of a topic that is made by sending to it. */
const DEFAULT_QUEUE_NUMS = 4;
const UNIQUE_KEY_WINDOW_MS = 1000;

export class MessageAdmin extends ClusterAdmin {
  #uniqueIds: UniqueIdGenerator | undefined;
  #nextQueue: number | undefined;

  async maxOffset(queue: MessageQueue): Promise<number> {
    return this.maxOffsetOnBroker(await this.brokerAddrOf(queue), queue);
  }

  async minOffset(queue: MessageQueue): Promise<number> {
    return this.minOffsetOnBroker(await this.brokerAddrOf(queue), queue);
  }

  /** The offset of the first message stored at or after `timestamp`. */
  async searchOffset(queue: MessageQueue, timestamp: number): Promise<number> {
    return this.searchOffsetOnBroker(await this.brokerAddrOf(queue), queue, timestamp);
  }

  async earliestMsgStoreTime(queue: MessageQueue): Promise<number> {
    return this.earliestMsgStoreTimeOnBroker(await this.brokerAddrOf(queue), queue);
  }

  /** By offset id, or, given a topic, by unique key. Rejects with ADMIN_NOT_FOUND. */
  async viewMessage(msgId: string, topic?: string): Promise<MessageExt> {
    const place = offsetIdOf(msgId);
    if (topic === undefined) {
      if (place !== undefined && isPort(place.port))
        return this.viewMessageByOffset(place.address, place.offset);
      throw new AdminError(
        'ADMIN_USAGE',
        `"${msgId}" is no offset message id: give the OffsetMsgId of a send. ` +
          'A unique key of 32 digits is looked for in its topic (queryMsgByUniqueKey)',
      );
    }
    // A unique key has the form of an offset id too; only the port that would be in it tells, and the broker.
    if (place !== undefined && isPort(place.port)) {
      try {
        return await this.viewMessageByOffset(place.address, place.offset);
      } catch {
        // not an offset id after all, or its broker is gone: it is looked for as a unique key
      }
    }
    return this.queryMessageByUniqKey(topic, msgId);
  }

  async viewMessageByOffset(brokerAddr: string, offset: number): Promise<MessageExt> {
    const ext = encodeViewMessageRequestHeader({ offset });
    const answer = await this.invoke(brokerAddr, { code: RequestCode.VIEW_MESSAGE_BY_ID, ext });
    return decodeRecord(answer.body ?? Buffer.alloc(0));
  }

  /** Messages with the key, oldest first. Rejects with ADMIN_NOT_FOUND when there is none. */
  async queryMessage(
    topic: string,
    key: string,
    maxNum: number,
    begin = 0,
    end = Number.MAX_SAFE_INTEGER,
  ): Promise<MessageExt[]> {
    const found = await this.#query(topic, key, maxNum, begin, end, false);
    const messages = found.filter(({ properties }) =>
      (properties.get(PropertyKey.KEYS) ?? '').split(' ').includes(key),
    );
    if (messages.length > 0) return messages;
    throw new AdminError(
      'ADMIN_NOT_FOUND',
      `query message by key finished, but no message. (${topic}, ${key})`,
    );
  }

  /** By the id that the producer gave it. Rejects with ADMIN_NOT_FOUND. */
  async queryMessageByUniqKey(topic: string, uniqKey: string): Promise<MessageExt> {
    const time = timeOfUniqueId(uniqKey, this.platform.clock.now());
    const begin = Number.isNaN(time) ? 0 : time - UNIQUE_KEY_WINDOW_MS;
    const found = await this.#query(topic, uniqKey, 32, begin, Number.MAX_SAFE_INTEGER, true);
    const message = found.find(({ properties }) => properties.get(PropertyKey.UNIQ_KEY) === uniqKey);
    if (message !== undefined) return message;
    throw new AdminError(
      'ADMIN_NOT_FOUND',
      `query message by key finished, but no message. (${topic}, unique key ${uniqKey})`,
    );
  }

  /** Answers at once: nothing is waited for. */
  async pull(options: PullOptions): Promise<PullResult> {
    const { queue, offset, expression = '*', expressionType = 'TAG' } = options;
    const address = await this.brokerAddrOf(queue);
    return this.pullFromBroker(address, { ...options, offset, expression, expressionType });
  }

  async pullFromBroker(brokerAddr: string, options: PullOptions): Promise<PullResult> {
    const { queue, offset, maxNums = 32, expression = '*', expressionType = 'TAG' } = options;
    const ext = encodePullMessageRequestHeader({
      consumerGroup: options.consumerGroup ?? TOOLS_CONSUMER_GROUP,
      topic: queue.topic,
      queueId: queue.queueId,
      queueOffset: offset,
      maxMsgNums: maxNums,
      sysFlag: buildPullSysFlag(false, false, true, false),
      commitOffset: 0,
      suspendTimeoutMillis: 20_000,
      subscription: expression,
      subVersion: 0,
      expressionType,
    });
    const code = RequestCode.PULL_MESSAGE;
    const answer = await this.exchange(brokerAddr, { code, ext, timeoutMs: this.timeoutMs * 2 });
    const pullStatus = PULL_STATUS.get(answer.code);
    if (pullStatus === undefined) throw new AdminAnswerError(answer.code, answer.remark, brokerAddr, code);
    const { nextBeginOffset, minOffset, maxOffset } = parsePullMessageResponseHeader(answer.ext);
    const all = pullStatus === 'FOUND' ? decodeRecords(answer.body ?? Buffer.alloc(0)) : [];
    const messages = all.filter((message) => matchesTags(message, expression, expressionType));
    for (const { properties } of messages) {
      properties.set(PropertyKey.MIN_OFFSET, String(minOffset));
      properties.set(PropertyKey.MAX_OFFSET, String(maxOffset));
    }
    return { pullStatus, nextBeginOffset, minOffset, maxOffset, messages };
  }

  /** Queues that may be sent to; those that the template topic gives for a topic that does not exist yet. */
  async fetchPublishMessageQueues(topic: string): Promise<MessageQueue[]> {
    let queues: MessageQueue[];
    try {
      queues = publishQueues(topic, await this.examineTopicRouteInfo(topic), Number.MAX_SAFE_INTEGER);
    } catch (error) {
      if (!isAnswer(error, ResponseCode.TOPIC_NOT_EXIST)) throw error;
      queues = publishQueues(topic, await this.#templateRoute(error), DEFAULT_QUEUE_NUMS);
    }
    if (queues.length > 0) return queues;
    throw new AdminError('ADMIN_NOT_FOUND', `topic ${topic} has no queue that may be written to`);
  }

  /** To the next queue in turn, or to the given one. */
  async sendMessage(message: AdminMessage, queue?: MessageQueue): Promise<AdminSendResult> {
    const target = queue ?? (await this.#turn(message.topic));
    const brokerAddr = await this.#masterOf(target);
    this.#uniqueIds ??= new UniqueIdGenerator({ ...this.platform, ip: ownAddress(), pid: process.pid });
    const msgId = this.#uniqueIds.next();
    const properties = new Map(message.properties);
    if (!properties.has(PropertyKey.UNIQ_KEY)) properties.set(PropertyKey.UNIQ_KEY, msgId);
    if (!properties.has(PropertyKey.WAIT)) properties.set(PropertyKey.WAIT, 'true');
    const code = RequestCode.SEND_MESSAGE_V2;
    const ext = encodeSendMessageRequestHeaderV2({
      producerGroup: 'admin_ext_group',
      topic: message.topic,
      defaultTopic: DEFAULT_TOPIC,
      defaultTopicQueueNums: DEFAULT_QUEUE_NUMS,
      queueId: target.queueId,
      sysFlag: 0,
      bornTimestamp: this.platform.clock.now(),
      flag: message.flag ?? 0,
      properties: encodeProperties(properties),
      reconsumeTimes: 0,
      unitMode: false,
      batch: false,
    });
    const answer = await this.exchange(brokerAddr, { code, ext, body: message.body });
    const sendStatus = SEND_STATUS.get(answer.code);
    if (sendStatus === undefined) throw new AdminAnswerError(answer.code, answer.remark, brokerAddr, code);
    const header = parseSendMessageResponseHeader(answer.ext);
    return {
      sendStatus,
      msgId: properties.get(PropertyKey.UNIQ_KEY) ?? msgId,
      offsetMsgId: header.msgId,
      messageQueue: { topic: message.topic, brokerName: target.brokerName, queueId: header.queueId },
      queueOffset: header.queueOffset,
    };
  }

  async #query(
    topic: string,
    key: string,
    maxNum: number,
    beginTimestamp: number,
    endTimestamp: number,
    unique: boolean,
  ): Promise<MessageExt[]> {
    const ext = encodeQueryMessageRequestHeader({ topic, key, maxNum, beginTimestamp, endTimestamp });
    ext.set('_UNIQUE_KEY_QUERY', String(unique));
    const found: MessageExt[] = [];
    const route = await this.examineTopicRouteInfo(topic);
    for (const brokerAddr of route.brokerDatas.flatMap((data) => selectBrokerAddr(data) ?? [])) {
      const code = RequestCode.QUERY_MESSAGE;
      const answer = await this.exchange(brokerAddr, { code, ext, timeoutMs: this.timeoutMs * 3 });
      if (answer.code === ResponseCode.SUCCESS) found.push(...decodeRecords(answer.body ?? Buffer.alloc(0)));
      else if (answer.code !== ResponseCode.QUERY_NOT_FOUND)
        throw new AdminAnswerError(answer.code, answer.remark, brokerAddr, code);
    }
    return found;
  }

  async #turn(topic: string): Promise<MessageQueue> {
    const queues = await this.fetchPublishMessageQueues(topic);
    this.#nextQueue ??= this.platform.random.integer(queues.length);
    return queues[this.#nextQueue++ % queues.length] as MessageQueue;
  }

  async #masterOf({ brokerName }: MessageQueue): Promise<string> {
    const { brokerAddrTable } = await this.examineBrokerClusterInfo();
    const master = brokerAddrTable.get(brokerName)?.brokerAddrs.get(MASTER_ID);
    if (master !== undefined) return master;
    throw new AdminError('ADMIN_BROKER_UNKNOWN', `no name server knows a master of broker ${brokerName}`);
  }

  async #templateRoute(reason: unknown): Promise<TopicRouteData> {
    try {
      return await this.examineTopicRouteInfo(DEFAULT_TOPIC);
    } catch {
      throw reason; // no broker makes topics by itself: what is wrong is that the topic is not there
    }
  }
}

/** For ids, which tell where a message was sent from. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

function publishQueues(topic: string, route: TopicRouteData, atMost: number): MessageQueue[] {
  const masters = new Set(
    route.brokerDatas.filter((data) => data.brokerAddrs.has(MASTER_ID)).map((data) => data.brokerName),
  );
  return route.queueDatas.flatMap(({ brokerName, perm, writeQueueNums }) =>
    isWriteable(perm) && masters.has(brokerName) && (atMost > 4096 || isInherited(perm))
      ? Array.from({ length: Math.min(writeQueueNums, atMost) }, (_, queueId) => ({
          topic,
          brokerName,
          queueId,
        }))
      : [],
  );
}

/** Brokers compare hashes of tags: messages of other tags that hash alike are dropped here. */
function matchesTags({ properties }: MessageExt, expression: string, expressionType: string): boolean {
  if (expressionType !== 'TAG' || expression === '*' || expression === '') return true;
  const tag = properties.get(PropertyKey.TAGS);
  return expression.split('||').some((wanted) => wanted.trim() === tag);
}

function isPort(port: number): boolean {
  return port > 0 && port < 65536;
}

function offsetIdOf(msgId: string): { address: string; port: number; offset: number } | undefined {
  try {
    const { ip, port, offset } = decodeOffsetMsgId(msgId);
    return { address: `${ip.includes(':') ? `[${ip}]` : ip}:${port}`, port, offset };
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
