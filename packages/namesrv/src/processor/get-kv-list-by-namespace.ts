/** GET_KVLIST_BY_NAMESPACE (219): all texts of a namespace; QUERY_NOT_FOUND when there is no such namespace. */
import { encodeKVTable, parseGetKVListByNamespaceRequestHeader, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { NamesrvContext } from './namesrv-context.ts';

export function getKVListByNamespace(context: NamesrvContext): Handler {
  return (request) => {
    const { namespace } = parseGetKVListByNamespaceRequestHeader(request.ext);
    const table = context.kvConfig.list(namespace);
    if (table !== undefined) {
      return { code: ResponseCode.SUCCESS, body: encodeKVTable({ table: new Map(table) }) };
    }
    return { code: ResponseCode.QUERY_NOT_FOUND, remark: `No config item, Namespace: ${namespace}` };
  };
}
