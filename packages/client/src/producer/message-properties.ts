/**
 * The property list of an outgoing message, as it stands inside a JSON header: names and values escaped, 0x01 written
 * `\u0001` after a name and 0x02 `\u0002` after a value.
 *
 *     WAIT 1 true 2 UNIQ_KEY 1 <id> 2 [TAGS 1 … 2] [KEYS 1 … 2] [DELAY 1 … 2] [application's properties]
 *
 * WAIT and UNIQ_KEY stand first because every message has them; the order means nothing. This file checks what the
 * format cannot carry: it has no escaping of 0x01 and 0x02, and readers drop empty values.
 */
import { RESERVED_PROPERTY_KEYS } from '@rocketmq-ts/protocol';
import { illegal } from '../validators.ts';
import type { OutgoingMessage } from './message.ts';

const nameEnd = '\\u0001';
const valueEnd = '\\u0002';
const needsEscape = /["\\\p{Cc}]/u;
const int32Max = 0x7fffffff;

export function checkPropertyName(name: string): void {
  if (typeof name !== 'string' || name.trim() === '') {
    throw illegal('The name or value of property can not be null or blank string!');
  }
  if (RESERVED_PROPERTY_KEYS.has(name)) {
    throw illegal(`The Property<${name}> is used by system, input another please`);
  }
  checkSeparators('The name of a property', name);
}

export function checkPropertyValue(name: string, value: string): void {
  if (typeof value !== 'string' || value.trim() === '') {
    throw illegal(`The value of property ${name} can not be null or blank string!`);
  }
  checkSeparators(`The value of property ${name}`, value);
}

function checkSeparators(what: string, text: string): void {
  if (text.includes('\x01') || text.includes('\x02'))
    throw illegal(`${what} holds a character 1 or 2, which separate properties`);
}

/** One property, its value escaped for JSON. */
export function escapedProperty(name: string, value: string): string {
  return name + nameEnd + escaped(value) + valueEnd;
}

function escaped(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}

/** Everything after WAIT and UNIQ_KEY. Throws MESSAGE_ILLEGAL. */
export function escapedMessageProperties(message: OutgoingMessage): string {
  const { tags, keys, delayTimeLevel, properties } = message;
  let text = '';
  if (tags !== undefined && tags !== '') {
    if (typeof tags !== 'string') throw illegal('the tags of a message are one string');
    checkSeparators('The tag', tags);
    text += escapedProperty('TAGS', tags);
  }
  if (keys !== undefined && keys !== '') {
    const joined = typeof keys === 'string' ? keys : joinKeys(keys);
    if (joined !== '') text += escapedProperty('KEYS', joined);
  }
  if (delayTimeLevel !== undefined && delayTimeLevel !== 0) {
    text += escapedProperty('DELAY', String(checkDelayTimeLevel(delayTimeLevel)));
  }
  if (properties !== undefined) text += escapedUserProperties(properties);
  return text;
}

function joinKeys(keys: readonly string[]): string {
  const joined = keys.join(' ').trim();
  checkSeparators('A key', joined);
  return joined;
}

function checkDelayTimeLevel(level: number): number {
  if (Number.isSafeInteger(level) && level > 0 && level <= int32Max) return level;
  throw illegal(`delayTimeLevel is ${level}; it must be a positive integer, 0 for no delay`);
}

function escapedUserProperties(properties: NonNullable<OutgoingMessage['properties']>): string {
  let text = '';
  const entries =
    properties instanceof Map ? properties : Object.entries(properties as Record<string, string>);
  for (const [name, value] of entries) {
    checkPropertyName(name);
    checkPropertyValue(name, value);
    text += escaped(name) + nameEnd + escaped(value) + valueEnd;
  }
  return text;
}

/** Properties taken over as they are, RocketMQ's own among them: for messages sent back. */
export function escapedRawProperties(properties: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [name, value] of properties) text += escaped(name) + nameEnd + escaped(value) + valueEnd;
  return text;
}
