import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { DelayService } from '../../src/delay/delay-service.ts';
import { MessageRouter } from '../../src/send/message-router.ts';
import { BrokerRig } from '../rig/broker-rig.ts';

interface Setup {
  readonly rig: BrokerRig;
  readonly service: DelayService;
  /** What delayOffset.json says, undefined when it is not there. */
  file(): string | undefined;
}

async function start(
  t: TestContext,
  content?: string,
  role: 'ASYNC_MASTER' | 'SLAVE' = 'ASYNC_MASTER',
): Promise<Setup> {
  const folder = mkdtempSync(join(tmpdir(), 'delay-'));
  const path = join(folder, 'config', 'delayOffset.json');
  mkdirSync(join(folder, 'config'));
  if (content !== undefined) writeFileSync(path, content);
  const rig = await BrokerRig.start({
    config: {
      storePathRootDir: folder,
      flushDiskType: 'SYNC_FLUSH',
      messageDelayLevel: '1s 5s',
      brokerRole: role,
    },
  });
  rig.addTopic('T');
  const context = { ...rig.context, platform: { ...rig.platform, fileSystem: realPlatform().fileSystem } };
  const service = new DelayService(context, rig.dataPath.writer, new MessageRouter(context));
  service.load();
  t.after(async () => {
    service.stop();
    await rig.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    rig,
    service,
    file() {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}

/** A delayed message of this level, on disk. */
async function sendDelayed(rig: BrokerRig, level: number): Promise<void> {
  const sent = rig.send('T', 'x', { i: `DELAY\x01${level}\x02WAIT\x01false\x02` });
  await sent;
  rig.store.sync();
}

test('the progress of 4.4.0 is taken over, and written as it writes it', async (t) => {
  const { rig, service, file } = await start(t, '{\n\t"offsetTable":{1:1,2:4\n\t}\n}');
  service.start();
  for (let i = 0; i < 3; i++) await sendDelayed(rig, 1);
  await rig.clock.advance(1001);
  rig.store.sync();
  // Level 2 has no messages at all: new ones begin at 0.
  assert.deepEqual(
    [...service.offsets()],
    [
      [1, 3],
      [2, 0],
    ],
  );
  service.stop();
  await service.persist();
  assert.equal(file(), '{\n\t"offsetTable":{1:3,2:0\n\t}\n}');
});

test('the file never claims deliveries that are not on disk', async (t) => {
  const { rig, service, file } = await start(t);
  service.start();
  await sendDelayed(rig, 1);
  await rig.clock.advance(1001);
  assert.deepEqual([...service.offsets()], [[1, 1]]);
  await rig.clock.advance(60_000);
  assert.equal(file(), undefined);
  rig.store.sync();
  await rig.clock.advance(20_000);
  assert.match(file()!, /"offsetTable":\{1:1/);
});

test('a slave delivers nothing and leaves the file alone', async (t) => {
  const { rig, service, file } = await start(t, '{"offsetTable":{1:7}}', 'SLAVE');
  service.start();
  await rig.clock.advance(60_000);
  service.stop();
  await service.persist();
  assert.equal(file(), '{"offsetTable":{1:7}}');
  assert.deepEqual([...service.offsets()], [[1, 7]]);
});
