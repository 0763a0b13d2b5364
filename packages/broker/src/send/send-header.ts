/**
 * The header of a send, read from the scanned fields into numbers and spans.
 *
 * SEND_MESSAGE (10) carries RocketMQ's full names; SEND_MESSAGE_V2 (310) and SEND_BATCH_MESSAGE (320) one letter each:
 * a producerGroup, b topic, c defaultTopic, d defaultTopicQueueNums, e queueId, f sysFlag, g bornTimestamp, h flag,
 * i properties, j reconsumeTimes, k unitMode, l maxReconsumeTimes, m batch.
 *
 * Invariant: fields are valid until the next `read`; indexes point into the view that was read.
 * Counterpart in RocketMQ: SendMessageRequestHeader, SendMessageRequestHeaderV2.
 */
import { type HeaderView, ProtocolError, RequestCode, requestCodeName } from '@rocketmq-ts/protocol';

const FULL_NAMES = [
  'producerGroup',
  'topic',
  'defaultTopic',
  'defaultTopicQueueNums',
  'queueId',
  'sysFlag',
  'bornTimestamp',
  'flag',
  'properties',
  'reconsumeTimes',
  'unitMode',
  'maxReconsumeTimes',
  'batch',
] as const;
const FIELD_COUNT = FULL_NAMES.length;
const [TOPIC, DEFAULT_TOPIC, DEFAULT_QUEUES, QUEUE_ID, SYS_FLAG, BORN, FLAG] = [1, 2, 3, 4, 5, 6, 7] as const;
const [PROPERTIES, RECONSUME, UNIT_MODE, MAX_RECONSUME, BATCH] = [8, 9, 10, 11, 12] as const;
/** What no message can be stored without. RocketMQ's own check of the others never worked, so clients leave them out. */
const REQUIRED = [TOPIC, QUEUE_ID, SYS_FLAG, BORN, FLAG] as const;

export class SendHeader {
  queueId = 0;
  sysFlag = 0;
  bornTimestamp = 0;
  flag = 0;
  reconsumeTimes = 0;
  /** -1 when the producer did not say. */
  maxReconsumeTimes = -1;
  batch = false;
  /** Index of `topic` in the view. */
  topic = 0;
  /** Index of `properties` in the view, or -1. */
  properties = -1;

  /** Where in the view each field is; -1 when it is missing. */
  readonly #at = new Int32Array(FIELD_COUNT);

  /** Throws ProtocolError, naming the field, when one that is needed is missing or not a number. */
  read(view: HeaderView): void {
    const at = this.#at;
    at.fill(-1);
    if (view.code === RequestCode.SEND_MESSAGE) this.#locateFullNames(view);
    else this.#locateLetters(view);
    for (const field of REQUIRED) if (at[field]! < 0) throw missing(view.code, field);
    this.topic = at[TOPIC]!;
    this.queueId = view.int(at[QUEUE_ID]!);
    this.sysFlag = view.int(at[SYS_FLAG]!);
    this.bornTimestamp = view.long(at[BORN]!);
    this.flag = view.int(at[FLAG]!);
    this.properties = at[PROPERTIES]!;
    this.reconsumeTimes = isBlank(view, at[RECONSUME]!) ? 0 : view.int(at[RECONSUME]!);
    this.maxReconsumeTimes = isBlank(view, at[MAX_RECONSUME]!) ? -1 : view.int(at[MAX_RECONSUME]!);
    this.batch = at[BATCH]! >= 0 && isTrue(view, at[BATCH]!);
  }

  /** What is only read, and only needed, when a topic has to be created. */
  defaultTopic(view: HeaderView): string {
    return view.string(this.#needed(view, DEFAULT_TOPIC));
  }

  defaultTopicQueueNums(view: HeaderView): number {
    return view.int(this.#needed(view, DEFAULT_QUEUES));
  }

  unitMode(view: HeaderView): boolean {
    return this.#at[UNIT_MODE]! >= 0 && isTrue(view, this.#at[UNIT_MODE]!);
  }

  #needed(view: HeaderView, field: number): number {
    const index = this.#at[field]!;
    if (index < 0) throw missing(view.code, field);
    return index;
  }

  #locateLetters(view: HeaderView): void {
    const at = this.#at;
    for (let i = 0; i < view.extCount; i++) {
      const start = view.keyStart[i]!;
      if (view.keyEnd[i]! - start !== 1) continue;
      const field = view.buffer[start]! - 0x61;
      if (field >= 0 && field < FIELD_COUNT) at[field] = i;
    }
  }

  #locateFullNames(view: HeaderView): void {
    for (let field = 0; field < FIELD_COUNT; field++) this.#at[field] = view.find(FULL_NAMES[field]!);
  }
}

function isBlank(view: HeaderView, index: number): boolean {
  return index < 0 || view.valueStart[index]! === view.valueEnd[index]!;
}

function isTrue(view: HeaderView, index: number): boolean {
  const { buffer } = view;
  const start = view.valueStart[index]!;
  return (
    view.valueEnd[index]! - start === 4 &&
    (buffer[start]! | 0x20) === 0x74 &&
    (buffer[start + 1]! | 0x20) === 0x72 &&
    (buffer[start + 2]! | 0x20) === 0x75 &&
    (buffer[start + 3]! | 0x20) === 0x65
  );
}

function missing(code: number, field: number): ProtocolError {
  const name = FULL_NAMES[field]!;
  const sent = code === RequestCode.SEND_MESSAGE ? name : String.fromCharCode(0x61 + field);
  const text = sent === name ? `"${name}"` : `"${sent}" (${name})`;
  return new ProtocolError(
    'HEADER_FIELD_MISSING',
    `${requestCodeName(code)} (${code}): header field ${text} is missing; send it with every message`,
  );
}
