/** LOCK_BATCH_MQ (41): an orderly consumer takes or renews queues (AdminBrokerProcessor.lockBatchMQ). */
import { decodeLockBatchRequestBody, encodeLockBatchResponseBody } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function lockBatchMq(context: ControlContext): Handler {
  return (request) => {
    const asked = decodeLockBatchRequestBody(request.body);
    const lockOKMQSet = context.locks.lock(asked.consumerGroup, asked.clientId, asked.mqSet);
    return success(encodeLockBatchResponseBody({ lockOKMQSet }));
  };
}
