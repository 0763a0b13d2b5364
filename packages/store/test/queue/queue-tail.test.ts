/** Where a queue file ends, also when the start before died while it cleared what did not survive. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock, SimFileSystem } from '@rocketmq-ts/platform/sim';
import { QueueFiles } from '../../src/queue/queue-files.ts';
import { QueueTail } from '../../src/queue/queue-tail.ts';
import { UNIT_BYTES, writeFiller } from '../../src/queue/queue-unit.ts';
import { StorePaths } from '../../src/store-paths.ts';

const FOLDER = '/store/consumequeue/T/0';
const UNITS = 500;

/** A queue file with these physical offsets, -1 for a filler. */
function queueOf(offsets: readonly number[]): { files: QueueFiles; bytes: Buffer; write(): void } {
  const fs = new SimFileSystem({ clock: new SimClock() });
  const files = new QueueFiles(fs, new StorePaths('/store', '/store/commitlog'), UNITS * UNIT_BYTES, 4);
  const bytes = Buffer.alloc(offsets.length * UNIT_BYTES);
  for (const [index, offset] of offsets.entries()) {
    if (offset < 0) {
      writeFiller(bytes, index * UNIT_BYTES);
    } else {
      bytes.writeInt32BE(offset, index * UNIT_BYTES + 4);
      bytes.writeInt32BE(100, index * UNIT_BYTES + 8);
    }
  }
  return { files, bytes, write: () => files.write(FOLDER, 0, bytes, bytes.length) };
}

const RISING = Array.from({ length: 450 }, (_, index) => 70_000 + index * 100);

test('the end is before the first unit at or above the limit', () => {
  const { files, write } = queueOf([-1, -1, ...RISING]);
  write();
  for (const count of [0, 1, 2, 203, 204, 205, 449, 450]) {
    const limit = count === 450 ? 1_000_000 : (RISING[count] as number);
    const found = new QueueTail(files, FOLDER, 0, limit).find();
    assert.deepEqual(found, {
      count: count + 2,
      lastPhysicalOffset: count === 0 ? -1 : limit === 1_000_000 ? RISING[449] : limit - 100,
    });
  }
});

test('a unit that was half cleared does not count, wherever it lies', () => {
  for (const end of [3, 203, 204, 205, 408, 440]) {
    for (const cleared of [6, 7, 8]) {
      const { files, bytes, write } = queueOf(RISING);
      // Units before it are cleared as a whole or not there at all.
      bytes.fill(0, end * UNIT_BYTES, end * UNIT_BYTES + cleared);
      write();
      const found = new QueueTail(files, FOLDER, 0, RISING[end] as number).find();
      assert.deepEqual(
        found,
        { count: end, lastPhysicalOffset: RISING[end - 1] },
        `unit ${end}, ${cleared} bytes`,
      );
      bytes.fill(0, (end - 2) * UNIT_BYTES, end * UNIT_BYTES);
      write();
      const earlier = new QueueTail(files, FOLDER, 0, RISING[end] as number).find();
      assert.equal(earlier.count, end - 2, `behind cleared units: unit ${end}, ${cleared} bytes`);
    }
  }
});
