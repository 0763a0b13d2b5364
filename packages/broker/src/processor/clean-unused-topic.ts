/** CLEAN_UNUSED_TOPIC (316): removes the queues of topics that have no settings (AdminBrokerProcessor.cleanUnusedTopic). */
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function cleanUnusedTopic(context: ControlContext): Handler {
  return async (_request, connection) => {
    const removed = await context.store.cleanUnusedTopics(context.topics.names());
    context.logger.warn('an administrator removes unused topics', { by: connection.remoteAddress, removed });
    for (const topic of removed) context.offsets.deleteTopic(topic);
    return success();
  };
}
