/**
 * What the request processors stand on: one broker's store, tables, counters and settings, without knowing who built them.
 *
 * Invariants: a table answers the same entry object for a name for as long as the name exists, so that processors may keep
 * counters in it and compare entries by identity; an entry's `config` is replaced as a whole when it changes, never edited.
 * Counters are plain numbers that only grow; whoever aggregates them takes differences.
 *
 * Counterpart in RocketMQ: the getters of BrokerController.
 */
import type { Logger, Platform } from '@rocketmq-ts/platform';
import type { SubscriptionData, SubscriptionGroupConfig, TopicConfig } from '@rocketmq-ts/protocol';
import type { MessageStore, TopicKey } from '@rocketmq-ts/store';
import type { SlaveAcks } from './replication/slave-acks.ts';
import type { PutTimes } from './stats/put-times.ts';
import type { TopicKind } from './topic-kind.ts';

/** The settings read by the data path, under RocketMQ's names. Read on use: they can change while the broker runs. */
export interface DataPathConfig {
  brokerName: string;
  brokerIP1: string;
  brokerId: number;
  brokerRole: 'ASYNC_MASTER' | 'SYNC_MASTER' | 'SLAVE';
  /** Bits: 4 read, 2 write. */
  brokerPermission: number;
  regionId: string;
  traceOn: boolean;
  rejectTransactionMessage: boolean;
  /** Milliseconds since the epoch; sends are refused before. */
  startAcceptSendRequestTimeStamp: number;
  maxMessageSize: number;
  /** Sends that may wait for the store; more are refused with code 2 `[OVERLOAD]`. */
  sendThreadPoolQueueCapacity: number;
  /** Pulls that may be held; more are answered at once. */
  pullThreadPoolQueueCapacity: number;
  flushDiskType: 'ASYNC_FLUSH' | 'SYNC_FLUSH';
  /** Milliseconds a send waits for the disk before it is answered FLUSH_DISK_TIMEOUT. */
  syncFlushTimeout: number;
  longPollingEnable: boolean;
  /** Milliseconds a pull is held when long polling is off. */
  shortPollingTimeMills: number;
  slaveReadEnable: boolean;
  offsetCheckInSlave: boolean;
  enablePropertyFilter: boolean;
  filterSupportRetry: boolean;
  /** Most messages that a query by unique key answers. */
  defaultQueryMaxNum: number;
  messageDelayLevel: string;
  /** Milliseconds between two writes of delayOffset.json. */
  flushDelayOffsetInterval: number;
  storePathRootDir: string;
}

/** One topic of this broker. */
export interface TopicEntry {
  readonly name: string;
  /** `topicKindOf(name)`. */
  readonly kind: TopicKind;
  config: TopicConfig;
  readonly storeTopic: TopicKey;
  /** True once the topic has been deleted; the entry is then in no table any more. */
  deleted: boolean;
  /** Messages and bytes (whole records) stored since the start. */
  putNums: number;
  putSizeBytes: number;
}

export interface CreateOnSend {
  readonly topic: string;
  readonly defaultTopic: string;
  /** Queues that the producer asks for. */
  readonly defaultTopicQueueNums: number;
  readonly remoteAddress: string;
  readonly topicSysFlag: number;
}

/** Topics of this broker. Counterpart: TopicConfigManager. */
export interface TopicTable {
  find(name: string): TopicEntry | undefined;
  /** As `find`, by the UTF-8 bytes of the name; makes no string. */
  findByBytes(buffer: Buffer, start: number, end: number): TopicEntry | undefined;
  /** Creates a topic as its default topic prescribes; undefined when it may not be created so. Registers it. */
  createOnSend(request: CreateOnSend): TopicEntry | undefined;
  /** Finds or creates a retry, dead-letter or other topic of the broker's own. Registers it when created. */
  createOnSendBack(
    topic: string,
    queueNums: number,
    perm: number,
    topicSysFlag: number,
  ): TopicEntry | undefined;
  /** True when the name server says that the topic is ordered. */
  isOrderTopic(name: string): boolean;
}

/** What one group read of one topic. */
export interface GroupTopicCounters {
  getNums: number;
  getSizeBytes: number;
  /** Summed milliseconds; with `getTimes` the mean latency. */
  getLatencyMs: number;
  getTimes: number;
  getFromDiskNums: number;
  getFromDiskSizeBytes: number;
  sendBackNums: number;
}

/** One consumer group of this broker. */
export interface GroupEntry {
  readonly name: string;
  config: SubscriptionGroupConfig;
  deleted: boolean;
  /** Filled by the data path on first use; keyed by topic name. */
  readonly counters: Map<string, GroupTopicCounters>;
}

/** Consumer groups of this broker. Counterpart: SubscriptionGroupManager. */
export interface SubscriptionGroupTable {
  /** Undefined when the group is unknown and may not be created. */
  find(name: string): GroupEntry | undefined;
}

/** The live members of a consumer group. Counterpart: ConsumerGroupInfo. */
export interface ConsumerGroupInfo {
  readonly messageModel: 'CLUSTERING' | 'BROADCASTING';
  /** By topic, as told in heartbeats; replaced (not edited) when a subscription changes. */
  readonly subscriptions: ReadonlyMap<string, SubscriptionData>;
}

/** Counterpart: ConsumerManager. */
export interface ConsumerRegistry {
  find(group: string): ConsumerGroupInfo | undefined;
}

/** Counterpart: ConsumerOffsetManager. */
export interface ConsumerOffsets {
  commit(group: string, topic: string, queueId: number, offset: number, remoteAddress: string): void;
  /** -1 when nothing is stored. */
  query(group: string, topic: string, queueId: number): number;
}

/** Counters of the whole broker. Counterpart: BrokerStatsManager and StoreStatsService. */
export interface BrokerStats {
  putNums: number;
  putSizeBytes: number;
  putFailedNums: number;
  /** Messages handed to consumers. */
  getNums: number;
  getSizeBytes: number;
  /** Pulls that found messages, and that did not. */
  getFoundTimes: number;
  getMissTimes: number;
  /** Longest time in milliseconds that one append, and one read, took. */
  putEntireTimeMaxMs: number;
  getEntireTimeMaxMs: number;
  /** How long sends took. */
  readonly putTimes: PutTimes;
}

export interface BrokerContext {
  /** Given on a SYNC_MASTER only: what its answers wait for besides the disk. */
  readonly slaves?: SlaveAcks | undefined;
  readonly platform: Platform;
  readonly config: DataPathConfig;
  readonly store: MessageStore;
  /** IPv4 as a big-endian int32, and port, that this broker writes as storeHost and into message ids. */
  readonly storeHost: { readonly ip: number; readonly port: number };
  readonly topics: TopicTable;
  readonly groups: SubscriptionGroupTable;
  readonly consumers: ConsumerRegistry;
  readonly offsets: ConsumerOffsets;
  readonly stats: BrokerStats;
  readonly log: Logger;
}
