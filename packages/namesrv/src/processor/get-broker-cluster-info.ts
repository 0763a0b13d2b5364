/** GET_BROKER_CLUSTER_INFO (106): all clusters, their broker names, and the addresses of those. */
import { encodeClusterInfo, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { NamesrvContext } from './namesrv-context.ts';

export function getBrokerClusterInfo(context: NamesrvContext): Handler {
  return () => ({ code: ResponseCode.SUCCESS, body: encodeClusterInfo(context.routes.clusterInfo()) });
}
