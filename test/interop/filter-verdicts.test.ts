/**
 * Our SQL92 filter beside the official one: the same verdict, compile errors and evaluation errors included, on expressions
 * and properties generated from a seed.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { FilterEvaluationError, FilterSyntaxError, SqlFilter } from '@rocketmq-ts/filter';
import { type FilterCase, generateFilterCases } from '#filter-corpus';
import { javaLibrary } from './harness/java-library.ts';

const CASES = Number(process.env.FILTER_CASES ?? 10_000);
const SEED = Number(process.env.FILTER_SEED ?? 20_261_123);

function ourVerdict({ expression, properties }: FilterCase): string {
  try {
    return String(SqlFilter.compile(expression).evaluate(properties));
  } catch (error) {
    if (error instanceof FilterSyntaxError) return 'compile-error';
    if (error instanceof FilterEvaluationError) return 'evaluation-error';
    throw error;
  }
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

function line({ expression, properties }: FilterCase): string {
  return [hex(expression), ...[...properties].map(([name, value]) => `${hex(name)}=${hex(value)}`)].join(
    '\t',
  );
}

test(`${CASES} expressions get the verdict of the official filter`, async () => {
  const { java, classPath } = await javaLibrary();
  const cases = generateFilterCases(CASES, SEED);
  const input = `${cases.map(line).join('\n')}\n`;
  const official = spawnSync(java, ['-Xmx256m', '-cp', classPath, 'FilterVerdicts'], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(official.status, 0, official.stderr);
  const verdicts = official.stdout.trim().split('\n');
  assert.equal(verdicts.length, cases.length);
  const counts = new Map<string, number>();
  for (const [i, verdict] of verdicts.entries()) {
    const testCase = cases[i] as FilterCase;
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    assert.equal(
      ourVerdict(testCase),
      verdict,
      `${testCase.expression} on ${JSON.stringify([...testCase.properties])}`,
    );
  }
  for (const verdict of ['true', 'false', 'null', 'compile-error', 'evaluation-error']) {
    assert.ok(
      (counts.get(verdict) ?? 0) > CASES / 20,
      `the corpus has few cases of ${verdict}: ${counts.get(verdict)}`,
    );
  }
});
