/**
 * One round of "the SYNC_MASTER is killed and its folder thrown away": its slave, started again as a master, has every message
 * that was answered SEND_OK, where the answer said, and nothing twice.
 *
 * The seed decides when the master dies, how both flush, and whether the slave is stopped or killed before it is promoted.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { startOurBroker, startOurNamesrv } from './ours.ts';
import { until } from './pair.ts';
import { RawClient } from './raw-client.ts';
import { readTopic } from './read-topic.ts';
import { sendCode, sendRaw, startMaster, startSlave, untilTopic } from './replicas.ts';

const TOPIC = 'Promotion';
const QUEUES = 4;
const CONNECTIONS = 2;
const IN_FLIGHT = 32;
const SEND_OK = 0;

export interface PromotionRoundResult {
  readonly flushDiskType: string;
  readonly slave: 'stopped' | 'killed';
  readonly acknowledged: number;
  /** Answered with another code: stored, and not promised to be at the slave. */
  readonly otherAnswers: number;
  readonly stored: number;
  /** From the start of the promoted broker to its `boot success`. */
  readonly promotionMs: number;
}

interface Acknowledged {
  readonly body: string;
  readonly place: string;
}

export async function promotionRound(seed: number): Promise<PromotionRoundResult> {
  const random = generator(seed);
  const flushDiskType = seed % 2 === 0 ? 'SYNC_FLUSH' : 'ASYNC_FLUSH';
  const slaveEnd = seed % 4 < 2 ? 'stopped' : 'killed';
  const namesrv = await startOurNamesrv();
  const common = { namesrvAddr: namesrv.address };
  const config = { flushDiskType, mapedFileSizeCommitLog: 1024 * 1024 };
  const master = await startMaster(startOurBroker, {
    ...common,
    config: { ...config, brokerRole: 'SYNC_MASTER' },
  });
  let slave = await startSlave(startOurBroker, { ...common, config });
  const acknowledged: Acknowledged[] = [];
  let otherAnswers = 0;
  try {
    await until('the slave follows', 30_000, async () => (await sendCode(master.address, TOPIC)) === SEND_OK);
    await untilTopic(slave.address, TOPIC);
    let number = 0;
    const target = 200 + Math.floor(random() * 6000);
    const senders = Array.from({ length: CONNECTIONS }, () =>
      sendUntilClosed(
        master.address,
        (body, queueId, code, queueOffset) => {
          if (code === SEND_OK) acknowledged.push({ body, place: `${queueId}@${queueOffset}` });
          else otherAnswers++;
        },
        () => `${++number} `.padEnd(20 + Math.floor(random() * 400), 'x'),
      ),
    );
    await until(`${target} acknowledgements`, 60_000, () => acknowledged.length >= target);
    await master.program.kill();
    rmSync(master.folder, { recursive: true, force: true });
    await Promise.all(senders);
    if (slaveEnd === 'killed') await slave.program.kill();
    else await slave.program.stop();
    const { port, folder } = slave;
    const startedAtMs = performance.now();
    slave = await startMaster(startOurBroker, { ...common, config, port, folder });
    const promotionMs = Math.round(performance.now() - startedAtMs);
    const stored = await readTopic(slave.address, TOPIC, QUEUES);
    const byPlace = new Map(stored.map((r) => [`${r.queueId}@${r.queueOffset}`, r.body.toString()]));
    for (const { body, place } of acknowledged)
      assert.equal(byPlace.get(place), body, `at ${place} (seed ${seed})`);
    assert.equal(new Set(byPlace.values()).size, stored.length, `nothing twice (seed ${seed})`);
    assert.equal(await sendCode(slave.address, TOPIC), SEND_OK, 'the promoted broker takes messages');
    return {
      ...{ flushDiskType, slave: slaveEnd, acknowledged: acknowledged.length, otherAnswers },
      ...{ stored: stored.length, promotionMs },
    };
  } finally {
    await master.program.kill();
    await slave.program.kill();
    await namesrv.program.kill();
  }
}

async function sendUntilClosed(
  address: string,
  answered: (body: string, queueId: number, code: number, queueOffset: string | undefined) => void,
  nextBody: () => string,
): Promise<void> {
  const client = await RawClient.connect(address);
  const sendOn = async (): Promise<void> => {
    for (let i = 0; ; i++) {
      const body = nextBody();
      const queueId = i % QUEUES;
      const response = await sendRaw(client, TOPIC, queueId, body);
      answered(body, queueId, response.code, response.ext.queueOffset);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, sendOn));
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
