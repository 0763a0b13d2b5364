/** DELETE_KV_CONFIG (102): removes one text of the KV configuration, if it is there. */
import { parseDeleteKVConfigRequestHeader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { answeringErrors, SUCCESS } from './answers.ts';
import type { NamesrvContext } from './namesrv-context.ts';

export function deleteKVConfig(context: NamesrvContext): Handler {
  return (request, connection) => {
    const { namespace, key } = parseDeleteKVConfigRequestHeader(request.ext);
    answeringErrors(() => context.kvConfig.delete(namespace, key));
    context.logger.info('KV configuration deleted', { namespace, key, by: connection.remoteAddress });
    return SUCCESS;
  };
}
