/**
 * What a broker really holds: every queue of a topic pulled from its first to its last offset with raw requests, its
 * records decoded here and checked for shape. Consumers may retry, filter and skip; this does not.
 *
 * Record: int32 size | int32 magic | int32 bodyCRC | int32 queueId | int32 flag | int64 queueOffset |
 * int64 physicalOffset | int32 sysFlag | int64 bornTimestamp | 8 bornHost | int64 storeTimestamp | 8 storeHost |
 * int32 reconsumeTimes | int64 preparedTransactionOffset | int32 n, body | int8 n, topic | int16 n, properties
 */
import assert from 'node:assert/strict';
import { crc32, inflateSync } from 'node:zlib';
import { RawClient, type RawResponse } from './raw-client.ts';

const GET_MAX_OFFSET = 30;
const GET_MIN_OFFSET = 31;
const PULL_MESSAGE = 11;
const SUBSCRIPTION_INLINE = 4;
const MAGIC = 0xdaa320a7 | 0;
const COMPRESSED = 1;

export interface StoredRecord {
  readonly queueId: number;
  readonly flag: number;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly storeTimestampMs: number;
  readonly topic: string;
  readonly properties: ReadonlyMap<string, string>;
  /** Inflated when it was stored compressed. */
  readonly body: Buffer;
  readonly compressed: boolean;
}

/** Who asks the broker: a `RawClient`, or one in simulated time. */
export interface Requester {
  request(
    code: number,
    ext?: Readonly<Record<string, string | number | boolean>>,
    body?: Buffer,
    timeoutMs?: number,
  ): Promise<RawResponse>;
}

/** All records of queues 0 to `queues` - 1, by queue and offset. */
export async function readTopic(address: string, topic: string, queues = 4): Promise<StoredRecord[]> {
  using client = await RawClient.connect(address);
  return await readAllQueues(client, topic, queues);
}

/** `mayHaveHoles`: a power cut has left records of which nobody was told, but not those before them. */
export async function readAllQueues(
  client: Requester,
  topic: string,
  queues: number,
  mayHaveHoles = false,
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (let queueId = 0; queueId < queues; queueId++)
    records.push(...(await readQueue(client, topic, queueId, mayHaveHoles)));
  return records;
}

export async function readQueue(
  client: Requester,
  topic: string,
  queueId: number,
  mayHaveHoles = false,
): Promise<StoredRecord[]> {
  const maxOffset = await queueEdge(client, GET_MAX_OFFSET, topic, queueId);
  let offset = await queueEdge(client, GET_MIN_OFFSET, topic, queueId);
  const records: StoredRecord[] = [];
  while (offset < maxOffset) {
    const response = await client.request(PULL_MESSAGE, {
      consumerGroup: 'READ_TOPIC',
      topic,
      queueId,
      queueOffset: offset,
      maxMsgNums: 32,
      sysFlag: SUBSCRIPTION_INLINE,
      commitOffset: 0,
      suspendTimeoutMillis: 0,
      subscription: '*',
      subVersion: 0,
      expressionType: 'TAG',
    });
    assert.equal(response.code, 0, `pull of ${topic} ${queueId} at ${offset}: ${response.remark}`);
    const found = decodeRecords(response.body);
    for (const record of found) {
      const follows = mayHaveHoles ? record.queueOffset >= offset : record.queueOffset === offset;
      assert.ok(follows, `${topic} queue ${queueId}: ${record.queueOffset} comes where ${offset} should`);
      assert.equal(record.queueId, queueId);
      assert.equal(record.topic, topic);
      offset = record.queueOffset + 1;
    }
    assert.ok(found.length > 0, `${topic} queue ${queueId}: an empty answer at ${offset} of ${maxOffset}`);
    records.push(...found);
  }
  return records;
}

/** Messages in all queues by the broker's own offsets. */
export async function countTopic(address: string, topic: string, queues = 4): Promise<number> {
  using client = await RawClient.connect(address);
  let count = 0;
  for (let queueId = 0; queueId < queues; queueId++) {
    count += await queueEdge(client, GET_MAX_OFFSET, topic, queueId);
    count -= await queueEdge(client, GET_MIN_OFFSET, topic, queueId);
  }
  return count;
}

async function queueEdge(client: Requester, code: number, topic: string, queueId: number): Promise<number> {
  const response = await client.request(code, { topic, queueId });
  assert.equal(response.code, 0, `offset request ${code} of ${topic} ${queueId}: ${response.remark}`);
  return Number(response.ext.offset);
}

export function decodeRecords(body: Buffer): StoredRecord[] {
  const records: StoredRecord[] = [];
  let position = 0;
  while (position < body.length) {
    const size = body.readInt32BE(position);
    assert.ok(size > 0 && position + size <= body.length, `record of ${size} bytes at ${position}`);
    records.push(decodeRecord(body.subarray(position, position + size)));
    position += size;
  }
  return records;
}

function decodeRecord(record: Buffer): StoredRecord {
  assert.equal(record.readInt32BE(4), MAGIC, 'magic of the record');
  const sysFlag = record.readInt32BE(36);
  const bodyEnd = 88 + record.readInt32BE(84);
  const stored = record.subarray(88, bodyEnd);
  assert.equal(record.readInt32BE(8), bodyCrc(stored), 'CRC of the body');
  const topicEnd = bodyEnd + 1 + record.readInt8(bodyEnd);
  const propertiesEnd = topicEnd + 2 + record.readInt16BE(topicEnd);
  assert.equal(propertiesEnd, record.length, 'the record ends with its properties');
  const compressed = (sysFlag & COMPRESSED) !== 0;
  return {
    queueId: record.readInt32BE(12),
    flag: record.readInt32BE(16),
    queueOffset: Number(record.readBigInt64BE(20)),
    physicalOffset: Number(record.readBigInt64BE(28)),
    storeTimestampMs: Number(record.readBigInt64BE(56)),
    topic: record.toString('utf8', bodyEnd + 1, topicEnd),
    properties: decodeProperties(record.toString('utf8', topicEnd + 2)),
    body: compressed ? inflateSync(stored) : Buffer.from(stored),
    compressed,
  };
}

function decodeProperties(text: string): Map<string, string> {
  const pairs = text.split('\u0002').map((item) => item.split('\u0001'));
  return new Map(pairs.filter((pair) => pair.length === 2) as [string, string][]);
}

function bodyCrc(body: Buffer): number {
  return crc32(body) & 0x7fffffff;
}
