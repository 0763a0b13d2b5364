import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RealFileSystem, realProcessTable } from '@rocketmq-ts/platform';

const fs = new RealFileSystem();

function folder(t: { after(task: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'real-fs-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('a folder that cannot be is refused, and not tried for ever', {
  skip: !existsSync('/proc/self'),
}, () => {
  assert.throws(() => fs.mkdirSync('/proc/no/such/folder'), { code: 'ENOENT' });
});

test('a folder in the place of a file is refused', (t) => {
  const root = folder(t);
  writeFileSync(`${root}/file`, '');
  assert.throws(() => fs.mkdirSync(`${root}/file`), { code: 'EEXIST' });
  assert.throws(() => fs.mkdirSync(`${root}/file/b`), { code: 'ENOTDIR' });
});

test('files: created, written and read at a place, on and off the loop, cut, synced, removed', async (t) => {
  const root = folder(t);
  const path = `${root}/a/b/file`;
  fs.mkdirSync(`${root}/a/b`);
  fs.mkdirSync(`${root}/a/b`);
  fs.mkdirSync(`${root}/a//c/`);
  assert.ok(fs.statSync(`${root}/a/c`)?.isDirectory);
  assert.throws(() => fs.openSync(path, 'read-write'), { code: 'ENOENT' });
  const file = fs.openSync(path, 'create-new');
  assert.throws(() => fs.openSync(path, 'create-new'), { code: 'EEXIST' });
  assert.equal(file.writeSync(Buffer.from('xhellox'), 1, 5, 10), 5);
  assert.equal(await file.write(Buffer.from(' world'), 0, 6, 15), 6);
  const bytes = Buffer.alloc(30);
  assert.equal(file.readSync(bytes, 0, 30, 5), 16);
  assert.equal(bytes.toString('latin1', 0, 16), '\0\0\0\0\0hello world');
  assert.equal(await file.read(bytes, 2, 5, 10), 5);
  assert.equal(await file.read(bytes, 0, 5, 100), 0);
  file.truncateSync(1 << 20);
  assert.equal(file.sizeSync(), 1 << 20);
  await file.datasync();
  file.datasyncSync();
  fs.syncFolderSync(`${root}/a/b`);
  await fs.syncFolder(`${root}/a/b`);
  const stat = fs.statSync(path);
  assert.equal(stat?.sizeBytes, 1 << 20);
  assert.ok((stat?.allocatedBytes ?? 0) < 1 << 20, 'holes take no space');
  assert.ok(Math.abs((stat?.modifiedMs ?? 0) - Date.now()) < 60_000);
  file.closeSync();
  file.closeSync();
  fs.renameSync(path, `${path}.new`);
  assert.deepEqual(fs.readdirSync(`${root}/a/b`), ['file.new']);
  assert.deepEqual(fs.readdirSync(`${root}/none`), []);
  assert.equal(fs.statSync(path), undefined);
  await fs.unlink(`${path}.new`);
  await fs.unlink(`${path}.new`);
  fs.unlinkSync(path);
  await fs.removeTree(`${root}/a`);
  fs.removeTreeSync(`${root}/a`);
  assert.equal(fs.existsSync(`${root}/a`), false);
  const { freeBytes, totalBytes } = fs.spaceSync(root);
  assert.ok(freeBytes > 0 && totalBytes > freeBytes);
});

test('processes: a living one has a start, a dead one none', () => {
  assert.equal(realProcessTable.ownPid, process.pid);
  const start = realProcessTable.startOf(process.pid);
  assert.ok(start !== undefined);
  assert.equal(realProcessTable.startOf(process.pid), start);
  assert.equal(realProcessTable.startOf(2 ** 22 + 1), undefined);
  assert.equal(realProcessTable.startOf(-1), undefined);
  assert.equal(realProcessTable.startOf(0), undefined);
});
