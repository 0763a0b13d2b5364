/**
 * Time, files, sockets and randomness come through the seams of packages/platform, so that a whole cluster can run
 * in one process from a seed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packageOf, packageSources, place, withoutComments } from './source-files.ts';

/** The real seams themselves, and the mains that choose them. */
const OUTSIDE = new Set(['platform', 'server']);

const BYPASSES = [
  /\bDate\.now\b/g,
  /\bnew Date\(\)/g,
  /\bperformance\.now\b/g,
  /\bprocess\.hrtime\b/g,
  /\b(?<![.#\w])(setTimeout|setInterval|setImmediate)\(/g,
  /\bMath\.random\b/g,
  /\brandomBytes\b|\brandomUUID\b|\brandomInt\b/g,
  /'node:(fs|fs\/promises|net|tls|dgram|http|https|http2|timers|timers\/promises|child_process|worker_threads)'/g,
];

test('no package goes around a seam', () => {
  const wrong: string[] = [];
  for (const file of packageSources()) {
    if (OUTSIDE.has(packageOf(file.path))) continue;
    const code = withoutComments(file.text);
    for (const bypass of BYPASSES) {
      for (const match of code.matchAll(bypass)) wrong.push(`${place(file, match.index)} ${match[0]}`);
    }
  }
  assert.deepEqual(wrong, []);
});
