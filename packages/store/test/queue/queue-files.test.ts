/** How many queue files are open, also when more are in use at one time than may be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock, SimFileSystem } from '@rocketmq-ts/platform/sim';
import { QueueFiles } from '../../src/queue/queue-files.ts';
import { UNIT_BYTES } from '../../src/queue/queue-unit.ts';
import { StorePaths } from '../../src/store-paths.ts';

test('files kept open by readers are closed with the last of these', async () => {
  const clock = new SimClock();
  const fs = new SimFileSystem({ clock });
  const files = new QueueFiles(fs, new StorePaths('/store', '/store/commitlog'), 10 * UNIT_BYTES, 4);
  const folder = '/store/consumequeue/T/0';
  const units = Buffer.alloc(10 * UNIT_BYTES, 1);
  for (let file = 0; file < 12; file++) files.write(folder, file * 10, units, units.length);
  assert.equal(files.openCount, 4);

  const reads = Array.from({ length: 12 }, (_, file) => {
    const target = Buffer.alloc(units.length);
    return files.read(folder, file * 10, 10, target);
  });
  assert.equal(files.openCount, 12);
  assert.deepEqual(
    await clock.run(Promise.all(reads)),
    reads.map(() => 10),
  );
  assert.equal(files.openCount, 4);
  files.closeAll();
});
