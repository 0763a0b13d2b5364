import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock, type SimFault, SimFileSystem } from '@rocketmq-ts/platform/sim';

function disk(): { clock: SimClock; fs: SimFileSystem } {
  const clock = new SimClock();
  const fs = new SimFileSystem({ clock });
  fs.mkdirSync('/d');
  fs.syncFolderSync('/');
  return { clock, fs };
}

function content(fs: SimFileSystem, path: string): string {
  return fs.existsSync(path) ? fs.readFileSync(path).toString() : '(missing)';
}

test('what is written is read back, holes are zeros', () => {
  const { fs } = disk();
  const file = fs.openSync('/d/f', 'create');
  file.writeSync(Buffer.from('hello'), 1, 4, 10_000);
  const bytes = Buffer.alloc(8, 1);
  assert.equal(file.readSync(bytes, 0, 8, 9998), 6);
  assert.deepEqual([...bytes], [0, 0, ...Buffer.from('ello'), 1, 1]);
  file.truncateSync(3);
  assert.equal(file.sizeSync(), 3);
  assert.deepEqual(fs.readdirSync('/d'), ['f']);
  assert.throws(() => fs.openSync('/d/f', 'create-new'), { code: 'EEXIST' });
  assert.throws(() => fs.openSync('/d/g', 'read'), { code: 'ENOENT' });
});

test('a dead process loses nothing, a power cut what was not synced', () => {
  const { fs } = disk();
  const file = fs.openSync('/d/f', 'create');
  file.writeSync(Buffer.from('synced'), 0, 6, 0);
  file.datasyncSync();
  fs.syncFolderSync('/d');
  file.writeSync(Buffer.from('SYNCED'), 0, 6, 0);
  const kept = new Set<string>();
  for (let seed = 0; seed < 50; seed++) kept.add(content(fs.crash({ powerSeed: seed }), '/d/f'));
  assert.deepEqual([...kept].sort(), ['SYNCED', 'synced']);
  assert.equal(content(fs.crash(), '/d/f'), 'SYNCED');
  assert.throws(() => fs.existsSync('/d/f'), { code: 'EIO' });
});

test('a power cut tears a long write at sectors, and loses names whose folder was not synced', () => {
  const { fs } = disk();
  const file = fs.openSync('/d/f', 'create');
  file.truncateSync(4096);
  file.datasyncSync();
  fs.syncFolderSync('/d');
  file.writeSync(Buffer.alloc(2048, 'x'), 0, 2048, 0);
  fs.openSync('/d/new', 'create');
  fs.renameSync('/d/f', '/d/moved');
  let torn = 0;
  let moved = 0;
  let lost = 0;
  for (let seed = 0; seed < 100; seed++) {
    const after = fs.crash({ powerSeed: seed });
    const name = after.existsSync('/d/moved') ? '/d/moved' : '/d/f';
    if (name === '/d/moved') moved++;
    if (!after.existsSync('/d/new')) lost++;
    const bytes = after.readFileSync(name);
    const sectors = [0, 1, 2, 3].map((index) => bytes[index * 512]);
    if (new Set(sectors).size === 2) torn++;
  }
  assert.ok(torn > 10 && moved > 10 && moved < 90 && lost > 10, `torn ${torn}, moved ${moved}, lost ${lost}`);
});

test('the same seed leaves the same disk', () => {
  const { fs } = disk();
  const file = fs.openSync('/d/f', 'create');
  for (let i = 0; i < 20; i++) file.writeSync(Buffer.alloc(700, i), 0, 700, i * 600);
  const left = (): Buffer | undefined => {
    const after = fs.crash({ powerSeed: 7 });
    return after.existsSync('/d/f') ? after.readFileSync('/d/f') : undefined;
  };
  assert.deepEqual(left(), left());
});

test('faults: errors, short writes, no space, the end of the process', async () => {
  const { fs, clock } = disk();
  const file = fs.openSync('/d/f', 'create');
  const faults: (SimFault | undefined)[] = [{ code: 'EIO' }, { shortBytes: 3 }, undefined];
  fs.onOperation = () => faults.shift();
  const bytes = Buffer.from('0123456789');
  assert.throws(() => file.writeSync(bytes, 0, 10, 0), { code: 'EIO' });
  assert.equal(file.writeSync(bytes, 0, 10, 0), 3);
  assert.equal(await clock.run(file.write(bytes, 3, 7, 3)), 7);
  fs.onOperation = undefined;
  fs.capacityBytes = 8192;
  assert.throws(() => file.writeSync(Buffer.alloc(9000), 0, 9000, 0), { code: 'ENOSPC' });
  fs.onOperation = () => ({ crash: 'after' });
  assert.throws(() => file.writeSync(Buffer.from('X'), 0, 1, 0));
  assert.ok(fs.crashed);
  assert.equal(content(fs.crash(), '/d/f'), 'X123456789');
});

test('a sync covers what was written before it began', async () => {
  const { fs, clock } = disk();
  const file = fs.openSync('/d/f', 'create');
  fs.syncFolderSync('/d');
  file.writeSync(Buffer.from('a'), 0, 1, 0);
  const sync = file.datasync();
  file.writeSync(Buffer.from('b'), 0, 1, 0);
  await clock.run(sync);
  const kept = new Set<string>();
  for (let seed = 0; seed < 50; seed++) kept.add(content(fs.crash({ powerSeed: seed }), '/d/f'));
  assert.deepEqual([...kept].sort(), ['a', 'b']);
});

test('a folder moved away and made anew under its name stays so after a kill, a sync and a power cut', () => {
  const { fs } = disk();
  for (const folder of ['/d/queues/topic', '/d/trash']) fs.mkdirSync(folder);
  for (const folder of ['/d', '/d/queues']) fs.syncFolderSync(folder);
  fs.renameSync('/d/queues/topic', '/d/trash/1');
  fs.removeTreeSync('/d/trash/1');
  fs.mkdirSync('/d/queues/topic');
  const next = fs.crash();
  next.syncFolderSync('/d/queues');
  for (let seed = 0; seed < 20; seed++) {
    const left = next.crash({ powerSeed: seed });
    assert.deepEqual(left.readdirSync('/d/queues'), ['topic'], `power cut ${seed}`);
    // The removal in the other folder came later, and was not synced.
    for (const name of left.readdirSync('/d/trash')) assert.equal(name, '1');
  }
});

test('a failed sync gives its pages up: they are read, and lost with the power even after a sync that succeeds', async () => {
  const { fs, clock } = disk();
  const file = fs.openSync('/d/f', 'create');
  fs.syncFolderSync('/d');
  file.writeSync(Buffer.from('abc'), 0, 3, 0);
  fs.onOperation = (operation) => (operation.kind === 'datasync' ? { code: 'EIO' } : undefined);
  await assert.rejects(clock.run(file.datasync()), { code: 'EIO' });
  fs.onOperation = undefined;
  await clock.run(file.datasync());
  assert.equal(content(fs, '/d/f'), 'abc');
  assert.equal(content(fs.crash(), '/d/f'), 'abc', 'the next process reads it too');
  for (let seed = 0; seed < 20; seed++)
    assert.equal(content(fs.crash({ powerSeed: seed }), '/d/f'), '', `power cut ${seed}`);
});

test('what a failed sync gave up is durable once its sector has been written again', async () => {
  const { fs, clock } = disk();
  const file = fs.openSync('/d/f', 'create');
  fs.syncFolderSync('/d');
  file.writeSync(Buffer.from('abc'), 0, 3, 0);
  fs.onOperation = () => ({ code: 'EIO' });
  await assert.rejects(clock.run(file.datasync()), { code: 'EIO' });
  fs.onOperation = undefined;
  file.writeSync(Buffer.from('X'), 0, 1, 1);
  await clock.run(file.datasync());
  assert.equal(content(fs.crash({ powerSeed: 1 }), '/d/f'), 'aXc');
});
