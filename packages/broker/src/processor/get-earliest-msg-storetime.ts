/**
 * GET_EARLIEST_MSG_STORETIME (32): when the first message of a queue was stored, in milliseconds; -1 when there is none.
 * Counterpart in RocketMQ: AdminBrokerProcessor.getEarliestMsgStoretime.
 */
import { ExtReader, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { BrokerContext } from '../broker-context.ts';

export function getEarliestMsgStoretime(context: BrokerContext): Handler {
  return async (request) => {
    const ext = new ExtReader(request.code, request.ext);
    const timestamp = await context.store.earliestMessageTime(ext.string('topic'), ext.int('queueId'));
    return { code: ResponseCode.SUCCESS, ext: { timestamp } };
  };
}
