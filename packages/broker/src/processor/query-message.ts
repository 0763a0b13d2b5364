/**
 * QUERY_MESSAGE (12): the messages of a topic that carry a key, or one unique key, stored between two times.
 *
 * Found by the hash of the key: the client compares the keys themselves. Counterpart: QueryMessageProcessor.
 */
import { ExtReader, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { BrokerContext } from '../broker-context.ts';

const UNIQUE_KEY_QUERY = '_UNIQUE_KEY_QUERY';

export function queryMessage(context: BrokerContext): Handler {
  return async (request) => {
    const ext = new ExtReader(request.code, request.ext);
    const byUniqueKey = ext.optionalString(UNIQUE_KEY_QUERY) === 'true';
    const found = await context.store.queryMessage(
      ext.string('topic'),
      ext.string('key'),
      byUniqueKey ? context.config.defaultQueryMaxNum : ext.int('maxNum'),
      ext.longClamped('beginTimestamp'),
      ext.longClamped('endTimestamp'),
    );
    const answer = {
      indexLastUpdateTimestamp: found.indexLastUpdateTimestamp,
      indexLastUpdatePhyoffset: found.indexLastUpdatePhyoffset,
    };
    if (found.records.length > 0) {
      return { code: ResponseCode.SUCCESS, ext: answer, body: Buffer.concat(found.records) };
    }
    const remark = 'can not find message, maybe time range not correct';
    return { code: ResponseCode.QUERY_NOT_FOUND, remark, ext: answer };
  };
}
