/** PUT_KV_CONFIG (100): sets one text of the KV configuration; order topics live in ORDER_TOPIC_CONFIG. */
import { parsePutKVConfigRequestHeader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { answeringErrors, SUCCESS } from './answers.ts';
import type { NamesrvContext } from './namesrv-context.ts';

export function putKVConfig(context: NamesrvContext): Handler {
  return (request, connection) => {
    const { namespace, key, value } = parsePutKVConfigRequestHeader(request.ext);
    answeringErrors(() => context.kvConfig.put(namespace, key, value));
    context.logger.info('KV configuration changed', { namespace, key, value, by: connection.remoteAddress });
    return SUCCESS;
  };
}
