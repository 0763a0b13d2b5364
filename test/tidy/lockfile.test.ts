/** package-lock.json is complete, so that `npm ci` works on every platform, and names no registry. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './source-files.ts';

interface LockEntry {
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const packages: Readonly<Record<string, LockEntry>> = JSON.parse(
  readFileSync(join(root, 'package-lock.json'), 'utf8'),
).packages;

test('every dependency has an entry, those for other platforms too', () => {
  const missing: string[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const nested = `${path}/node_modules/${name}`;
      if (!(`node_modules/${name}` in packages) && !(nested in packages))
        missing.push(`${path} needs ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('no entry names a registry', () => {
  const named = Object.entries(packages).filter(([, entry]) => entry.resolved?.includes('://'));
  assert.deepEqual(
    named.map(([path]) => path),
    [],
  );
});
