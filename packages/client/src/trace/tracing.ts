/**
 * Message trace of one producer or consumer: its options, and what is made of them when it starts.
 *
 * Traces go out through the client instance of their owner, by a sender of their own that no hook sees.
 */
import { TRACE_TOPIC } from '@rocketmq-ts/protocol';
import type { ClientInstance } from '../instance/client-instance.ts';
import { MessageSender } from '../producer/message-sender.ts';
import { resolveSendSettings } from '../producer/producer-options.ts';
import { checkTopic } from '../validators.ts';
import { TraceDispatcher } from './trace-dispatcher.ts';

export interface TraceOptions {
  /**
   * Sends a trace of every message to the trace topic, in batches and in the background: what was sent or consumed, when,
   * how long it took. Read it with `mqadmin queryMsgByKey -t RMQ_SYS_TRACE_TOPIC -k <msgId>`. Default: whether
   * `traceTopic` is given.
   */
  readonly enableMsgTrace?: boolean;
  /** Where traces go. Default: RMQ_SYS_TRACE_TOPIC, which brokers with traceTopicEnable=true have. */
  readonly traceTopic?: string;
}

const traceProducerGroup = '_INNER_TRACE_PRODUCER';
const sendTimeoutMs = 5000;
/** What a shutdown waits for traces. */
export const traceCloseMs = 3000;

/** The topic of the traces, or undefined when nothing is traced. Throws MESSAGE_ILLEGAL. */
export function resolveTraceTopic(options: TraceOptions): string | undefined {
  const { traceTopic, enableMsgTrace = traceTopic !== undefined } = options;
  if (!enableMsgTrace) return undefined;
  return traceTopic ? checkTopic(traceTopic) : TRACE_TOPIC;
}

export function traceDispatcher(instance: ClientInstance, traceTopic: string): TraceDispatcher {
  const settings = resolveSendSettings(traceProducerGroup, { sendMsgTimeout: sendTimeoutMs });
  const { platform, logger } = instance.config;
  return new TraceDispatcher(new MessageSender(instance, settings), traceTopic, platform.clock, logger);
}
