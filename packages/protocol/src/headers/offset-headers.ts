import { RequestCode } from '../request-code.ts';
import { headerCodec, int, long, longClamped, optionalStr, str } from './header-codec.ts';

/**
 * Headers of offsets, clients and rebalance.
 *
 * Named after the Java classes; required is what they mark CFNotNull.
 */
/** QUERY_CONSUMER_OFFSET. */
export interface QueryConsumerOffsetRequestHeader {
  consumerGroup: string;
  topic: string;
  queueId: number;
}

const queryConsumerOffsetRequestHeader = headerCodec<QueryConsumerOffsetRequestHeader>(
  RequestCode.QUERY_CONSUMER_OFFSET,
  { consumerGroup: str, topic: str, queueId: int },
);
export const parseQueryConsumerOffsetRequestHeader = queryConsumerOffsetRequestHeader.parse;
export const encodeQueryConsumerOffsetRequestHeader = queryConsumerOffsetRequestHeader.encode;

/** UPDATE_CONSUMER_OFFSET. */
export interface UpdateConsumerOffsetRequestHeader {
  consumerGroup: string;
  topic: string;
  queueId: number;
  commitOffset: number;
}

const updateConsumerOffsetRequestHeader = headerCodec<UpdateConsumerOffsetRequestHeader>(
  RequestCode.UPDATE_CONSUMER_OFFSET,
  { consumerGroup: str, topic: str, queueId: int, commitOffset: long },
);
export const parseUpdateConsumerOffsetRequestHeader = updateConsumerOffsetRequestHeader.parse;
export const encodeUpdateConsumerOffsetRequestHeader = updateConsumerOffsetRequestHeader.encode;

/** SEARCH_OFFSET_BY_TIMESTAMP. */
export interface SearchOffsetRequestHeader {
  topic: string;
  queueId: number;
  timestamp: number;
}

const searchOffsetRequestHeader = headerCodec<SearchOffsetRequestHeader>(
  RequestCode.SEARCH_OFFSET_BY_TIMESTAMP,
  { topic: str, queueId: int, timestamp: longClamped },
);
export const parseSearchOffsetRequestHeader = searchOffsetRequestHeader.parse;
export const encodeSearchOffsetRequestHeader = searchOffsetRequestHeader.encode;

/** GET_MAX_OFFSET. */
export interface GetMaxOffsetRequestHeader {
  topic: string;
  queueId: number;
}

const getMaxOffsetRequestHeader = headerCodec<GetMaxOffsetRequestHeader>(RequestCode.GET_MAX_OFFSET, {
  topic: str,
  queueId: int,
});
export const parseGetMaxOffsetRequestHeader = getMaxOffsetRequestHeader.parse;
export const encodeGetMaxOffsetRequestHeader = getMaxOffsetRequestHeader.encode;

/** GET_MIN_OFFSET. */
export interface GetMinOffsetRequestHeader {
  topic: string;
  queueId: number;
}

const getMinOffsetRequestHeader = headerCodec<GetMinOffsetRequestHeader>(RequestCode.GET_MIN_OFFSET, {
  topic: str,
  queueId: int,
});
export const parseGetMinOffsetRequestHeader = getMinOffsetRequestHeader.parse;
export const encodeGetMinOffsetRequestHeader = getMinOffsetRequestHeader.encode;

/** GET_EARLIEST_MSG_STORETIME. */
export interface GetEarliestMsgStoretimeRequestHeader {
  topic: string;
  queueId: number;
}

const getEarliestMsgStoretimeRequestHeader = headerCodec<GetEarliestMsgStoretimeRequestHeader>(
  RequestCode.GET_EARLIEST_MSG_STORETIME,
  { topic: str, queueId: int },
);
export const parseGetEarliestMsgStoretimeRequestHeader = getEarliestMsgStoretimeRequestHeader.parse;
export const encodeGetEarliestMsgStoretimeRequestHeader = getEarliestMsgStoretimeRequestHeader.encode;

/** UNREGISTER_CLIENT. */
export interface UnregisterClientRequestHeader {
  clientID: string;
  producerGroup?: string | undefined;
  consumerGroup?: string | undefined;
}

const unregisterClientRequestHeader = headerCodec<UnregisterClientRequestHeader>(
  RequestCode.UNREGISTER_CLIENT,
  { clientID: str, producerGroup: optionalStr, consumerGroup: optionalStr },
);
export const parseUnregisterClientRequestHeader = unregisterClientRequestHeader.parse;
export const encodeUnregisterClientRequestHeader = unregisterClientRequestHeader.encode;

/** GET_CONSUMER_LIST_BY_GROUP. */
export interface GetConsumerListByGroupRequestHeader {
  consumerGroup: string;
}

const getConsumerListByGroupRequestHeader = headerCodec<GetConsumerListByGroupRequestHeader>(
  RequestCode.GET_CONSUMER_LIST_BY_GROUP,
  { consumerGroup: str },
);
export const parseGetConsumerListByGroupRequestHeader = getConsumerListByGroupRequestHeader.parse;
export const encodeGetConsumerListByGroupRequestHeader = getConsumerListByGroupRequestHeader.encode;

/** NOTIFY_CONSUMER_IDS_CHANGED. */
export interface NotifyConsumerIdsChangedRequestHeader {
  consumerGroup: string;
}

const notifyConsumerIdsChangedRequestHeader = headerCodec<NotifyConsumerIdsChangedRequestHeader>(
  RequestCode.NOTIFY_CONSUMER_IDS_CHANGED,
  { consumerGroup: str },
);
export const parseNotifyConsumerIdsChangedRequestHeader = notifyConsumerIdsChangedRequestHeader.parse;
export const encodeNotifyConsumerIdsChangedRequestHeader = notifyConsumerIdsChangedRequestHeader.encode;

/** Answer to QUERY_CONSUMER_OFFSET, SEARCH_OFFSET_BY_TIMESTAMP, GET_MAX_OFFSET and GET_MIN_OFFSET. */
export interface OffsetResponseHeader {
  offset: number;
}

const offsetResponseHeader = headerCodec<OffsetResponseHeader>(RequestCode.QUERY_CONSUMER_OFFSET, {
  offset: long,
});
export const parseOffsetResponseHeader = offsetResponseHeader.parse;
export const encodeOffsetResponseHeader = offsetResponseHeader.encode;

/** Answer to GET_EARLIEST_MSG_STORETIME. */
export interface GetEarliestMsgStoretimeResponseHeader {
  timestamp: number;
}

const getEarliestMsgStoretimeResponseHeader = headerCodec<GetEarliestMsgStoretimeResponseHeader>(
  RequestCode.GET_EARLIEST_MSG_STORETIME,
  { timestamp: long },
);
export const parseGetEarliestMsgStoretimeResponseHeader = getEarliestMsgStoretimeResponseHeader.parse;
export const encodeGetEarliestMsgStoretimeResponseHeader = getEarliestMsgStoretimeResponseHeader.encode;
