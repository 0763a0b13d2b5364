import { ProtocolError } from '../protocol-error.ts';
import { resolveReferences } from './reference.ts';
import { parseFastjsonString } from './string.ts';
import type { FastjsonKey, FastjsonObject, FastjsonValue } from './value.ts';

/**
 * Reads the JSON dialect of fastjson 1.2.51 (`com.alibaba.fastjson.JSON.parse` with its default features).
 *
 * Beyond JSON: numeric and identifier keys without quotes, objects as keys, single quotes, comments, trailing
 * commas, suffixes on numbers (`7L`), raw control characters in strings, `undefined` and `NaN` as null, `{"$ref":"$.path"}`.
 * Invariants: never reads outside the text, never recurses deeper than `maxDepth`, holds at most `maxValues`
 * values, and throws nothing but ProtocolError.
 */
export interface ParseFastjsonOptions {
  /** Nesting of objects and arrays, 128 unless given. */
  maxDepth?: number;
  /** Length of the text in UTF-16 units, 64 Mi unless given. */
  maxChars?: number;
  /** Values in the document, keys not counted, 8 million unless given. */
  maxValues?: number;
}

export function parseFastjson(text: string, options: ParseFastjsonOptions = {}): FastjsonValue {
  const maxChars = options.maxChars ?? 64 * 1024 * 1024;
  if (text.length > maxChars) {
    throw new ProtocolError(
      'JSON_TOO_LARGE',
      `JSON text of ${text.length} characters is longer than the limit of ${maxChars}`,
    );
  }
  return new Parser(text, options.maxDepth ?? 128, options.maxValues ?? 8_000_000).document();
}

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const NUMBER = /-?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?/y;
const IDENTIFIER = /[A-Za-z_$][A-Za-z0-9_$]*/y;
const LITERALS = new Map<string, null | boolean>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['undefined', null],
  ['NaN', null],
]);
const INT64_MAX = (1n << 63n) - 1n;
const INT64_MIN = -(1n << 63n);

class Parser {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #maxValues: number;
  #position = 0;
  #depth = 0;
  #values = 0;
  #hasReferences = false;
  /** First backslash at or after the position it was looked up from; saves a search per string. */
  #nextBackslash = -1;

  constructor(text: string, maxDepth: number, maxValues: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#maxValues = maxValues;
  }

  document(): FastjsonValue {
    if (this.#text.charCodeAt(0) === 0xfeff) this.#position = 1;
    const value = this.#value(this.#next());
    // A C string's zero, or another control character, may end the text.
    while (this.#next() < 0x20) this.#position++;
    if (!Number.isNaN(this.#next())) this.#fail('the end of the text');
    return this.#hasReferences ? resolveReferences(value) : value;
  }

  /** Skips white space and comments; answers the character there without consuming it, NaN at the end. */
  #next(): number {
    for (;;) {
      const c = this.#text.charCodeAt(this.#position);
      if (c === 0x20 || (c >= 0x08 && c <= 0x0d && c !== 0x0b)) this.#position++;
      else if (c === 0x2f) this.#skipComment();
      else return c;
    }
  }

  #skipComment(): void {
    const block = this.#text.startsWith('/*', this.#position);
    if (!block && !this.#text.startsWith('//', this.#position)) this.#fail('a value or a comment');
    const end = this.#text.indexOf(block ? '*/' : '\n', this.#position + 2);
    if (end < 0 && block) this.#fail('the end "*/" of this comment');
    this.#position = end < 0 ? this.#text.length : end + (block ? 2 : 1);
  }

  #value(c: number): FastjsonValue {
    if (++this.#values > this.#maxValues) {
      throw new ProtocolError('JSON_TOO_LARGE', `JSON text has more than ${this.#maxValues} values`);
    }
    if (c === QUOTE || c === APOSTROPHE) return this.#string(c);
    if (c === OPEN_BRACE) return this.#object();
    if (c === OPEN_BRACKET) return this.#array();
    if (c === MINUS || isDigit(c)) return this.#number();
    const literal = LITERALS.get(this.#match(IDENTIFIER));
    if (literal === undefined) this.#fail('a value');
    return literal;
  }

  #enter(): void {
    this.#position++;
    if (++this.#depth > this.#maxDepth) {
      throw new ProtocolError(
        'JSON_TOO_LARGE',
        `JSON text nests deeper than ${this.#maxDepth} levels at character ${this.#position}`,
      );
    }
  }

  #object(): FastjsonObject {
    this.#enter();
    const object: FastjsonObject = new Map();
    for (;;) {
      let c = this.#next();
      if (c === CLOSE_BRACE) break;
      const key = this.#key(c);
      if (this.#next() !== COLON) this.#fail('":" after a key');
      this.#position++;
      object.set(key, this.#value(this.#next()));
      if (key === '$ref') this.#hasReferences = true;
      c = this.#next();
      if (c === COMMA) this.#position++;
      else if (c !== CLOSE_BRACE) this.#fail('"," or "}"');
    }
    this.#position++;
    this.#depth--;
    return object;
  }

  #key(c: number): FastjsonKey {
    if (c === QUOTE || c === APOSTROPHE) return this.#string(c);
    if (c === OPEN_BRACE) return this.#object();
    if (c === MINUS || isDigit(c)) {
      const start = this.#position;
      const key = this.#number();
      if (typeof key === 'number' && Number.isSafeInteger(key)) return key;
      this.#position = start;
      this.#fail('an integer key');
    }
    const start = this.#position;
    const name = this.#match(IDENTIFIER);
    if (name === '') {
      this.#position = start;
      this.#fail('a key or "}"');
    }
    return name;
  }

  #array(): FastjsonValue[] {
    this.#enter();
    const array: FastjsonValue[] = [];
    for (;;) {
      let c = this.#next();
      if (c === CLOSE_BRACKET) break;
      array.push(this.#value(c));
      c = this.#next();
      if (c === COMMA) this.#position++;
      else if (c !== CLOSE_BRACKET) this.#fail('"," or "]"');
    }
    this.#position++;
    this.#depth--;
    return array;
  }

  #string(quote: number): string {
    const start = this.#position + 1;
    const end = this.#text.indexOf(quote === QUOTE ? '"' : "'", start);
    if (end < 0) this.#fail('the end of this string');
    if (this.#nextBackslash < start) {
      const found = this.#text.indexOf('\\', start);
      this.#nextBackslash = found < 0 ? this.#text.length : found;
    }
    if (this.#nextBackslash >= end) {
      this.#position = end + 1;
      return this.#text.slice(start, end);
    }
    const parsed = parseFastjsonString(this.#text, start, quote);
    this.#position = parsed.end;
    return parsed.value;
  }

  #number(): number | bigint {
    const start = this.#position;
    const token = this.#match(NUMBER);
    if (token === '') this.#fail('a number');
    const suffix = this.#text.charCodeAt(this.#position);
    const integral = /^-?[0-9]+$/.test(token);
    // B, S, L mark Java's integer types; F and D its floating ones.
    if (suffix === 0x42 || suffix === 0x53 || suffix === 0x4c || suffix === 0x46 || suffix === 0x44) {
      this.#position++;
    }
    const value = Number(token);
    if (!integral) {
      if (Number.isFinite(value)) return value;
    } else if (Number.isSafeInteger(value)) {
      return value;
    } else if (token.length <= 20) {
      const big = BigInt(token);
      if (big >= INT64_MIN && big <= INT64_MAX) return big;
    }
    this.#position = start;
    return this.#fail('a number of at most 64 bits');
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const token = pattern.exec(this.#text)?.[0] ?? '';
    this.#position += token.length;
    return token;
  }

  #fail(expected: string): never {
    const found = this.#text.slice(this.#position, this.#position + 20);
    throw new ProtocolError(
      'JSON_MALFORMED',
      `expected ${expected} at character ${this.#position} of ${this.#text.length}, found ${
        found === '' ? 'the end of the text' : JSON.stringify(found)
      }`,
    );
  }
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}
