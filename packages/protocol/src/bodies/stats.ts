import type { MessageQueue } from '../message/message.ts';
import {
  bean,
  beanMapOf,
  bodyCodec,
  double,
  integer,
  listOf,
  mapOf,
  optional,
  optionalText,
  textOr,
  type ValueCodec,
} from './body-codec.ts';
import { messageQueueCodec } from './message-queue.ts';

/**
 * Progress and throughput: `TopicStatsTable`, `ConsumeStats`, `ConsumeStatsList`, `BrokerStatsData`,
 * `QueryConsumeTimeSpanBody`.
 */
export interface TopicOffset {
  minOffset: number;
  maxOffset: number;
  lastUpdateTimestamp: number;
}

export interface TopicStatsTable {
  offsetTable: Map<MessageQueue, TopicOffset>;
}

export interface OffsetWrapper {
  brokerOffset: number;
  consumerOffset: number;
  lastTimestamp: number;
}

export interface ConsumeStats {
  consumeTps: number;
  offsetTable: Map<MessageQueue, OffsetWrapper>;
}

export interface ConsumeStatsList {
  /** One Map per group: group name to its stats per topic. */
  consumeStatsList: Map<string, ConsumeStats[]>[];
  brokerAddr?: string | undefined;
  totalDiff: number;
}

export interface BrokerStatsItem {
  sum: number;
  tps: number;
  avgpt: number;
}

export interface BrokerStatsData {
  statsMinute: BrokerStatsItem;
  statsHour: BrokerStatsItem;
  statsDay: BrokerStatsItem;
}

export interface QueueTimeSpan {
  messageQueue: MessageQueue;
  minTimeStamp: number;
  maxTimeStamp: number;
  consumeTimeStamp: number;
  delayTime: number;
  /** The three times as `yyyy-MM-dd#HH:mm:ss:SSS`, local time; written for readers, not needed when reading. */
  minTimeStampStr?: string | undefined;
  maxTimeStampStr?: string | undefined;
  consumeTimeStampStr?: string | undefined;
}

export interface QueryConsumeTimeSpanBody {
  consumeTimeSpanSet: QueueTimeSpan[];
}

const topicStatsTable = bodyCodec<TopicStatsTable>(
  'TopicStatsTable',
  bean({
    offsetTable: beanMapOf(
      messageQueueCodec,
      bean<TopicOffset>({
        lastUpdateTimestamp: integer(),
        maxOffset: integer(),
        minOffset: integer(),
      }),
    ),
  }),
);
export const encodeTopicStatsTable = topicStatsTable.encode;
export const decodeTopicStatsTable = topicStatsTable.decode;

const consumeStatsCodec: ValueCodec<ConsumeStats> = bean<ConsumeStats>({
  consumeTps: double,
  offsetTable: beanMapOf(
    messageQueueCodec,
    bean<OffsetWrapper>({ brokerOffset: integer(), consumerOffset: integer(), lastTimestamp: integer() }),
  ),
});

const consumeStats = bodyCodec<ConsumeStats>('ConsumeStats', consumeStatsCodec);
export const encodeConsumeStats = consumeStats.encode;
export const decodeConsumeStats = consumeStats.decode;

const consumeStatsList = bodyCodec<ConsumeStatsList>(
  'ConsumeStatsList',
  bean({
    brokerAddr: optionalText,
    consumeStatsList: listOf(mapOf(listOf(consumeStatsCodec))),
    totalDiff: integer(),
  }),
);
export const encodeConsumeStatsList = consumeStatsList.encode;
export const decodeConsumeStatsList = consumeStatsList.decode;

const statsItem = bean<BrokerStatsItem>({ avgpt: double, sum: integer(), tps: double });

const brokerStatsData = bodyCodec<BrokerStatsData>(
  'BrokerStatsData',
  bean({ statsDay: statsItem, statsHour: statsItem, statsMinute: statsItem }),
);
export const encodeBrokerStatsData = brokerStatsData.encode;
export const decodeBrokerStatsData = brokerStatsData.decode;

const queueTimeSpan = bean<QueueTimeSpan>({
  consumeTimeStamp: integer(),
  consumeTimeStampStr: optionalText,
  delayTime: integer(),
  maxTimeStamp: integer(),
  maxTimeStampStr: optionalText,
  messageQueue: messageQueueCodec,
  minTimeStamp: integer(),
  minTimeStampStr: optionalText,
});

const queryConsumeTimeSpanBody = bodyCodec<QueryConsumeTimeSpanBody>(
  'QueryConsumeTimeSpanBody',
  bean({ consumeTimeSpanSet: listOf(queueTimeSpan) }),
);
export const encodeQueryConsumeTimeSpanBody = queryConsumeTimeSpanBody.encode;
export const decodeQueryConsumeTimeSpanBody = queryConsumeTimeSpanBody.decode;

/** Message body of topic OFFSET_MOVED_EVENT (`OffsetMovedEvent`). */
export interface OffsetMovedEvent {
  consumerGroup: string;
  messageQueue?: MessageQueue | undefined;
  offsetRequest: number;
  offsetNew: number;
}

const offsetMovedEvent = bodyCodec<OffsetMovedEvent>(
  'OffsetMovedEvent',
  bean<OffsetMovedEvent>({
    consumerGroup: textOr(''),
    messageQueue: optional(messageQueueCodec),
    offsetNew: integer(),
    offsetRequest: integer(),
  }),
);
export const encodeOffsetMovedEvent = offsetMovedEvent.encode;
export const decodeOffsetMovedEvent = offsetMovedEvent.decode;
