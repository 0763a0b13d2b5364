/** What a producer can be given, with RocketMQ's names and defaults (DefaultMQProducer of 4.4.0). */
import { DEFAULT_COMPRESS_LEVEL, DEFAULT_PRODUCER_GROUP, DEFAULT_TOPIC } from '@rocketmq-ts/protocol';
import { type ClientOptions, inRange, positive } from '../client-options.ts';
import { MQClientError } from '../errors.ts';
import { Namespace } from '../namespace.ts';
import type { TraceOptions } from '../trace/tracing.ts';
import { checkGroup } from '../validators.ts';

export interface ProducerOptions extends ClientOptions, TraceOptions {
  /** Producers that send the same kind of messages share a group. Required. */
  readonly producerGroup: string;
  /** Milliseconds a send may take, all its attempts together. Default: 3000. */
  readonly sendMsgTimeout?: number;
  /** Further attempts of `send`, on another broker if there is one. Default: 2. */
  readonly retryTimesWhenSendFailed?: number;
  /** Further attempts of `sendAsync` after it could not reach the broker or heard nothing. Default: 2. */
  readonly retryTimesWhenSendAsyncFailed?: number;
  /** Tries another broker when one has stored a message but not flushed or replicated it. Default: false. */
  readonly retryAnotherBrokerWhenNotStoreOK?: boolean;
  /** Bytes of a body from which on it is compressed. Default: 4096. */
  readonly compressMsgBodyOverHowmuch?: number;
  /** zlib level, 0 to 9. Default: 5. */
  readonly compressLevel?: number;
  /** Largest body in bytes before compression. Default: 4194304; brokers have a bound of their own. */
  readonly maxMessageSize?: number;
  /** Template of topics that brokers create on their first message. Default: TBW102. */
  readonly createTopicKey?: string;
  /** Queues per broker of topics created so. Default: 4. */
  readonly defaultTopicQueueNums?: number;
  /** Keeps away from brokers that were slow or failed. Default: false. */
  readonly sendLatencyFaultEnable?: boolean;
  /** Ascending latencies, milliseconds. Default: 50, 100, 550, 1000, 2000, 3000, 15000. */
  readonly latencyMax?: readonly number[];
  /** For how long a broker is avoided at each latency, milliseconds. Default: 0, 0, 30000, 60000, 120000, 180000, 600000. */
  readonly notAvailableDuration?: readonly number[];
}

export interface SendSettings {
  readonly namespace: Namespace;
  /** As brokers know it. */
  readonly producerGroup: string;
  readonly sendMsgTimeout: number;
  readonly retryTimesWhenSendFailed: number;
  readonly retryTimesWhenSendAsyncFailed: number;
  readonly retryAnotherBrokerWhenNotStoreOK: boolean;
  readonly compressMsgBodyOverHowmuch: number;
  readonly compressLevel: number;
  readonly maxMessageSize: number;
  readonly createTopicKey: string;
  readonly defaultTopicQueueNums: number;
  readonly unitMode: boolean;
  readonly sendLatencyFaultEnable: boolean;
  readonly latencyMax: readonly number[];
  readonly notAvailableDuration: readonly number[];
}

/** Fills in the defaults; throws CLIENT_CONFIG_ILLEGAL. */
export function resolveProducerOptions(options: ProducerOptions): SendSettings {
  const group = checkGroup(options.producerGroup, 'producerGroup', DEFAULT_PRODUCER_GROUP);
  return resolveSendSettings(group, options);
}

/** As `resolveProducerOptions`, for a group that is not the application's. */
export function resolveSendSettings(
  producerGroup: string,
  options: Omit<ProducerOptions, 'producerGroup'>,
): SendSettings {
  const latencyMax = options.latencyMax ?? [50, 100, 550, 1000, 2000, 3000, 15000];
  const notAvailableDuration = options.notAvailableDuration ?? [0, 0, 30000, 60000, 120000, 180000, 600000];
  if (latencyMax.length !== notAvailableDuration.length) {
    throw new MQClientError(
      'CLIENT_CONFIG_ILLEGAL',
      `latencyMax has ${latencyMax.length} values and notAvailableDuration ${notAvailableDuration.length}; give one duration per latency`,
    );
  }
  const namespace = new Namespace(options.namespace ?? '');
  return {
    namespace,
    producerGroup: namespace.wrap(producerGroup),
    sendMsgTimeout: positive('sendMsgTimeout', options.sendMsgTimeout ?? 3000),
    retryTimesWhenSendFailed: inRange(
      'retryTimesWhenSendFailed',
      options.retryTimesWhenSendFailed ?? 2,
      0,
      1000,
    ),
    retryTimesWhenSendAsyncFailed: inRange(
      'retryTimesWhenSendAsyncFailed',
      options.retryTimesWhenSendAsyncFailed ?? 2,
      0,
      1000,
    ),
    retryAnotherBrokerWhenNotStoreOK: options.retryAnotherBrokerWhenNotStoreOK ?? false,
    compressMsgBodyOverHowmuch: positive(
      'compressMsgBodyOverHowmuch',
      options.compressMsgBodyOverHowmuch ?? 4096,
    ),
    compressLevel: inRange('compressLevel', options.compressLevel ?? DEFAULT_COMPRESS_LEVEL, 0, 9),
    maxMessageSize: positive('maxMessageSize', options.maxMessageSize ?? 4194304),
    createTopicKey: options.createTopicKey ?? DEFAULT_TOPIC,
    defaultTopicQueueNums: positive('defaultTopicQueueNums', options.defaultTopicQueueNums ?? 4),
    unitMode: options.unitMode ?? false,
    sendLatencyFaultEnable: options.sendLatencyFaultEnable ?? false,
    latencyMax,
    notAvailableDuration,
  };
}
