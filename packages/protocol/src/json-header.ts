import { memberOf } from './fastjson/member.ts';
import { parseFastjson } from './fastjson/parse.ts';
import { quoteFastjson } from './fastjson/string.ts';
import { stringifyFastjson } from './fastjson/stringify.ts';
import type { FastjsonValue } from './fastjson/value.ts';
import { knownLanguage, LanguageCode, languageCodeOf, languageName } from './language-code.ts';
import { ProtocolError } from './protocol-error.ts';
import { type RemotingCommand, SerializeType } from './remoting-command.ts';

/**
 * The JSON frame header (`RemotingSerializable` over `RemotingCommand`), as objects and strings.
 *
 *     {"code":105,"extFields":{"topic":"TBW102"},"flag":0,"language":"JAVA","opaque":0,
 *      "serializeTypeCurrentRPC":"JSON","version":293}
 *
 * Written with sorted keys as Java does. Read leniently, like fastjson: any order, missing fields have defaults,
 * unknown ones are ignored, names may differ in case, integers may come as text, with a fraction or as true and false,
 * ext values may be numbers or booleans. A lone surrogate becomes U+FFFD.
 */
const MAX_HEADER_VALUES = 8192;

export function encodeJsonHeader(command: RemotingCommand): Buffer {
  return Buffer.from(jsonHeaderText(command), 'utf8');
}

export function jsonHeaderText(command: RemotingCommand): string {
  let text = `{"code":${command.code}`;
  if (command.ext.size > 0) {
    let separator = ',"extFields":{';
    for (const [key, value] of command.ext) {
      text += `${separator}${quoteFastjson(key)}:${quoteFastjson(value)}`;
      separator = ',';
    }
    text += '}';
  }
  text += `,"flag":${command.flag},"language":"${languageName(command.language)}","opaque":${command.opaque}`;
  if (command.remark !== undefined) text += `,"remark":${quoteFastjson(command.remark)}`;
  return `${text},"serializeTypeCurrentRPC":"JSON","version":${command.version}}`;
}

export function decodeJsonHeader(text: string): RemotingCommand {
  const header = parseFastjson(text, { maxDepth: 32, maxValues: MAX_HEADER_VALUES });
  if (!(header instanceof Map)) {
    throw new ProtocolError('HEADER_MALFORMED', 'the JSON header is not an object');
  }
  return {
    code: int32('code', memberOf(header, 'code')),
    language: language(memberOf(header, 'language')),
    version: int32('version', memberOf(header, 'version')),
    opaque: int32('opaque', memberOf(header, 'opaque')),
    flag: int32('flag', memberOf(header, 'flag')),
    remark: text16(memberOf(header, 'remark')),
    ext: extFields(memberOf(header, 'extFields')),
    body: undefined,
    serializeType: SerializeType.JSON,
  };
}

function int32(name: string, value: FastjsonValue | undefined): number {
  if (value === undefined || value === null || value === '' || value === false) return 0;
  if (value === true) return 1;
  const number = typeof value === 'string' && /^[+-]?[0-9]+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Math.trunc(number) === (number | 0)) return number | 0;
  throw new ProtocolError(
    'HEADER_MALFORMED',
    `header member "${name}" is not a 32-bit integer: ${typeof value === 'object' ? 'an object' : String(value)}`,
  );
}

function language(value: FastjsonValue | undefined): number {
  if (value === undefined || value === null) return LanguageCode.JAVA;
  if (typeof value === 'string') return languageCodeOf(value);
  return typeof value === 'number' ? knownLanguage(value) : LanguageCode.OTHER;
}

function extFields(value: FastjsonValue | undefined): Map<string, string> {
  const ext = new Map<string, string>();
  if (value === undefined || value === null) return ext;
  if (!(value instanceof Map)) {
    throw new ProtocolError('HEADER_MALFORMED', 'header member "extFields" is not an object');
  }
  for (const [key, item] of value) {
    if (typeof key === 'object') {
      throw new ProtocolError('HEADER_MALFORMED', 'a key of header member "extFields" is an object');
    }
    const text = text16(item);
    if (text !== undefined) ext.set(wellFormed(String(key)), text);
  }
  return ext;
}

function text16(value: FastjsonValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') return stringifyFastjson(value);
  return wellFormed(String(value));
}

/** Replaces lone surrogates, which UTF-8 cannot carry, by U+FFFD. */
function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? Buffer.from(text, 'utf8').toString('utf8') : text;
}
