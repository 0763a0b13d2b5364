/**
 * Writes send requests from byte templates, one template per (producer, topic, queue): what stays the same between
 * messages is encoded once. The header is the JSON that Java writes, members in the same order:
 *
 *     int32 length  int32 header length
 *     {"code":310,"extFields":{"a":<group>,"b":<topic>,"c":<defaultTopic>,"d":<queues>,"e":<queueId>,"f":"   <- head
 *     <sysFlag>  ","g":"  <bornTimestamp>  ","h":"  <flag>
 *     ","i":"WAIT\u0001true\u0002UNIQ_KEY\u0001  <32 digits>  \u0002  <escaped properties>
 *     "," j, k, l (retry topics only), m },"flag":0,"language":"OTHER","opaque":                              <- tail
 *     <opaque>  ,"serializeTypeCurrentRPC":"JSON","version":293}
 *     body
 *
 * Invariant: what a template writes decodes to what the general encoder writes for the same message; a test holds it
 * to that.
 */
import {
  CURRENT_VERSION,
  LanguageCode,
  languageName,
  RequestCode,
  writeDecimal,
} from '@rocketmq-ts/protocol';
import type { OutputTarget } from '@rocketmq-ts/remoting';

export interface SendTarget {
  readonly producerGroup: string;
  readonly topic: string;
  readonly defaultTopic: string;
  readonly defaultTopicQueueNums: number;
  readonly queueId: number;
  readonly unitMode: boolean;
}

/** What differs from message to message. */
export interface OutgoingFields {
  /** SEND_MESSAGE_V2 or SEND_BATCH_MESSAGE. */
  readonly batch: boolean;
  readonly sysFlag: number;
  readonly flag: number;
  readonly wait: boolean;
  /** Undefined when it stands in `properties`, and for batches, whose messages have their own. */
  readonly uniqKey: string | undefined;
  /** Escaped for JSON, after WAIT and UNIQ_KEY. */
  readonly properties: string;
  /** For retry topics. */
  readonly reconsumeTimes: number;
  readonly maxReconsumeTimes: number | undefined;
  /** Bytes, or text that is written as UTF-8. */
  readonly body: Uint8Array | string;
  readonly bodyBytes: number;
}

type TailFields = Pick<OutgoingFields, 'batch' | 'reconsumeTimes' | 'maxReconsumeTimes'>;

const prefixBytes = 8;
/** Digits and separators between the fixed parts, generously. */
const variableBytes = 160;
const waitTrue = latin1('WAIT\\u0001true\\u0002');
const waitFalse = latin1('WAIT\\u0001false\\u0002');
const uniqKeyName = latin1('UNIQ_KEY\\u0001');
const valueEnd = latin1('\\u0002');
const beforeBorn = latin1('","g":"');
const beforeFlag = latin1('","h":"');
const beforeProperties = latin1('","i":"');
const end = latin1(`,"serializeTypeCurrentRPC":"JSON","version":${CURRENT_VERSION}}`);
/** A body this long goes out by reference. */
const bodySpanBytes = 2048;

export class SendTemplate {
  readonly #target: SendTarget;
  readonly #head: Buffer;
  readonly #tail: Buffer;

  constructor(target: SendTarget) {
    this.#target = target;
    this.#head = headOf(target, RequestCode.SEND_MESSAGE_V2);
    this.#tail = tailOf(target, { batch: false, reconsumeTimes: 0, maxReconsumeTimes: undefined });
  }

  /** Appends one request frame. `bornTimestamp`: milliseconds since the epoch. */
  write(output: OutputTarget, opaque: number, fields: OutgoingFields, bornTimestamp: number): void {
    const target = this.#target;
    const head = fields.batch ? headOf(target, RequestCode.SEND_BATCH_MESSAGE) : this.#head;
    const tail = isUsual(fields) ? this.#tail : tailOf(target, fields);
    const inline = typeof fields.body === 'string' || fields.bodyBytes < bodySpanBytes;
    const start = output.reserve(
      prefixBytes +
        head.length +
        tail.length +
        variableBytes +
        fields.properties.length * 3 +
        (inline ? fields.bodyBytes : 0),
    );
    const { buffer } = output;
    let at = copy(head, buffer, start + prefixBytes);
    at = writeDecimal(buffer, at, fields.sysFlag);
    at = copy(beforeBorn, buffer, at);
    at = writeDecimal(buffer, at, bornTimestamp);
    at = copy(beforeFlag, buffer, at);
    at = writeDecimal(buffer, at, fields.flag);
    at = copy(beforeProperties, buffer, at);
    at = copy(fields.wait ? waitTrue : waitFalse, buffer, at);
    if (fields.uniqKey !== undefined) {
      at = copy(uniqKeyName, buffer, at);
      at += buffer.write(fields.uniqKey, at, 'latin1');
      at = copy(valueEnd, buffer, at);
    }
    if (fields.properties !== '') at += buffer.write(fields.properties, at);
    at = copy(tail, buffer, at);
    at = writeDecimal(buffer, at, opaque);
    at = copy(end, buffer, at);
    const headerBytes = at - start - prefixBytes;
    writeInt32(buffer, start, 4 + headerBytes + fields.bodyBytes);
    writeInt32(buffer, start + 4, headerBytes);
    const { body } = fields;
    if (typeof body === 'string') {
      output.commit(at + buffer.write(body, at));
    } else if (inline) {
      buffer.set(body, at);
      output.commit(at + fields.bodyBytes);
    } else {
      output.commit(at);
      output.appendSpan(asBuffer(body), 0, fields.bodyBytes);
    }
  }
}

function isUsual(fields: OutgoingFields): boolean {
  return !fields.batch && fields.reconsumeTimes === 0 && fields.maxReconsumeTimes === undefined;
}

function headOf(target: SendTarget, code: number): Buffer {
  const { producerGroup, topic, defaultTopic, defaultTopicQueueNums, queueId } = target;
  return Buffer.from(
    `{"code":${code},"extFields":{"a":${JSON.stringify(producerGroup)},"b":${JSON.stringify(topic)},` +
      `"c":${JSON.stringify(defaultTopic)},"d":"${defaultTopicQueueNums}","e":"${queueId}","f":"`,
  );
}

function tailOf(target: SendTarget, fields: TailFields): Buffer {
  const { reconsumeTimes, maxReconsumeTimes, batch } = fields;
  const l = maxReconsumeTimes === undefined ? '' : `"l":"${maxReconsumeTimes}",`;
  return latin1(
    `","j":"${reconsumeTimes}","k":"${target.unitMode}",${l}"m":"${batch}"},"flag":0,` +
      `"language":"${languageName(LanguageCode.OTHER)}","opaque":`,
  );
}

/** A byte loop: for pieces this short it beats a call out of JavaScript. */
function copy(source: Uint8Array, target: Uint8Array, position: number): number {
  const { length } = source;
  if (length > 64) {
    target.set(source, position);
  } else {
    for (let i = 0; i < length; i++) target[position + i] = source[i];
  }
  return position + length;
}

function writeInt32(target: Uint8Array, position: number, value: number): void {
  target[position] = value >>> 24;
  target[position + 1] = value >>> 16;
  target[position + 2] = value >>> 8;
  target[position + 3] = value;
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
