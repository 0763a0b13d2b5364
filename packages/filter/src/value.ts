/**
 * The values a filter computes with, and how two of them compare. Mirrors the Java types, because the type of a *literal*
 * decides how a property's text is read. Behaviour: ComparisonExpression.__compare with string conversion on.
 */
import { FilterEvaluationError } from './filter-error.ts';
import { compareJavaDouble, parseJavaDouble, parseJavaInt, parseJavaLong } from './java-number.ts';

/** A Java number: `int` and `double` hold a number, `long` a bigint, as their ranges ask. */
export class NumberValue {
  readonly type: 'Integer' | 'Long' | 'Double';
  readonly value: number | bigint;

  constructor(type: 'Integer' | 'Long' | 'Double', value: number | bigint) {
    this.type = type;
    this.value = value;
  }

  /** Java's unary minus: the smallest Integer and Long are their own negatives. */
  negate(): NumberValue {
    if (this.type === 'Double') return new NumberValue('Double', -(this.value as number));
    if (this.type === 'Integer') return new NumberValue('Integer', -(this.value as number) | 0);
    return new NumberValue('Long', BigInt.asIntN(64, -(this.value as bigint)));
  }
}

/** `null` stands for SQL's NULL: a missing property, or unknown. */
export type Value = string | boolean | NumberValue | null;

/** Java's `equals`: same type and same value. */
export function sameValue(left: Value, right: Value): boolean {
  if (left instanceof NumberValue && right instanceof NumberValue) {
    return left.type === right.type && Object.is(left.value, right.value);
  }
  return left === right;
}

/**
 * Negative, zero or positive; -1 for types that do not compare. Text beside a number is read as that number's type.
 * @throws FilterEvaluationError when it cannot be.
 */
export function compareValues(left: Exclude<Value, null>, right: Exclude<Value, null>): number {
  if (typeof left === 'string') return compareText(left, right);
  if (typeof left === 'boolean') return compareBoolean(left, right);
  if (typeof right === 'boolean') return -1;
  if (typeof right === 'string') return compareNumbers(left, parseAs(left.type, right));
  return compareNumbers(left, right);
}

function compareText(left: string, right: Exclude<Value, null>): number {
  if (typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  if (typeof right === 'boolean') return compareBoolean(left.toLowerCase() === 'true', right);
  return compareNumbers(parseAs(right.type, left), right);
}

function compareBoolean(left: boolean, right: Exclude<Value, null>): number {
  if (typeof right === 'boolean') return Number(left) - Number(right);
  // The Java program fails to cast here; text is only ever converted when it stands on the left.
  if (typeof right === 'string') {
    throw new FilterEvaluationError(
      `a boolean on the left cannot be compared with the text "${right}" on the right`,
    );
  }
  return -1;
}

function compareNumbers(left: NumberValue, right: NumberValue): number {
  if (left.type === 'Double' || right.type === 'Double') {
    return compareJavaDouble(Number(left.value), Number(right.value));
  }
  return left.value < right.value ? -1 : left.value > right.value ? 1 : 0;
}

function parseAs(type: NumberValue['type'], text: string): NumberValue {
  if (type === 'Integer') return new NumberValue('Integer', parseJavaInt(text));
  if (type === 'Long') return new NumberValue('Long', parseJavaLong(text));
  return new NumberValue('Double', parseJavaDouble(text));
}

/**
 * The order of two values under `>`, `>=`, `<`, `<=`: two texts are compared as Doubles or not at all.
 * @throws FilterEvaluationError when a text is no number.
 */
export function compareOrdered(left: Exclude<Value, null>, right: Exclude<Value, null>): number {
  if (typeof left === 'string' && typeof right === 'string') {
    return compareJavaDouble(parseJavaDouble(left), parseJavaDouble(right));
  }
  return compareValues(left, right);
}
