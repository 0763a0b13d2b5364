/** Documents say what is there: every error has its entry, every link leads to a file. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { packageSources, root, sourceFiles, withoutComments } from './source-files.ts';

const ERROR_CLASS = /\bclass (\w+Error)\b/g;

test('docs/errors.md has an entry for every error class', () => {
  const catalogue = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const missing: string[] = [];
  for (const file of packageSources()) {
    for (const [, name] of withoutComments(file.text).matchAll(ERROR_CLASS)) {
      if (name !== undefined && !catalogue.includes(`\`${name}\``)) missing.push(`${name} (${file.path})`);
    }
  }
  assert.deepEqual(missing, []);
});

test('every relative link in a document leads to a file', () => {
  const broken: string[] = [];
  for (const file of sourceFiles('', /\.md$/)) {
    for (const match of file.text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)|\bsrc="([^"]+)"/g)) {
      const target = match[1] ?? match[2] ?? '';
      if (/^[a-z]+:/.test(target)) continue;
      if (!existsSync(join(root, dirname(file.path), target))) broken.push(`${file.path}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('every package and every npm script is in ARCHITECTURE.md or CONTRIBUTING.md', () => {
  const text = ['ARCHITECTURE.md', 'CONTRIBUTING.md']
    .map((name) => readFileSync(join(root, name), 'utf8'))
    .join('\n');
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const scripts = Object.keys(manifest.scripts).map((name) =>
    /^(start|test)$/.test(name) ? `npm ${name}` : `npm run ${name}`,
  );
  const packages = sourceFiles('packages', /^packages\/[^/]+\/package\.json$/).map(
    (file) => `\`${file.path.split('/')[1]}\``,
  );
  const missing = [...scripts, ...packages].filter((name) => !text.includes(name));
  assert.deepEqual(missing, []);
});
