import { RequestCode } from '../request-code.ts';
import { bool, flagged, headerCodec, int, long, optionalInt, optionalStr, str } from './header-codec.ts';

/**
 * Headers of the name server.
 *
 * Named after the Java classes; required is what they mark CFNotNull.
 */
/** PUT_KV_CONFIG. */
export interface PutKVConfigRequestHeader {
  namespace: string;
  key: string;
  value: string;
}

const putKVConfigRequestHeader = headerCodec<PutKVConfigRequestHeader>(RequestCode.PUT_KV_CONFIG, {
  namespace: str,
  key: str,
  value: str,
});
export const parsePutKVConfigRequestHeader = putKVConfigRequestHeader.parse;
export const encodePutKVConfigRequestHeader = putKVConfigRequestHeader.encode;

/** GET_KV_CONFIG. */
export interface GetKVConfigRequestHeader {
  namespace: string;
  key: string;
}

const getKVConfigRequestHeader = headerCodec<GetKVConfigRequestHeader>(RequestCode.GET_KV_CONFIG, {
  namespace: str,
  key: str,
});
export const parseGetKVConfigRequestHeader = getKVConfigRequestHeader.parse;
export const encodeGetKVConfigRequestHeader = getKVConfigRequestHeader.encode;

/** DELETE_KV_CONFIG. */
export interface DeleteKVConfigRequestHeader {
  namespace: string;
  key: string;
}

const deleteKVConfigRequestHeader = headerCodec<DeleteKVConfigRequestHeader>(RequestCode.DELETE_KV_CONFIG, {
  namespace: str,
  key: str,
});
export const parseDeleteKVConfigRequestHeader = deleteKVConfigRequestHeader.parse;
export const encodeDeleteKVConfigRequestHeader = deleteKVConfigRequestHeader.encode;

/** REGISTER_BROKER; `bodyCrc32` 0 or absent means unchecked. */
export interface RegisterBrokerRequestHeader {
  brokerName: string;
  brokerAddr: string;
  clusterName: string;
  haServerAddr: string;
  brokerId: number;
  compressed: boolean;
  bodyCrc32?: number | undefined;
}

const registerBrokerRequestHeader = headerCodec<RegisterBrokerRequestHeader>(RequestCode.REGISTER_BROKER, {
  brokerName: str,
  brokerAddr: str,
  clusterName: str,
  haServerAddr: str,
  brokerId: long,
  compressed: flagged,
  bodyCrc32: optionalInt,
});
export const parseRegisterBrokerRequestHeader = registerBrokerRequestHeader.parse;
export const encodeRegisterBrokerRequestHeader = registerBrokerRequestHeader.encode;

/** UNREGISTER_BROKER. */
export interface UnRegisterBrokerRequestHeader {
  brokerName: string;
  brokerAddr: string;
  clusterName: string;
  brokerId: number;
}

const unRegisterBrokerRequestHeader = headerCodec<UnRegisterBrokerRequestHeader>(
  RequestCode.UNREGISTER_BROKER,
  { brokerName: str, brokerAddr: str, clusterName: str, brokerId: long },
);
export const parseUnRegisterBrokerRequestHeader = unRegisterBrokerRequestHeader.parse;
export const encodeUnRegisterBrokerRequestHeader = unRegisterBrokerRequestHeader.encode;

/** GET_ROUTEINTO_BY_TOPIC. */
export interface GetRouteInfoRequestHeader {
  topic: string;
}

const getRouteInfoRequestHeader = headerCodec<GetRouteInfoRequestHeader>(RequestCode.GET_ROUTEINTO_BY_TOPIC, {
  topic: str,
});
export const parseGetRouteInfoRequestHeader = getRouteInfoRequestHeader.parse;
export const encodeGetRouteInfoRequestHeader = getRouteInfoRequestHeader.encode;

/** WIPE_WRITE_PERM_OF_BROKER. */
export interface WipeWritePermOfBrokerRequestHeader {
  brokerName: string;
}

const wipeWritePermOfBrokerRequestHeader = headerCodec<WipeWritePermOfBrokerRequestHeader>(
  RequestCode.WIPE_WRITE_PERM_OF_BROKER,
  { brokerName: str },
);
export const parseWipeWritePermOfBrokerRequestHeader = wipeWritePermOfBrokerRequestHeader.parse;
export const encodeWipeWritePermOfBrokerRequestHeader = wipeWritePermOfBrokerRequestHeader.encode;

/** DELETE_TOPIC_IN_NAMESRV. */
export interface DeleteTopicInNamesrvRequestHeader {
  topic: string;
}

const deleteTopicInNamesrvRequestHeader = headerCodec<DeleteTopicInNamesrvRequestHeader>(
  RequestCode.DELETE_TOPIC_IN_NAMESRV,
  { topic: str },
);
export const parseDeleteTopicInNamesrvRequestHeader = deleteTopicInNamesrvRequestHeader.parse;
export const encodeDeleteTopicInNamesrvRequestHeader = deleteTopicInNamesrvRequestHeader.encode;

/** GET_KVLIST_BY_NAMESPACE. */
export interface GetKVListByNamespaceRequestHeader {
  namespace: string;
}

const getKVListByNamespaceRequestHeader = headerCodec<GetKVListByNamespaceRequestHeader>(
  RequestCode.GET_KVLIST_BY_NAMESPACE,
  { namespace: str },
);
export const parseGetKVListByNamespaceRequestHeader = getKVListByNamespaceRequestHeader.parse;
export const encodeGetKVListByNamespaceRequestHeader = getKVListByNamespaceRequestHeader.encode;

/** GET_TOPICS_BY_CLUSTER. */
export interface GetTopicsByClusterRequestHeader {
  cluster: string;
}

const getTopicsByClusterRequestHeader = headerCodec<GetTopicsByClusterRequestHeader>(
  RequestCode.GET_TOPICS_BY_CLUSTER,
  { cluster: str },
);
export const parseGetTopicsByClusterRequestHeader = getTopicsByClusterRequestHeader.parse;
export const encodeGetTopicsByClusterRequestHeader = getTopicsByClusterRequestHeader.encode;

/** QUERY_DATA_VERSION. */
export interface QueryDataVersionRequestHeader {
  brokerName: string;
  brokerAddr: string;
  clusterName: string;
  brokerId: number;
}

const queryDataVersionRequestHeader = headerCodec<QueryDataVersionRequestHeader>(
  RequestCode.QUERY_DATA_VERSION,
  { brokerName: str, brokerAddr: str, clusterName: str, brokerId: long },
);
export const parseQueryDataVersionRequestHeader = queryDataVersionRequestHeader.parse;
export const encodeQueryDataVersionRequestHeader = queryDataVersionRequestHeader.encode;

/** Answer to GET_KV_CONFIG. */
export interface GetKVConfigResponseHeader {
  value?: string | undefined;
}

const getKVConfigResponseHeader = headerCodec<GetKVConfigResponseHeader>(RequestCode.GET_KV_CONFIG, {
  value: optionalStr,
});
export const parseGetKVConfigResponseHeader = getKVConfigResponseHeader.parse;
export const encodeGetKVConfigResponseHeader = getKVConfigResponseHeader.encode;

/** Answer to REGISTER_BROKER; filled for slaves only. */
export interface RegisterBrokerResponseHeader {
  haServerAddr?: string | undefined;
  masterAddr?: string | undefined;
}

const registerBrokerResponseHeader = headerCodec<RegisterBrokerResponseHeader>(RequestCode.REGISTER_BROKER, {
  haServerAddr: optionalStr,
  masterAddr: optionalStr,
});
export const parseRegisterBrokerResponseHeader = registerBrokerResponseHeader.parse;
export const encodeRegisterBrokerResponseHeader = registerBrokerResponseHeader.encode;

/** Answer to WIPE_WRITE_PERM_OF_BROKER. */
export interface WipeWritePermOfBrokerResponseHeader {
  wipeTopicCount: number;
}

const wipeWritePermOfBrokerResponseHeader = headerCodec<WipeWritePermOfBrokerResponseHeader>(
  RequestCode.WIPE_WRITE_PERM_OF_BROKER,
  { wipeTopicCount: int },
);
export const parseWipeWritePermOfBrokerResponseHeader = wipeWritePermOfBrokerResponseHeader.parse;
export const encodeWipeWritePermOfBrokerResponseHeader = wipeWritePermOfBrokerResponseHeader.encode;

/** Answer to QUERY_DATA_VERSION. */
export interface QueryDataVersionResponseHeader {
  changed: boolean;
}

const queryDataVersionResponseHeader = headerCodec<QueryDataVersionResponseHeader>(
  RequestCode.QUERY_DATA_VERSION,
  { changed: bool },
);
export const parseQueryDataVersionResponseHeader = queryDataVersionResponseHeader.parse;
export const encodeQueryDataVersionResponseHeader = queryDataVersionResponseHeader.encode;
