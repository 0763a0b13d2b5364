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

export const RETRY_PREFIX = '%RETRY%';
export const DLQ_PREFIX = '%DLQ%';
export const SCHEDULE_TOPIC = 'SCHEDULE_TOPIC_XXXX';
export const TRANS_HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';
export const TRANS_OP_HALF_TOPIC = 'RMQ_SYS_TRANS_OP_HALF_TOPIC';
export const OFFSET_MOVED_EVENT_TOPIC = 'OFFSET_MOVED_EVENT';

/**
 * 4.4.0 refuses sends to TBW102 only; a message sent straight to the delay or half topics would be taken for the broker's
 * own bookkeeping there, so these are refused here too.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'TBW102',
  SCHEDULE_TOPIC,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
]);

export function topicKindOf(name: string): TopicKind {
  if (name.startsWith(RETRY_PREFIX)) return TopicKind.retry;
  if (name.startsWith(DLQ_PREFIX)) return TopicKind.deadLetter;
  return RESERVED.has(name) ? TopicKind.reserved : TopicKind.normal;
}
