/**
 * One round of "kill -9 of the broker while the official client sends", several times one after the other: afterwards every
 * acknowledged message is in its queue at the offset that its acknowledgement named.
 *
 * The seed decides how the broker flushes and after how many acknowledgements it dies; the timing of the processes is the
 * machine's.
 */
import assert from 'node:assert/strict';
import { startJavaMain } from './java.ts';
import { startOurBroker, startOurNamesrv } from './ours.ts';
import { until } from './pair.ts';
import { readTopic } from './read-topic.ts';

const TOPIC = 'KillRound';
const THREADS = '8';
const AFTER_RESTART = 200;

export interface KillRoundResult {
  readonly flushDiskType: string;
  readonly kills: number;
  readonly acknowledged: number;
  readonly stored: number;
  /** From the start of the broker after a kill to its `boot success`, the longest. */
  readonly restartMs: number;
}

/** Odd seeds with ASYNC_FLUSH, even ones with SYNC_FLUSH. */
export async function killRound(seed: number, kills = 5): Promise<KillRoundResult> {
  const random = mulberry32(seed);
  const flushDiskType = seed % 2 === 0 ? 'SYNC_FLUSH' : 'ASYNC_FLUSH';
  const namesrv = await startOurNamesrv();
  const options = { namesrvAddr: namesrv.address, config: { flushDiskType } };
  let broker = await startOurBroker(options);
  const acknowledged: string[] = [];
  const sender = await startJavaMain('SendUntilKilled', [namesrv.address, TOPIC, THREADS], {
    onLine: (line) => {
      if (line.startsWith('ACK ')) acknowledged.push(line);
    },
  });
  let restartMs = 0;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const target = acknowledged.length + 50 + Math.floor(random() * 2000);
      await until(`${target} acknowledgements`, 60_000, () => acknowledged.length >= target);
      await new Promise((resolve) => setTimeout(resolve, random() * 20));
      await broker.program.kill();
      const before = acknowledged.length;
      const startedAtMs = performance.now();
      broker = await startOurBroker({ ...options, port: broker.port, folder: broker.folder });
      restartMs = Math.max(restartMs, Math.round(performance.now() - startedAtMs));
      await until('sends go on', 60_000, () => acknowledged.length >= before + AFTER_RESTART);
    }
    sender.closeInput();
    assert.equal((await sender.waitForExit(30_000)).code, 0, sender.errorLines.join('\n'));

    const stored = await readTopic(broker.address, TOPIC);
    const keys = new Map(stored.map((r) => [`${r.queueId} ${r.queueOffset}`, r.properties.get('KEYS')]));
    for (const line of acknowledged) {
      const [, key, queueId, queueOffset] = line.split(' ');
      const found = keys.get(`${queueId} ${queueOffset}`);
      assert.equal(found, key, `acknowledged as ${line}, found ${found} there (seed ${seed})`);
    }
    for (const { body, properties } of stored)
      assert.equal(body.toString(), `body of ${properties.get('KEYS')}`);
    const counts = { acknowledged: acknowledged.length, stored: stored.length };
    return { flushDiskType, kills, ...counts, restartMs };
  } finally {
    await sender.kill();
    await broker.program.kill();
    await namesrv.program.kill();
  }
}

/** A small seeded generator, enough to choose a moment. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
