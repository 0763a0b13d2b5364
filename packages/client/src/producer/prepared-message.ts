/**
 * A checked message in the form the request template takes: body counted and compressed if it is large, properties
 * escaped, id given. Throws MESSAGE_ILLEGAL; nothing is sent then.
 */
import {
  deflateBody,
  encodeBatch,
  MessageSysFlag,
  PropertyKey,
  type UniqueIdGenerator,
} from '@rocketmq-ts/protocol';
import { checkBodySize, checkTopic, illegal } from '../validators.ts';
import type { OutgoingMessage } from './message.ts';
import { batchEntry, checkBatch } from './message-batch.ts';
import { escapedMessageProperties, escapedProperty, escapedRawProperties } from './message-properties.ts';
import type { SendSettings } from './producer-options.ts';
import { asBuffer, type OutgoingFields } from './send-template.ts';

export interface PreparedMessage extends OutgoingFields {
  readonly topic: string;
  /** What the application gave, for queue selectors. */
  readonly original: OutgoingMessage;
  /** Of a batch: all of them. */
  readonly originals: readonly OutgoingMessage[] | undefined;
  /** As SendResult shows it. */
  readonly msgId: string;
}

/** A message of the client's own, sent back for retry: its properties are taken as they are. */
export interface RawMessage {
  readonly topic: string;
  readonly body: Buffer;
  readonly flag: number;
  readonly properties: ReadonlyMap<string, string>;
  readonly msgId: string;
  readonly reconsumeTimes: number;
  readonly maxReconsumeTimes: number;
}

export function prepareMessage(
  message: OutgoingMessage,
  settings: SendSettings,
  ids: UniqueIdGenerator,
): PreparedMessage {
  if (message === null || typeof message !== 'object') throw illegal('the message is null');
  let { body } = message;
  let bodyBytes: number;
  if (typeof body === 'string') bodyBytes = Buffer.byteLength(body);
  else if (body instanceof Uint8Array) bodyBytes = body.length;
  else throw illegal(`the message body is ${body === undefined ? 'null' : typeof body}; give text or bytes`);
  checkBodySize(bodyBytes, settings.maxMessageSize);
  const properties = escapedMessageProperties(message);
  let sysFlag = 0;
  if (bodyBytes >= settings.compressMsgBodyOverHowmuch) {
    body = deflateBody(asBytes(body), settings.compressLevel);
    bodyBytes = body.length;
    sysFlag = MessageSysFlag.COMPRESSED;
  }
  const uniqKey = ids.next();
  return {
    topic: settings.namespace.wrap(message.topic),
    original: message,
    originals: undefined,
    msgId: uniqKey,
    batch: false,
    sysFlag,
    flag: message.flag === undefined ? 0 : checkFlag(message.flag),
    wait: message.waitStoreMsgOK !== false,
    uniqKey,
    properties,
    reconsumeTimes: 0,
    maxReconsumeTimes: undefined,
    body,
    bodyBytes,
  };
}

/** A message of a transaction, which its broker holds back. */
export function prepareHalf(
  message: OutgoingMessage,
  settings: SendSettings,
  ids: UniqueIdGenerator,
): PreparedMessage {
  const prepared = prepareMessage(message, settings, ids);
  return {
    ...prepared,
    sysFlag: prepared.sysFlag | MessageSysFlag.TRANSACTION_PREPARED_TYPE,
    properties:
      prepared.properties +
      escapedProperty(PropertyKey.TRAN_MSG, 'true') +
      escapedProperty(PropertyKey.PGROUP, settings.producerGroup),
  };
}

/** One request for many messages of one topic. */
export function prepareBatch(
  messages: readonly OutgoingMessage[],
  settings: SendSettings,
  ids: UniqueIdGenerator,
): PreparedMessage {
  const first = checkBatch(messages);
  const uniqKeys = messages.map(() => ids.next());
  const body = encodeBatch(messages.map((message, index) => batchEntry(message, uniqKeys[index])));
  checkBodySize(body.length, settings.maxMessageSize);
  return {
    topic: settings.namespace.wrap(checkTopic(first.topic)),
    original: first,
    originals: messages,
    msgId: uniqKeys.join(','),
    batch: true,
    sysFlag: 0,
    flag: 0,
    wait: first.waitStoreMsgOK !== false,
    uniqKey: undefined,
    properties: '',
    reconsumeTimes: 0,
    maxReconsumeTimes: undefined,
    body,
    bodyBytes: body.length,
  };
}

export function prepareRaw(
  message: RawMessage,
  settings: SendSettings,
  ids: UniqueIdGenerator,
): PreparedMessage {
  checkBodySize(message.body.length, settings.maxMessageSize);
  const properties = new Map(message.properties);
  // The template writes this one itself.
  const wait = properties.get(PropertyKey.WAIT) !== 'false';
  properties.delete(PropertyKey.WAIT);
  const compress = message.body.length >= settings.compressMsgBodyOverHowmuch;
  const body = compress ? deflateBody(message.body, settings.compressLevel) : message.body;
  return {
    topic: message.topic,
    original: { topic: message.topic, body: message.body },
    originals: undefined,
    msgId: message.msgId,
    batch: false,
    sysFlag: compress ? MessageSysFlag.COMPRESSED : 0,
    flag: message.flag,
    wait,
    uniqKey: properties.has(PropertyKey.UNIQ_KEY) ? undefined : ids.next(),
    properties: escapedRawProperties(properties),
    reconsumeTimes: message.reconsumeTimes,
    maxReconsumeTimes: message.maxReconsumeTimes,
    body,
    bodyBytes: body.length,
  };
}

function asBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : asBuffer(body);
}

function checkFlag(flag: number): number {
  if (flag === (flag | 0)) return flag;
  throw illegal(`the flag of the message is ${flag}; it must be a 32-bit integer`);
}
