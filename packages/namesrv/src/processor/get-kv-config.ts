/** GET_KV_CONFIG (101): one text of the KV configuration; QUERY_NOT_FOUND when there is none. */
import { parseGetKVConfigRequestHeader, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { NamesrvContext } from './namesrv-context.ts';

export function getKVConfig(context: NamesrvContext): Handler {
  return (request) => {
    const { namespace, key } = parseGetKVConfigRequestHeader(request.ext);
    const value = context.kvConfig.get(namespace, key);
    if (value !== undefined) return { code: ResponseCode.SUCCESS, ext: { value } };
    return {
      code: ResponseCode.QUERY_NOT_FOUND,
      remark: `No config item, Namespace: ${namespace} Key: ${key}`,
    };
  };
}
