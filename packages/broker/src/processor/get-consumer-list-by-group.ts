/** GET_CONSUMER_LIST_BY_GROUP (38): the client ids among which a group's queues are shared out (ConsumerManageProcessor). */
import { ExtReader, encodeGetConsumerListByGroupResponseBody } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getConsumerListByGroup(context: ControlContext): Handler {
  return (request) => {
    const group = new ExtReader(request.code, request.ext).string('consumerGroup');
    const consumerIdList = context.consumers.find(group)?.clientIds() ?? [];
    if (consumerIdList.length === 0) return systemError(`no consumer for this group, ${group}`);
    return success(encodeGetConsumerListByGroupResponseBody({ consumerIdList }));
  };
}
