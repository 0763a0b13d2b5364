import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mqadmin } from '../command-line/mqadmin-run.ts';
import { fakeCluster, TOPIC } from '../fake-cluster.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function exported(path: string): number[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line).queueOffset);
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

test('an export that was stopped goes on: each message once', async (t) => {
  const folder = temporaryFolder();
  const path = join(folder, 'orders.jsonl');
  let broken = true;
  const { address } = await fakeCluster(t, 50, (pull) => broken && pull > 3);
  const run = () =>
    mqadmin(['exportMsg', '-t', TOPIC, '-f', 'orders.jsonl', '-n', address], { workingFolder: folder });
  const stopped = await run();
  assert.equal(stopped.exitCode, 1);
  assert.match(stopped.errors, /the disk is gone/);
  assert.deepEqual(exported(path), upTo(24));
  // As after a power cut: what came after the note is there, the note's next line is half there.
  appendFileSync(path, readFileSync(path, 'utf8').repeat(3).slice(0, -9));
  appendFileSync(`${path}.part`, '{"key":"x","val');
  broken = false;
  const through = await run();
  assert.deepEqual([through.exitCode, through.errors], [0, '']);
  assert.match(through.output, /^50 messages written to .*, gone on from where it was\n$/);
  assert.deepEqual(exported(path), upTo(50));
  assert.equal(existsSync(`${path}.part`), false);
});

test('a file that is there, or is of another export, is not written to', async (t) => {
  const folder = temporaryFolder();
  const path = join(folder, 'orders.jsonl');
  const { address } = await fakeCluster(t, 20, (pull) => pull === 2);
  const run = (...more: string[]) =>
    mqadmin(['exportMsg', '-t', TOPIC, '-f', path, '-n', address, '-o', 'json', ...more]);
  writeFileSync(path, 'precious\n');
  assert.equal((await run()).exitCode, 2);
  assert.equal(readFileSync(path, 'utf8'), 'precious\n');
  assert.equal((await run('--replace')).exitCode, 1);
  const other = await run('-s', 'even');
  assert.equal(other.exitCode, 2);
  assert.match(other.errors, /of another command line/);
  assert.deepEqual(JSON.parse((await run()).output), {
    topic: TOPIC,
    file: path,
    messages: 20,
    resumed: true,
  });
});

test('tags and SQL92 choose', async (t) => {
  const folder = temporaryFolder();
  const { address } = await fakeCluster(t, 20);
  const run = (name: string, ...more: string[]) =>
    mqadmin(['exportMsg', '-t', TOPIC, '-f', join(folder, name), '-n', address, ...more]);
  assert.equal((await run('tags', '-s', 'even')).exitCode, 0);
  assert.deepEqual(
    exported(join(folder, 'tags')),
    upTo(10).map((i) => i * 2),
  );
  assert.equal((await run('sql', '-q', 'n BETWEEN 3 AND 5')).exitCode, 0);
  assert.deepEqual(exported(join(folder, 'sql')), [3, 4, 5]);
  assert.equal((await run('wrong', '-q', 'n >')).exitCode, 2);
});

test('printMsg goes on from --resume, and shows on a terminal how far it is', async (t) => {
  const folder = temporaryFolder();
  let broken = true;
  const { address } = await fakeCluster(t, 50, (pull) => broken && pull > 3);
  const shown: string[] = [];
  const run = () =>
    mqadmin(['printMsg', '-t', TOPIC, '-n', address, '-o', 'json', '--resume', 'state'], {
      workingFolder: folder,
      columns: 80,
      writeError: (text) => shown.push(text),
    });
  const offsets = (output: string) =>
    output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).queueOffset);
  const first = await run();
  assert.equal(first.exitCode, 1);
  broken = false;
  const second = await run();
  assert.equal(second.exitCode, 0);
  assert.deepEqual([...offsets(first.output), ...offsets(second.output)], upTo(50));
  assert.equal(existsSync(join(folder, 'state')), false);
  assert.ok(
    shown.some((text) => /printMsg \[-{20}\] +0 % 0\/50/.test(text)),
    shown.join('|'),
  );
  assert.ok(
    shown.some((text) => /printMsg \[#{9}-{11}\] +48 % 24\/50/.test(text)),
    shown.join('|'),
  );
});
