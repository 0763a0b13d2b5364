/**
 * Tokens of the SQL92 dialect. Lazy, like the official lexer: text behind a complete expression is never looked at
 * beyond one token, so an odd character there is no error.
 *
 * Longest match wins; keywords in any case; white space is blank, tab, line feed, carriage return, form feed; comments are
 * `-- … end of line` (the line must end) and slash-star … star-slash.
 */
import { FilterSyntaxError } from './filter-error.ts';

export type TokenKind = 'keyword' | 'identifier' | 'decimal' | 'floating' | 'string' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Keywords in upper case; everything else as written. */
  readonly text: string;
  readonly position: number;
}

const SKIPPED = /(?:[ \t\n\r\f]|--[^\n\r]*(?:\r\n|[\n\r])|\/\*[^*]*\*(?:\*|[^*/][^*]*\*)*\/)+/y;
const STRING = /'(?:''|[^'])*'/y;
const FLOATING = /\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/y;
const DECIMAL = /0|[1-9]\d*[lL]?/y;
const WORD = /[a-zA-Z_$][a-zA-Z0-9_$]*/y;
const SYMBOL = /<>|>=|<=|[=<>(),+-]/y;
const KEYWORDS: ReadonlySet<string> = new Set([
  'NOT',
  'AND',
  'OR',
  'BETWEEN',
  'IN',
  'TRUE',
  'FALSE',
  'NULL',
  'IS',
]);

export class Lexer {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws FilterSyntaxError at a character that begins no token, or a string that does not end. */
  next(): Token {
    this.#match(SKIPPED);
    const position = this.#position;
    if (position >= this.#text.length) return { kind: 'end', text: '', position };
    const string = this.#match(STRING);
    if (string !== undefined)
      return { kind: 'string', text: string.slice(1, -1).replaceAll("''", "'"), position };
    const floating = this.#match(FLOATING);
    if (floating !== undefined) return { kind: 'floating', text: floating, position };
    const decimal = this.#match(DECIMAL);
    if (decimal !== undefined) return { kind: 'decimal', text: decimal, position };
    const word = this.#match(WORD);
    if (word !== undefined) {
      const upper = word.toUpperCase();
      return KEYWORDS.has(upper)
        ? { kind: 'keyword', text: upper, position }
        : { kind: 'identifier', text: word, position };
    }
    const symbol = this.#match(SYMBOL);
    if (symbol !== undefined) return { kind: 'symbol', text: symbol, position };
    const problem =
      this.#text[position] === "'" ? 'a string that does not end' : 'a character that has no meaning here';
    throw new FilterSyntaxError(this.#text, position, problem);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#position = pattern.lastIndex;
    return found[0];
  }
}
