import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FilterEvaluationError, FilterSyntaxError, MAX_FILTER_DEPTH, SqlFilter } from '../src/index.ts';
import { generateFilterCases } from './filter-corpus.ts';

const PROPERTIES = new Map([
  ['a', '1'],
  ['b', '3.5'],
  ['s', 'abc'],
  ['t', 'true'],
  ['n', '-2'],
]);

/** Verdicts the official 4.4.0 evaluator gave for PROPERTIES. */
const OFFICIAL: ReadonlyArray<readonly [string, string]> = [
  ['a between 0 and 3', 'true'],
  ['a = 1', 'true'],
  ["a = '1'", 'true'],
  ['a = 1.0', 'true'],
  ['a=1L', 'true'],
  ['a > 0.5', 'true'],
  ['b > 3', 'error'],
  ['b > 3.0', 'true'],
  ['b = 3.5', 'true'],
  ['s > 1', 'error'],
  ['s = 1', 'error'],
  ['s > 1 OR a = 1', 'error'],
  ['a = 1 OR s > 1', 'true'],
  ['a = 1 AND missing = 1', 'null'],
  ['missing = 1', 'null'],
  ['missing <> 1', 'null'],
  ["missing not in ('1')", 'null'],
  ['missing is null', 'true'],
  ['missing is not null', 'false'],
  ['missing = alsoMissing', 'true'],
  ['NOT missing = 1', 'null'],
  ['t = TRUE', 'true'],
  ['t', 'false'],
  ["a in ('1','2')", 'true'],
  ["a not in ('1')", 'false'],
  ["a <> '2'", 'true'],
  ['n < 0', 'true'],
  ['n = -2', 'true'],
  ["s like 'a%'", 'false'],
  ['a + 1 = 2', 'false'],
  ['(a=1) = TRUE', 'true'],
  ['a > 0 is null', 'false'],
  ['1 = 1', 'true'],
  ['TRUE', 'true'],
  ['A = 1', 'null'],
  ["s > 'abb'", 'compile'],
  ["a > '0'", 'compile'],
  ["a between '0' and '3'", 'compile'],
  ['a between 3 and 0', 'compile'],
  ['a != 1', 'compile'],
  ['a in (1)', 'compile'],
  ['a = 9223372036854775808', 'compile'],
  ['a > 0.0', 'compile'],
  ['', 'compile'],
];

function verdict(expression: string, properties: ReadonlyMap<string, string>): string {
  let filter: SqlFilter;
  try {
    filter = SqlFilter.compile(expression);
  } catch (error) {
    if (error instanceof FilterSyntaxError) return 'compile';
    throw error;
  }
  try {
    return String(filter.evaluate(properties));
  } catch (error) {
    if (error instanceof FilterEvaluationError) return 'error';
    throw error;
  }
}

describe('SqlFilter', () => {
  for (const [expression, expected] of OFFICIAL) {
    it(`judges ${expression || 'an empty expression'} as the official filter does: ${expected}`, () => {
      assert.equal(verdict(expression, PROPERTIES), expected);
    });
  }

  it('matches only on TRUE: unknown and failed evaluations do not match', () => {
    assert.equal(SqlFilter.compile('a = 1').matches(PROPERTIES), true);
    assert.equal(SqlFilter.compile('missing = 1').matches(PROPERTIES), false);
    assert.equal(SqlFilter.compile('s > 1').matches(PROPERTIES), false);
  });

  it('says what is wrong and where', () => {
    assert.throws(
      () => SqlFilter.compile("a = 1 AND b > 'x'"),
      (error) =>
        error instanceof FilterSyntaxError &&
        error.position === 12 &&
        /text has no order/.test(error.message),
    );
    assert.throws(
      () => SqlFilter.compile('a in ()'),
      /a string in quotes was expected, but "\)" was found, at position 6/,
    );
    assert.throws(() => SqlFilter.compile("a = 'x"), /a string that does not end, at position 4/);
    assert.throws(() => SqlFilter.compile('a ='), /the expression ends, at its end/);
  });

  it('bounds nesting and length', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}a = 1${')'.repeat(depth)}`;
    assert.equal(verdict(nested(MAX_FILTER_DEPTH), PROPERTIES), 'true');
    assert.throws(() => SqlFilter.compile(nested(MAX_FILTER_DEPTH + 1)), /nested more than 500 deep/);
    assert.throws(() => SqlFilter.compile('a = 1 or '.repeat(10_000)), /at most 65536 are allowed/);
  });

  it('gives a verdict or a clear error for any text and any properties', () => {
    const property = fc.dictionary(fc.constantFrom('a', 'b', 'TAGS'), fc.string());
    fc.assert(
      fc.property(fc.string(), property, (expression, properties) => {
        verdict(expression, new Map(Object.entries(properties)));
      }),
      { numRuns: 2000 },
    );
    for (const { expression, properties } of generateFilterCases(2000, 7)) verdict(expression, properties);
  });
});
