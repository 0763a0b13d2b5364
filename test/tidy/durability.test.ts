/** docs/durability.md promises nothing that no test shows: each sentence names tests, and each of those is there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './source-files.ts';

const document = readFileSync(join(root, 'docs/durability.md'), 'utf8');
/** `  - [path](../path): "name of the test"` */
const PROOF = /^ {2}- \[([^\]]+)\]\(\.\.\/([^)]+)\): "([^"]+)"$/;

/** The promises, each with the lines below it. */
function promises(): { readonly sentence: string; readonly proofs: string[] }[] {
  const found: { sentence: string; proofs: string[] }[] = [];
  for (const line of document.split('\n')) {
    if (line.startsWith('- ')) found.push({ sentence: line.slice(2), proofs: [] });
    else if (line.startsWith('  - ')) found.at(-1)?.proofs.push(line);
  }
  return found;
}

test('every promise names a test', () => {
  const all = promises();
  assert.ok(all.length > 20);
  assert.deepEqual(
    all.filter(({ proofs }) => proofs.length === 0).map(({ sentence }) => sentence),
    [],
  );
});

test('every test that is named is there', () => {
  const wrong: string[] = [];
  for (const line of promises().flatMap(({ proofs }) => proofs)) {
    const [, shown, path, name] = PROOF.exec(line) ?? [];
    if (shown === undefined || path === undefined || name === undefined || shown !== path)
      wrong.push(`not [path](../path): "name": ${line}`);
    else if (!existsSync(join(root, path))) wrong.push(`no file: ${path}`);
    else if (!readFileSync(join(root, path), 'utf8').includes(name))
      wrong.push(`${path} has no test "${name}"`);
  }
  assert.deepEqual(wrong, []);
});
