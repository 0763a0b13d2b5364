import { bean, bodyCodec, bool, integer, mapOf, oneOf, text, type ValueCodec } from './body-codec.ts';

/**
 * Topic configuration: topics.json and the answer to GET_ALL_TOPIC_CONFIG (`TopicConfigSerializeWrapper`), and
 * `DataVersion`, which says how old such a table is.
 */
export interface TopicConfig {
  topicName: string;
  readQueueNums: number;
  writeQueueNums: number;
  /** `Perm` bits. */
  perm: number;
  topicFilterType: 'SINGLE_TAG' | 'MULTI_TAG';
  topicSysFlag: number;
  order: boolean;
}

export interface DataVersion {
  /** Milliseconds since the epoch of the last change. */
  timestamp: number;
  counter: number;
}

export interface TopicConfigSerializeWrapper {
  dataVersion: DataVersion;
  topicConfigTable: Map<string, TopicConfig>;
}

export const topicConfigCodec: ValueCodec<TopicConfig> = bean<TopicConfig>({
  order: bool(),
  perm: integer(6),
  readQueueNums: integer(16),
  topicFilterType: oneOf(['SINGLE_TAG', 'MULTI_TAG'], 'SINGLE_TAG'),
  topicName: text,
  topicSysFlag: integer(),
  writeQueueNums: integer(16),
});

const dataVersionMembers = bean<DataVersion>({ counter: integer(), timestamp: integer() });

/** A missing version is the oldest one. */
export const dataVersionCodec: ValueCodec<DataVersion> = {
  read: (value, path) => dataVersionMembers.read(value ?? new Map(), path),
  write: dataVersionMembers.write,
};

export const topicConfigWrapperCodec: ValueCodec<TopicConfigSerializeWrapper> =
  bean<TopicConfigSerializeWrapper>({
    dataVersion: dataVersionCodec,
    topicConfigTable: mapOf(topicConfigCodec),
  });

const topicConfig = bodyCodec<TopicConfig>('TopicConfig', topicConfigCodec);
export const encodeTopicConfig = topicConfig.encode;
export const decodeTopicConfig = topicConfig.decode;

const dataVersion = bodyCodec<DataVersion>('DataVersion', dataVersionCodec);
export const encodeDataVersion = dataVersion.encode;
export const decodeDataVersion = dataVersion.decode;

const wrapper = bodyCodec<TopicConfigSerializeWrapper>(
  'TopicConfigSerializeWrapper',
  topicConfigWrapperCodec,
);
export const encodeTopicConfigSerializeWrapper = wrapper.encode;
export const decodeTopicConfigSerializeWrapper = wrapper.decode;

export function equalDataVersions(a: DataVersion, b: DataVersion): boolean {
  return a.timestamp === b.timestamp && a.counter === b.counter;
}
