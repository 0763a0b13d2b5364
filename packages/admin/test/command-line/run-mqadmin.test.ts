import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mqadmin } from './mqadmin-run.ts';

const run = (...args: string[]) => mqadmin(args);

test('alone it lists the commands', async () => {
  const { exitCode, output } = await run();
  assert.equal(exitCode, 0);
  assert.match(
    output,
    /^The most commonly used mqadmin commands are:\n {3}updateTopic {10}Update or create topic\n/,
  );
  assert.match(output, /See 'mqadmin help <command>' for more information on a specific command\.\n$/);
  assert.deepEqual(await run('help'), await run());
});

test('help and -h print the usage of a command', async () => {
  const { exitCode, output } = await run('help', 'TOPICROUTE');
  assert.equal(exitCode, 0);
  assert.match(output, /^usage: mqadmin topicRoute \[-h\] \[-n <arg>\] -t <arg>\n -h,--help/);
  assert.equal((await run('topicRoute', '-h')).output, output);
});

test('an unknown command is a usage error that names the nearest', async () => {
  const { exitCode, errors } = await run('topicRute');
  assert.equal(exitCode, 2);
  assert.match(errors, /The sub command topicRute not exist\. Did you mean topicRoute\?/);
  assert.equal(JSON.parse((await run('topicRute', '-o', 'json')).errors).error.command, 'topicRute');
});

test('wrong options end with 2, and the usage', async () => {
  const { exitCode, errors, output } = await run('topicRoute');
  assert.equal(exitCode, 2);
  assert.equal(output, '');
  assert.match(
    errors,
    /^mqadmin topicRoute: ADMIN_USAGE: Missing required option: -t\n\nusage: mqadmin topicRoute/,
  );
});

test('what fails ends with 1: text or JSON on standard error', async () => {
  const dead = ['-n', '127.0.0.1:1', '-t', 'T'];
  const text = await run('topicRoute', ...dead);
  assert.equal(text.exitCode, 1);
  assert.match(text.errors, /^mqadmin topicRoute: ADMIN_NAME_SERVER_UNREACHABLE: no name server answered: /);
  const json = await run('topicRoute', ...dead, '-o', 'json');
  assert.equal(json.exitCode, 1);
  assert.equal(JSON.parse(json.errors).error.code, 'ADMIN_NAME_SERVER_UNREACHABLE');
  assert.equal((await run('topicRoute', ...dead, '-o', 'xml')).exitCode, 2);
  for (const wrong of [['-o', 'json'], ['--output=json'], ['-ojson', '-x'], ['--output', 'json', 'word']])
    assert.equal(JSON.parse((await run('topicRoute', ...wrong)).errors).error.code, 'ADMIN_USAGE');
});
