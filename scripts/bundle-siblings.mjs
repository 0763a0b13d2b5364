/**
 * Makes `npm pack` of a workspace package whole: copies the sibling packages it stands on into its node_modules, where npm
 * picks them up as bundled dependencies, and the licence and what else belongs to an installation beside them. Run by
 * the package's `prepack`; with `--remove`, by its `postpack`, it takes the copies away again.
 *
 * Invariant: copies left by an interrupted run do no harm, since scripts/prepare.mjs removes them before each build.
 */
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { prepare, removeBundledSiblings, root } from './prepare.mjs';

const COPIED = ['LICENSE', 'NOTICE'];
const folder = process.cwd();
const remove = process.argv.includes('--remove');
const extra = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

if (!remove) prepare();
removeBundledSiblings();
for (const name of [...COPIED, ...extra]) {
  rmSync(join(folder, name), { recursive: true, force: true });
  if (!remove) cpSync(join(root, name), join(folder, name), { recursive: true });
}
if (!remove) bundle();

function bundle() {
  for (const name of siblingsOf(basename(folder))) {
    const source = join(root, 'packages', name);
    const target = join(folder, 'node_modules/@rocketmq-ts', name);
    mkdirSync(target, { recursive: true });
    cpSync(join(source, 'package.json'), join(target, 'package.json'));
    cpSync(join(source, 'dist/src'), join(target, 'dist/src'), { recursive: true });
    copyLibraries(join(source, 'package.json'), target);
  }
}

/** npm takes a bundled package as complete and installs nothing for it: what it needs goes into it. */
function copyLibraries(manifest, target) {
  for (const library of Object.keys(JSON.parse(readFileSync(manifest, 'utf8')).dependencies ?? {})) {
    if (library.startsWith('@rocketmq-ts/')) continue;
    const source = join(root, 'node_modules', library);
    const copy = join(target, 'node_modules', library);
    cpSync(source, copy, { recursive: true, dereference: true });
    copyLibraries(join(source, 'package.json'), copy);
  }
}

/** The siblings that a package stands on, directly or through another. */
function siblingsOf(name, found = new Set()) {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (!dependency.startsWith('@rocketmq-ts/')) continue;
    const sibling = dependency.slice('@rocketmq-ts/'.length);
    if (found.has(sibling)) continue;
    found.add(sibling);
    siblingsOf(sibling, found);
  }
  return found;
}
