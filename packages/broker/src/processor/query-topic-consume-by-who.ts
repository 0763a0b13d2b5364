/** QUERY_TOPIC_CONSUME_BY_WHO (300): groups that subscribe to a topic or have consumed it (AdminBrokerProcessor). */
import { ExtReader, encodeGroupList } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function queryTopicConsumeByWho(context: ControlContext): Handler {
  return (request) => {
    const topic = new ExtReader(request.code, request.ext).string('topic');
    const groups = new Set([
      ...context.consumers.groupsSubscribing(topic),
      ...context.offsets.groupsOfTopic(topic),
    ]);
    return success(encodeGroupList({ groupList: [...groups] }));
  };
}
