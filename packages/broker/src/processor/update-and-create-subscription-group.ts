/** UPDATE_AND_CREATE_SUBSCRIPTIONGROUP (200): creates or changes a consumer group (AdminBrokerProcessor). */
import { decodeSubscriptionGroupConfig } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

const MAX_RETRY_QUEUES = 65_535;

export function updateAndCreateSubscriptionGroup(context: ControlContext): Handler {
  return async (request, connection) => {
    const config = decodeSubscriptionGroupConfig(request.body);
    if (config.retryQueueNums < 0 || config.retryQueueNums > MAX_RETRY_QUEUES) {
      return systemError(`retryQueueNums=${config.retryQueueNums} is not from 0 to ${MAX_RETRY_QUEUES}`);
    }
    context.logger.info('an administrator sets a consumer group', {
      group: config.groupName,
      by: connection.remoteAddress,
    });
    const problem = context.groups.update(config);
    if (problem !== undefined) return systemError(problem);
    await context.stateSaved();
    return success();
  };
}
