/**
 * The nodes of a compiled filter. Every node evaluates to a Value under three-valued logic; `null` is unknown.
 *
 * Behaviour, its oddities included (two missing properties are equal; `missing <> 1` is unknown), is that of the classes in
 * org.apache.rocketmq.filter.expression. What the factory functions refuse, the official compiler refuses.
 */
import { compareOrdered, compareValues, NumberValue, sameValue, type Value } from './value.ts';

/** The properties of the message being judged. */
export interface PropertySource {
  get(name: string): string | undefined;
}

export interface Expression {
  /** What the node is, for the compile-time checks. */
  readonly kind: 'constant' | 'property' | 'boolean' | 'negation';
  /** The value of a constant; of `NULL`, `TRUE` and `FALSE` too. */
  readonly constant?: Value;
  /** True when it can stand where a condition is wanted. */
  readonly isCondition: boolean;
  evaluate(properties: PropertySource): Value;
}

export type ComparisonSymbol = '>' | '>=' | '<' | '<=';

/** A refusal of the compiler; the parser adds where it was. */
export class CompileRefusal extends Error {}

export function constant(value: Value): Expression {
  const isCondition = value === null || typeof value === 'boolean';
  return { kind: 'constant', constant: value, isCondition, evaluate: () => value };
}

export function property(name: string): Expression {
  return { kind: 'property', isCondition: false, evaluate: (properties) => properties.get(name) ?? null };
}

/** A bare property as a condition: its text is never TRUE, so it is false where it is present. */
export function asCondition(expression: Expression): Expression {
  if (expression.isCondition) return expression;
  if (expression.kind !== 'property')
    throw new CompileRefusal('a condition is needed here, not a plain value');
  return condition((properties) => (expression.evaluate(properties) === null ? null : false));
}

export function negate(operand: Expression): Expression {
  const evaluate = (properties: PropertySource): Value => {
    const value = operand.evaluate(properties);
    return value instanceof NumberValue ? value.negate() : null;
  };
  return { kind: 'negation', isCondition: false, evaluate };
}

export function not(operand: Expression): Expression {
  return condition((properties) => {
    const value = operand.evaluate(properties);
    return value === null ? null : value !== true;
  });
}

export function and(left: Expression, right: Expression): Expression {
  return condition((properties) => {
    const first = left.evaluate(properties);
    if (first === false) return false;
    const second = right.evaluate(properties);
    if (second === false) return false;
    return first === null || second === null ? null : true;
  });
}

export function or(left: Expression, right: Expression): Expression {
  return condition((properties) => {
    const first = left.evaluate(properties);
    if (first === true) return true;
    const second = right.evaluate(properties);
    if (second === true) return true;
    return first === null || second === null ? null : false;
  });
}

export function equal(left: Expression, right: Expression): Expression {
  if (left.constant === null || right.constant === null) {
    throw new CompileRefusal('NULL cannot be compared with = or <>; use IS NULL or IS NOT NULL');
  }
  if (
    typeof left.constant === 'boolean' &&
    right.constant !== undefined &&
    typeof right.constant !== 'boolean'
  ) {
    throw new CompileRefusal('TRUE or FALSE cannot be compared with a literal of another kind');
  }
  return equality(left, right);
}

export function isNull(operand: Expression): Expression {
  return equality(operand, constant(null));
}

function equality(left: Expression, right: Expression): Expression {
  return condition((properties) => {
    const first = left.evaluate(properties);
    const second = right.evaluate(properties);
    if (first === null) return second === null ? true : null;
    if (second === null) return false;
    return sameValue(first, second) || compareValues(first, second) === 0;
  });
}

export function compare(symbol: ComparisonSymbol, left: Expression, right: Expression): Expression {
  requireOrderable(left);
  requireOrderable(right);
  const holds = HOLDS[symbol];
  return condition((properties) => {
    const first = left.evaluate(properties);
    if (first === null) return null;
    const second = right.evaluate(properties);
    return second === null ? null : holds(compareOrdered(first, second));
  });
}

const HOLDS: Record<ComparisonSymbol, (order: number) => boolean> = {
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
};

export function between(value: Expression, low: Expression, high: Expression): Expression {
  if (low.kind === 'constant' && high.kind === 'constant') requireAscending(low.constant, high.constant);
  return and(compare('>=', value, low), compare('<=', value, high));
}

export function notBetween(value: Expression, low: Expression, high: Expression): Expression {
  return or(compare('<', value, low), compare('>', value, high));
}

export function isIn(operand: Expression, elements: readonly string[], negated: boolean): Expression {
  if (operand.kind !== 'property') throw new CompileRefusal('IN needs a property on its left');
  const wanted = new Set(elements);
  return condition((properties) => {
    const value = operand.evaluate(properties);
    return value === null ? null : wanted.has(value as string) !== negated;
  });
}

function condition(evaluate: (properties: PropertySource) => boolean | null): Expression {
  return { kind: 'boolean', isCondition: true, evaluate };
}

function requireOrderable(operand: Expression): void {
  if (operand.isCondition)
    throw new CompileRefusal('TRUE, FALSE, NULL and conditions have no order; use = or <>');
  if (operand.kind === 'constant' && !(operand.constant instanceof NumberValue)) {
    throw new CompileRefusal('text has no order here; write the number without quotes');
  }
}

function requireAscending(low: Value | undefined, high: Value | undefined): void {
  if (low === null || high === null || low === undefined || high === undefined) {
    throw new CompileRefusal('the bounds of BETWEEN cannot be NULL');
  }
  if (compareValues(high, low) < 0) {
    throw new CompileRefusal('the left bound of BETWEEN must be at most the right one');
  }
}
