/** What a push consumer can be given, with RocketMQ's names, ranges and defaults (DefaultMQPushConsumer of 4.4.0). */
import { type ConsumeFromWhere, DEFAULT_CONSUMER_GROUP, type MessageModel } from '@rocketmq-ts/protocol';
import { type ClientOptions, inRange } from '../client-options.ts';
import { MQClientError } from '../errors.ts';
import { Namespace } from '../namespace.ts';
import type { TraceOptions } from '../trace/tracing.ts';
import { checkGroup } from '../validators.ts';
import { AllocateMessageQueueAveragely } from './allocate/averagely.ts';
import type { AllocateMessageQueueStrategy } from './allocate/strategy.ts';
import type { MessageQueueListener } from './listeners.ts';
import type { OffsetStore } from './offset-store.ts';

export interface PushConsumerOptions extends ClientOptions, TraceOptions {
  /** Consumers of a group share its messages (CLUSTERING) and must have the same subscriptions. Required. */
  readonly consumerGroup: string;
  /** CLUSTERING: each message to one member. BROADCASTING: each message to every member. Default: CLUSTERING. */
  readonly messageModel?: MessageModel;
  /** Where a group without offsets starts. Default: CONSUME_FROM_LAST_OFFSET. */
  readonly consumeFromWhere?: ConsumeFromWhere;
  /** For CONSUME_FROM_TIMESTAMP: `yyyyMMddHHmmss` local time, a Date, or milliseconds. Default: half an hour ago. */
  readonly consumeTimestamp?: string | Date | number;
  /** How queues are divided among the members of the group. Default: AllocateMessageQueueAveragely. */
  readonly allocateMessageQueueStrategy?: AllocateMessageQueueStrategy;
  /** Calls of a concurrent listener at one time, queues of an orderly one. 1 to 1000. Default: 64. */
  readonly consumeThreadMax?: number;
  /** Accepted for RocketMQ's sake: 1 to consumeThreadMax, without effect. Default: 20. */
  readonly consumeThreadMin?: number;
  /** Flow control: a queue is not pulled while its cached offsets span more than this. 1 to 65535. Default: 2000. */
  readonly consumeConcurrentlyMaxSpan?: number;
  /** Flow control: cached messages per queue. 1 to 65535. Default: 1000. */
  readonly pullThresholdForQueue?: number;
  /** Flow control: cached MiB per queue. 1 to 1024. Default: 100. */
  readonly pullThresholdSizeForQueue?: number;
  /** Flow control: cached messages per topic, divided among its queues here. 1 to 6553500, -1 off. Default: -1. */
  readonly pullThresholdForTopic?: number;
  /** Flow control: cached MiB per topic, divided among its queues here. 1 to 102400, -1 off. Default: -1. */
  readonly pullThresholdSizeForTopic?: number;
  /** Milliseconds between pulls of a queue. 0 to 65535. Default: 0. */
  readonly pullInterval?: number;
  /** Messages per pull. 1 to 1024. Default: 32. */
  readonly pullBatchSize?: number;
  /** Messages per call of the listener. 1 to 1024. Default: 1. */
  readonly consumeMessageBatchMaxSize?: number;
  /** Sends the subscription with every pull. Default: false. */
  readonly postSubscriptionWhenPull?: boolean;
  /** Tries before a message goes to the dead-letter queue; -1: 16, and no end for orderly listeners. Default: -1. */
  readonly maxReconsumeTimes?: number;
  /** Milliseconds an orderly queue is suspended. 10 to 30000. Default: 1000. */
  readonly suspendCurrentQueueTimeMillis?: number;
  /** Minutes after which a message whose listener has not returned is sent back for retry. Default: 15. */
  readonly consumeTimeout?: number;
  /** Milliseconds that `shutdown` waits for running listeners. Default: 10000. */
  readonly awaitTerminationMillisWhenShutdown?: number;
  /** Where offsets are kept. Default: on the brokers; for BROADCASTING in a local file. */
  readonly offsetStore?: OffsetStore;
  /** Folder of the offsets files of broadcasting consumers. Default: `~/.rocketmq_offsets`. */
  readonly localOffsetStoreDir?: string;
  /** Told whenever this member's share of a topic's queues has changed; retry topics are left out. Default: none. */
  readonly messageQueueListener?: MessageQueueListener;
  /** Shuts the consumer down when it aborts. */
  readonly signal?: AbortSignal;
}

/** What may be changed while a consumer runs. */
export type PushConsumerTuning = Pick<
  PushConsumerOptions,
  | 'consumeThreadMax'
  | 'consumeConcurrentlyMaxSpan'
  | 'consumeMessageBatchMaxSize'
  | 'pullBatchSize'
  | 'pullInterval'
  | 'pullThresholdForQueue'
  | 'pullThresholdSizeForQueue'
  | 'pullThresholdForTopic'
  | 'pullThresholdSizeForTopic'
  | 'suspendCurrentQueueTimeMillis'
>;

const tunable = [
  'consumeThreadMax',
  'consumeConcurrentlyMaxSpan',
  'consumeMessageBatchMaxSize',
  'pullBatchSize',
  'pullInterval',
  'pullThresholdForQueue',
  'pullThresholdSizeForQueue',
  'pullThresholdForTopic',
  'pullThresholdSizeForTopic',
  'suspendCurrentQueueTimeMillis',
] as const satisfies readonly (keyof PushConsumerTuning)[];

export interface PushConsumerSettings {
  readonly namespace: Namespace;
  /** As brokers know it. */
  readonly consumerGroup: string;
  readonly messageModel: MessageModel;
  readonly consumeFromWhere: ConsumeFromWhere;
  /** Milliseconds since the epoch; undefined: half an hour before it is needed. */
  readonly consumeTimestampMs: number | undefined;
  readonly allocateMessageQueueStrategy: AllocateMessageQueueStrategy;
  readonly messageQueueListener: MessageQueueListener | undefined;
  readonly consumeThreadMin: number;
  readonly consumeThreadMax: number;
  readonly consumeConcurrentlyMaxSpan: number;
  readonly pullThresholdForQueue: number;
  readonly pullThresholdSizeForQueue: number;
  readonly pullThresholdForTopic: number;
  readonly pullThresholdSizeForTopic: number;
  readonly pullInterval: number;
  readonly pullBatchSize: number;
  readonly consumeMessageBatchMaxSize: number;
  readonly postSubscriptionWhenPull: boolean;
  readonly unitMode: boolean;
  readonly maxReconsumeTimes: number;
  readonly suspendCurrentQueueTimeMillis: number;
  readonly consumeTimeout: number;
  readonly awaitTerminationMillisWhenShutdown: number;
}

/** Fills in the defaults; throws CLIENT_CONFIG_ILLEGAL. */
export function resolvePushConsumerOptions(options: PushConsumerOptions): PushConsumerSettings {
  const consumeThreadMax = inRange('consumeThreadMax', options.consumeThreadMax ?? 64, 1, 1000);
  const namespace = new Namespace(options.namespace ?? '');
  return {
    namespace,
    consumerGroup: namespace.wrap(checkGroup(options.consumerGroup, 'consumerGroup', DEFAULT_CONSUMER_GROUP)),
    messageModel: options.messageModel ?? 'CLUSTERING',
    consumeFromWhere: options.consumeFromWhere ?? 'CONSUME_FROM_LAST_OFFSET',
    consumeTimestampMs: parseConsumeTimestamp(options.consumeTimestamp),
    allocateMessageQueueStrategy: options.allocateMessageQueueStrategy ?? new AllocateMessageQueueAveragely(),
    messageQueueListener: options.messageQueueListener,
    consumeThreadMax,
    consumeThreadMin: inRange(
      'consumeThreadMin',
      options.consumeThreadMin ?? Math.min(20, consumeThreadMax),
      1,
      consumeThreadMax,
    ),
    consumeConcurrentlyMaxSpan: inRange(
      'consumeConcurrentlyMaxSpan',
      options.consumeConcurrentlyMaxSpan ?? 2000,
      1,
      65535,
    ),
    pullThresholdForQueue: inRange('pullThresholdForQueue', options.pullThresholdForQueue ?? 1000, 1, 65535),
    pullThresholdSizeForQueue: inRange(
      'pullThresholdSizeForQueue',
      options.pullThresholdSizeForQueue ?? 100,
      1,
      1024,
    ),
    pullThresholdForTopic: rangeOrOff('pullThresholdForTopic', options.pullThresholdForTopic, 6553500),
    pullThresholdSizeForTopic: rangeOrOff(
      'pullThresholdSizeForTopic',
      options.pullThresholdSizeForTopic,
      102400,
    ),
    pullInterval: inRange('pullInterval', options.pullInterval ?? 0, 0, 65535),
    pullBatchSize: inRange('pullBatchSize', options.pullBatchSize ?? 32, 1, 1024),
    consumeMessageBatchMaxSize: inRange(
      'consumeMessageBatchMaxSize',
      options.consumeMessageBatchMaxSize ?? 1,
      1,
      1024,
    ),
    postSubscriptionWhenPull: options.postSubscriptionWhenPull ?? false,
    unitMode: options.unitMode ?? false,
    maxReconsumeTimes: inRange('maxReconsumeTimes', options.maxReconsumeTimes ?? -1, -1, 0x7fffffff),
    suspendCurrentQueueTimeMillis: inRange(
      'suspendCurrentQueueTimeMillis',
      options.suspendCurrentQueueTimeMillis ?? 1000,
      10,
      30000,
    ),
    consumeTimeout: inRange('consumeTimeout', options.consumeTimeout ?? 15, 1, 35000),
    awaitTerminationMillisWhenShutdown: inRange(
      'awaitTerminationMillisWhenShutdown',
      options.awaitTerminationMillisWhenShutdown ?? 10000,
      0,
      0x7fffffff,
    ),
  };
}

/** The settings with some of them changed. Throws CLIENT_CONFIG_ILLEGAL, also for what cannot be changed any more. */
export function tuned(settings: PushConsumerSettings, changes: PushConsumerTuning): PushConsumerSettings {
  const options: Record<string, unknown> = {};
  for (const name of tunable) options[name] = settings[name];
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(options, name)) {
      throw new MQClientError(
        'CLIENT_CONFIG_ILLEGAL',
        `${name} cannot be changed while the consumer runs; these can: ${tunable.join(', ')}`,
      );
    }
    if (value !== undefined) options[name] = value;
  }
  const checked = resolvePushConsumerOptions({ consumerGroup: 'any', ...options });
  const result: Record<string, unknown> = { ...settings };
  for (const name of tunable) result[name] = checked[name];
  return result as unknown as PushConsumerSettings;
}

function rangeOrOff(name: string, value: number | undefined, max: number): number {
  return value === undefined || value === -1 ? -1 : inRange(name, value, 1, max);
}

function parseConsumeTimestamp(value: string | Date | number | undefined): number | undefined {
  if (value === undefined) return undefined;
  const match = typeof value === 'string' ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(value) : undefined;
  if (match) {
    const [, year, month, day, hour, minute, second] = match.map(Number);
    return new Date(year, month - 1, day, hour, minute, second).getTime();
  }
  const time = typeof value === 'string' ? Number.NaN : Number(value);
  if (Number.isFinite(time)) return time;
  throw new MQClientError(
    'CLIENT_CONFIG_ILLEGAL',
    `consumeTimestamp is invalid, the valid format is yyyyMMddHHmmss, a Date or milliseconds, but received ${value}`,
  );
}
