/** UNREGISTER_CLIENT (35): a client leaves a producer group, a consumer group, or both (ClientManageProcessor). */
import { ExtReader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function unregisterClient(context: ControlContext): Handler {
  return (request, connection) => {
    const header = new ExtReader(request.code, request.ext);
    const producerGroup = header.optionalString('producerGroup');
    const consumerGroup = header.optionalString('consumerGroup');
    if (producerGroup !== undefined) context.producers.unregister(producerGroup, connection);
    if (consumerGroup !== undefined) {
      const group = context.groups.peek(consumerGroup);
      const notify = group?.config.notifyConsumerIdsChangedEnable ?? true;
      context.consumers.unregister(consumerGroup, connection, notify);
    }
    return success();
  };
}
