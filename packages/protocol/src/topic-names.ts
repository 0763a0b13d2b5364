import { ProtocolError } from './protocol-error.ts';
import { ResponseCode } from './response-code.ts';

/**
 * Reserved topics and groups, derived names, and which names are legal (`MixAll`, `Validators`).
 *
 * A legal name is `[%|a-zA-Z0-9_-]+`, hence never a path. A topic has at most 127 characters because its length is
 * one signed byte in the message record; a group at most 255, so that a retry topic may be longer than a topic:
 * brokers check the derived name too.
 */
export const DEFAULT_TOPIC = 'TBW102';
export const SELF_TEST_TOPIC = 'SELF_TEST_TOPIC';
export const BENCHMARK_TOPIC = 'BenchmarkTest';
export const OFFSET_MOVED_EVENT = 'OFFSET_MOVED_EVENT';
export const SCHEDULE_TOPIC = 'SCHEDULE_TOPIC_XXXX';
export const TRANS_HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';
export const TRANS_OP_HALF_TOPIC = 'RMQ_SYS_TRANS_OP_HALF_TOPIC';
export const TRACE_TOPIC = 'RMQ_SYS_TRACE_TOPIC';

export const RETRY_TOPIC_PREFIX = '%RETRY%';
export const DLQ_TOPIC_PREFIX = '%DLQ%';
export const SYSTEM_TOPIC_PREFIX = 'rmq_sys_';
export const SYSTEM_GROUP_PREFIX = 'CID_RMQ_SYS_';

export const DEFAULT_PRODUCER_GROUP = 'DEFAULT_PRODUCER';
export const DEFAULT_CONSUMER_GROUP = 'DEFAULT_CONSUMER';
export const TOOLS_CONSUMER_GROUP = 'TOOLS_CONSUMER';
export const FILTERSRV_CONSUMER_GROUP = 'FILTERSRV_CONSUMER';
export const MONITOR_CONSUMER_GROUP = '__MONITOR_CONSUMER';
export const CLIENT_INNER_PRODUCER_GROUP = 'CLIENT_INNER_PRODUCER';
export const SELF_TEST_PRODUCER_GROUP = 'SELF_TEST_P_GROUP';
export const SELF_TEST_CONSUMER_GROUP = 'SELF_TEST_C_GROUP';
export const ONS_HTTP_PROXY_GROUP = 'CID_ONS-HTTP-PROXY';
export const ONSAPI_PERMISSION_GROUP = 'CID_ONSAPI_PERMISSION';
export const ONSAPI_OWNER_GROUP = 'CID_ONSAPI_OWNER';
export const ONSAPI_PULL_GROUP = 'CID_ONSAPI_PULL';
export const TRANS_CONSUMER_GROUP = 'CID_RMQ_SYS_TRANS';

/** Broker id of a master; slaves have positive ids. */
export const MASTER_ID = 0;

export const MAX_TOPIC_LENGTH = 127;
export const MAX_GROUP_LENGTH = 255;
const LEGAL_NAME = /^[%|a-zA-Z0-9_-]+$/;

export function retryTopic(group: string): string {
  return RETRY_TOPIC_PREFIX + group;
}

export function dlqTopic(group: string): string {
  return DLQ_TOPIC_PREFIX + group;
}

export function isRetryTopic(topic: string): boolean {
  return topic.startsWith(RETRY_TOPIC_PREFIX);
}

export function isDlqTopic(topic: string): boolean {
  return topic.startsWith(DLQ_TOPIC_PREFIX);
}

/** As `MixAll.isSystemTopic` of 4.4.0: only the prefix `rmq_sys_` counts, in lower case. */
export function isSystemTopic(topic: string): boolean {
  return topic.startsWith(SYSTEM_TOPIC_PREFIX);
}

export function isSystemGroup(group: string): boolean {
  return group.startsWith(SYSTEM_GROUP_PREFIX);
}

/** Throws ProtocolError (MESSAGE_ILLEGAL for the peer) unless the topic may exist. */
export function validateTopicName(topic: string, maxLength = MAX_TOPIC_LENGTH): void {
  validate('topic', topic, maxLength);
}

/** Throws ProtocolError unless the group name is legal. */
export function validateGroupName(group: string, maxLength = MAX_GROUP_LENGTH): void {
  validate('group', group, maxLength);
}

function validate(kind: string, name: string, maxLength: number): void {
  const problem =
    name.trim() === ''
      ? 'is blank'
      : name.length > maxLength
        ? `has ${name.length} characters, at most ${maxLength} are allowed`
        : LEGAL_NAME.test(name)
          ? undefined
          : 'contains illegal characters, allowed are letters, digits and % | _ -';
  if (problem === undefined) return;
  throw new ProtocolError('NAME_ILLEGAL', `the ${kind} ${JSON.stringify(name.slice(0, 64))} ${problem}`, {
    responseCode: ResponseCode.MESSAGE_ILLEGAL,
  });
}
