/** A real process on the real disk is killed with SIGKILL in the middle: what it acknowledged is there. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MessageStore } from '@rocketmq-ts/store';
import { messagesOf, pull, realPlatformOf, smallOptions } from './store-fixture.ts';
import { temporaryFolder } from './temporary-folder.ts';

const CHILD = fileURLToPath(new URL('./kill-child.js', import.meta.url));

/** Lets a child append, kills it after so many lines, answers the whole lines that it printed. */
function runAndKill(root: string, prefix: string, lines: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, root, prefix], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    let seen = 0;
    child.stdout.setEncoding('utf8').on('data', (data: string) => {
      text += data;
      seen += data.split('\n').length - 1;
      if (seen >= lines) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(text.split('\n').slice(0, -1));
      else reject(new Error(`the child ended by itself after ${seen} lines`));
    });
  });
}

test('kill -9, three times over: nothing acknowledged is lost, queues count on', {
  timeout: 600_000,
}, async () => {
  const root = temporaryFolder();
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    acknowledged.push(...(await runAndKill(root, `round${round}`, 1500 + round * 1000)));
  }
  const store = await MessageStore.open(realPlatformOf(), smallOptions(root));
  assert.ok(store.recovery.abnormal);
  assert.equal(store.damage.length, 0);
  const found = new Map<string, string>();
  for (let queueId = 0; queueId < 3; queueId++) {
    const max = store.maxOffset('TestTopic', queueId);
    for (let offset = 0; offset < max; ) {
      const out = await pull(store, offset, { queueId });
      for (const message of messagesOf(out))
        found.set(`${queueId} ${message.queueOffset}`, message.body.toString());
      assert.ok(out.nextBeginOffset > offset);
      offset = out.nextBeginOffset;
    }
    for (let offset = 0; offset < max; offset++)
      assert.ok(found.has(`${queueId} ${offset}`), `${queueId} ${offset}`);
  }
  assert.ok(acknowledged.length > 6000);
  for (const line of acknowledged) {
    const [, queueId, offset, body] = /^(\d) (\d+) (.*)$/.exec(line) ?? [];
    assert.equal(found.get(`${queueId} ${offset}`), body);
  }
  await store.shutdown();
});
