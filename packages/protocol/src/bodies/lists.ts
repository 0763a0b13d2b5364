import { bean, bodyCodec, listOf, mapOf, optionalText, setOf, text } from './body-codec.ts';

/**
 * Plain lists and tables: `TopicList`, `GroupList`, `KVTable`, `GetConsumerListByGroupResponseBody`, and the name
 * server's kvConfig.json.
 */
export interface TopicList {
  topicList: string[];
  brokerAddr?: string | undefined;
}

export interface GroupList {
  groupList: string[];
}

export interface KVTable {
  table: Map<string, string>;
}

export interface GetConsumerListByGroupResponseBody {
  consumerIdList: string[];
}

/** kvConfig.json: by namespace, then by key. */
export interface KVConfigTable {
  configTable: Map<string, Map<string, string>>;
}

const topicList = bodyCodec<TopicList>(
  'TopicList',
  bean({ brokerAddr: optionalText, topicList: setOf(text) }),
);
export const encodeTopicList = topicList.encode;
export const decodeTopicList = topicList.decode;

const groupList = bodyCodec<GroupList>('GroupList', bean({ groupList: setOf(text) }));
export const encodeGroupList = groupList.encode;
export const decodeGroupList = groupList.decode;

const kvTable = bodyCodec<KVTable>('KVTable', bean({ table: mapOf(text) }));
export const encodeKVTable = kvTable.encode;
export const decodeKVTable = kvTable.decode;

const consumerList = bodyCodec<GetConsumerListByGroupResponseBody>(
  'GetConsumerListByGroupResponseBody',
  bean({ consumerIdList: listOf(text) }),
);
export const encodeGetConsumerListByGroupResponseBody = consumerList.encode;
export const decodeGetConsumerListByGroupResponseBody = consumerList.decode;

const kvConfigTable = bodyCodec<KVConfigTable>(
  'KVConfigSerializeWrapper',
  bean({ configTable: mapOf(mapOf(text)) }),
);
export const encodeKVConfigTable = kvConfigTable.encode;
export const decodeKVConfigTable = kvConfigTable.decode;
