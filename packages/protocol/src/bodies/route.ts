import type { FastjsonValue } from '../fastjson/value.ts';
import {
  bean,
  bodyCodec,
  integer,
  intMapOf,
  listOf,
  mapOf,
  optionalText,
  setOf,
  text,
  type ValueCodec,
} from './body-codec.ts';

/**
 * Routes: answer to GET_ROUTEINTO_BY_TOPIC (`TopicRouteData`) and GET_BROKER_CLUSTER_INFO (`ClusterInfo`).
 */
export interface QueueData {
  brokerName: string;
  readQueueNums: number;
  writeQueueNums: number;
  /** `Perm` bits. */
  perm: number;
  /** `TopicSysFlag` bits; spelt so by 4.x, `topicSysFlag` by 5.x, which is read too. */
  topicSynFlag: number;
}

export interface BrokerData {
  cluster: string;
  brokerName: string;
  /** Address by broker id; 0 is the master. */
  brokerAddrs: Map<number, string>;
}

export interface TopicRouteData {
  orderTopicConf?: string | undefined;
  queueDatas: QueueData[];
  brokerDatas: BrokerData[];
  filterServerTable: Map<string, string[]>;
}

export interface ClusterInfo {
  brokerAddrTable: Map<string, BrokerData>;
  clusterAddrTable: Map<string, string[]>;
}

const queueDataMembers = bean<QueueData>({
  brokerName: text,
  perm: integer(),
  readQueueNums: integer(),
  topicSynFlag: integer(),
  writeQueueNums: integer(),
});

const queueData: ValueCodec<QueueData> = {
  read: (value, path) => queueDataMembers.read(withSynFlag(value), path),
  write: queueDataMembers.write,
};

function withSynFlag(value: FastjsonValue | undefined): FastjsonValue | undefined {
  if (!(value instanceof Map) || value.has('topicSynFlag') || !value.has('topicSysFlag')) return value;
  return new Map(value).set('topicSynFlag', value.get('topicSysFlag') ?? null);
}

const brokerData = bean<BrokerData>({
  brokerAddrs: intMapOf(text),
  brokerName: text,
  cluster: text,
});

const topicRouteData = bodyCodec<TopicRouteData>(
  'TopicRouteData',
  bean({
    brokerDatas: listOf(brokerData),
    filterServerTable: mapOf(listOf(text)),
    orderTopicConf: optionalText,
    queueDatas: listOf(queueData),
  }),
);
export const encodeTopicRouteData = topicRouteData.encode;
export const decodeTopicRouteData = topicRouteData.decode;

const clusterInfo = bodyCodec<ClusterInfo>(
  'ClusterInfo',
  bean({ brokerAddrTable: mapOf(brokerData), clusterAddrTable: mapOf(setOf(text)) }),
);
export const encodeClusterInfo = clusterInfo.encode;
export const decodeClusterInfo = clusterInfo.decode;
