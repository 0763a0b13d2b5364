/** CLEAN_EXPIRED_CONSUMEQUEUE (306): removes queues whose last message has left the log (AdminBrokerProcessor). */
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function cleanExpiredConsumeQueue(context: ControlContext): Handler {
  return async (_request, connection) => {
    context.logger.warn('an administrator removes expired queues', { by: connection.remoteAddress });
    await context.store.cleanExpiredConsumeQueue();
    return success();
  };
}
