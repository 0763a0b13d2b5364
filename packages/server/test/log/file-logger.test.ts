import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { FileLogger } from '../../src/log/file-logger.ts';
import { describeFailure } from '../../src/process/failure.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('keeps lines until it is opened, then writes them with the time they were logged', () => {
  const file = path.join(temporaryFolder(), 'logs', 'broker.log');
  const log = new FileLogger(file);
  log.info('early', { port: 1 });
  assert.equal(readFileSync(file, 'utf8'), '');
  log.open();
  log.warn('late');
  log.close();
  const [early, late] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual([early.level, early.msg, early.port], ['info', 'early', 1]);
  assert.deepEqual([late.level, late.msg], ['warn', 'late']);
  assert.ok(Date.parse(early.time) <= Date.parse(late.time));
});

test('a log that cannot be written is named, with what to do', () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'file'), '');
  const log = path.join(folder, 'file', 'broker.log');
  try {
    new FileLogger(log);
    assert.fail('it was opened');
  } catch (error) {
    const { exitCode, text } = describeFailure(error);
    assert.equal(exitCode, 2);
    assert.match(
      text,
      /^the log \S+file.broker\.log cannot be written: .*; set ROCKETMQ_LOG_DIR to a folder/,
    );
  }
});

test('a process that ends before the log is opened still writes it', () => {
  const file = path.join(temporaryFolder(), 'broker.log');
  const module = new URL('../../src/log/file-logger.js', import.meta.url).href;
  const program = `import { FileLogger } from '${module}';
    new FileLogger(${JSON.stringify(file)}).error('it failed');
    process.exit(7);`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  assert.equal(run.status, 7, run.stderr);
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).msg, 'it failed');
});

test('an error has its message, its stack and what caused it; a secret is not written', () => {
  const file = path.join(temporaryFolder(), 'broker.log');
  const log = new FileLogger(file);
  log.error('it failed', { error: new Error('why', { cause: new TypeError('deep down') }) });
  log.open();
  log.info('an account', { secretKey: 'hush', account: { accessKey: 'who', secretKey: 'hush' } });
  log.close();
  const text = readFileSync(file, 'utf8');
  const [failed] = text.split('\n').map((line) => line && JSON.parse(line));
  assert.equal(failed.error.message, 'why');
  assert.match(failed.error.stack, /file-logger/);
  assert.deepEqual([failed.error.cause.type, failed.error.cause.message], ['TypeError', 'deep down']);
  assert.doesNotMatch(text, /hush/);
  assert.match(text, /"accessKey":"who"/);
});
