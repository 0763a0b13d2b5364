/**
 * GET_MAX_OFFSET (30): one past the last offset of a queue; 0 for a queue that is not there.
 * Counterpart in RocketMQ: AdminBrokerProcessor.getMaxOffset.
 */
import { ExtReader, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { BrokerContext } from '../broker-context.ts';

export function getMaxOffset(context: BrokerContext): Handler {
  return (request) => {
    const ext = new ExtReader(request.code, request.ext);
    const offset = context.store.maxOffset(ext.string('topic'), ext.int('queueId'));
    return { code: ResponseCode.SUCCESS, ext: { offset: Math.max(0, offset) } };
  };
}
