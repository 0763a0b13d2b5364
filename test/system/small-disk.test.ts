/**
 * A broker on a real file system of 12 MiB (tmpfs, in a mount namespace of its own): refused with words and at once when full,
 * read meanwhile, on again when there is room, and started while full.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '../interop/harness/server.ts';

const NAMESPACE = ['--user', '--map-root-user', '--mount'];
const MOUNT = 'mount -t tmpfs -o size=12m tmpfs "$1" && exec "$2" "$3" "$1"';
const LIFE = fileURLToPath(new URL('./small-disk-life.js', import.meta.url));

test('full, read, refused, and on again, on a real small disk', { timeout: 600_000 }, async (t) => {
  const folder = temporaryFolder('small-disk');
  if (!canMount(folder)) return skip(t);
  const args = [...NAMESPACE, 'sh', '-c', MOUNT, 'sh', folder, process.execPath, LIFE];
  const { stdout } = await promisify(execFile)('unshare', args, { timeout: 600_000 });
  t.diagnostic(stdout);
  const { full, whileFull, afterRoom, restarted, afterRestart } = JSON.parse(stdout);
  assert.ok(full.taken >= 20, `${full.taken} taken`);
  for (const refused of [full, whileFull.send, restarted.send]) {
    assert.equal(refused.code, 14, refused.remark);
    assert.match(refused.remark, /[Nn]o space|full/);
    assert.ok(refused.tookMs < 30_000, `${refused.tookMs} ms`);
  }
  assert.deepEqual([whileFull.readFirst, whileFull.readLast, restarted.readFirst], [0, 0, 0]);
  assert.deepEqual([afterRoom, afterRestart], [true, true]);
});

function canMount(folder: string): boolean {
  const probe = spawnSync('unshare', [
    ...NAMESPACE,
    'mount',
    '-t',
    'tmpfs',
    '-o',
    'size=1m',
    'tmpfs',
    folder,
  ]);
  return probe.status === 0;
}

function skip(t: TestContext): void {
  const what =
    'SKIPPED: no small file system can be mounted here (unshare --user --mount): the full disk was only simulated';
  t.diagnostic(what);
  console.log(`# ${what}`);
  t.skip(what);
}
