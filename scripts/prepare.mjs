/**
 * What every script does first: dependencies from the lockfile, then the compiled packages. Uses Node's own
 * modules only, because it runs before anything is installed.
 *
 * Nothing is done twice: an installation is taken as good when npm's own record of it
 * (node_modules/.package-lock.json) has what package-lock.json asks for, and `tsc -b` compiles what changed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, without a slash at the end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** Installs and builds; ends the process with the failed step's exit code when one fails. */
export function prepare() {
  refuseOldNode();
  if (!isInstalled()) {
    console.log('Installing dependencies from package-lock.json (npm ci) ...');
    stopUnlessOk(runNpm(['ci', '--no-audit', '--no-fund']), 'npm ci');
  }
  removeBundledSiblings();
  build();
}

/** Takes away the copies of sibling packages that packing puts into a package: they would hide the real ones. */
export function removeBundledSiblings() {
  for (const name of readdirSync(join(root, 'packages'))) {
    rmSync(join(root, 'packages', name, 'node_modules/@rocketmq-ts'), { recursive: true, force: true });
  }
}

/** Compiles what changed since the last time. */
export function build() {
  stopUnlessOk(runNode([join(root, 'node_modules/typescript/bin/tsc'), '-b']), 'tsc -b');
}

/** Runs Node in the checkout with this terminal; answers the exit code, 1 for a signal. */
export function runNode(args, env = process.env) {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

export function stopUnlessOk(exitCode, what) {
  if (exitCode === 0) return;
  console.error(`${what} failed with exit code ${exitCode}.`);
  process.exit(exitCode);
}

function runNpm(args) {
  // `npm start` and `npm test` name the npm they run under; a plain `node scripts/…` finds it on the PATH.
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('.js')) return runNode([npm, ...args]);
  const shell = process.platform === 'win32';
  const result = spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`rocketmq-ts needs Node 20.19 or newer; this is ${process.version} (${process.execPath}).`);
  process.exit(1);
}

function isInstalled() {
  const wanted = readLock(join(root, 'package-lock.json'));
  const found = readLock(join(root, 'node_modules/.package-lock.json'));
  if (!wanted || !found) return false;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/')) continue;
    const installed = found[path];
    if (!installed && entry.optional) continue; // made for another platform
    if (!installed || installed.version !== entry.version) return false;
    if (entry.integrity && installed.integrity !== entry.integrity) return false;
    if (!existsSync(join(root, path))) return false;
  }
  return true;
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined; // missing or half written: install
  }
}
