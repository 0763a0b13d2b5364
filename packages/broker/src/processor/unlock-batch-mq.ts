/** UNLOCK_BATCH_MQ (42): an orderly consumer gives queues back (AdminBrokerProcessor.unlockBatchMQ). */
import { decodeLockBatchRequestBody } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function unlockBatchMq(context: ControlContext): Handler {
  return (request) => {
    const asked = decodeLockBatchRequestBody(request.body);
    context.locks.unlock(asked.consumerGroup, asked.clientId, asked.mqSet);
    return success();
  };
}
