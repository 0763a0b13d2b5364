/**
 * Message traces as text, in RocketMQ's encoding (TraceDataEncoder of 4.4.0). One line per message, fields separated by
 * the character 1, ended by the character 2:
 *
 *     Pub        timeStamp region group topic msgId tags keys storeHost bodyLength costTime msgType offsetMsgId success
 *     SubBefore  timeStamp region group requestId msgId retryTimes keys
 *     SubAfter   requestId msgId costTime success keys contextCode
 *
 * What is missing is written `null`, as Java does; the official decoder needs every field.
 */

/** Position is RocketMQ's number. */
export const messageTypes = ['Normal_Msg', 'Trans_Msg_Half', 'Trans_msg_Commit', 'Delay_Msg'] as const;
export type MessageTraceType = (typeof messageTypes)[number];

/** How a call of a listener ended; position is RocketMQ's number. */
export const contextCodes = ['SUCCESS', 'TIME_OUT', 'EXCEPTION', 'RETURNNULL', 'FAILED'] as const;
export type TraceContextCode = (typeof contextCodes)[number];

const fieldEnd = '\x01';
const lineEnd = '\x02';

export interface PubTrace {
  /** Milliseconds since the epoch, as all times. */
  readonly timeStamp: number;
  readonly regionId: string;
  readonly groupName: string;
  readonly topic: string;
  readonly msgId: string;
  readonly tags: string | undefined;
  readonly keys: string | undefined;
  /** The broker's address. */
  readonly storeHost: string;
  /** Bytes as they were sent. */
  readonly bodyLength: number;
  /** Milliseconds. */
  readonly costTime: number;
  readonly msgType: MessageTraceType;
  readonly offsetMsgId: string;
  readonly success: boolean;
}

export interface SubBeforeTrace {
  readonly timeStamp: number;
  readonly regionId: string | undefined;
  readonly groupName: string;
  /** Ties a SubBefore and its SubAfter. */
  readonly requestId: string;
  readonly msgId: string;
  readonly retryTimes: number;
  readonly keys: string | undefined;
}

export interface SubAfterTrace {
  readonly requestId: string;
  readonly msgId: string;
  readonly costTime: number;
  readonly success: boolean;
  readonly keys: string | undefined;
  readonly contextCode: TraceContextCode;
}

export function encodePub(trace: PubTrace): string {
  const { timeStamp, regionId, groupName, topic, msgId, storeHost, bodyLength, costTime, success } = trace;
  return line([
    'Pub',
    timeStamp,
    regionId,
    groupName,
    topic,
    msgId,
    orNull(trace.tags),
    orNull(trace.keys),
    storeHost,
    bodyLength,
    costTime,
    messageTypes.indexOf(trace.msgType),
    orNull(trace.offsetMsgId),
    success,
  ]);
}

export function encodeSubBefore(trace: SubBeforeTrace): string {
  const { timeStamp, regionId, groupName, requestId, msgId, retryTimes, keys } = trace;
  return line([
    'SubBefore',
    timeStamp,
    orNull(regionId),
    groupName,
    requestId,
    msgId,
    retryTimes,
    orNull(keys),
  ]);
}

export function encodeSubAfter(trace: SubAfterTrace): string {
  const { requestId, msgId, costTime, success, keys } = trace;
  const code = contextCodes.indexOf(trace.contextCode);
  return line(['SubAfter', requestId, msgId, costTime, success, orNull(keys), code]);
}

/** Java's text for null. An empty field at the end of a line would be lost to its decoder. */
function orNull(value: string | undefined): string {
  return value === undefined || value === '' ? 'null' : value;
}

function line(fields: readonly (string | number | boolean)[]): string {
  return fields.join(fieldEnd) + lineEnd;
}
