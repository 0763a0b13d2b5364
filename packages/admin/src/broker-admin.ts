/**
 * What one broker is asked: one method per request code, `brokerAddr` first.
 *
 * Names follow MQAdminExt and MQClientAPIImpl, so that one search finds both sides. Every method rejects with
 * AdminAnswerError when the broker refuses.
 */
import {
  type BrokerStatsData,
  type ConsumeMessageDirectlyResult,
  type ConsumerConnection,
  type ConsumerOffsetTable,
  type ConsumerRunningInfo,
  type ConsumeStats,
  type ConsumeStatsList,
  DEFAULT_TOPIC,
  decodeBrokerStatsData,
  decodeConsumeMessageDirectlyResult,
  decodeConsumerConnection,
  decodeConsumerOffsetTable,
  decodeConsumerRunningInfo,
  decodeConsumeStats,
  decodeConsumeStatsList,
  decodeGetConsumerStatusBody,
  decodeGroupList,
  decodeKVTable,
  decodeProducerConnection,
  decodeQueryConsumeQueueResponseBody,
  decodeQueryConsumeTimeSpanBody,
  decodeResetOffsetBody,
  decodeSubscriptionGroupWrapper,
  decodeTopicConfigSerializeWrapper,
  decodeTopicList,
  decodeTopicStatsTable,
  encodeCloneGroupOffsetRequestHeader,
  encodeConsumeMessageDirectlyResultRequestHeader,
  encodeCreateTopicRequestHeader,
  encodeDeleteSubscriptionGroupRequestHeader,
  encodeDeleteTopicRequestHeader,
  encodeGetConsumerConnectionListRequestHeader,
  encodeGetConsumerRunningInfoRequestHeader,
  encodeGetConsumerStatusRequestHeader,
  encodeGetConsumeStatsInBrokerRequestHeader,
  encodeGetConsumeStatsRequestHeader,
  encodeGetProducerConnectionListRequestHeader,
  encodeGetTopicStatsInfoRequestHeader,
  encodeQueryConsumeQueueRequestHeader,
  encodeQueryConsumeTimeSpanRequestHeader,
  encodeQueryTopicConsumeByWhoRequestHeader,
  encodeResetOffsetRequestHeader,
  encodeSearchOffsetRequestHeader,
  encodeSubscriptionGroupConfig,
  encodeUpdateConsumerOffsetRequestHeader,
  encodeViewBrokerStatsDataRequestHeader,
  formatProperties,
  type GetConsumerStatusBody,
  type KVTable,
  type MessageQueue,
  type ProducerConnection,
  parseOffsetResponseHeader,
  parseProperties,
  type QueryConsumeQueueResponseBody,
  type QueueTimeSpan,
  RequestCode,
  ResponseCode,
  type SubscriptionGroupConfig,
  type SubscriptionGroupWrapper,
  type TopicConfig,
  type TopicConfigSerializeWrapper,
  type TopicStatsTable,
} from '@rocketmq-ts/protocol';
import { AdminConnection } from './admin-connection.ts';
import { isAnswer } from './admin-error.ts';

const NO_BODY = Buffer.alloc(0);

/** A queue without its broker, which is asked itself. */
export type QueueOfBroker = Pick<MessageQueue, 'topic' | 'queueId'>;

export class BrokerAdmin extends AdminConnection {
  /** Creates the topic, or gives it these settings. */
  async createAndUpdateTopicConfig(brokerAddr: string, config: TopicConfig): Promise<void> {
    const { topicName, ...rest } = config;
    const ext = encodeCreateTopicRequestHeader({ topic: topicName, defaultTopic: DEFAULT_TOPIC, ...rest });
    await this.#ask(brokerAddr, RequestCode.UPDATE_AND_CREATE_TOPIC, ext);
  }

  async createAndUpdateSubscriptionGroupConfig(
    brokerAddr: string,
    config: SubscriptionGroupConfig,
  ): Promise<void> {
    const body = encodeSubscriptionGroupConfig(config);
    await this.invoke(brokerAddr, { code: RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, body });
  }

  async updateBrokerConfig(brokerAddr: string, properties: ReadonlyMap<string, string>): Promise<void> {
    const body = Buffer.from(formatProperties(properties));
    await this.invoke(brokerAddr, { code: RequestCode.UPDATE_BROKER_CONFIG, body });
  }

  async getBrokerConfig(brokerAddr: string): Promise<Map<string, string>> {
    const body = await this.#ask(brokerAddr, RequestCode.GET_BROKER_CONFIG);
    return parseProperties(body.toString('utf8'));
  }

  async fetchBrokerRuntimeStats(brokerAddr: string): Promise<KVTable> {
    return decodeKVTable(await this.#ask(brokerAddr, RequestCode.GET_BROKER_RUNTIME_INFO));
  }

  async getAllTopicGroup(brokerAddr: string): Promise<TopicConfigSerializeWrapper> {
    return decodeTopicConfigSerializeWrapper(await this.#ask(brokerAddr, RequestCode.GET_ALL_TOPIC_CONFIG));
  }

  async getAllSubscriptionGroup(brokerAddr: string): Promise<SubscriptionGroupWrapper> {
    const body = await this.#ask(brokerAddr, RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG);
    return decodeSubscriptionGroupWrapper(body);
  }

  /** Undefined when the broker does not have the topic. (4.4.0's own method answers null always.) */
  async examineTopicConfig(brokerAddr: string, topic: string): Promise<TopicConfig | undefined> {
    return (await this.getAllTopicGroup(brokerAddr)).topicConfigTable.get(topic);
  }

  /** Undefined when the broker does not have the group. (4.4.0's own method answers null always.) */
  async examineSubscriptionGroupConfig(
    brokerAddr: string,
    group: string,
  ): Promise<SubscriptionGroupConfig | undefined> {
    return (await this.getAllSubscriptionGroup(brokerAddr)).subscriptionGroupTable.get(group);
  }

  /** Of all groups, by `topic@group`, as brokers keep them. */
  async getAllConsumerOffset(brokerAddr: string): Promise<ConsumerOffsetTable> {
    return decodeConsumerOffsetTable(await this.#ask(brokerAddr, RequestCode.GET_ALL_CONSUMER_OFFSET));
  }

  async getSystemTopicListFromBroker(brokerAddr: string): Promise<string[]> {
    return decodeTopicList(await this.#ask(brokerAddr, RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER))
      .topicList;
  }

  async getTopicStatsInfo(brokerAddr: string, topic: string): Promise<TopicStatsTable> {
    const ext = encodeGetTopicStatsInfoRequestHeader({ topic });
    return decodeTopicStatsTable(await this.#ask(brokerAddr, RequestCode.GET_TOPIC_STATS_INFO, ext));
  }

  async getConsumeStats(brokerAddr: string, consumerGroup: string, topic?: string): Promise<ConsumeStats> {
    const ext = encodeGetConsumeStatsRequestHeader({ consumerGroup, topic });
    return decodeConsumeStats(await this.#ask(brokerAddr, RequestCode.GET_CONSUME_STATS, ext, true));
  }

  async fetchConsumeStatsInBroker(
    brokerAddr: string,
    isOrder: boolean,
    timeoutMs?: number,
  ): Promise<ConsumeStatsList> {
    const ext = encodeGetConsumeStatsInBrokerRequestHeader({ isOrder });
    const code = RequestCode.GET_BROKER_CONSUME_STATS;
    const answer = await this.invoke(brokerAddr, { code, ext, timeoutMs: timeoutMs ?? this.timeoutMs * 3 });
    return decodeConsumeStatsList(answer.body ?? NO_BODY);
  }

  async getConsumerConnectionList(brokerAddr: string, consumerGroup: string): Promise<ConsumerConnection> {
    const ext = encodeGetConsumerConnectionListRequestHeader({ consumerGroup });
    const body = await this.#ask(brokerAddr, RequestCode.GET_CONSUMER_CONNECTION_LIST, ext);
    return decodeConsumerConnection(body);
  }

  async getProducerConnectionList(brokerAddr: string, producerGroup: string): Promise<ProducerConnection> {
    const ext = encodeGetProducerConnectionListRequestHeader({ producerGroup });
    const body = await this.#ask(brokerAddr, RequestCode.GET_PRODUCER_CONNECTION_LIST, ext);
    return decodeProducerConnection(body);
  }

  async getConsumerRunningInfoFromBroker(
    brokerAddr: string,
    consumerGroup: string,
    clientId: string,
    jstackEnable: boolean,
  ): Promise<ConsumerRunningInfo> {
    const ext = encodeGetConsumerRunningInfoRequestHeader({ consumerGroup, clientId, jstackEnable });
    const body = await this.#ask(brokerAddr, RequestCode.GET_CONSUMER_RUNNING_INFO, ext, true);
    return decodeConsumerRunningInfo(body);
  }

  /** `offsetMsgId` names the message by where the broker stored it. */
  async consumeMessageDirectlyOnBroker(
    brokerAddr: string,
    consumerGroup: string,
    clientId: string,
    offsetMsgId: string,
  ): Promise<ConsumeMessageDirectlyResult> {
    const ext = encodeConsumeMessageDirectlyResultRequestHeader({
      consumerGroup,
      clientId,
      msgId: offsetMsgId,
    });
    const body = await this.#ask(brokerAddr, RequestCode.CONSUME_MESSAGE_DIRECTLY, ext, true);
    return decodeConsumeMessageDirectlyResult(body);
  }

  async queryTopicConsumeByWhoOnBroker(brokerAddr: string, topic: string): Promise<string[]> {
    const ext = encodeQueryTopicConsumeByWhoRequestHeader({ topic });
    return decodeGroupList(await this.#ask(brokerAddr, RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, ext))
      .groupList;
  }

  async queryConsumeTimeSpanOnBroker(
    brokerAddr: string,
    topic: string,
    group: string,
  ): Promise<QueueTimeSpan[]> {
    const ext = encodeQueryConsumeTimeSpanRequestHeader({ topic, group });
    const body = await this.#ask(brokerAddr, RequestCode.QUERY_CONSUME_TIME_SPAN, ext);
    return decodeQueryConsumeTimeSpanBody(body).consumeTimeSpanSet;
  }

  async viewBrokerStatsData(
    brokerAddr: string,
    statsName: string,
    statsKey: string,
  ): Promise<BrokerStatsData> {
    const ext = encodeViewBrokerStatsDataRequestHeader({ statsName, statsKey });
    return decodeBrokerStatsData(await this.#ask(brokerAddr, RequestCode.VIEW_BROKER_STATS_DATA, ext));
  }

  /** `index` is the queue offset to begin at; with a group, whether its subscription matches is told too. */
  async queryConsumeQueue(
    brokerAddr: string,
    topic: string,
    queueId: number,
    index: number,
    count: number,
    consumerGroup?: string,
  ): Promise<QueryConsumeQueueResponseBody> {
    const ext = encodeQueryConsumeQueueRequestHeader({ topic, queueId, index, count, consumerGroup });
    const body = await this.#ask(brokerAddr, RequestCode.QUERY_CONSUME_QUEUE, ext);
    return decodeQueryConsumeQueueResponseBody(body);
  }

  async deleteTopicOnBroker(brokerAddr: string, topic: string): Promise<void> {
    await this.#ask(
      brokerAddr,
      RequestCode.DELETE_TOPIC_IN_BROKER,
      encodeDeleteTopicRequestHeader({ topic }),
    );
  }

  async deleteSubscriptionGroup(brokerAddr: string, groupName: string): Promise<void> {
    const ext = encodeDeleteSubscriptionGroupRequestHeader({ groupName });
    await this.#ask(brokerAddr, RequestCode.DELETE_SUBSCRIPTIONGROUP, ext);
  }

  async cleanExpiredConsumerQueueByAddr(brokerAddr: string): Promise<void> {
    await this.#ask(brokerAddr, RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, undefined, true);
  }

  async cleanUnusedTopicByAddr(brokerAddr: string): Promise<void> {
    await this.#ask(brokerAddr, RequestCode.CLEAN_UNUSED_TOPIC, undefined, true);
  }

  async invokeBrokerToResetOffset(
    brokerAddr: string,
    topic: string,
    group: string,
    timestamp: number,
    isForce: boolean,
    cplus = false,
  ): Promise<Map<MessageQueue, number>> {
    const ext = encodeResetOffsetRequestHeader({ topic, group, timestamp, isForce });
    const code = RequestCode.INVOKE_BROKER_TO_RESET_OFFSET;
    const answer = await this.invoke(brokerAddr, { code, ext, cplus });
    return decodeResetOffsetBody(answer.body ?? NO_BODY).offsetTable;
  }

  async invokeBrokerToGetConsumerStatus(
    brokerAddr: string,
    topic: string,
    group: string,
    clientAddr: string,
  ): Promise<GetConsumerStatusBody> {
    const ext = encodeGetConsumerStatusRequestHeader({ topic, group, clientAddr });
    const body = await this.#ask(brokerAddr, RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, ext, true);
    return decodeGetConsumerStatusBody(body);
  }

  async cloneGroupOffsetOnBroker(
    brokerAddr: string,
    srcGroup: string,
    destGroup: string,
    topic: string,
    offline: boolean,
  ): Promise<void> {
    const ext = encodeCloneGroupOffsetRequestHeader({ srcGroup, destGroup, topic, offline });
    await this.#ask(brokerAddr, RequestCode.CLONE_GROUP_OFFSET, ext, true);
  }

  async updateConsumeOffset(
    brokerAddr: string,
    consumerGroup: string,
    queue: QueueOfBroker,
    commitOffset: number,
  ): Promise<void> {
    const { topic, queueId } = queue;
    const ext = encodeUpdateConsumerOffsetRequestHeader({ consumerGroup, topic, queueId, commitOffset });
    await this.#ask(brokerAddr, RequestCode.UPDATE_CONSUMER_OFFSET, ext);
  }

  /** The offset a group has consumed to; undefined when none is stored. */
  async queryConsumerOffsetOnBroker(
    brokerAddr: string,
    consumerGroup: string,
    { topic, queueId }: QueueOfBroker,
  ): Promise<number | undefined> {
    const ext = new Map([
      ['consumerGroup', consumerGroup],
      ['topic', topic],
      ['queueId', `${queueId}`],
    ]);
    try {
      return await this.#offset(brokerAddr, RequestCode.QUERY_CONSUMER_OFFSET, ext);
    } catch (error) {
      if (isAnswer(error, ResponseCode.QUERY_NOT_FOUND)) return undefined;
      throw error;
    }
  }

  maxOffsetOnBroker(brokerAddr: string, queue: QueueOfBroker): Promise<number> {
    return this.#offset(brokerAddr, RequestCode.GET_MAX_OFFSET, queueFields(queue));
  }

  minOffsetOnBroker(brokerAddr: string, queue: QueueOfBroker): Promise<number> {
    return this.#offset(brokerAddr, RequestCode.GET_MIN_OFFSET, queueFields(queue));
  }

  searchOffsetOnBroker(brokerAddr: string, queue: QueueOfBroker, timestamp: number): Promise<number> {
    const { topic, queueId } = queue;
    const ext = encodeSearchOffsetRequestHeader({ topic, queueId, timestamp });
    return this.#offset(brokerAddr, RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, ext);
  }

  async earliestMsgStoreTimeOnBroker(brokerAddr: string, queue: QueueOfBroker): Promise<number> {
    const code = RequestCode.GET_EARLIEST_MSG_STORETIME;
    const answer = await this.invoke(brokerAddr, { code, ext: queueFields(queue) });
    return Number(answer.ext.get('timestamp'));
  }

  async #offset(brokerAddr: string, code: number, ext: ReadonlyMap<string, string>): Promise<number> {
    return parseOffsetResponseHeader((await this.invoke(brokerAddr, { code, ext })).ext, code).offset;
  }

  /** The body of a success. */
  async #ask(
    brokerAddr: string,
    code: number,
    ext?: ReadonlyMap<string, string>,
    slow = false,
  ): Promise<Buffer> {
    const timeoutMs = slow ? this.timeoutMs * 3 : this.timeoutMs;
    return (await this.invoke(brokerAddr, { code, ext, timeoutMs })).body ?? NO_BODY;
  }
}

function queueFields({ topic, queueId }: QueueOfBroker): Map<string, string> {
  return new Map([
    ['topic', topic],
    ['queueId', String(queueId)],
  ]);
}
