/** DELETE_SUBSCRIPTIONGROUP (207): forgets a consumer group's settings; its offsets stay (AdminBrokerProcessor). */
import { ExtReader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function deleteSubscriptionGroup(context: ControlContext): Handler {
  return (request, connection) => {
    const group = new ExtReader(request.code, request.ext).string('groupName');
    context.logger.info('an administrator deletes a consumer group', { group, by: connection.remoteAddress });
    context.groups.delete(group);
    context.saveState();
    return success();
  };
}
