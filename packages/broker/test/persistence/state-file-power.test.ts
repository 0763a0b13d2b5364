/** State files through crashes and power failures at every operation, on a simulated disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock, SimFileSystem, SimRandom } from '@rocketmq-ts/platform/sim';
import { StateFile } from '../../src/persistence/state-file.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const PATH = '/store/config/state.json';

function open(fileSystem: SimFileSystem, state: { version: number }): StateFile {
  return new StateFile({
    fileSystem,
    logger: new RecordingLogger(),
    path: PATH,
    encode: () => Buffer.from(JSON.stringify({ version: state.version, padding: 'x'.repeat(5_000) })),
  });
}

/** What is loaded: its version, 0 when there is nothing. */
function load(file: StateFile): number {
  let version = 0;
  file.load((text) => {
    version = (JSON.parse(text) as { version: number }).version;
  });
  return version;
}

function freshDisk(clock: SimClock): SimFileSystem {
  const disk = new SimFileSystem({ clock });
  disk.mkdirSync('/store/config');
  disk.syncFolderSync('/store/config');
  disk.syncFolderSync('/store');
  disk.syncFolderSync('/');
  return disk;
}

interface Progress {
  written: number;
  flushed: number;
}

/** A process that changes its state, sometimes waiting for the disk, until it dies. */
async function live(
  clock: SimClock,
  disk: SimFileSystem,
  random: SimRandom,
  progress: Progress,
): Promise<void> {
  const state = { version: progress.written };
  const file = open(disk, state);
  assert.ok(load(file) >= progress.flushed);
  for (let i = 0; i < 20 && !disk.crashed; i++) {
    state.version = ++progress.written;
    file.markDirty();
    const choice = random.integer(3);
    if (choice === 0) {
      const version = state.version;
      void file.flush().then(
        (done) => {
          if (done && !disk.crashed) progress.flushed = Math.max(progress.flushed, version);
        },
        () => {},
      );
      await clock.advance(random.integer(20));
    } else {
      file.write();
      if (choice === 1) await clock.advance(random.integer(5));
    }
  }
}

test('after a power failure the state is one that was written, none older than what was flushed', async () => {
  let crashes = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const clock = new SimClock();
    const random = new SimRandom(seed);
    const progress: Progress = { written: 0, flushed: 0 };
    let disk = freshDisk(clock);
    for (let life = 0; life < 4; life++) {
      const deadline = disk.operationCount + 1 + random.integer(60);
      disk.onOperation = ({ number }) =>
        number >= deadline ? { crash: random.integer(2) === 0 ? 'before' : 'after' } : undefined;
      try {
        await live(clock, disk, random, progress);
      } catch (error) {
        if (!disk.crashed) throw new Error(`seed ${seed}, life ${life}`, { cause: error });
      }
      crashes++;
      disk = disk.crash({ powerSeed: seed * 100 + life });
      const found = load(open(disk, { version: 0 }));
      assert.ok(
        found >= progress.flushed,
        `seed ${seed}, life ${life}: ${found}, flushed ${progress.flushed}`,
      );
      assert.ok(found <= progress.written, `seed ${seed}, life ${life}: ${found} was never written`);
    }
  }
  assert.equal(crashes, 600);
});

test('a killed process leaves what it wrote last', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const clock = new SimClock();
    const disk = freshDisk(clock);
    const state = { version: 0 };
    const file = open(disk, state);
    for (let i = 0; i < 10; i++) {
      state.version++;
      file.markDirty();
      file.write();
      if (seed % (i + 1) === 0) await clock.advance(1);
    }
    assert.equal(load(open(disk.crash(), state)), 10);
  }
});

test('a full disk and a failing one leave the version before, and the change is written later', async () => {
  for (const code of ['ENOSPC', 'EIO'] as const) {
    const clock = new SimClock();
    const disk = freshDisk(clock);
    const state = { version: 1 };
    const file = open(disk, state);
    file.markDirty();
    await clock.run(file.flush());
    disk.onOperation = ({ kind }) => (kind === 'write' ? { code } : undefined);
    state.version = 2;
    file.markDirty();
    assert.equal(file.write(), false);
    assert.equal(load(open(disk, state)), 1);
    disk.onOperation = undefined;
    assert.equal(file.write(), true);
    assert.equal(load(open(disk, state)), 2);
  }
});
