/**
 * VIEW_MESSAGE_BY_ID (33): the record at a physical offset, as it is in the log.
 * Counterpart in RocketMQ: QueryMessageProcessor.viewMessageById.
 */
import { ExtReader, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { BrokerContext } from '../broker-context.ts';

export function viewMessageById(context: BrokerContext): Handler {
  return async (request) => {
    const offset = new ExtReader(request.code, request.ext).long('offset');
    const body = offset < 0 ? undefined : await context.store.messageByOffset(offset);
    if (body !== undefined) return { code: ResponseCode.SUCCESS, body };
    return { code: ResponseCode.SYSTEM_ERROR, remark: `can not find message by the offset, ${offset}` };
  };
}
