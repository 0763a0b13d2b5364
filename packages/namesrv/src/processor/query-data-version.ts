/**
 * QUERY_DATA_VERSION (322): whether a broker's topics have changed since it registered them; if not, the question counts
 * as a sign of life and it need not register. Asked by brokers with forceRegister=false.
 */
import {
  decodeDataVersion,
  encodeDataVersion,
  equalDataVersions,
  parseQueryDataVersionRequestHeader,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { NamesrvContext } from './namesrv-context.ts';

export function queryDataVersion(context: NamesrvContext): Handler {
  return (request) => {
    const { brokerAddr } = parseQueryDataVersionRequestHeader(request.ext);
    const asked = decodeDataVersion(request.body);
    const known = context.routes.dataVersion(brokerAddr);
    const changed = known === undefined || !equalDataVersions(known, asked);
    if (!changed) context.routes.heard(brokerAddr, context.platform.clock.monotonicMs());
    return {
      code: ResponseCode.SUCCESS,
      ext: { changed },
      body: known === undefined ? undefined : encodeDataVersion(known),
    };
  };
}
