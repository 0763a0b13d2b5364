/** Which handler answers which request code. Every other code is answered REQUEST_CODE_NOT_SUPPORTED. */
import { RequestCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { deleteKVConfig } from './delete-kv-config.ts';
import { deleteTopicInNamesrv } from './delete-topic-in-namesrv.ts';
import { getAllTopicListFromNameserver } from './get-all-topic-list-from-nameserver.ts';
import { getBrokerClusterInfo } from './get-broker-cluster-info.ts';
import { getKVConfig } from './get-kv-config.ts';
import { getKVListByNamespace } from './get-kv-list-by-namespace.ts';
import { getNamesrvConfig } from './get-namesrv-config.ts';
import { getRouteInfoByTopic } from './get-route-info-by-topic.ts';
import { getSystemTopicListFromNs } from './get-system-topic-list-from-ns.ts';
import { getTopicsByCluster } from './get-topics-by-cluster.ts';
import type { NamesrvContext } from './namesrv-context.ts';
import { putKVConfig } from './put-kv-config.ts';
import { queryDataVersion } from './query-data-version.ts';
import { registerBroker } from './register-broker.ts';
import {
  getHasUnitSubTopicList,
  getHasUnitSubUnUnitTopicList,
  getUnitTopicList,
} from './unit-topic-lists.ts';
import { unregisterBroker } from './unregister-broker.ts';
import { updateNamesrvConfig } from './update-namesrv-config.ts';
import { wipeWritePermOfBroker } from './wipe-write-perm-of-broker.ts';

export const processors: ReadonlyMap<number, (context: NamesrvContext) => Handler> = new Map([
  [RequestCode.PUT_KV_CONFIG, putKVConfig],
  [RequestCode.GET_KV_CONFIG, getKVConfig],
  [RequestCode.DELETE_KV_CONFIG, deleteKVConfig],
  [RequestCode.REGISTER_BROKER, registerBroker],
  [RequestCode.UNREGISTER_BROKER, unregisterBroker],
  [RequestCode.GET_ROUTEINTO_BY_TOPIC, getRouteInfoByTopic],
  [RequestCode.GET_BROKER_CLUSTER_INFO, getBrokerClusterInfo],
  [RequestCode.WIPE_WRITE_PERM_OF_BROKER, wipeWritePermOfBroker],
  [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, getAllTopicListFromNameserver],
  [RequestCode.DELETE_TOPIC_IN_NAMESRV, deleteTopicInNamesrv],
  [RequestCode.GET_KVLIST_BY_NAMESPACE, getKVListByNamespace],
  [RequestCode.GET_TOPICS_BY_CLUSTER, getTopicsByCluster],
  [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, getSystemTopicListFromNs],
  [RequestCode.GET_UNIT_TOPIC_LIST, getUnitTopicList],
  [RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST, getHasUnitSubTopicList],
  [RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, getHasUnitSubUnUnitTopicList],
  [RequestCode.UPDATE_NAMESRV_CONFIG, updateNamesrvConfig],
  [RequestCode.GET_NAMESRV_CONFIG, getNamesrvConfig],
  [RequestCode.QUERY_DATA_VERSION, queryDataVersion],
]);
