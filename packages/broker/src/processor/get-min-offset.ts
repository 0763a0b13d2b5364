/**
 * GET_MIN_OFFSET (31): the first offset of a queue whose message is still there; 0 for a queue that is not there.
 * Counterpart in RocketMQ: AdminBrokerProcessor.getMinOffset.
 */
import { ExtReader, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { BrokerContext } from '../broker-context.ts';

export function getMinOffset(context: BrokerContext): Handler {
  return (request) => {
    const ext = new ExtReader(request.code, request.ext);
    const offset = context.store.minOffset(ext.string('topic'), ext.int('queueId'));
    return { code: ResponseCode.SUCCESS, ext: { offset: Math.max(0, offset) } };
  };
}
