import { RequestCode } from '../request-code.ts';
import {
  bool,
  flagged,
  headerCodec,
  int,
  intOrZero,
  long,
  longClamped,
  longOrZero,
  optionalInt,
  optionalStr,
  str,
} from './header-codec.ts';

/**
 * Headers of broker administration and of calls from broker to client.
 *
 * Named after the Java classes; required is what they mark CFNotNull.
 */
/** UPDATE_AND_CREATE_TOPIC. */
export interface CreateTopicRequestHeader {
  topic: string;
  defaultTopic: string;
  readQueueNums: number;
  writeQueueNums: number;
  perm: number;
  topicFilterType: string;
  topicSysFlag?: number | undefined;
  order: boolean;
}

const createTopicRequestHeader = headerCodec<CreateTopicRequestHeader>(RequestCode.UPDATE_AND_CREATE_TOPIC, {
  topic: str,
  defaultTopic: str,
  readQueueNums: int,
  writeQueueNums: int,
  perm: int,
  topicFilterType: str,
  topicSysFlag: optionalInt,
  order: bool,
});
export const parseCreateTopicRequestHeader = createTopicRequestHeader.parse;
export const encodeCreateTopicRequestHeader = createTopicRequestHeader.encode;

/** DELETE_TOPIC_IN_BROKER. */
export interface DeleteTopicRequestHeader {
  topic: string;
}

const deleteTopicRequestHeader = headerCodec<DeleteTopicRequestHeader>(RequestCode.DELETE_TOPIC_IN_BROKER, {
  topic: str,
});
export const parseDeleteTopicRequestHeader = deleteTopicRequestHeader.parse;
export const encodeDeleteTopicRequestHeader = deleteTopicRequestHeader.encode;

/** DELETE_SUBSCRIPTIONGROUP. */
export interface DeleteSubscriptionGroupRequestHeader {
  groupName: string;
}

const deleteSubscriptionGroupRequestHeader = headerCodec<DeleteSubscriptionGroupRequestHeader>(
  RequestCode.DELETE_SUBSCRIPTIONGROUP,
  { groupName: str },
);
export const parseDeleteSubscriptionGroupRequestHeader = deleteSubscriptionGroupRequestHeader.parse;
export const encodeDeleteSubscriptionGroupRequestHeader = deleteSubscriptionGroupRequestHeader.encode;

/** GET_TOPIC_STATS_INFO. */
export interface GetTopicStatsInfoRequestHeader {
  topic: string;
}

const getTopicStatsInfoRequestHeader = headerCodec<GetTopicStatsInfoRequestHeader>(
  RequestCode.GET_TOPIC_STATS_INFO,
  { topic: str },
);
export const parseGetTopicStatsInfoRequestHeader = getTopicStatsInfoRequestHeader.parse;
export const encodeGetTopicStatsInfoRequestHeader = getTopicStatsInfoRequestHeader.encode;

/** GET_CONSUMER_CONNECTION_LIST. */
export interface GetConsumerConnectionListRequestHeader {
  consumerGroup: string;
}

const getConsumerConnectionListRequestHeader = headerCodec<GetConsumerConnectionListRequestHeader>(
  RequestCode.GET_CONSUMER_CONNECTION_LIST,
  { consumerGroup: str },
);
export const parseGetConsumerConnectionListRequestHeader = getConsumerConnectionListRequestHeader.parse;
export const encodeGetConsumerConnectionListRequestHeader = getConsumerConnectionListRequestHeader.encode;

/** GET_PRODUCER_CONNECTION_LIST. */
export interface GetProducerConnectionListRequestHeader {
  producerGroup: string;
}

const getProducerConnectionListRequestHeader = headerCodec<GetProducerConnectionListRequestHeader>(
  RequestCode.GET_PRODUCER_CONNECTION_LIST,
  { producerGroup: str },
);
export const parseGetProducerConnectionListRequestHeader = getProducerConnectionListRequestHeader.parse;
export const encodeGetProducerConnectionListRequestHeader = getProducerConnectionListRequestHeader.encode;

/** GET_CONSUME_STATS. */
export interface GetConsumeStatsRequestHeader {
  consumerGroup: string;
  topic?: string | undefined;
}

const getConsumeStatsRequestHeader = headerCodec<GetConsumeStatsRequestHeader>(
  RequestCode.GET_CONSUME_STATS,
  { consumerGroup: str, topic: optionalStr },
);
export const parseGetConsumeStatsRequestHeader = getConsumeStatsRequestHeader.parse;
export const encodeGetConsumeStatsRequestHeader = getConsumeStatsRequestHeader.encode;

/** INVOKE_BROKER_TO_RESET_OFFSET and RESET_CONSUMER_CLIENT_OFFSET; timestamp -1 means the maximum offset. */
export interface ResetOffsetRequestHeader {
  topic: string;
  group: string;
  timestamp: number;
  isForce: boolean;
}

const resetOffsetRequestHeader = headerCodec<ResetOffsetRequestHeader>(
  RequestCode.INVOKE_BROKER_TO_RESET_OFFSET,
  { topic: str, group: str, timestamp: longClamped, isForce: bool },
);
export const parseResetOffsetRequestHeader = resetOffsetRequestHeader.parse;
export const encodeResetOffsetRequestHeader = resetOffsetRequestHeader.encode;

/** INVOKE_BROKER_TO_GET_CONSUMER_STATUS and GET_CONSUMER_STATUS_FROM_CLIENT. */
export interface GetConsumerStatusRequestHeader {
  topic: string;
  group: string;
  clientAddr?: string | undefined;
}

const getConsumerStatusRequestHeader = headerCodec<GetConsumerStatusRequestHeader>(
  RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS,
  { topic: str, group: str, clientAddr: optionalStr },
);
export const parseGetConsumerStatusRequestHeader = getConsumerStatusRequestHeader.parse;
export const encodeGetConsumerStatusRequestHeader = getConsumerStatusRequestHeader.encode;

/** QUERY_TOPIC_CONSUME_BY_WHO. */
export interface QueryTopicConsumeByWhoRequestHeader {
  topic: string;
}

const queryTopicConsumeByWhoRequestHeader = headerCodec<QueryTopicConsumeByWhoRequestHeader>(
  RequestCode.QUERY_TOPIC_CONSUME_BY_WHO,
  { topic: str },
);
export const parseQueryTopicConsumeByWhoRequestHeader = queryTopicConsumeByWhoRequestHeader.parse;
export const encodeQueryTopicConsumeByWhoRequestHeader = queryTopicConsumeByWhoRequestHeader.encode;

/** QUERY_CONSUME_TIME_SPAN. */
export interface QueryConsumeTimeSpanRequestHeader {
  topic: string;
  group: string;
}

const queryConsumeTimeSpanRequestHeader = headerCodec<QueryConsumeTimeSpanRequestHeader>(
  RequestCode.QUERY_CONSUME_TIME_SPAN,
  { topic: str, group: str },
);
export const parseQueryConsumeTimeSpanRequestHeader = queryConsumeTimeSpanRequestHeader.parse;
export const encodeQueryConsumeTimeSpanRequestHeader = queryConsumeTimeSpanRequestHeader.encode;

/** GET_CONSUMER_RUNNING_INFO. */
export interface GetConsumerRunningInfoRequestHeader {
  consumerGroup: string;
  clientId: string;
  jstackEnable: boolean;
}

const getConsumerRunningInfoRequestHeader = headerCodec<GetConsumerRunningInfoRequestHeader>(
  RequestCode.GET_CONSUMER_RUNNING_INFO,
  { consumerGroup: str, clientId: str, jstackEnable: flagged },
);
export const parseGetConsumerRunningInfoRequestHeader = getConsumerRunningInfoRequestHeader.parse;
export const encodeGetConsumerRunningInfoRequestHeader = getConsumerRunningInfoRequestHeader.encode;

/** QUERY_CORRECTION_OFFSET. */
export interface QueryCorrectionOffsetRequestHeader {
  filterGroups?: string | undefined;
  compareGroup: string;
  topic: string;
}

const queryCorrectionOffsetRequestHeader = headerCodec<QueryCorrectionOffsetRequestHeader>(
  RequestCode.QUERY_CORRECTION_OFFSET,
  { filterGroups: optionalStr, compareGroup: str, topic: str },
);
export const parseQueryCorrectionOffsetRequestHeader = queryCorrectionOffsetRequestHeader.parse;
export const encodeQueryCorrectionOffsetRequestHeader = queryCorrectionOffsetRequestHeader.encode;

/** CONSUME_MESSAGE_DIRECTLY. */
export interface ConsumeMessageDirectlyResultRequestHeader {
  consumerGroup: string;
  clientId?: string | undefined;
  msgId?: string | undefined;
  brokerName?: string | undefined;
}

const consumeMessageDirectlyResultRequestHeader = headerCodec<ConsumeMessageDirectlyResultRequestHeader>(
  RequestCode.CONSUME_MESSAGE_DIRECTLY,
  { consumerGroup: str, clientId: optionalStr, msgId: optionalStr, brokerName: optionalStr },
);
export const parseConsumeMessageDirectlyResultRequestHeader = consumeMessageDirectlyResultRequestHeader.parse;
export const encodeConsumeMessageDirectlyResultRequestHeader =
  consumeMessageDirectlyResultRequestHeader.encode;

/** CLONE_GROUP_OFFSET. */
export interface CloneGroupOffsetRequestHeader {
  srcGroup: string;
  destGroup: string;
  topic?: string | undefined;
  offline: boolean;
}

const cloneGroupOffsetRequestHeader = headerCodec<CloneGroupOffsetRequestHeader>(
  RequestCode.CLONE_GROUP_OFFSET,
  { srcGroup: str, destGroup: str, topic: optionalStr, offline: flagged },
);
export const parseCloneGroupOffsetRequestHeader = cloneGroupOffsetRequestHeader.parse;
export const encodeCloneGroupOffsetRequestHeader = cloneGroupOffsetRequestHeader.encode;

/** VIEW_BROKER_STATS_DATA. */
export interface ViewBrokerStatsDataRequestHeader {
  statsName: string;
  statsKey: string;
}

const viewBrokerStatsDataRequestHeader = headerCodec<ViewBrokerStatsDataRequestHeader>(
  RequestCode.VIEW_BROKER_STATS_DATA,
  { statsName: str, statsKey: str },
);
export const parseViewBrokerStatsDataRequestHeader = viewBrokerStatsDataRequestHeader.parse;
export const encodeViewBrokerStatsDataRequestHeader = viewBrokerStatsDataRequestHeader.encode;

/** GET_BROKER_CONSUME_STATS (`GetConsumeStatsInBrokerHeader`). */
export interface GetConsumeStatsInBrokerRequestHeader {
  isOrder: boolean;
}

const getConsumeStatsInBrokerRequestHeader = headerCodec<GetConsumeStatsInBrokerRequestHeader>(
  RequestCode.GET_BROKER_CONSUME_STATS,
  { isOrder: bool },
);
export const parseGetConsumeStatsInBrokerRequestHeader = getConsumeStatsInBrokerRequestHeader.parse;
export const encodeGetConsumeStatsInBrokerRequestHeader = getConsumeStatsInBrokerRequestHeader.encode;

/** QUERY_CONSUME_QUEUE. */
export interface QueryConsumeQueueRequestHeader {
  topic: string;
  queueId: number;
  index: number;
  count: number;
  consumerGroup?: string | undefined;
}

const queryConsumeQueueRequestHeader = headerCodec<QueryConsumeQueueRequestHeader>(
  RequestCode.QUERY_CONSUME_QUEUE,
  { topic: str, queueId: intOrZero, index: longOrZero, count: intOrZero, consumerGroup: optionalStr },
);
export const parseQueryConsumeQueueRequestHeader = queryConsumeQueueRequestHeader.parse;
export const encodeQueryConsumeQueueRequestHeader = queryConsumeQueueRequestHeader.encode;

/** REGISTER_FILTER_SERVER. */
export interface RegisterFilterServerRequestHeader {
  filterServerAddr: string;
}

const registerFilterServerRequestHeader = headerCodec<RegisterFilterServerRequestHeader>(
  RequestCode.REGISTER_FILTER_SERVER,
  { filterServerAddr: str },
);
export const parseRegisterFilterServerRequestHeader = registerFilterServerRequestHeader.parse;
export const encodeRegisterFilterServerRequestHeader = registerFilterServerRequestHeader.encode;

/** REGISTER_MESSAGE_FILTER_CLASS. */
export interface RegisterMessageFilterClassRequestHeader {
  consumerGroup: string;
  topic: string;
  className: string;
  classCRC: number;
}

const registerMessageFilterClassRequestHeader = headerCodec<RegisterMessageFilterClassRequestHeader>(
  RequestCode.REGISTER_MESSAGE_FILTER_CLASS,
  { consumerGroup: str, topic: str, className: str, classCRC: int },
);
export const parseRegisterMessageFilterClassRequestHeader = registerMessageFilterClassRequestHeader.parse;
export const encodeRegisterMessageFilterClassRequestHeader = registerMessageFilterClassRequestHeader.encode;

/** Answer to GET_BROKER_CONFIG; `version` is a DataVersion as JSON. */
export interface GetBrokerConfigResponseHeader {
  version: string;
}

const getBrokerConfigResponseHeader = headerCodec<GetBrokerConfigResponseHeader>(
  RequestCode.GET_BROKER_CONFIG,
  { version: str },
);
export const parseGetBrokerConfigResponseHeader = getBrokerConfigResponseHeader.parse;
export const encodeGetBrokerConfigResponseHeader = getBrokerConfigResponseHeader.encode;

/** Answer to REGISTER_FILTER_SERVER. */
export interface RegisterFilterServerResponseHeader {
  brokerName: string;
  brokerId: number;
}

const registerFilterServerResponseHeader = headerCodec<RegisterFilterServerResponseHeader>(
  RequestCode.REGISTER_FILTER_SERVER,
  { brokerName: str, brokerId: long },
);
export const parseRegisterFilterServerResponseHeader = registerFilterServerResponseHeader.parse;
export const encodeRegisterFilterServerResponseHeader = registerFilterServerResponseHeader.encode;
