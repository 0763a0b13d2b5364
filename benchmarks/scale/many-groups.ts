/**
 * CPU of the broker per delivered message: one group that holds pulls, the same while 1,000 groups hold pulls of idle topics,
 * and 1,000 groups that hold pulls of one topic, so that each message is delivered 1,000 times. The pulls come over 20
 * connections; the sends are part of the cost.
 */
import type { Socket } from 'node:net';
import { startOurBroker, startOurNamesrv } from '#interop/ours';
import { killPair, sleep, startPair, until } from '#interop/pair';
import { encodeFrame, RawClient } from '#interop/raw-client';
import { open } from '../load/open.ts';
import { cpuSeconds, memoryMib } from '../process-usage.ts';

const GROUPS = 1000;
const CONNECTIONS = 20;
const SUSPEND_MS = 60_000;
const ONE_GROUP_MESSAGES = 20_000;
const MANY_GROUPS_MESSAGES = 60;
const SEND_MESSAGE_V2 = 310;
const PULL_MESSAGE = 11;
const SUSPEND_AND_SUBSCRIPTION = 6;
const NEXT = Buffer.from('"nextBeginOffset":"');

export async function manyGroups(): Promise<Record<string, number>> {
  const config = { maxConsumeGroupNum: 5000 };
  const pair = await startPair(startOurNamesrv, startOurBroker, { config });
  const { pid } = pair.broker.program;
  const client = await RawClient.connect(pair.broker.address);
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(pair.broker.port)));
  for (const socket of sockets) socket.setMaxListeners(0);
  try {
    for (const topic of ['Warm', 'One', 'OneAmongIdle', 'Many', ...idleTopics()])
      await send(client, topic, 1);
    const run = async (topic: string, groups: number, messages: number): Promise<number> => {
      const polls = new HeldPolls(sockets, topic, groups);
      await sleep(500);
      const before = cpuSeconds(pid);
      await send(client, topic, messages);
      const wanted = groups * (messages + 1); // the first one made the topic
      await until(`${wanted} deliveries`, 120_000, () => polls.delivered >= wanted);
      const usedUs = (cpuSeconds(pid) - before) * 1e6;
      polls.stop();
      return usedUs / (groups * messages);
    };
    await run('Warm', 1, ONE_GROUP_MESSAGES);
    const oneGroupUs = await run('One', 1, ONE_GROUP_MESSAGES);
    const thousandUs = await run('Many', GROUPS, MANY_GROUPS_MESSAGES);
    const idle = idleTopics().map((topic) => new HeldPolls(sockets, topic, GROUPS / 10));
    await until('the idle ones hold', 30_000, () => idle.every(({ delivered }) => delivered >= GROUPS / 10));
    const amongIdleUs = await run('OneAmongIdle', 1, ONE_GROUP_MESSAGES);
    return {
      groups: GROUPS,
      oneGroupUsPerDelivery: round(oneGroupUs),
      oneGroupAmongIdleUsPerDelivery: round(amongIdleUs),
      thousandGroupsUsPerDelivery: round(thousandUs),
      ratio: round(thousandUs / oneGroupUs),
      ratioAmongIdle: round(amongIdleUs / oneGroupUs),
      residentMib: round(memoryMib(pid).resident),
    };
  } finally {
    client.close();
    for (const socket of sockets) socket.destroy();
    await killPair(pair);
  }
}

function idleTopics(): string[] {
  return Array.from({ length: 10 }, (_, i) => `Idle-${i}`);
}

/** Queue 0; four sends in flight, so that a message is a delivery of its own. */
async function send(client: RawClient, topic: string, count: number): Promise<void> {
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < count) {
      sent++;
      const fields = { a: 'PG', b: topic, c: 'TBW102', d: 1, e: 0, f: 0, g: Date.now(), h: 0 };
      const rest = { i: 'WAIT\u0001true\u0002', j: 0, k: false, m: false };
      const { code } = await client.request(SEND_MESSAGE_V2, { ...fields, ...rest }, Buffer.alloc(128));
      if (code !== 0) throw new Error(`the send was answered ${code}`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

/** One outstanding pull per group. */
class HeldPolls {
  delivered = 0;
  #stopped = false;
  readonly #topic: string;

  constructor(sockets: readonly Socket[], topic: string, groups: number) {
    this.#topic = topic;
    for (const [n, socket] of sockets.entries()) {
      let rest: Buffer = Buffer.alloc(0);
      const onData = (chunk: Buffer): void => {
        rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        let position = 0;
        while (rest.length - position >= 8 && rest.length - position >= 4 + rest.readInt32BE(position)) {
          const end = position + 4 + rest.readInt32BE(position);
          this.#answer(socket, rest.subarray(position, end));
          position = end;
        }
        rest = rest.subarray(position);
      };
      socket.on('data', onData);
      for (let group = n; group < groups; group += sockets.length) this.#pull(socket, group, 0);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** The opaque says which topic and group it is of. */
  #answer(socket: Socket, frame: Buffer): void {
    const headerEnd = 8 + (frame.readInt32BE(4) & 0xffffff);
    const header = frame.toString('latin1', 8, headerEnd);
    const opaque = Number(/"opaque":(\d+)/.exec(header)?.[1]);
    if (Math.floor(opaque / 10_000) !== tokenOf(this.#topic)) return;
    const at = frame.indexOf(NEXT);
    const next =
      at < 0 ? 0 : Number.parseInt(frame.toString('latin1', at + NEXT.length, at + NEXT.length + 20), 10);
    for (let record = headerEnd; record < frame.length; record += frame.readInt32BE(record)) this.delivered++;
    if (!this.#stopped) this.#pull(socket, opaque % 10_000, next);
  }

  #pull(socket: Socket, group: number, offset: number): void {
    const extFields = {
      consumerGroup: `${this.#topic}-${group}`,
      topic: this.#topic,
      queueId: '0',
      queueOffset: String(offset),
      maxMsgNums: '32',
      sysFlag: String(SUSPEND_AND_SUBSCRIPTION),
      commitOffset: '0',
      suspendTimeoutMillis: String(SUSPEND_MS),
      subscription: '*',
      subVersion: '0',
      expressionType: 'TAG',
    };
    const opaque = tokenOf(this.#topic) * 10_000 + group;
    const header = { code: PULL_MESSAGE, extFields, flag: 0, language: 'JAVA', opaque, version: 293 };
    socket.write(encodeFrame({ ...header, serializeTypeCurrentRPC: 'JSON' }));
  }
}

const tokens = new Map<string, number>();
function tokenOf(topic: string): number {
  const known = tokens.get(topic);
  if (known !== undefined) return known;
  tokens.set(topic, tokens.size + 1);
  return tokens.size;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
