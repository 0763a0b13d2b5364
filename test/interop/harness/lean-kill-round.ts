/**
 * Our broker killed with SIGKILL several times while raw connections keep many sends in flight: far more is between the
 * socket and the disk than with the official client. Afterwards every acknowledged message is where its
 * acknowledgement said, and nothing is there twice: no send is repeated.
 */
import assert from 'node:assert/strict';
import { startOurBroker, startOurNamesrv } from './ours.ts';
import { until } from './pair.ts';
import { RawClient } from './raw-client.ts';
import { readTopic } from './read-topic.ts';
import type { StartBroker } from './server.ts';

const SEND_MESSAGE_V2 = 310;
const TOPIC = 'LeanKillRound';
const KILLS = 3;
const CONNECTIONS = 2;
const IN_FLIGHT = 64;
const QUEUES = 4;

export interface LeanKillRoundResult {
  readonly flushDiskType: string;
  readonly acknowledged: number;
  readonly stored: number;
}

interface Acknowledged {
  readonly body: string;
  readonly place: string;
}

/** Odd seeds with ASYNC_FLUSH, even ones with SYNC_FLUSH; the log's files are small, so that it rolls over. */
export async function leanKillRound(
  seed: number,
  startBroker: StartBroker = startOurBroker,
): Promise<LeanKillRoundResult> {
  const random = generator(seed);
  const flushDiskType = seed % 2 === 0 ? 'SYNC_FLUSH' : 'ASYNC_FLUSH';
  const namesrv = await startOurNamesrv();
  const config = { flushDiskType, mapedFileSizeCommitLog: 1024 * 1024, maxMessageSize: 64 * 1024 };
  let broker = await startBroker({ namesrvAddr: namesrv.address, config });
  const { port, folder } = broker;
  const acknowledged: Acknowledged[] = [];
  let number = 0;
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const target = acknowledged.length + 200 + Math.floor(random() * 5000);
      const senders = Array.from({ length: CONNECTIONS }, () =>
        sendUntilClosed(
          broker.address,
          () => ++number,
          () => 20 + Math.floor(random() * 400),
          acknowledged,
        ),
      );
      await until(`${target} acknowledgements`, 30_000, () => acknowledged.length >= target);
      await broker.program.kill();
      await Promise.all(senders);
      broker = await startBroker({ namesrvAddr: namesrv.address, config, port, folder });
    }
    const stored = await readTopic(broker.address, TOPIC, QUEUES);
    const byPlace = new Map(stored.map((r) => [`${r.queueId}@${r.queueOffset}`, r.body.toString()]));
    for (const { body, place } of acknowledged)
      assert.equal(byPlace.get(place), body, `at ${place} (seed ${seed})`);
    assert.equal(new Set(byPlace.values()).size, stored.length, `nothing twice (seed ${seed})`);
    return { flushDiskType, acknowledged: acknowledged.length, stored: stored.length };
  } finally {
    await broker.program.kill();
    await namesrv.program.kill();
  }
}

async function sendUntilClosed(
  address: string,
  nextNumber: () => number,
  nextSize: () => number,
  acknowledged: Acknowledged[],
): Promise<void> {
  const client = await RawClient.connect(address);
  const sendOne = async (): Promise<void> => {
    for (;;) {
      const number = nextNumber();
      const queueId = number % QUEUES;
      const body = `${number} `.padEnd(nextSize(), 'x');
      const header = {
        a: 'PG',
        b: TOPIC,
        c: 'TBW102',
        d: QUEUES,
        e: queueId,
        f: 0,
        g: 1_700_000_000_000,
        h: 0,
      };
      const rest = { i: `UNIQ_KEY\u0001${number}\u0002WAIT\u0001true\u0002`, j: 0, k: false, m: false };
      const response = await client.request(SEND_MESSAGE_V2, { ...header, ...rest }, Buffer.from(body));
      assert.equal(response.code, 0, response.remark);
      acknowledged.push({ body, place: `${queueId}@${response.ext.queueOffset}` });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, sendOne));
  for (const result of results)
    if (result.status === 'rejected' && result.reason.message !== 'connection closed') throw result.reason;
}

function generator(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 4294967296;
  };
}
