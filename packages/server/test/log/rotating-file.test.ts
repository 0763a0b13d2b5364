import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { RotatingFile } from '../../src/log/rotating-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('moves a full file to otherdays and keeps so many', () => {
  const folder = temporaryFolder();
  const file = new RotatingFile({ path: path.join(folder, 'broker.log'), maxSizeBytes: 10, keep: 2 });
  for (const line of ['first\n', 'second\n', 'third\n', 'fourth\n']) file.write(line);
  file.close();
  assert.equal(readFileSync(path.join(folder, 'broker.log'), 'utf8'), 'fourth\n');
  assert.equal(readFileSync(path.join(folder, 'otherdays/broker.1.log'), 'utf8'), 'third\n');
  assert.equal(readFileSync(path.join(folder, 'otherdays/broker.2.log'), 'utf8'), 'second\n');
  assert.equal(existsSync(path.join(folder, 'otherdays/broker.3.log')), false);
});

test('goes on with the file of an earlier run, and counts what is in it', () => {
  const file = path.join(temporaryFolder(), 'broker.log');
  for (const line of ['one\n', 'two\n', 'three\n']) {
    const rotating = new RotatingFile({ path: file, maxSizeBytes: 9 });
    rotating.write(line);
    rotating.close();
  }
  assert.equal(readFileSync(file, 'utf8'), 'three\n');
});

test('leaves lines out past the limit of a second, and says how many', () => {
  const file = path.join(temporaryFolder(), 'broker.log');
  let now = 1_000_000;
  const rotating = new RotatingFile({ path: file, maxLinesPerSecond: 2, now: () => now });
  for (let i = 0; i < 5; i++) rotating.write(`${i}\n`);
  now += 1000;
  rotating.write('5\n');
  rotating.close();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.deepEqual(lines.slice(0, 2), ['0', '1']);
  assert.equal(JSON.parse(lines[2] ?? '').msg, '3 log lines were left out');
  assert.equal(lines[3], '5');
});
