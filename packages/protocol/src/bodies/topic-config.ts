import { quoteFastjson } from '../fastjson/string.ts';
import { FastjsonText } from '../fastjson/value.ts';
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

const tableMembers = mapOf(topicConfigCodec);

/** As `tableMembers` writes it. A broker may have a hundred thousand topics, and writes all of them when one changes. */
const topicConfigTableCodec: ValueCodec<Map<string, TopicConfig>> = {
  read: tableMembers.read,
  write: (table) => new FastjsonText((pretty, depth) => tableText(table, pretty, depth)),
};

function tableText(table: ReadonlyMap<string, TopicConfig>, pretty: boolean, depth: number): string {
  if (table.size === 0) return '{}';
  const end = pretty ? `\n${'\t'.repeat(depth)}` : '';
  const line = pretty ? `${end}\t` : '';
  const member = pretty ? `${line}\t` : '';
  let text = '';
  for (const [name, topic] of table) {
    text += `${text === '' ? '{' : ','}${line}${quoteFastjson(name)}:{${member}"order":${topic.order}`;
    text += `,${member}"perm":${topic.perm},${member}"readQueueNums":${topic.readQueueNums}`;
    text += `,${member}"topicFilterType":"${topic.topicFilterType}"`;
    text += `,${member}"topicName":${quoteFastjson(topic.topicName)}`;
    text += `,${member}"topicSysFlag":${topic.topicSysFlag},${member}"writeQueueNums":${topic.writeQueueNums}${line}}`;
  }
  return `${text}${end}}`;
}

export const topicConfigWrapperCodec: ValueCodec<TopicConfigSerializeWrapper> =
  bean<TopicConfigSerializeWrapper>({
    dataVersion: dataVersionCodec,
    topicConfigTable: topicConfigTableCodec,
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
