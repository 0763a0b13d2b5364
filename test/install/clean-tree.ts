/**
 * A copy of the checkout as a fresh clone after `npm ci`: sources without anything built, and node_modules of links, so
 * that it is made in a moment and without a registry.
 */
import { cpSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectPaths, root } from '../tidy/source-files.ts';

export function copyCleanTree(target: string): void {
  for (const path of projectPaths()) {
    mkdirSync(join(target, dirname(path)), { recursive: true });
    cpSync(join(root, path), join(target, path));
  }
  linkModules('node_modules', target);
}

/** Links to packages of the checkout stay relative, and so lead to the copy; the rest leads to what is installed. */
function linkModules(folder: string, target: string): void {
  mkdirSync(join(target, folder), { recursive: true });
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(join(root, path)), join(target, path));
    else if (entry.name.startsWith('@')) linkModules(path, target);
    else if (entry.name === '.package-lock.json') cpSync(join(root, path), join(target, path));
    else if (entry.name !== '.bin') symlinkSync(join(root, path), join(target, path));
  }
}
