import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { describeFailure } from '../../src/process/failure.ts';
import { describePortOwner, findPortOwner } from '../../src/process/port-owner.ts';

test('a busy port is named with its owner', { skip: process.platform !== 'linux' }, async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    assert.equal(findPortOwner(port)?.pid, process.pid);
    assert.match(describePortOwner(port), new RegExp(`^pid ${process.pid} \\(.*node`));
    const busy = await new Promise<Error>((resolve) =>
      createServer().on('error', resolve).listen(port, '127.0.0.1'),
    );
    const failure = describeFailure(new Error('the broker could not start', { cause: busy }));
    assert.equal(failure.exitCode, 3);
    assert.match(failure.text, new RegExp(`^port ${port} is taken by pid ${process.pid} \\(`));
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  assert.equal(findPortOwner(port), undefined);
});
