import {
  DEFAULT_TOPIC,
  isDlqTopic,
  isRetryTopic,
  SCHEDULE_TOPIC,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
} from '@rocketmq-ts/protocol';

/**
 * What a topic's name says about how the broker treats it. Told once per topic, when its entry is made, so that the send
 * path compares a number.
 */
export const TopicKind = {
  normal: 0,
  /** `%RETRY%group`: messages that the group is to get again. */
  retry: 1,
  /** `%DLQ%group`: messages that the group gave up. */
  deadLetter: 2,
  /** The broker's own: clients must not send to it. */
  reserved: 3,
} as const;
export type TopicKind = (typeof TopicKind)[keyof typeof TopicKind];

/**
 * 4.4.0 refuses sends to TBW102 only; a message sent straight to the delay or half topics would be taken for the broker's
 * own bookkeeping there, so these are refused here too.
 */
const RESERVED: ReadonlySet<string> = new Set([
  DEFAULT_TOPIC,
  SCHEDULE_TOPIC,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
]);

export function topicKindOf(name: string): TopicKind {
  if (isRetryTopic(name)) return TopicKind.retry;
  if (isDlqTopic(name)) return TopicKind.deadLetter;
  return RESERVED.has(name) ? TopicKind.reserved : TopicKind.normal;
}
