import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock, SimFileSystem } from '@rocketmq-ts/platform/sim';
import { AdminError } from '../src/admin-error.ts';
import { readCredentials } from '../src/credentials.ts';

async function read(content: string | undefined) {
  const fileSystem = new SimFileSystem({ clock: new SimClock() });
  fileSystem.mkdirSync('/home/conf');
  if (content !== undefined) fileSystem.writeFileSync('/home/conf/tools.yml', Buffer.from(content));
  return readCredentials(fileSystem, '/home');
}

test('keys and secrets are text, digits too', async () => {
  const found = await read('accessKey: rocketmq\nsecretKey: 0123\n# comment\n');
  assert.deepEqual(found, { accessKey: 'rocketmq', secretKey: '0123' });
});

test('without the file or the keys requests go unsigned', async () => {
  assert.equal(await read(undefined), undefined);
  assert.equal(await read(''), undefined);
});

test('one of the keys alone is an error, which names the other and no secret', async () => {
  await assert.rejects(read('accessKey: rocketmq\n'), /tools\.yml has no secretKey/);
  await assert.rejects(read('secretKey: hidden-one\n'), (error: Error) => {
    assert.match(error.message, /tools\.yml has no accessKey/);
    assert.doesNotMatch(error.message, /hidden-one/);
    return true;
  });
});

test('a file that is no YAML is an error', async () => {
  await assert.rejects(
    read('accessKey: [1'),
    (error) => error instanceof AdminError && error.code === 'ADMIN_CREDENTIALS',
  );
});
