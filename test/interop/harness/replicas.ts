/** Masters and slaves side by side: their logs compared byte for byte, sends with the exact code of their answer. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './pair.ts';
import { RawClient, type RawResponse } from './raw-client.ts';
import type { BrokerOptions, Server, StartBroker } from './server.ts';

const SEND_MESSAGE_V2 = 310;
const GET_ALL_TOPIC_CONFIG = 21;

/** Files small enough to roll over; heartbeats quick enough for a test. */
const SMALL = {
  mapedFileSizeCommitLog: 128 * 1024,
  mapedFileSizeConsumeQueue: 20 * 500,
  maxMessageSize: 64 * 1024,
  haSendHeartbeatInterval: 1000,
  haHousekeepingInterval: 8000,
};

export function startMaster(start: StartBroker, options: BrokerOptions): Promise<Server> {
  return start({ ...options, config: { ...SMALL, ...options.config } });
}

/** A slave of the master with the same brokerName. */
export function startSlave(start: StartBroker, options: BrokerOptions): Promise<Server> {
  const role = { brokerRole: 'SLAVE', brokerId: 1, slaveReadEnable: true, slaveSyncPeriodMs: 1000 };
  return start({ ...options, config: { ...SMALL, ...role, ...options.config } });
}

/** Waits until both logs are the same bytes; files that only one of them has made must be empty. */
export async function untilSameLog(one: Server, other: Server, minBytes = 1, timeoutMs = 30_000) {
  let difference = '';
  await until('both logs are the same', timeoutMs, () => {
    difference = logDifference(one, other, minBytes);
    return difference === '';
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${difference}`);
  });
}

function logDifference(one: Server, other: Server, minBytes: number): string {
  const folders = [one, other].map(({ folder }) => join(folder, 'store', 'commitlog'));
  const names = new Set(folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : [])));
  let bytes = 0;
  for (const name of [...names].sort()) {
    const [a, b] = folders.map((folder) => read(join(folder, name)));
    const length = Math.max(a!.length, b!.length);
    for (let at = 0; at < length; at++) {
      if ((a![at] ?? 0) !== (b![at] ?? 0)) return `file ${name}, byte ${at}: ${a![at]} and ${b![at]}`;
      if ((a![at] ?? 0) !== 0) bytes++;
    }
  }
  return bytes >= minBytes ? '' : `only ${bytes} bytes that are not zero`;
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

export function sendRaw(
  client: RawClient,
  topic: string,
  queueId: number,
  body: string,
): Promise<RawResponse> {
  const where = { a: 'PG', b: topic, c: 'TBW102', d: 4, e: queueId };
  const rest = { f: 0, g: 1_700_000_000_000, h: 0, j: 0, k: false, m: false };
  const properties = `UNIQ_KEY\u0001${body}\u0002WAIT\u0001true\u0002`;
  return client.request(SEND_MESSAGE_V2, { ...where, ...rest, i: properties }, Buffer.from(body), 60_000);
}

/** Code of the answer to one send. */
export async function sendCode(address: string, topic: string): Promise<number> {
  using client = await RawClient.connect(address);
  return (await sendRaw(client, topic, 0, `m${performance.now()}`)).code;
}

/** Waits until the broker knows the topic. */
export async function untilTopic(address: string, topic: string): Promise<void> {
  using client = await RawClient.connect(address);
  await until(`the broker knows ${topic}`, 90_000, async () => {
    const answer = await client.request(GET_ALL_TOPIC_CONFIG);
    return answer.body.includes(`"${topic}"`);
  });
}
