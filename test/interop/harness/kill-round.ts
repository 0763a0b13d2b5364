/**
 * One round of "kill -9 of the broker while the official client sends": afterwards every acknowledged message is in
 * its queue at the offset that its acknowledgement named.
 *
 * The seed decides after how many acknowledgements the broker dies; the timing of the processes is the machine's.
 */
import assert from 'node:assert/strict';
import { startJavaMain } from './java.ts';
import { startOurBroker, startOurNamesrv } from './ours.ts';
import { until } from './pair.ts';
import { readTopic } from './read-topic.ts';
import type { StartBroker } from './server.ts';

const TOPIC = 'KillRound';
const THREADS = '8';
const AFTER_RESTART = 200;

export interface KillRoundResult {
  readonly killedAfter: number;
  readonly acknowledged: number;
  readonly stored: number;
  /** From the start of the broker after the kill to its `boot success`. */
  readonly restartMs: number;
}

export async function killRound(
  seed: number,
  startBroker: StartBroker = startOurBroker,
  folder?: string,
): Promise<KillRoundResult> {
  const random = mulberry32(seed);
  const killedAfter = 50 + Math.floor(random() * 4000);
  const namesrv = await startOurNamesrv();
  const options = { namesrvAddr: namesrv.address, ...(folder ? { folder } : {}) };
  let broker = await startBroker(options);
  const acknowledged: string[] = [];
  const sender = await startJavaMain('SendUntilKilled', [namesrv.address, TOPIC, THREADS], {
    onLine: (line) => {
      if (line.startsWith('ACK ')) acknowledged.push(line);
    },
  });
  try {
    await until(`${killedAfter} acknowledgements`, 60_000, () => acknowledged.length >= killedAfter);
    await new Promise((resolve) => setTimeout(resolve, random() * 20));
    await broker.program.kill();
    const before = acknowledged.length;
    const startedAtMs = performance.now();
    broker = await startBroker({ ...options, port: broker.port, folder: broker.folder });
    const restartMs = Math.round(performance.now() - startedAtMs);
    await until('sends go on', 60_000, () => acknowledged.length >= before + AFTER_RESTART);
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
    return { killedAfter, acknowledged: acknowledged.length, stored: stored.length, restartMs };
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
