/** GET_CONSUMER_RUNNING_INFO (307): asks one consumer about itself and hands its answer on (AdminBrokerProcessor). */
import { ExtReader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { callConsumer } from '../control/call-consumer.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getConsumerRunningInfo(context: ControlContext): Handler {
  return (request) => {
    const header = new ExtReader(request.code, request.ext);
    const command = { code: request.code, ext: request.ext };
    return callConsumer(context, header.string('consumerGroup'), header.string('clientId'), command);
  };
}
