/**
 * GET_UNIT_TOPIC_LIST (311), GET_HAS_UNIT_SUB_TOPIC_LIST (312), GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST (313): topics by the
 * bits of their system flag. Three codes, one question.
 */
import type { Handler } from '@rocketmq-ts/remoting';
import { topicList } from './answers.ts';
import type { NamesrvContext } from './namesrv-context.ts';

/** Bits of `topicSynFlag` (`TopicSysFlag`). */
const UNIT = 1;
const UNIT_SUB = 2;

export function getUnitTopicList(context: NamesrvContext): Handler {
  return () => topicList(context.routes.topics.withFlag((flag) => (flag & UNIT) !== 0));
}

export function getHasUnitSubTopicList(context: NamesrvContext): Handler {
  return () => topicList(context.routes.topics.withFlag((flag) => (flag & UNIT_SUB) !== 0));
}

export function getHasUnitSubUnUnitTopicList(context: NamesrvContext): Handler {
  return () => topicList(context.routes.topics.withFlag((flag) => (flag & (UNIT | UNIT_SUB)) === UNIT_SUB));
}
