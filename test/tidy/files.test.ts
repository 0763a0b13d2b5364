/** Files have an owner's comment at the top, a name that says what is in them, and a length that can be read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allTextFiles, packageSources, place, sourceFiles, withoutComments } from './source-files.ts';

/** Files that may be longer than 600 lines, with the reason. */
const LONG_FILES = new Map<string, string>();

const MAX_LINES = 600;

test('no source file is over 600 lines without a listed reason', () => {
  const long = sourceFiles('', /\.(ts|mjs)$/).filter((file) => file.text.split('\n').length > MAX_LINES + 1);
  assert.deepEqual(
    long.map((file) => file.path).filter((path) => !LONG_FILES.has(path)),
    [],
  );
  const stale = [...LONG_FILES.keys()].filter((path) => !long.some((file) => file.path === path));
  assert.deepEqual(stale, [], 'these are listed as long and are not');
});

test('every source file opens with a comment on what it owns, before or after its imports', () => {
  const bare = packageSources().filter((file) => {
    if (file.path.endsWith('/index.ts')) return false;
    return !/^(#!.*\n)?(import [^;]*;\n|\n)*\/(\*\*|\/)/.test(file.text);
  });
  assert.deepEqual(
    bare.map((file) => file.path),
    [],
  );
});

test('file names are in kebab case and say no Impl, no Inner, no Abstract', () => {
  const wrong = sourceFiles('', /\.(ts|mjs)$/).filter((file) => {
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (!/^[a-z0-9]+([-.][a-z0-9]+)*\.(ts|mjs)$/.test(name)) return true;
    return /(^|-)(impl|inner|abstract|default-.*-impl)(-|\.)/.test(name);
  });
  assert.deepEqual(
    wrong.map((file) => file.path),
    [],
  );
});

test('the type checker is not argued down, and no test is left out or alone', () => {
  const escapes = [/\bas any\b|: any\b|<any>/g, /\b(it|test|describe)\.(only|todo|skip)\b/g];
  const comments = /@ts-(ignore|nocheck|expect-error)|\b(TODO|FIXME|XXX|HACK)\b/g;
  const wrong: string[] = [];
  for (const file of sourceFiles('', /\.ts$/)) {
    if (file.path.startsWith('test/tidy/')) continue;
    const code = withoutComments(file.text);
    for (const pattern of escapes) {
      for (const match of code.matchAll(pattern)) wrong.push(`${place(file, match.index)} ${match[0]}`);
    }
    for (const match of file.text.matchAll(comments)) wrong.push(`${place(file, match.index)} ${match[0]}`);
  }
  assert.deepEqual(wrong, []);
});

test('no error is swallowed without a word', () => {
  const wrong: string[] = [];
  for (const file of packageSources()) {
    for (const match of file.text.matchAll(/catch( \([^)]*\))? ?\{\s*\}/g))
      wrong.push(place(file, match.index));
  }
  assert.deepEqual(wrong, [], 'a comment inside the braces says why nothing is to be done');
});

test('no file names a path of the machine it was written on', () => {
  const machine = new RegExp(
    ['work', 'farm', 'root', 'tmp/rmq', 'tmp/jq'].map((name) => `(?<![\\w.~-])/${name}/`).join('|'),
  );
  const wrong = allTextFiles().filter((file) => machine.test(file.text));
  assert.deepEqual(
    wrong.map((file) => file.path),
    [],
  );
});

test('console output belongs to the commands', () => {
  const wrong: string[] = [];
  for (const file of packageSources()) {
    if (file.path.startsWith('packages/server/')) continue;
    for (const match of withoutComments(file.text).matchAll(/\bconsole\.\w+\(/g))
      wrong.push(place(file, match.index));
  }
  assert.deepEqual(wrong, [], 'a library reports through its Logger');
});
