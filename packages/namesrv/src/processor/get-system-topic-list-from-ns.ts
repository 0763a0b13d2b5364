/** GET_SYSTEM_TOPIC_LIST_FROM_NS (304): the topics that clusters and brokers have by their names. */
import { encodeTopicList, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { NamesrvContext } from './namesrv-context.ts';

export function getSystemTopicListFromNs(context: NamesrvContext): Handler {
  return () => ({ code: ResponseCode.SUCCESS, body: encodeTopicList(context.routes.systemTopics()) });
}
