import { RequestCode } from '../request-code.ts';
import {
  flagged,
  type HeaderShape,
  headerCodec,
  int,
  long,
  longClamped,
  optionalBool,
  optionalInt,
  optionalStr,
  str,
} from './header-codec.ts';

/**
 * Headers of sending, pulling, querying and of transactions (request-code groups "send, pull, transaction").
 *
 * Named after the Java classes; required is what they mark CFNotNull.
 */
/** SEND_MESSAGE, and under one-letter names SEND_MESSAGE_V2 and SEND_BATCH_MESSAGE. */
export interface SendMessageRequestHeader {
  producerGroup: string;
  topic: string;
  defaultTopic: string;
  defaultTopicQueueNums: number;
  queueId: number;
  sysFlag: number;
  bornTimestamp: number;
  flag: number;
  properties?: string | undefined;
  reconsumeTimes?: number | undefined;
  unitMode: boolean;
  batch: boolean;
  maxReconsumeTimes?: number | undefined;
}

const sendMessageShape: HeaderShape<SendMessageRequestHeader> = {
  producerGroup: str,
  topic: str,
  defaultTopic: str,
  defaultTopicQueueNums: int,
  queueId: int,
  sysFlag: int,
  bornTimestamp: long,
  flag: int,
  properties: optionalStr,
  reconsumeTimes: optionalInt,
  unitMode: flagged,
  batch: flagged,
  maxReconsumeTimes: optionalInt,
};
const sendMessageRequestHeader = headerCodec(RequestCode.SEND_MESSAGE, sendMessageShape);
const sendMessageRequestHeaderV2 = headerCodec(RequestCode.SEND_MESSAGE_V2, sendMessageShape, {
  producerGroup: 'a',
  topic: 'b',
  defaultTopic: 'c',
  defaultTopicQueueNums: 'd',
  queueId: 'e',
  sysFlag: 'f',
  bornTimestamp: 'g',
  flag: 'h',
  properties: 'i',
  reconsumeTimes: 'j',
  unitMode: 'k',
  maxReconsumeTimes: 'l',
  batch: 'm',
});
export const encodeSendMessageRequestHeader = sendMessageRequestHeader.encode;
export const encodeSendMessageRequestHeaderV2 = sendMessageRequestHeaderV2.encode;

/** Reads the long or the one-letter names, as the request code tells. */
export function parseSendMessageRequestHeader(
  ext: ReadonlyMap<string, string>,
  code: number = RequestCode.SEND_MESSAGE,
): SendMessageRequestHeader {
  return code === RequestCode.SEND_MESSAGE
    ? sendMessageRequestHeader.parse(ext, code)
    : sendMessageRequestHeaderV2.parse(ext, code);
}

/** CONSUMER_SEND_MSG_BACK; `offset` is the physical one. */
export interface ConsumerSendMsgBackRequestHeader {
  offset: number;
  group: string;
  delayLevel: number;
  originMsgId?: string | undefined;
  originTopic?: string | undefined;
  unitMode: boolean;
  maxReconsumeTimes?: number | undefined;
}

const consumerSendMsgBackRequestHeader = headerCodec<ConsumerSendMsgBackRequestHeader>(
  RequestCode.CONSUMER_SEND_MSG_BACK,
  {
    offset: long,
    group: str,
    delayLevel: int,
    originMsgId: optionalStr,
    originTopic: optionalStr,
    unitMode: flagged,
    maxReconsumeTimes: optionalInt,
  },
);
export const parseConsumerSendMsgBackRequestHeader = consumerSendMsgBackRequestHeader.parse;
export const encodeConsumerSendMsgBackRequestHeader = consumerSendMsgBackRequestHeader.encode;

/** PULL_MESSAGE; `sysFlag` holds PullSysFlag bits. */
export interface PullMessageRequestHeader {
  consumerGroup: string;
  topic: string;
  queueId: number;
  queueOffset: number;
  maxMsgNums: number;
  sysFlag: number;
  commitOffset: number;
  suspendTimeoutMillis: number;
  subscription?: string | undefined;
  subVersion: number;
  expressionType?: string | undefined;
}

const pullMessageRequestHeader = headerCodec<PullMessageRequestHeader>(RequestCode.PULL_MESSAGE, {
  consumerGroup: str,
  topic: str,
  queueId: int,
  queueOffset: long,
  maxMsgNums: int,
  sysFlag: int,
  commitOffset: long,
  suspendTimeoutMillis: long,
  subscription: optionalStr,
  subVersion: long,
  expressionType: optionalStr,
});
export const parsePullMessageRequestHeader = pullMessageRequestHeader.parse;
export const encodePullMessageRequestHeader = pullMessageRequestHeader.encode;

/** QUERY_MESSAGE; the free field `_UNIQUE_KEY_QUERY` is read apart. */
export interface QueryMessageRequestHeader {
  topic: string;
  key: string;
  maxNum: number;
  beginTimestamp: number;
  endTimestamp: number;
}

const queryMessageRequestHeader = headerCodec<QueryMessageRequestHeader>(RequestCode.QUERY_MESSAGE, {
  topic: str,
  key: str,
  maxNum: int,
  beginTimestamp: longClamped,
  endTimestamp: longClamped,
});
export const parseQueryMessageRequestHeader = queryMessageRequestHeader.parse;
export const encodeQueryMessageRequestHeader = queryMessageRequestHeader.encode;

/** VIEW_MESSAGE_BY_ID. */
export interface ViewMessageRequestHeader {
  offset: number;
}

const viewMessageRequestHeader = headerCodec<ViewMessageRequestHeader>(RequestCode.VIEW_MESSAGE_BY_ID, {
  offset: long,
});
export const parseViewMessageRequestHeader = viewMessageRequestHeader.parse;
export const encodeViewMessageRequestHeader = viewMessageRequestHeader.encode;

/** END_TRANSACTION; `commitOrRollback` is 0, 8 or 12 as in MessageSysFlag. */
export interface EndTransactionRequestHeader {
  producerGroup: string;
  tranStateTableOffset: number;
  commitLogOffset: number;
  commitOrRollback: number;
  fromTransactionCheck?: boolean | undefined;
  msgId: string;
  transactionId?: string | undefined;
}

const endTransactionRequestHeader = headerCodec<EndTransactionRequestHeader>(RequestCode.END_TRANSACTION, {
  producerGroup: str,
  tranStateTableOffset: long,
  commitLogOffset: long,
  commitOrRollback: int,
  fromTransactionCheck: optionalBool,
  msgId: str,
  transactionId: optionalStr,
});
export const parseEndTransactionRequestHeader = endTransactionRequestHeader.parse;
export const encodeEndTransactionRequestHeader = endTransactionRequestHeader.encode;

/** CHECK_TRANSACTION_STATE. */
export interface CheckTransactionStateRequestHeader {
  tranStateTableOffset: number;
  commitLogOffset: number;
  msgId?: string | undefined;
  transactionId?: string | undefined;
  offsetMsgId?: string | undefined;
}

const checkTransactionStateRequestHeader = headerCodec<CheckTransactionStateRequestHeader>(
  RequestCode.CHECK_TRANSACTION_STATE,
  {
    tranStateTableOffset: long,
    commitLogOffset: long,
    msgId: optionalStr,
    transactionId: optionalStr,
    offsetMsgId: optionalStr,
  },
);
export const parseCheckTransactionStateRequestHeader = checkTransactionStateRequestHeader.parse;
export const encodeCheckTransactionStateRequestHeader = checkTransactionStateRequestHeader.encode;

/** Answer to a send. */
export interface SendMessageResponseHeader {
  msgId: string;
  queueId: number;
  queueOffset: number;
  transactionId?: string | undefined;
}

const sendMessageResponseHeader = headerCodec<SendMessageResponseHeader>(RequestCode.SEND_MESSAGE, {
  msgId: str,
  queueId: int,
  queueOffset: long,
  transactionId: optionalStr,
});
export const parseSendMessageResponseHeader = sendMessageResponseHeader.parse;
export const encodeSendMessageResponseHeader = sendMessageResponseHeader.encode;

/** Answer to PULL_MESSAGE. */
export interface PullMessageResponseHeader {
  suggestWhichBrokerId: number;
  nextBeginOffset: number;
  minOffset: number;
  maxOffset: number;
}

const pullMessageResponseHeader = headerCodec<PullMessageResponseHeader>(RequestCode.PULL_MESSAGE, {
  suggestWhichBrokerId: long,
  nextBeginOffset: long,
  minOffset: long,
  maxOffset: long,
});
export const parsePullMessageResponseHeader = pullMessageResponseHeader.parse;
export const encodePullMessageResponseHeader = pullMessageResponseHeader.encode;

/** Answer to QUERY_MESSAGE. */
export interface QueryMessageResponseHeader {
  indexLastUpdateTimestamp: number;
  indexLastUpdatePhyoffset: number;
}

const queryMessageResponseHeader = headerCodec<QueryMessageResponseHeader>(RequestCode.QUERY_MESSAGE, {
  indexLastUpdateTimestamp: long,
  indexLastUpdatePhyoffset: long,
});
export const parseQueryMessageResponseHeader = queryMessageResponseHeader.parse;
export const encodeQueryMessageResponseHeader = queryMessageResponseHeader.encode;
