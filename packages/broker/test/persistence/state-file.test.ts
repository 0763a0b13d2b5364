import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type FileSystem, type OpenFile, type OpenMode, realPlatform } from '@rocketmq-ts/platform';
import { StateFile } from '../../src/persistence/state-file.ts';
import { StateFileError } from '../../src/persistence/state-file-error.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

let folder: string;
let path: string;
let logger: RecordingLogger;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-file-'));
  path = join(folder, 'state.json');
  logger = new RecordingLogger();
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A file whose content is `state.value`, which must be JSON to be loaded. */
function open(state: { value: string }): StateFile {
  return new StateFile({
    fileSystem: realPlatform().fileSystem,
    logger,
    path,
    encode: () => Buffer.from(state.value),
  });
}

function load(file: StateFile): { from: string; text: string | undefined } {
  let text: string | undefined;
  const from = file.load((loaded) => {
    JSON.parse(loaded);
    text = loaded;
  });
  return { from, text };
}

test('nothing is there, nothing is loaded, nothing is written', async () => {
  const file = open({ value: '{}' });
  assert.deepEqual(load(file), { from: 'nothing', text: undefined });
  await file.flush();
  assert.equal(existsSync(path), false);
});

test('a write replaces the file at once and keeps the version before', async () => {
  const state = { value: '{"a":1}' };
  const file = open(state);
  file.markDirty();
  assert.equal(file.write(), true);
  assert.equal(readFileSync(path, 'utf8'), '{"a":1}');
  await file.flush();
  state.value = '{"a":22}';
  file.markDirty();
  file.write();
  assert.equal(readFileSync(path, 'utf8'), '{"a":22}');
  assert.equal(readFileSync(`${path}.bak`, 'utf8'), '{"a":1}');
  await file.flush();
  assert.equal(existsSync(`${path}.tmp`), false);
  assert.equal(load(open(state)).text, '{"a":22}');
});

test('a version that is not on disk yet never becomes the one to fall back on', async () => {
  const state = { value: '1' };
  const file = open(state);
  for (const value of ['1', '2', '3']) {
    state.value = value;
    file.markDirty();
    file.write();
  }
  assert.equal(existsSync(`${path}.bak`), false);
  await file.flush();
  assert.equal(readFileSync(`${path}.bak`, 'utf8'), '3');
  state.value = '4';
  file.markDirty();
  await file.flush();
  assert.equal(readFileSync(`${path}.bak`, 'utf8'), '3');
});

test('a damaged file is set aside, and the version before it loaded and kept', async () => {
  writeFileSync(path, '{"a":');
  writeFileSync(`${path}.bak`, '{"a":1}');
  const state = { value: '{"a":2}' };
  const file = open(state);
  assert.deepEqual(load(file), { from: 'backup', text: '{"a":1}' });
  assert.match(logger.complaints()[0]!, /cannot be used.*loaded the version before it/);
  assert.equal(readFileSync(`${path}.damaged`, 'utf8'), '{"a":');
  file.markDirty();
  file.write();
  assert.equal(readFileSync(`${path}.bak`, 'utf8'), '{"a":1}');
  assert.equal(readFileSync(path, 'utf8'), '{"a":2}');
  await file.flush();
});

test('a missing or empty file counts as damaged when there is a version before it', () => {
  writeFileSync(`${path}.bak`, '{"a":1}');
  assert.equal(load(open({ value: '' })).from, 'backup');
  writeFileSync(path, '');
  assert.equal(load(open({ value: '' })).from, 'backup');
});

test('when neither can be read the error says what to do', () => {
  writeFileSync(path, '{"a":');
  assert.throws(
    () => load(open({ value: '' })),
    (error: unknown) =>
      error instanceof StateFileError && /repair one of them, or move both away/.test(error.message),
  );
  writeFileSync(`${path}.bak`, 'x');
  assert.throws(() => load(open({ value: '' })), StateFileError);
});

test('an empty file with nothing before it is as good as none', () => {
  writeFileSync(path, '');
  assert.equal(load(open({ value: '' })).from, 'nothing');
  assert.equal(logger.complaints().length, 1);
});

test('a write that fails is tried again', () => {
  const file = new StateFile({
    fileSystem: realPlatform().fileSystem,
    logger,
    path: join(folder, 'missing', 'state.json'),
    encode: () => Buffer.from('{}'),
  });
  file.markDirty();
  assert.equal(file.write(), false);
  assert.equal(file.dirty, true);
  assert.match(logger.complaints()[0]!, /could not be written/);
});

test('what could not be synced is written again by the next write, and synced', async () => {
  const real = realPlatform().fileSystem;
  let refuse = true;
  const failing = Object.create(real, {
    openSync: {
      value: (name: string, mode: OpenMode): OpenFile => {
        if (refuse && mode === 'read-write')
          throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
        return real.openSync(name, mode);
      },
    },
  }) as FileSystem;
  const file = new StateFile({ fileSystem: failing, logger, path, encode: () => Buffer.from('{}') });
  file.markDirty();
  assert.equal(await file.flush(), false);
  assert.match(logger.complaints()[0]!, /could not be synced/);
  assert.equal(file.dirty, true);
  refuse = false;
  assert.equal(await file.flush(), true);
});

test('a disk that fails to read is no reason to take the version before', async () => {
  const state = { value: '{"a":1}' };
  const file = open(state);
  file.markDirty();
  await file.flush();
  state.value = '{"a":2}';
  file.markDirty();
  await file.flush();
  const real = realPlatform().fileSystem;
  const failing = Object.create(real, {
    readFileSync: {
      value: (name: string): Buffer => {
        if (name === path) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
        return real.readFileSync(name);
      },
    },
  }) as FileSystem;
  const again = new StateFile({ fileSystem: failing, logger, path, encode: () => Buffer.from('{}') });
  assert.throws(
    () => load(again),
    (error) => error instanceof StateFileError && /EIO/.test(error.message),
  );
  assert.equal(load(open(state)).text, '{"a":2}');
});
