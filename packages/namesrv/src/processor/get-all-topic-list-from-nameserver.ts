/** GET_ALL_TOPIC_LIST_FROM_NAMESERVER (206): every topic of every broker. */
import type { Handler } from '@rocketmq-ts/remoting';
import { topicList } from './answers.ts';
import type { NamesrvContext } from './namesrv-context.ts';

export function getAllTopicListFromNameserver(context: NamesrvContext): Handler {
  return () => topicList(context.routes.topics.names);
}
