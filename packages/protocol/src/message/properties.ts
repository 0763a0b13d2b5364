/**
 * Message properties (`MessageConst`, `MessageDecoder.messageProperties2String` and back).
 *
 *     repeated: name 0x01 value 0x02
 *
 * There is no escaping: a name or value with 0x01 or 0x02 in it breaks the list, so senders check. Reading follows
 * Java's double split: an item counts only if it has exactly two parts once trailing empty ones are dropped, hence
 * an empty value is lost; of equal names the last counts, at the place of the first.
 */
export const PropertyKey = {
  KEYS: 'KEYS',
  TAGS: 'TAGS',
  WAIT: 'WAIT',
  DELAY: 'DELAY',
  RETRY_TOPIC: 'RETRY_TOPIC',
  REAL_TOPIC: 'REAL_TOPIC',
  REAL_QID: 'REAL_QID',
  TRAN_MSG: 'TRAN_MSG',
  PGROUP: 'PGROUP',
  MIN_OFFSET: 'MIN_OFFSET',
  MAX_OFFSET: 'MAX_OFFSET',
  BUYER_ID: 'BUYER_ID',
  ORIGIN_MESSAGE_ID: 'ORIGIN_MESSAGE_ID',
  TRANSFER_FLAG: 'TRANSFER_FLAG',
  CORRECTION_FLAG: 'CORRECTION_FLAG',
  MQ2_FLAG: 'MQ2_FLAG',
  RECONSUME_TIME: 'RECONSUME_TIME',
  MSG_REGION: 'MSG_REGION',
  TRACE_ON: 'TRACE_ON',
  UNIQ_KEY: 'UNIQ_KEY',
  MAX_RECONSUME_TIMES: 'MAX_RECONSUME_TIMES',
  CONSUME_START_TIME: 'CONSUME_START_TIME',
  TRAN_PREPARED_QUEUE_OFFSET: 'TRAN_PREPARED_QUEUE_OFFSET',
  TRANSACTION_CHECK_TIMES: 'TRANSACTION_CHECK_TIMES',
  CHECK_IMMUNITY_TIME_IN_SECONDS: 'CHECK_IMMUNITY_TIME_IN_SECONDS',
} as const;

/** Names that `putUserProperty` refuses, as in 4.4.0. */
export const RESERVED_PROPERTY_KEYS: ReadonlySet<string> = new Set([
  PropertyKey.TRACE_ON,
  PropertyKey.MSG_REGION,
  PropertyKey.KEYS,
  PropertyKey.TAGS,
  PropertyKey.WAIT,
  PropertyKey.DELAY,
  PropertyKey.RETRY_TOPIC,
  PropertyKey.REAL_TOPIC,
  PropertyKey.REAL_QID,
  PropertyKey.TRAN_MSG,
  PropertyKey.PGROUP,
  PropertyKey.MIN_OFFSET,
  PropertyKey.MAX_OFFSET,
  PropertyKey.BUYER_ID,
  PropertyKey.ORIGIN_MESSAGE_ID,
  PropertyKey.TRANSFER_FLAG,
  PropertyKey.CORRECTION_FLAG,
  PropertyKey.MQ2_FLAG,
  PropertyKey.RECONSUME_TIME,
  PropertyKey.UNIQ_KEY,
  PropertyKey.MAX_RECONSUME_TIMES,
  PropertyKey.CONSUME_START_TIME,
]);

export const NAME_VALUE_SEPARATOR = 0x01;
export const PROPERTY_SEPARATOR = 0x02;
/** The record's length field is a signed 16-bit integer. */
export const MAX_PROPERTIES_BYTES = 32767;
const NAME_END = '\x01';
const ITEM_END = '\x02';

export function encodeProperties(properties: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [name, value] of properties) text += name + NAME_END + value + ITEM_END;
  return text;
}

export function decodeProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf(ITEM_END, start);
    const end = found < 0 ? text.length : found;
    addItem(properties, text, start, end);
    start = end + 1;
  }
  return properties;
}

function addItem(properties: Map<string, string>, text: string, start: number, itemEnd: number): void {
  let end = itemEnd;
  while (end > start && text.charCodeAt(end - 1) === NAME_VALUE_SEPARATOR) end--;
  const nameEnd = text.indexOf(NAME_END, start);
  if (nameEnd < 0 || nameEnd >= end) return;
  const valueStart = nameEnd + 1;
  const third = text.indexOf(NAME_END, valueStart);
  if (third >= 0 && third < end) return;
  properties.set(text.slice(start, nameEnd), text.slice(valueStart, end));
}
