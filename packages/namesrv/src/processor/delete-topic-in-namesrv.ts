/** DELETE_TOPIC_IN_NAMESRV (216): forgets a topic that was deleted on the brokers. */
import { parseDeleteTopicInNamesrvRequestHeader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { SUCCESS } from './answers.ts';
import type { NamesrvContext } from './namesrv-context.ts';

export function deleteTopicInNamesrv(context: NamesrvContext): Handler {
  return (request, connection) => {
    const { topic } = parseDeleteTopicInNamesrvRequestHeader(request.ext);
    context.routes.topics.delete(topic);
    context.logger.info('topic deleted', { topic, by: connection.remoteAddress });
    return SUCCESS;
  };
}
