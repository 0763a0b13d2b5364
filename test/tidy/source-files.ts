/**
 * The project's own files, as the tidy tests read them: every file that git tracks or would add, without what is
 * built or installed. Paths are relative to the checkout, with slashes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. This file runs as test/dist/tidy/source-files.js. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const LEFT_OUT = new Set(['node_modules', 'dist', '.git', '.cache', 'data', 'coverage']);
const TEXT = /\.(ts|mjs|js|jsonl?|md|sh|conf|yml|svg|java|xml|properties)$|^[^.]+$|(^|\/)\.ci\/run$/;

/** Paths of all files of the project. */
export function projectPaths(): string[] {
  return paths('');
}

/** Files below `folder` whose path matches `pattern`, in order of path. */
export function sourceFiles(folder: string, pattern: RegExp): SourceFile[] {
  return paths(folder)
    .filter((path) => pattern.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Every text file of the project. */
export function allTextFiles(): SourceFile[] {
  return sourceFiles('', TEXT);
}

/** The TypeScript files of the packages' src folders. */
export function packageSources(): SourceFile[] {
  return sourceFiles('packages', /^packages\/[^/]+\/src\/.*\.ts$/);
}

/** `packages/broker/src/x.ts` is of `broker`. */
export function packageOf(path: string): string {
  return path.split('/')[1] ?? '';
}

/** The text with comments blanked out and line breaks kept, for rules about code. Strings stay. */
export function withoutComments(text: string): string {
  const blank = (comment: string): string => comment.replace(/[^\n]/g, ' ');
  return text.replace(/\/\*[\s\S]*?\*\//g, blank).replace(/(^|[\s;{(,])\/\/.*$/gm, blank);
}

/** `path:line` of an index into the text. */
export function place(file: SourceFile, index: number): string {
  return `${file.path}:${file.text.slice(0, index).split('\n').length}`;
}

function paths(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name)) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...paths(path));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort();
}
