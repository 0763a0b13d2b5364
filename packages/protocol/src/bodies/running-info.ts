import type { MessageQueue } from '../message/message.ts';
import {
  bean,
  beanMapOf,
  bodyCodec,
  bool,
  double,
  integer,
  listOf,
  mapOf,
  oneOf,
  optional,
  optionalText,
  setOf,
  text,
} from './body-codec.ts';
import { messageQueueCodec } from './message-queue.ts';
import { type SubscriptionData, subscriptionDataCodec } from './subscription.ts';

/**
 * What a consumer tells about itself: `ConsumerRunningInfo`, `ConsumeMessageDirectlyResult`; and what a broker tells
 * about a consume queue: `QueryConsumeQueueResponseBody`.
 */
/** Keys of `ConsumerRunningInfo.properties` that the admin tools read. */
export const RunningInfoProperty = {
  NAMESERVER_ADDR: 'PROP_NAMESERVER_ADDR',
  THREADPOOL_CORE_SIZE: 'PROP_THREADPOOL_CORE_SIZE',
  CONSUME_ORDERLY: 'PROP_CONSUMEORDERLY',
  CONSUME_TYPE: 'PROP_CONSUME_TYPE',
  CLIENT_VERSION: 'PROP_CLIENT_VERSION',
  CONSUMER_START_TIMESTAMP: 'PROP_CONSUMER_START_TIMESTAMP',
} as const;

export interface ProcessQueueInfo {
  commitOffset: number;
  cachedMsgMinOffset: number;
  cachedMsgMaxOffset: number;
  cachedMsgCount: number;
  cachedMsgSizeInMiB: number;
  transactionMsgMinOffset: number;
  transactionMsgMaxOffset: number;
  transactionMsgCount: number;
  locked: boolean;
  tryUnlockTimes: number;
  lastLockTimestamp: number;
  /** Spelt so on the wire. */
  droped: boolean;
  lastPullTimestamp: number;
  lastConsumeTimestamp: number;
}

export interface ConsumeStatus {
  pullRT: number;
  pullTPS: number;
  consumeRT: number;
  consumeOKTPS: number;
  consumeFailedTPS: number;
  consumeFailedMsgs: number;
}

export interface ConsumerRunningInfo {
  properties: Map<string, string>;
  /** Java sorts by `topic@subString`. */
  subscriptionSet: SubscriptionData[];
  /** Java sorts by topic, broker, queue id. */
  mqTable: Map<MessageQueue, ProcessQueueInfo>;
  /** By topic, sorted in Java. */
  statusTable: Map<string, ConsumeStatus>;
  jstack?: string | undefined;
}

const CM_RESULTS = [
  'CR_SUCCESS',
  'CR_LATER',
  'CR_ROLLBACK',
  'CR_COMMIT',
  'CR_THROW_EXCEPTION',
  'CR_RETURN_NULL',
] as const;
export type CMResult = (typeof CM_RESULTS)[number];

export interface ConsumeMessageDirectlyResult {
  order: boolean;
  autoCommit: boolean;
  consumeResult?: CMResult | undefined;
  remark?: string | undefined;
  spentTimeMills: number;
}

export interface ConsumeQueueData {
  physicOffset: number;
  physicSize: number;
  tagsCode: number;
  extendDataJson?: string | undefined;
  bitMap?: string | undefined;
  eval: boolean;
  msg?: string | undefined;
}

export interface QueryConsumeQueueResponseBody {
  subscriptionData?: SubscriptionData | undefined;
  filterData?: string | undefined;
  queueData?: ConsumeQueueData[] | undefined;
  maxQueueIndex: number;
  minQueueIndex: number;
}

const processQueueInfo = bean<ProcessQueueInfo>({
  cachedMsgCount: integer(),
  cachedMsgMaxOffset: integer(),
  cachedMsgMinOffset: integer(),
  cachedMsgSizeInMiB: integer(),
  commitOffset: integer(),
  droped: bool(),
  lastConsumeTimestamp: integer(),
  lastLockTimestamp: integer(),
  lastPullTimestamp: integer(),
  locked: bool(),
  transactionMsgCount: integer(),
  transactionMsgMaxOffset: integer(),
  transactionMsgMinOffset: integer(),
  tryUnlockTimes: integer(),
});

const consumeStatus = bean<ConsumeStatus>({
  consumeFailedMsgs: integer(),
  consumeFailedTPS: double,
  consumeOKTPS: double,
  consumeRT: double,
  pullRT: double,
  pullTPS: double,
});

const consumerRunningInfo = bodyCodec<ConsumerRunningInfo>(
  'ConsumerRunningInfo',
  bean<ConsumerRunningInfo>({
    jstack: optionalText,
    mqTable: beanMapOf(messageQueueCodec, processQueueInfo),
    properties: mapOf(text),
    statusTable: mapOf(consumeStatus),
    subscriptionSet: setOf(subscriptionDataCodec),
  }),
);
export const encodeConsumerRunningInfo = consumerRunningInfo.encode;
export const decodeConsumerRunningInfo = consumerRunningInfo.decode;

const consumeMessageDirectlyResult = bodyCodec<ConsumeMessageDirectlyResult>(
  'ConsumeMessageDirectlyResult',
  bean<ConsumeMessageDirectlyResult>({
    autoCommit: bool(true),
    consumeResult: optional(oneOf(CM_RESULTS)),
    order: bool(),
    remark: optionalText,
    spentTimeMills: integer(),
  }),
);
export const encodeConsumeMessageDirectlyResult = consumeMessageDirectlyResult.encode;
export const decodeConsumeMessageDirectlyResult = consumeMessageDirectlyResult.decode;

const consumeQueueData = bean<ConsumeQueueData>({
  bitMap: optionalText,
  eval: bool(),
  extendDataJson: optionalText,
  msg: optionalText,
  physicOffset: integer(),
  physicSize: integer(),
  tagsCode: integer(),
});

const queryConsumeQueueResponseBody = bodyCodec<QueryConsumeQueueResponseBody>(
  'QueryConsumeQueueResponseBody',
  bean<QueryConsumeQueueResponseBody>({
    filterData: optionalText,
    maxQueueIndex: integer(),
    minQueueIndex: integer(),
    queueData: optional(listOf(consumeQueueData)),
    subscriptionData: optional(subscriptionDataCodec),
  }),
);
export const encodeQueryConsumeQueueResponseBody = queryConsumeQueueResponseBody.encode;
export const decodeQueryConsumeQueueResponseBody = queryConsumeQueueResponseBody.decode;
