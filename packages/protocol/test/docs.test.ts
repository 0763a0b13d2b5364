import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** From dist/test, where this runs. */
function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

test('every error code is in docs/protocol.md, and nothing else', () => {
  const declared = [...read('src/protocol-error.ts').matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(
    (match) => match[1],
  );
  const errors = read('../../docs/protocol.md').split('\n## Errors\n')[1] ?? '';
  const documented = errors
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| Code'))
    .flatMap((line) => (line.split('|')[1] ?? '').split(',').map((code) => code.trim()));
  assert(declared.length > 10);
  assert.deepEqual(documented.sort(), declared.sort());
});
