/**
 * Reads the messages of a trace topic, as RocketMQ's TraceDataEncoder.decoderFromTraceDataString does: the other way round of
 * trace-encoder.ts, whose comment has the format.
 *
 * Invariant: a line that is none of the three kinds, or lacks fields, is left out and changes nothing for the others: clients
 * of later releases write more fields, and kinds that 4.4.0 does not know.
 */
import {
  contextCodes,
  type MessageTraceType,
  messageTypes,
  type PubTrace,
  type SubAfterTrace,
  type SubBeforeTrace,
  type TraceContextCode,
} from './trace-encoder.ts';

/** Fields that other clients may have left empty are undefined. `msgId` of a batch: all ids, joined by commas. */
export interface PublishedTrace extends Omit<PubTrace, 'regionId' | 'msgType' | 'offsetMsgId'> {
  readonly type: 'Pub';
  readonly regionId: string | undefined;
  readonly msgType: MessageTraceType | undefined;
  readonly offsetMsgId: string | undefined;
}

/** A listener was called with a message. */
export interface ConsumeBeginTrace extends SubBeforeTrace {
  readonly type: 'SubBefore';
}

/** It has answered: the SubBefore with the same requestId and msgId says who. */
export interface ConsumeEndTrace extends Omit<SubAfterTrace, 'contextCode'> {
  readonly type: 'SubAfter';
  readonly contextCode: TraceContextCode | undefined;
}

export type MessageTrace = PublishedTrace | ConsumeBeginTrace | ConsumeEndTrace;

/** `data`: the body of a message of the trace topic. */
export function decodeTraceData(data: string | Uint8Array): MessageTrace[] {
  const text = typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
  return text.split('\x02').flatMap((line) => decodeLine(line.split('\x01')) ?? []);
}

function decodeLine(fields: readonly string[]): MessageTrace | undefined {
  const [type] = fields;
  if (type === 'Pub' && fields.length >= 13) return decodePub(fields);
  if (type === 'SubBefore' && fields.length >= 8) {
    const [, timeStamp, regionId, groupName, requestId, msgId, retryTimes, keys] = fields as Tuple;
    return {
      type,
      timeStamp: Number(timeStamp),
      regionId: notNull(regionId),
      groupName,
      requestId,
      msgId,
      retryTimes: Number(retryTimes),
      keys: notNull(keys),
    };
  }
  if (type === 'SubAfter' && fields.length >= 6) {
    const [, requestId, msgId, costTime, success, keys, code] = fields as Tuple;
    return {
      type,
      requestId,
      msgId,
      costTime: Number(costTime),
      success: success === 'true',
      keys: notNull(keys),
      contextCode: contextCodes[Number(code ?? 0)],
    };
  }
  return undefined;
}

/** Releases before 4.4.0 write no offsetMsgId. */
function decodePub(fields: readonly string[]): PublishedTrace {
  const [, timeStamp, regionId, groupName, topic, msgId, tags, keys, storeHost, length, cost, msgType] =
    fields as Tuple;
  const hasOffsetId = fields.length >= 14;
  return {
    type: 'Pub',
    timeStamp: Number(timeStamp),
    regionId: notNull(regionId),
    groupName,
    topic,
    msgId,
    tags: notNull(tags),
    keys: notNull(keys),
    storeHost,
    bodyLength: Number(length),
    costTime: Number(cost),
    msgType: messageTypes[Number(msgType)],
    offsetMsgId: hasOffsetId ? notNull(fields[12] as string) : undefined,
    success: fields[hasOffsetId ? 13 : 12] === 'true',
  };
}

/** Checked to be long enough by whoever takes it apart. */
type Tuple = readonly [string, string, string, string, string, string, ...string[]] & readonly string[];

function notNull(text: string): string | undefined {
  return text === 'null' || text === '' ? undefined : text;
}
