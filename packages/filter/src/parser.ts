/**
 * From text to a compiled filter, by recursive descent. Precedence, weakest first:
 * OR, AND, (= <> IS), (> >= < <= BETWEEN IN), unary (NOT - +).
 *
 * As the official grammar does, it stops after the first complete expression: what follows is not read
 * (`a = 1 garbage` is `a = 1`). Behaviour: org.apache.rocketmq.filter.parser.SelectorParser.
 */
import {
  and,
  asCondition,
  between,
  CompileRefusal,
  compare,
  constant,
  type Expression,
  equal,
  isIn,
  isNull,
  negate,
  not,
  notBetween,
  or,
  property,
} from './expression.ts';
import { FilterEvaluationError, FilterSyntaxError } from './filter-error.ts';
import { Lexer, type Token } from './lexer.ts';
import { NumberValue } from './value.ts';

/** Deepest nesting of parentheses and unary operators. The Java program dies of its stack at some thousand. */
export const MAX_FILTER_DEPTH = 500;
/** Longest expression, in UTF-16 units. */
export const MAX_FILTER_LENGTH = 65_536;

const LONG_MAX = 2n ** 63n - 1n;
const INT_MAX = 2n ** 31n - 1n;

/** @throws FilterSyntaxError */
export function parseFilter(text: string): Expression {
  if (text.length > MAX_FILTER_LENGTH) {
    throw new FilterSyntaxError(
      text,
      0,
      `it has ${text.length} characters, at most ${MAX_FILTER_LENGTH} are allowed`,
    );
  }
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  readonly #lexer: Lexer;
  readonly #ahead: Token[] = [];
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#lexer = new Lexer(text);
  }

  parse(): Expression {
    const start = this.#peek();
    const expression = this.#or();
    return this.#checked(start, () => asCondition(expression));
  }

  #or(): Expression {
    const start = this.#peek();
    let left = this.#and();
    while (this.#accept('keyword', 'OR')) {
      const right = this.#and();
      const before = left;
      left = this.#checked(start, () => or(asCondition(before), asCondition(right)));
    }
    return left;
  }

  #and(): Expression {
    const start = this.#peek();
    let left = this.#equality();
    while (this.#accept('keyword', 'AND')) {
      const right = this.#equality();
      const before = left;
      left = this.#checked(start, () => and(asCondition(before), asCondition(right)));
    }
    return left;
  }

  #equality(): Expression {
    let left = this.#comparison();
    for (;;) {
      const operator = this.#peek();
      const before = left;
      if (this.#accept('symbol', '=')) {
        const right = this.#comparison();
        left = this.#checked(operator, () => equal(before, right));
      } else if (this.#accept('symbol', '<>')) {
        const right = this.#comparison();
        left = this.#checked(operator, () => not(equal(before, right)));
      } else if (this.#accept('keyword', 'IS')) {
        const negated = this.#accept('keyword', 'NOT');
        this.#expect('keyword', 'NULL');
        left = negated ? not(isNull(before)) : isNull(before);
      } else {
        return left;
      }
    }
  }

  #comparison(): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = this.#peek();
      const before = left;
      if (operator.kind === 'symbol' && isOrderSymbol(operator.text)) {
        const symbol = operator.text;
        this.#take();
        const right = this.#unary();
        left = this.#checked(operator, () => compare(symbol, before, right));
      } else if (operator.kind === 'keyword' && ['NOT', 'BETWEEN', 'IN'].includes(operator.text)) {
        left = this.#betweenOrIn(before);
      } else {
        return left;
      }
    }
  }

  #betweenOrIn(left: Expression): Expression {
    const operator = this.#peek();
    const negated = this.#accept('keyword', 'NOT');
    if (this.#accept('keyword', 'BETWEEN')) {
      const low = this.#unary();
      this.#expect('keyword', 'AND');
      const high = this.#unary();
      return this.#checked(operator, () => (negated ? notBetween : between)(left, low, high));
    }
    this.#expect('keyword', 'IN');
    this.#expect('symbol', '(');
    const elements = [this.#string()];
    while (this.#accept('symbol', ',')) elements.push(this.#string());
    this.#expect('symbol', ')');
    return this.#checked(operator, () => isIn(left, elements, negated));
  }

  #unary(): Expression {
    const operator = this.#peek();
    if (this.#accept('symbol', '+')) return this.#nested(operator, () => this.#unary());
    if (this.#accept('symbol', '-')) return negate(this.#nested(operator, () => this.#unary()));
    if (this.#accept('keyword', 'NOT')) {
      const operand = this.#nested(operator, () => this.#unary());
      return this.#checked(operator, () => not(asCondition(operand)));
    }
    return this.#primary();
  }

  #primary(): Expression {
    const token = this.#take();
    if (token.kind === 'identifier') return property(token.text);
    if (token.kind === 'string') return constant(token.text);
    if (token.kind === 'decimal') return this.#decimal(token);
    if (token.kind === 'floating') return this.#floating(token);
    if (token.kind === 'keyword' && token.text === 'TRUE') return constant(true);
    if (token.kind === 'keyword' && token.text === 'FALSE') return constant(false);
    if (token.kind === 'keyword' && token.text === 'NULL') return constant(null);
    if (token.kind === 'symbol' && token.text === '(') {
      const inner = this.#nested(token, () => this.#or());
      this.#expect('symbol', ')');
      return inner;
    }
    throw this.#unexpected(token, 'a property, a literal or "("');
  }

  #decimal(token: Token): Expression {
    const value = BigInt(token.text.replace(/[lL]$/, ''));
    if (value > LONG_MAX)
      throw new FilterSyntaxError(this.#text, token.position, `${token.text} does not fit in 64 bits`);
    return constant(
      value <= INT_MAX ? new NumberValue('Integer', Number(value)) : new NumberValue('Long', value),
    );
  }

  #floating(token: Token): Expression {
    const value = Number(token.text);
    if (value === Infinity || value < Number.MIN_VALUE) {
      const problem = `${token.text} is not between ${Number.MIN_VALUE} and ${Number.MAX_VALUE} (write a whole 0 as 0)`;
      throw new FilterSyntaxError(this.#text, token.position, problem);
    }
    return constant(new NumberValue('Double', value));
  }

  #string(): string {
    const token = this.#take();
    if (token.kind !== 'string') throw this.#unexpected(token, 'a string in quotes');
    return token.text;
  }

  #nested(token: Token, parse: () => Expression): Expression {
    if (++this.#depth > MAX_FILTER_DEPTH) {
      throw new FilterSyntaxError(
        this.#text,
        token.position,
        `it is nested more than ${MAX_FILTER_DEPTH} deep`,
      );
    }
    const expression = parse();
    this.#depth--;
    return expression;
  }

  /** Gives a refusal of the compiler the place it happened. */
  #checked(token: Token, build: () => Expression): Expression {
    try {
      return build();
    } catch (error) {
      if (error instanceof CompileRefusal || error instanceof FilterEvaluationError) {
        throw new FilterSyntaxError(this.#text, token.position, error.message);
      }
      throw error;
    }
  }

  #peek(): Token {
    if (this.#ahead.length === 0) this.#ahead.push(this.#lexer.next());
    return this.#ahead[0];
  }

  #take(): Token {
    const token = this.#peek();
    this.#ahead.shift();
    return token;
  }

  #accept(kind: Token['kind'], text: string): boolean {
    const token = this.#peek();
    if (token.kind !== kind || token.text !== text) return false;
    this.#take();
    return true;
  }

  #expect(kind: Token['kind'], text: string): void {
    const token = this.#take();
    if (token.kind !== kind || token.text !== text) throw this.#unexpected(token, `"${text}"`);
  }

  #unexpected(token: Token, wanted: string): FilterSyntaxError {
    const found = token.kind === 'end' ? 'the expression ends' : `"${token.text}" was found`;
    return new FilterSyntaxError(this.#text, token.position, `${wanted} was expected, but ${found}`);
  }
}

function isOrderSymbol(text: string): text is '>' | '>=' | '<' | '<=' {
  return text === '>' || text === '>=' || text === '<' || text === '<=';
}
