/**
 * One store folder that goes from Java's broker to ours and back to Java's, each stopped or killed while it is at work: what one
 * acknowledged, the next has. Messages in their places, what a group has consumed, messages by their keys, delayed messages
 * that are due later, half messages that are committed by the next.
 *
 * Delayed messages may come twice after a broker that was killed and after Java's (both note every few seconds how far they are,
 * Java's not when it stops); nothing else may.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startJavaBroker } from './java.ts';
import { startOurBroker, startOurNamesrv } from './ours.ts';
import { until } from './pair.ts';
import { RawClient, type RawResponse } from './raw-client.ts';
import { decodeRecords, readTopic } from './read-topic.ts';
import { type Server, temporaryFolder } from './server.ts';

const TURNS = [startJavaBroker, startOurBroker, startJavaBroker];
const TOPIC = 'ExchangeRound';
const DELAYED = 'ExchangeRoundDelayed';
const HALF = 'ExchangeRoundHalf';
const GROUP = 'CG_EXCHANGE_ROUND';
const PRODUCERS = 'PG_EXCHANGE_ROUND';
const QUEUES = 4;
const MESSAGES = 120;
const DELAYED_MESSAGES = 10;
const HALF_MESSAGES = 5;
/** Five seconds: mostly the next broker's business. */
const DELAY_LEVEL = 2;
const QUERY_MESSAGE = 12;
const QUERY_CONSUMER_OFFSET = 14;
const UPDATE_CONSUMER_OFFSET = 15;
const END_TRANSACTION = 37;
const SEND_MESSAGE_V2 = 310;
const PREPARED = 4;
const COMMIT = 8;
const WAIT_MS = 60_000;

export interface ExchangeResult {
  /** How each broker ended, in order. */
  readonly ends: string;
  readonly messages: number;
  readonly delayed: number;
  readonly delayedTwice: number;
  readonly committed: number;
}

interface Half {
  readonly body: string;
  readonly ext: Readonly<Record<string, string>>;
}

class Exchange {
  readonly folder = temporaryFolder('exchange-round');
  /** Body by `queueId@queueOffset`. */
  readonly places = new Map<string, string>();
  readonly delayed: string[] = [];
  readonly committed: string[] = [];
  readonly offsets = new Map<number, number>();
  open: Half[] = [];
  delayedTwice = 0;
  /** Our broker ran from the one to the other and stopped cleanly, in milliseconds since the epoch. */
  ourTurn: readonly [number, number] = [0, 0];

  /** What the brokers before have acknowledged is there. */
  async check(address: string): Promise<void> {
    const stored = await readTopic(address, TOPIC, QUEUES);
    const found = new Map(stored.map((r) => [`${r.queueId}@${r.queueOffset}`, r.body.toString()]));
    assert.deepEqual(
      found,
      new Map([...this.places].sort(byPlace)),
      'messages in their places, and no others',
    );
    using client = await RawClient.connect(address);
    for (const [queueId, offset] of this.offsets) {
      const { ext } = await success(client, QUERY_CONSUMER_OFFSET, {
        consumerGroup: GROUP,
        topic: TOPIC,
        queueId,
      });
      assert.equal(Number(ext.offset), offset, `consumed of queue ${queueId}`);
    }
    for (const [place, body] of [...this.places].filter((_, i) => i % 20 === 0)) {
      const hasKey = async (): Promise<boolean> => (await findByKey(client, body)).includes(body);
      await until(`${body.slice(0, 20)} at ${place} is found by its key`, WAIT_MS, hasKey);
    }
  }

  /** The half messages of the broker before are committed. */
  async commit(address: string): Promise<void> {
    using client = await RawClient.connect(address);
    for (const { body, ext } of this.open) {
      await client.request(END_TRANSACTION, ext);
      this.committed.push(body);
    }
    this.open = [];
    const areThere = async (): Promise<boolean> => {
      const bodies = await bodiesOf(address, HALF);
      return bodies.length >= this.committed.length;
    };
    if (this.committed.length > 0) await until('committed messages are there', WAIT_MS, areThere);
    if (this.committed.length > 0)
      assert.deepEqual((await bodiesOf(address, HALF)).sort(), [...this.committed].sort());
  }

  async add(broker: Server, turn: number): Promise<void> {
    using client = await RawClient.connect(broker.address);
    const send = async (topic: string, queueId: number, body: string, properties: string, sysFlag = 0) => {
      const header = {
        a: PRODUCERS,
        b: topic,
        c: 'TBW102',
        d: QUEUES,
        e: queueId,
        f: sysFlag,
        g: Date.now(),
        h: 0,
      };
      const id = body.slice(0, 20).trim().replaceAll(' ', '_');
      const all = `KEYS\u0001${id}\u0002UNIQ_KEY\u0001U${id}\u0002${properties}WAIT\u0001true`;
      return success(
        client,
        SEND_MESSAGE_V2,
        { ...header, i: all, j: 0, k: false, m: false },
        Buffer.from(body),
      );
    };
    for (let number = 0; number < MESSAGES; number++) {
      const body = `turn ${turn} number ${number} `.padEnd(30 + ((number * 97) % 900), 'x');
      const { ext } = await send(TOPIC, number % QUEUES, body, 'TAGS\u0001TagA\u0002');
      this.places.set(`${number % QUEUES}@${ext.queueOffset}`, body);
    }
    for (let number = 0; number < HALF_MESSAGES; number++) {
      const body = `half ${turn} number ${number} `.padEnd(60, 'y');
      const properties = `TRAN_MSG\u0001true\u0002PGROUP\u0001${PRODUCERS}\u0002`;
      const { ext } = await send(HALF, 0, body, properties, PREPARED);
      const msgId = ext.msgId ?? '';
      this.open.push({
        body,
        ext: {
          ...{ producerGroup: PRODUCERS, tranStateTableOffset: ext.queueOffset ?? '', msgId },
          commitLogOffset: String(BigInt(`0x${msgId.slice(16)}`)),
          ...{ commitOrRollback: String(COMMIT), fromTransactionCheck: 'false' },
          transactionId: ext.transactionId ?? '',
        },
      });
    }
    for (let queueId = 0; queueId < QUEUES; queueId++) {
      const commitOffset = turn * 20 + 5 + queueId;
      this.offsets.set(queueId, commitOffset);
      await success(client, UPDATE_CONSUMER_OFFSET, {
        consumerGroup: GROUP,
        topic: TOPIC,
        queueId,
        commitOffset,
      });
    }
    for (let number = 0; number < DELAYED_MESSAGES; number++) {
      const body = `delayed ${turn} number ${number} `.padEnd(50, 'z');
      await send(DELAYED, 0, body, `DELAY\u0001${DELAY_LEVEL}\u0002`);
      this.delayed.push(body);
    }
  }

  /** Both brokers write what is consumed every so often: a kill may take what came after. */
  async untilOffsetsAreWritten(): Promise<void> {
    const file = join(this.folder, 'store/config/consumerOffset.json');
    const wanted = [...this.offsets].map(([queueId, offset]) => `${queueId}:${offset}`);
    await until('consumed offsets are in their file', WAIT_MS, () => {
      const text = existsSync(file) ? readFileSync(file, 'utf8').replaceAll(/\s/g, '') : '';
      return wanted.every((each) => text.includes(each));
    });
  }

  async checkDelayed(address: string): Promise<void> {
    const areThere = async (): Promise<boolean> => {
      const bodies = new Set(await bodiesOf(address, DELAYED));
      return this.delayed.every((body) => bodies.has(body));
    };
    await until('delayed messages are there', WAIT_MS, areThere);
    const firstMs = new Map<string, number>();
    for (const { body, storeTimestampMs } of await readTopic(address, DELAYED, 1)) {
      const before = firstMs.get(body.toString());
      if (before === undefined) firstMs.set(body.toString(), storeTimestampMs);
      else this.delayedTwice++;
      const [from, to] = this.ourTurn;
      const wasOurs = before !== undefined && before >= from && before <= to;
      assert.ok(!wasOurs, `${body} was delivered by ours, which noted it, and came again`);
    }
    assert.deepEqual([...firstMs.keys()].sort(), [...this.delayed].sort());
  }
}

/** Each broker but the last ends cleanly or is killed, as the bits of the seed say. */
export async function exchangeRound(seed: number): Promise<ExchangeResult> {
  const exchange = new Exchange();
  const namesrv = await startOurNamesrv();
  // small files, so that the log rolls over on the way; the same sizes for both
  const sizes = {
    mapedFileSizeCommitLog: 128 * 1024,
    mapedFileSizeConsumeQueue: 20 * 50,
    maxMessageSize: 64 * 1024,
  };
  const config = { ...sizes, maxHashSlotNum: 1000, maxIndexNum: 4000, flushConsumerOffsetInterval: 500 };
  const ends: string[] = [];
  try {
    for (const [turn, startBroker] of TURNS.entries()) {
      const startMs = Date.now();
      const broker = await startBroker({
        namesrvAddr: namesrv.address,
        folder: exchange.folder,
        config,
      });
      try {
        if (turn > 0) await exchange.check(broker.address);
        await exchange.commit(broker.address);
        await exchange.add(broker, turn);
        if (turn === TURNS.length - 1) {
          await exchange.commit(broker.address);
          await exchange.check(broker.address);
          await exchange.checkDelayed(broker.address);
        } else if (((seed >> turn) & 1) === 1) {
          await exchange.untilOffsetsAreWritten();
          ends.push('killed');
        } else {
          const exit = await broker.program.stop(60_000);
          assert.equal(exit.signal, null, 'a clean stop');
          ends.push('stopped');
          if (startBroker === startOurBroker) exchange.ourTurn = [startMs, Date.now()];
        }
      } finally {
        await broker.program.kill();
      }
    }
  } finally {
    await namesrv.program.kill();
  }
  return {
    ends: ends.join(', '),
    messages: exchange.places.size,
    delayed: exchange.delayed.length,
    delayedTwice: exchange.delayedTwice,
    committed: exchange.committed.length,
  };
}

async function success(
  client: RawClient,
  code: number,
  ext: Readonly<Record<string, string | number | boolean>>,
  body?: Buffer,
): Promise<RawResponse> {
  const response = await client.request(code, ext, body);
  assert.equal(response.code, 0, `request ${code}: ${response.remark}`);
  return response;
}

async function bodiesOf(address: string, topic: string): Promise<string[]> {
  try {
    return (await readTopic(address, topic, 1)).map(({ body }) => body.toString());
  } catch {
    return []; // not made yet
  }
}

async function findByKey(client: RawClient, body: string): Promise<string[]> {
  const key = body.slice(0, 20).trim().replaceAll(' ', '_');
  const range = { beginTimestamp: 0, endTimestamp: Number.MAX_SAFE_INTEGER };
  const found = await client.request(QUERY_MESSAGE, { topic: TOPIC, key, maxNum: 32, ...range });
  return found.code === 0 ? decodeRecords(found.body).map((record) => record.body.toString()) : [];
}

function byPlace([a]: [string, string], [b]: [string, string]): number {
  const [queueA = 0, offsetA = 0] = a.split('@').map(Number);
  const [queueB = 0, offsetB = 0] = b.split('@').map(Number);
  return queueA - queueB || offsetA - offsetB;
}
