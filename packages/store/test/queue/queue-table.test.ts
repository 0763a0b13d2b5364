/** What the table of queues does when the disk refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSim, simProcess } from '../sim-store.ts';
import { put } from '../store-fixture.ts';

test('a topic whose queues cannot be listed is the failure of the disk, and is listed once it can be', async () => {
  const process = simProcess();
  const store = await openSim(process);
  store.start();
  put(store, { topic: 'T', body: 'one' });
  await process.clock.advance(10);
  await process.clock.run(store.shutdown());
  const next = simProcess({ clock: process.clock, fs: process.fs });
  let refuses = false;
  const list = next.fs.readdirSync.bind(next.fs);
  next.fs.readdirSync = (path) => {
    if (refuses && path.endsWith('/T')) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    return list(path);
  };
  const again = await openSim(next);
  refuses = true;
  assert.throws(() => again.maxOffset('T', 0), {
    code: 'STORE_DISK_FAILED',
    message: /The consume queues of topic T cannot be listed: EIO/,
  });
  refuses = false;
  assert.equal(again.maxOffset('T', 0), 1);
  await process.clock.run(again.shutdown());
});
