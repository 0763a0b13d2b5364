import { ProtocolError } from '../protocol-error.ts';

/**
 * String literals of the fastjson dialect: reading every escape fastjson reads, writing the ones it writes.
 *
 * Read: \" \' \\ \/ \b \f \n \r \t \v, \0 to \7 (that character code), \xHH, \uHHHH. Written: the two-character
 * forms where there is one, else \uHHHH in upper case for control characters up to U+009F, U+2028 and U+2029.
 */
const ESCAPES = new Map<string, string>([
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['F', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ...Array.from({ length: 8 }, (_, code): [string, string] => [`${code}`, String.fromCharCode(code)]),
]);

/** Parses from `start`, just after the opening quote; `end` is just after the closing one. */
export function parseFastjsonString(
  text: string,
  start: number,
  quote: number,
): { value: string; end: number } {
  const parts: string[] = [];
  let from = start;
  for (let at = start; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === quote) {
      parts.push(text.slice(from, at));
      return { value: parts.join(''), end: at + 1 };
    }
    if (c !== 0x5c) continue;
    parts.push(text.slice(from, at));
    const letter = text.charAt(at + 1);
    const digits = letter === 'u' ? 4 : letter === 'x' ? 2 : 0;
    if (digits > 0) {
      const hex = text.slice(at + 2, at + 2 + digits);
      if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) failEscape(text, at);
      parts.push(String.fromCharCode(Number.parseInt(hex, 16)));
    } else {
      parts.push(ESCAPES.get(letter) ?? failEscape(text, at));
    }
    at += 1 + digits;
    from = at + 1;
  }
  throw new ProtocolError(
    'JSON_MALFORMED',
    `expected the end of the string that starts at character ${start - 1}, found the end of the text`,
  );
}

function failEscape(text: string, at: number): never {
  throw new ProtocolError(
    'JSON_MALFORMED',
    `expected an escape sequence at character ${at}, found ${JSON.stringify(text.slice(at, at + 6))}`,
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that must be escaped
const NEEDS_ESCAPE = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that must be escaped
const NEED_ESCAPE = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const SHORT = new Map<string, string>([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** The string in double quotes, escaped as fastjson does. */
export function quoteFastjson(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return `"${value}"`;
  return `"${value.replace(NEED_ESCAPE, escapeOf)}"`;
}

function escapeOf(c: string): string {
  return SHORT.get(c) ?? `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
