/**
 * Numbers out of text exactly as `Integer.valueOf`, `Long.valueOf` and `Double.valueOf` read them, because the verdict of a
 * filter on a property depends on it: `" 1"` is no Integer but is a Double, `"1d"` and `"0x1p3"` are Doubles.
 */
import { FilterEvaluationError } from './filter-error.ts';

const INT_MIN = -(2n ** 31n);
const INT_MAX = 2n ** 31n - 1n;
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

const DECIMAL_DIGITS = /^[+-]?\p{Nd}+$/u;
const DECIMAL_FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[dDfF]?$/;
const NAMED_FLOAT = /^([+-]?)(NaN|Infinity)$/;

/** `Integer.valueOf(text)`; throws where Java throws NumberFormatException. */
export function parseJavaInt(text: string): number {
  const value = parseDigits(text, 'Integer');
  if (value < INT_MIN || value > INT_MAX) throw notANumber(text, 'Integer');
  return Number(value);
}

/** `Long.valueOf(text)`. */
export function parseJavaLong(text: string): bigint {
  const value = parseDigits(text, 'Long');
  if (value < LONG_MIN || value > LONG_MAX) throw notANumber(text, 'Long');
  return value;
}

/** `Double.valueOf(text)`: surrounding control characters and blanks are dropped, as String.trim does. */
export function parseJavaDouble(text: string): number {
  const trimmed = javaTrim(text);
  if (DECIMAL_FLOAT.test(trimmed)) return Number(trimmed.replace(/[dDfF]$/, ''));
  const named = NAMED_FLOAT.exec(trimmed);
  if (named) return named[2] === 'NaN' ? Number.NaN : named[1] === '-' ? -Infinity : Infinity;
  const hex = HEX_FLOAT.exec(trimmed);
  if (hex && hex[2].length + hex[3].length > 0) return hexFloat(hex[1], hex[2], hex[3], Number(hex[4]));
  throw notANumber(text, 'Double');
}

/** `Double.compare`: a total order in which -0.0 is below 0.0 and NaN equals itself and is above everything. */
export function compareJavaDouble(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  if (left === right && left !== 0) return 0;
  return rank(left) - rank(right);
}

function rank(value: number): number {
  if (Number.isNaN(value)) return 1;
  return Object.is(value, -0) ? -1 : 0;
}

function parseDigits(text: string, type: string): bigint {
  if (!DECIMAL_DIGITS.test(text)) throw notANumber(text, type);
  const negative = text[0] === '-';
  let digits = '';
  for (let i = negative || text[0] === '+' ? 1 : 0; i < text.length; i++) digits += digitOf(text, i, type);
  return negative ? -BigInt(digits) : BigInt(digits);
}

/** Java reads every decimal digit of the basic plane (Arabic, Devanagari, …), but none beyond it. */
function digitOf(text: string, index: number, type: string): string {
  const unit = text.charCodeAt(index);
  if (unit >= 0x30 && unit <= 0x39) return text[index];
  if (unit >= 0xd800 && unit <= 0xdfff) throw notANumber(text, type);
  let zero = unit;
  while (unit - zero < 9 && /\p{Nd}/u.test(String.fromCharCode(zero - 1))) zero--;
  return String(unit - zero);
}

function hexFloat(sign: string, whole: string, fraction: string, exponent: number): number {
  const digits = BigInt(`0x${whole}${fraction}`);
  const shift = exponent - 4 * fraction.length;
  const magnitude = digits === 0n ? 0 : scale(digits, shift);
  return sign === '-' ? -magnitude : magnitude;
}

/** digits × 2^shift, rounded once to nearest even. */
function scale(digits: bigint, shift: number): number {
  const bits = digits.toString(2).length;
  const exponent = bits - 1 + shift;
  if (exponent > 1023) return Infinity;
  if (exponent < -1080) return 0;
  const keep = Math.min(53, 53 + exponent + 1022);
  const drop = bits - keep;
  if (drop <= 0) return Number(digits) * 2 ** Math.max(shift, -1000) * 2 ** Math.min(0, shift + 1000);
  const half = 1n << BigInt(drop - 1);
  const rest = digits & ((1n << BigInt(drop)) - 1n);
  let kept = digits >> BigInt(drop);
  if (rest > half || (rest === half && (kept & 1n) === 1n)) kept += 1n;
  const up = shift + drop;
  return up < -1000 ? Number(kept) * 2 ** -1000 * 2 ** (up + 1000) : Number(kept) * 2 ** up;
}

function javaTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

function notANumber(text: string, type: string): FilterEvaluationError {
  return new FilterEvaluationError(
    `the property value "${text}" is not a ${type}, as the literal it is compared with is`,
  );
}
