import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PidFiles } from '../../src/process/pid-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('a recorded process is found until it is taken back', () => {
  const files = new PidFiles(temporaryFolder());
  assert.deepEqual(files.living('broker'), []);
  const takeBack = files.add('broker', '/opt/rocketmq', 10911);
  const [record] = files.living('broker');
  assert.equal(record?.pid, process.pid);
  assert.equal(record?.listenPort, 10911);
  assert.equal(record?.rocketmqHome, '/opt/rocketmq');
  assert.deepEqual(files.living('namesrv'), []);
  takeBack();
  assert.deepEqual(files.living('broker'), []);
});

test('another process with the same pid is not the recorded one', () => {
  const folder = temporaryFolder();
  let start = '100';
  const files = new PidFiles(folder, { ownPid: 4711, startOf: () => start });
  files.add('namesrv', '/opt/rocketmq', 9876);
  assert.equal(files.living('namesrv').length, 1);
  start = '200';
  assert.deepEqual(files.living('namesrv'), []);
  start = '100';
  assert.deepEqual(files.living('namesrv'), [], 'a stale record is removed');
});
