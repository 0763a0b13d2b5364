import { deflateSync } from 'node:zlib';
import { parseFastjson } from '../fastjson/parse.ts';
import { stringifyFastjson } from '../fastjson/stringify.ts';
import { inflateBody } from '../message/compression.ts';
import { ProtocolError } from '../protocol-error.ts';
import { bean, bodyCodec, listOf, text } from './body-codec.ts';
import {
  decodeDataVersion,
  encodeDataVersion,
  type TopicConfig,
  type TopicConfigSerializeWrapper,
  topicConfigWrapperCodec,
} from './topic-config.ts';

/**
 * Body of REGISTER_BROKER (`RegisterBrokerBody`): JSON, or with header `compressed=true` a zlib stream (level 9) of
 *
 *     int32 length, DataVersion as JSON
 *     int32 count, then per topic: int32 length, `name readQueueNums writeQueueNums perm topicFilterType`
 *     int32 length, the filter servers as a JSON array
 *
 * which has no topicSysFlag and no order. The CRC of the header is over the compressed bytes.
 */
export interface RegisterBrokerBody {
  topicConfigSerializeWrapper: TopicConfigSerializeWrapper;
  filterServerList: string[];
}

const filterServers = listOf(text);
const json = bodyCodec<RegisterBrokerBody>(
  'RegisterBrokerBody',
  bean({ filterServerList: filterServers, topicConfigSerializeWrapper: topicConfigWrapperCodec }),
);

export function encodeRegisterBrokerBody(body: RegisterBrokerBody, compressed = false): Buffer {
  if (!compressed) return json.encode(body);
  const { dataVersion, topicConfigTable } = body.topicConfigSerializeWrapper;
  const parts = [...prefixed(encodeDataVersion(dataVersion)), int32(topicConfigTable.size)];
  for (const topic of topicConfigTable.values()) parts.push(...prefixed(Buffer.from(topicLine(topic))));
  parts.push(...prefixed(Buffer.from(stringifyFastjson(body.filterServerList))));
  return deflateSync(Buffer.concat(parts), { level: 9 });
}

export function decodeRegisterBrokerBody(body: Buffer, compressed = false): RegisterBrokerBody {
  if (!compressed) return json.decode(body);
  const reader = new PartReader(inflateBody(body));
  const dataVersion = decodeDataVersion(reader.part());
  const topicConfigTable = new Map<string, TopicConfig>();
  for (let left = reader.int32(); left > 0; left--) {
    const topic = parseTopicLine(reader.part());
    topicConfigTable.set(topic.topicName, topic);
  }
  return {
    topicConfigSerializeWrapper: { dataVersion, topicConfigTable },
    filterServerList: filterServers.read(parseFastjson(reader.part()), 'filterServerList'),
  };
}

function topicLine(topic: TopicConfig): string {
  return `${topic.topicName} ${topic.readQueueNums} ${topic.writeQueueNums} ${topic.perm} ${topic.topicFilterType}`;
}

function parseTopicLine(line: string): TopicConfig {
  const match = /^([^ ]+) ([0-9]{1,9}) ([0-9]{1,9}) ([0-9]{1,9}) (SINGLE_TAG|MULTI_TAG)$/.exec(line);
  if (match === null) {
    throw new ProtocolError(
      'BODY_MALFORMED',
      `RegisterBrokerBody: ${JSON.stringify(line.slice(0, 80))} is not "topic readQueueNums writeQueueNums perm topicFilterType"`,
    );
  }
  return {
    topicName: match[1] as string,
    readQueueNums: Number(match[2]),
    writeQueueNums: Number(match[3]),
    perm: Number(match[4]),
    topicFilterType: match[5] as TopicConfig['topicFilterType'],
    topicSysFlag: 0,
    order: false,
  };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function prefixed(bytes: Buffer): Buffer[] {
  return [int32(bytes.length), bytes];
}

class PartReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int32(): number {
    if (this.#at + 4 > this.#bytes.length) this.#fail(4);
    const value = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  part(): string {
    const length = this.int32();
    if (length < 0 || length > this.#bytes.length - this.#at) this.#fail(length);
    const from = this.#at;
    this.#at += length;
    return this.#bytes.toString('utf8', from, this.#at);
  }

  #fail(wanted: number): never {
    throw new ProtocolError(
      'BODY_MALFORMED',
      `RegisterBrokerBody: ${wanted} bytes wanted at byte ${this.#at}, found ${this.#bytes.length - this.#at}`,
    );
  }
}
