/**
 * SEARCH_OFFSET_BY_TIMESTAMP (29): the offset whose message was stored nearest to a time; 0 for a queue that is not there.
 * Counterpart in RocketMQ: AdminBrokerProcessor.searchOffsetByTimestamp.
 */
import { ExtReader, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { BrokerContext } from '../broker-context.ts';

export function searchOffsetByTimestamp(context: BrokerContext): Handler {
  return async (request) => {
    const ext = new ExtReader(request.code, request.ext);
    const topic = ext.string('topic');
    const offset = await context.store.offsetByTime(topic, ext.int('queueId'), ext.longClamped('timestamp'));
    return { code: ResponseCode.SUCCESS, ext: { offset: Math.max(0, offset) } };
  };
}
