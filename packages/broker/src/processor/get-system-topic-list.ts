/** GET_SYSTEM_TOPIC_LIST_FROM_BROKER (305): the topics every broker makes for itself (AdminBrokerProcessor). */
import { encodeTopicList } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getSystemTopicList(context: ControlContext): Handler {
  return () => success(encodeTopicList({ topicList: [...context.topics.systemTopics] }));
}
