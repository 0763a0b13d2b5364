import type { HeaderView } from './header-view.ts';
import { LanguageCode } from './language-code.ts';
import { SerializeType } from './remoting-command.ts';
import { HEX, SINGLE } from './unescape.ts';

/**
 * Scans a usual JSON header into a HeaderView, byte by byte and without allocating.
 *
 * Answers false for whatever it does not know to mean exactly what the general parser (`decodeJsonHeader`) reads,
 * malformed text included, so that one place judges it. It knows: members in any order, white space, strings with
 * the escapes of JSON, integers, true and false as ext values. It hands over: nested and null values, unknown
 * members (one may be a known one in other case), duplicate names, escapes in names, names beyond ASCII, floats, single
 * quotes, comments.
 * Invariant: the header ends with "}", which stops every loop outside of strings; loops in strings check the end.
 */
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LETTER_U = 0x75;
const MINUS = 0x2d;
const ZERO = 0x30;

/** Members that are read, as bits of what was seen. */
const CODE = 1;
const FLAG = 2;
const LANGUAGE = 4;
const OPAQUE = 8;
const REMARK = 16;
const VERSION = 32;
const EXT_FIELDS = 64;

const LANGUAGE_NAMES = Object.keys(LanguageCode).map((name) => Buffer.from(name));
const WORD_CODE = 0x636f6465;
const WORD_FLAG = 0x666c6167;
const WORD_AQUE = 0x61717565;
const WORD_MARK = 0x6d61726b;
const NAME_OPAQUE = Buffer.from('opaque');
const NAME_REMARK = Buffer.from('remark');
const NAME_VERSION = Buffer.from('version');
const NAME_LANGUAGE = Buffer.from('language');
const NAME_EXT_FIELDS = Buffer.from('extFields');
const NAME_SERIALIZE_TYPE = Buffer.from('serializeTypeCurrentRPC');

/** Results of the last string or integer; they live here so that no scan allocates. */
let escaped = 0;
let integer = 0;

export function scanJsonHeader(view: HeaderView, buffer: Buffer, start: number, end: number): boolean {
  if (end - start < 2 || buffer[start] !== OPEN_BRACE || buffer[end - 1] !== CLOSE_BRACE) return false;
  view.buffer = buffer;
  view.code = 0;
  view.flag = 0;
  view.language = LanguageCode.JAVA;
  view.opaque = 0;
  view.version = 0;
  view.serializeType = SerializeType.JSON;
  view.remarkStart = -1;
  view.remarkEnd = -1;
  let seen = 0;
  let at = skipSpace(buffer, start + 1);
  if (buffer[at] === CLOSE_BRACE) return at === end - 1;
  for (;;) {
    if (buffer[at] !== QUOTE) return false;
    const nameStart = at + 1;
    const nameEnd = scanName(buffer, nameStart, end);
    if (nameEnd < 0) return false;
    at = nameEnd + 1;
    if (buffer[at] !== COLON) {
      at = skipSpace(buffer, at);
      if (buffer[at] !== COLON) return false;
    }
    at = skipSpace(buffer, at + 1);
    const member = memberOf(buffer, nameStart, nameEnd);
    if (member < 0 || (seen & member) !== 0) return false;
    seen |= member;
    at = member === EXT_FIELDS ? scanExt(view, buffer, at, end) : scanMember(view, buffer, at, end, member);
    if (at < 0) return false;
    at = skipSpace(buffer, at);
    if (buffer[at] === CLOSE_BRACE) return at === end - 1;
    if (buffer[at] !== COMMA) return false;
    at = skipSpace(buffer, at + 1);
  }
}

/** Scans the object at `at`; answers the position after it, -1 when it is not usual. */
function scanExt(view: HeaderView, buffer: Buffer, openAt: number, end: number): number {
  if (buffer[openAt] !== OPEN_BRACE) return -1;
  let at = skipSpace(buffer, openAt + 1);
  if (buffer[at] === CLOSE_BRACE) return at + 1 < end ? at + 1 : -1;
  for (;;) {
    if (buffer[at] !== QUOTE) return -1;
    const nameStart = at + 1;
    const nameEnd = scanName(buffer, nameStart, end);
    if (nameEnd < 0) return -1;
    at = nameEnd + 1;
    if (buffer[at] !== COLON) {
      at = skipSpace(buffer, at);
      if (buffer[at] !== COLON) return -1;
    }
    at++;
    if (buffer[at] !== QUOTE) at = skipSpace(buffer, at);
    let valueStart = at;
    let valueEnd: number;
    if (buffer[at] === QUOTE) {
      valueStart++;
      valueEnd = scanString(buffer, valueStart, end);
      at = valueEnd + 1;
    } else {
      valueEnd = scanPlain(buffer, at);
      at = valueEnd;
      escaped = 0;
    }
    if (valueEnd < 0 || !view.addField(nameStart, nameEnd, valueStart, valueEnd, escaped)) return -1;
    if (buffer[at] !== COMMA) {
      at = skipSpace(buffer, at);
      if (buffer[at] === CLOSE_BRACE) return at + 1 < end ? at + 1 : -1;
      if (buffer[at] !== COMMA) return -1;
    }
    at++;
    if (buffer[at] !== QUOTE) at = skipSpace(buffer, at);
  }
}

/** Scans a member's value and puts it into the view; answers the position after it, or -1. */
function scanMember(view: HeaderView, buffer: Buffer, at: number, end: number, member: number): number {
  if (buffer[at] === QUOTE) {
    const valueEnd = scanString(buffer, at + 1, end);
    if (valueEnd < 0) return -1;
    if (member === LANGUAGE) {
      if (escaped !== 0) return -1;
      view.language = languageOf(buffer, at + 1, valueEnd);
    } else if (member === REMARK) {
      view.remarkStart = at + 1;
      view.remarkEnd = valueEnd;
      view.remarkEscaped = escaped;
    } else if (member !== 0) {
      return -1;
    }
    return valueEnd + 1;
  }
  const valueEnd = scanPlain(buffer, at);
  if (member === 0 || valueEnd < 0) return valueEnd;
  if (!parseInt32(buffer, at, valueEnd)) return -1;
  if (member === CODE) view.code = integer;
  else if (member === FLAG) view.flag = integer;
  else if (member === OPAQUE) view.opaque = integer;
  else if (member === VERSION) view.version = integer;
  else if (member === LANGUAGE && integer >= 0 && integer < LANGUAGE_NAMES.length) view.language = integer;
  else return -1;
  return valueEnd;
}

/** The closing quote of a name, -1 when it has escapes, is not ASCII or has no end. */
function scanName(buffer: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const c = buffer[at] as number;
    if (c === QUOTE) return at;
    if (c === BACKSLASH || c >= 0x80) return -1;
  }
  return -1;
}

/** The closing quote of the string that starts at `at`, -1 when it has foreign escapes or no end. */
function scanString(buffer: Buffer, start: number, end: number): number {
  escaped = 0;
  for (let at = start; at < end; at++) {
    const c = buffer[at] as number;
    if (c === QUOTE) return at;
    if (c !== BACKSLASH) continue;
    escaped = 1;
    at = scanEscape(buffer, at, end);
    if (at < 0) return -1;
  }
  return -1;
}

/** The last byte of the escape at `at`, -1 when it is not one of JSON's. */
function scanEscape(buffer: Buffer, at: number, end: number): number {
  const letter = buffer[at + 1] as number;
  if (letter !== LETTER_U) return SINGLE[letter] === 0 ? -1 : at + 1;
  if (at + 6 > end) return -1;
  const digits =
    (HEX[buffer[at + 2] as number] as number) |
    (HEX[buffer[at + 3] as number] as number) |
    (HEX[buffer[at + 4] as number] as number) |
    (HEX[buffer[at + 5] as number] as number);
  return digits < 0 ? -1 : at + 5;
}

/** The end of the integer, `true` or `false` at `start`, -1 for any other value. */
function scanPlain(buffer: Buffer, start: number): number {
  let at = start;
  const first = buffer[at] as number;
  if (first === 0x74) return isWord(buffer, at, TRUE) ? at + 4 : -1;
  if (first === 0x66) return isWord(buffer, at, FALSE) ? at + 5 : -1;
  if (first === MINUS) at++;
  const digitsStart = at;
  while ((buffer[at] as number) >= ZERO && (buffer[at] as number) <= 0x39) at++;
  const digits = at - digitsStart;
  if (digits === 0 || digits > 15) return -1;
  if (buffer[digitsStart] === ZERO && (digits > 1 || first === MINUS)) return -1;
  const next = buffer[at];
  return next === COMMA || next === CLOSE_BRACE || skipSpace(buffer, at) > at ? at : -1;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

/** Whether the literal stands at `at` and ends there. */
function isWord(buffer: Buffer, at: number, word: Buffer): boolean {
  for (let i = 0; i < word.length; i++) if (buffer[at + i] !== word[i]) return false;
  const next = buffer[at + word.length];
  return next === COMMA || next === CLOSE_BRACE || skipSpace(buffer, at + word.length) > at + word.length;
}

/** Parses what `scanPlain` found into `integer`; false unless it is a 32-bit integer. */
function parseInt32(buffer: Buffer, start: number, end: number): boolean {
  const negative = buffer[start] === MINUS;
  let value = 0;
  for (let at = negative ? start + 1 : start; at < end; at++) {
    const digit = (buffer[at] as number) - ZERO;
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  if (negative) value = -value;
  integer = value | 0;
  return integer === value;
}

function skipSpace(buffer: Buffer, start: number): number {
  let at = start;
  while (isSpace(buffer[at] as number)) at++;
  return at;
}

function isSpace(c: number): boolean {
  return c <= 0x20 && (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09);
}

/** Which member the name is: 0 for serializeTypeCurrentRPC, which is not read, -1 for an unknown one. */
function memberOf(buffer: Buffer, start: number, end: number): number {
  switch (end - start) {
    case 4: {
      const name = word(buffer, start);
      return name === WORD_CODE ? CODE : name === WORD_FLAG ? FLAG : -1;
    }
    case 6: {
      const name = word(buffer, start + 2);
      if (name === WORD_AQUE) return equals(buffer, start, end, NAME_OPAQUE) ? OPAQUE : -1;
      return name === WORD_MARK && equals(buffer, start, end, NAME_REMARK) ? REMARK : -1;
    }
    case 7:
      return equals(buffer, start, end, NAME_VERSION) ? VERSION : -1;
    case 8:
      return equals(buffer, start, end, NAME_LANGUAGE) ? LANGUAGE : -1;
    case 9:
      return equals(buffer, start, end, NAME_EXT_FIELDS) ? EXT_FIELDS : -1;
    case 23:
      return equals(buffer, start, end, NAME_SERIALIZE_TYPE) ? 0 : -1;
    default:
      return -1;
  }
}

function word(buffer: Buffer, at: number): number {
  return (
    ((buffer[at] as number) << 24) |
    ((buffer[at + 1] as number) << 16) |
    ((buffer[at + 2] as number) << 8) |
    (buffer[at + 3] as number)
  );
}

function languageOf(buffer: Buffer, start: number, end: number): number {
  for (let i = 0; i < LANGUAGE_NAMES.length; i++) {
    if (equals(buffer, start, end, LANGUAGE_NAMES[i] as Buffer)) return i;
  }
  return LanguageCode.OTHER;
}

function equals(buffer: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (buffer[start + i] !== name[i]) return false;
  return true;
}
