/** Imports go one way: packages import what the table of ARCHITECTURE.md allows, and nothing else. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageOf, place, root, sourceFiles, withoutComments } from './source-files.ts';

const BASE = ['platform', 'protocol'];
const ALLOWED = new Map<string, readonly string[]>([
  ['platform', []],
  ['protocol', ['platform']],
  ['remoting', BASE],
  ['filter', BASE],
  ['store', [...BASE, 'filter']],
  ['namesrv', [...BASE, 'remoting']],
  ['broker', [...BASE, 'remoting', 'store', 'filter']],
  ['client', [...BASE, 'remoting', 'filter']],
  ['admin', [...BASE, 'remoting', 'filter', 'store', 'client']],
  ['server', [...BASE, 'remoting', 'filter', 'store', 'namesrv', 'broker', 'client', 'admin']],
]);

/** npm packages that code may use when it runs, and where. */
const LIBRARIES = new Map<string, readonly string[]>([
  ['admin', ['yaml']],
  ['broker', ['yaml']],
  ['server', ['pino']],
]);

/** npm packages for tests only. */
const TEST_LIBRARIES = ['fast-check'];

const IMPORT = /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^'$]+)'/gm;

test('every package is in the table', () => {
  const folders = sourceFiles('packages', /^packages\/[^/]+\/package\.json$/).map((file) =>
    packageOf(file.path),
  );
  assert.deepEqual(
    folders.filter((name) => !ALLOWED.has(name)),
    [],
  );
});

test('packages import only what the table allows', () => {
  const wrong: string[] = [];
  for (const file of sourceFiles('packages', /^packages\/[^/]+\/(src|test)\/.*\.ts$/)) {
    const owner = packageOf(file.path);
    const isTest = file.path.startsWith(`packages/${owner}/test/`);
    for (const match of withoutComments(file.text).matchAll(IMPORT)) {
      const specifier = match[1] ?? '';
      if (!mayImport(owner, isTest, specifier, file.path))
        wrong.push(`${place(file, match.index)} ${specifier}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('package.json and tsconfig.json name the packages of the table, and the same libraries', () => {
  for (const [owner, allowed] of ALLOWED) {
    if (!existsSync(join(root, 'packages', owner, 'package.json'))) continue;
    const manifest = JSON.parse(readFileSync(join(root, 'packages', owner, 'package.json'), 'utf8'));
    const dependencies = Object.keys(manifest.dependencies ?? {});
    const permitted = [...allowed.map((name) => `@rocketmq-ts/${name}`), ...(LIBRARIES.get(owner) ?? [])];
    const extra = dependencies.filter((name) => !permitted.includes(name));
    assert.deepEqual(extra, [], `packages/${owner}/package.json depends on what the table does not allow`);
    const project = JSON.parse(readFileSync(join(root, 'packages', owner, 'tsconfig.json'), 'utf8'));
    const references = (project.references ?? []).map((each: { path: string }) =>
      each.path.replace('../', ''),
    );
    const unlisted = references.filter((name: string) => !allowed.includes(name));
    assert.deepEqual(
      unlisted,
      [],
      `packages/${owner}/tsconfig.json references what the table does not allow`,
    );
  }
});

test('there is no package or folder for what has no owner', () => {
  const homeless = /\/(common|commons|util|utils|helper|helpers|misc|shared)\//;
  const wrong = sourceFiles('packages', /\.ts$/).filter((file) => homeless.test(file.path));
  assert.deepEqual(
    wrong.map((file) => file.path),
    [],
  );
});

function mayImport(owner: string, isTest: boolean, specifier: string, path: string): boolean {
  if (specifier.startsWith('node:')) return true;
  if (specifier.startsWith('.')) return staysInside(owner, specifier, path);
  const sibling = /^@rocketmq-ts\/([^/]+)(?:\/sim)?$/.exec(specifier)?.[1];
  if (sibling !== undefined) {
    if (specifier.endsWith('/sim') && !isTest && owner !== 'server') return false;
    // Tests may come in through the front door of their own package.
    return (isTest && sibling === owner) || (ALLOWED.get(owner) ?? []).includes(sibling);
  }
  if ((LIBRARIES.get(owner) ?? []).includes(specifier)) return true;
  return isTest && TEST_LIBRARIES.includes(specifier);
}

/** A relative import ends in .ts and does not leave the package. */
function staysInside(owner: string, specifier: string, path: string): boolean {
  const target = new URL(specifier, `file:///${path}`).pathname;
  return target.startsWith(`/packages/${owner}/`) && /\.(ts|json)$/.test(specifier);
}
