/**
 * A broker on a real file system of a few MiB, until nothing fits any more and on: run by small-disk.test.ts inside a mount
 * namespace of its own, with the folder as argument. Prints what it saw as JSON.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Broker, BrokerConfig, readHostFacts } from '@rocketmq-ts/broker';
import { realPlatform } from '@rocketmq-ts/platform';
import { RemotingClient } from '@rocketmq-ts/remoting';

const SEND = 310;
const PULL = 11;
const BODY = Buffer.alloc(50_000);
const folder = process.argv[2]!;
const platform = realPlatform();
const client = new RemotingClient({ platform });

async function start(): Promise<Broker> {
  const settings = {
    ...{ brokerName: 'broker-a', brokerIP1: '127.0.0.1', listenHost: '127.0.0.1', listenPort: '0' },
    ...{
      storePathRootDir: join(folder, 'store'),
      mapedFileSizeCommitLog: '1048576',
      maxMessageSize: '65536',
    },
    ...{
      zeroAheadBytes: '1048576',
      mapedFileSizeConsumeQueue: '2000',
      maxHashSlotNum: '100',
      maxIndexNum: '400',
    },
    fileReservedTime: '1000',
  };
  const overrides = new Map(Object.entries(settings));
  return Broker.start(platform, BrokerConfig.load({ host: readHostFacts(), overrides }));
}

async function send(broker: Broker): Promise<{ code: number; remark: string; tookMs: number }> {
  const ext = {
    ...{ a: 'P', b: 'T', c: 'TBW102', d: '1', e: '0', f: '0', g: '1', h: '0' },
    ...{ i: '', j: '0', k: 'false', m: 'false' },
  };
  const startedMs = performance.now();
  const { code, remark } = await client.invoke(broker.address, { code: SEND, ext, body: BODY }, 120_000);
  return { code, remark: remark ?? '', tookMs: Math.round(performance.now() - startedMs) };
}

async function read(broker: Broker, queueOffset: number): Promise<number> {
  const ext = {
    ...{ consumerGroup: 'G', topic: 'T', queueId: '0', queueOffset: String(queueOffset), maxMsgNums: '1' },
    ...{ sysFlag: '4', commitOffset: '0', suspendTimeoutMillis: '0', subscription: '*', subVersion: '1' },
    expressionType: 'TAG',
  };
  return (await client.invoke(broker.address, { code: PULL, ext }, 120_000)).code;
}

/** Sends until it is refused; answers how many were taken and the refusal. */
async function fill(broker: Broker) {
  for (let taken = 0; ; taken++) {
    const answer = await send(broker);
    if (answer.code !== 0) return { taken, ...answer };
    if (taken > 1_000) throw new Error('it does not become full');
  }
}

const ballast = join(folder, 'ballast');
/** Takes what room is left. */
function fillUp(): void {
  for (const size of [1_000_000, 100_000, 10_000, 1_000, 100]) {
    for (let part = 0; ; part++) {
      try {
        writeFileSync(`${ballast}-${size}-${part}`, Buffer.alloc(size));
      } catch {
        rmSync(`${ballast}-${size}-${part}`, { force: true });
        break;
      }
    }
  }
}

function makeRoom(): void {
  for (const name of readdirSync(folder)) if (name.startsWith('ballast')) rmSync(join(folder, name));
}

async function sendAgain(broker: Broker): Promise<boolean> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if ((await send(broker)).code === 0) return true;
    await delay(100);
  }
  return false;
}

writeFileSync(`${ballast}-first`, Buffer.alloc(6_000_000));
let broker = await start();
const full = await fill(broker);
fillUp();
const whileFull = {
  send: await send(broker),
  readFirst: await read(broker, 0),
  readLast: await read(broker, full.taken - 1),
};
makeRoom();
const afterRoom = await sendAgain(broker);
fillUp();
await broker.stop();
broker = await start();
const restarted = { send: await fill(broker), readFirst: await read(broker, 0) };
makeRoom();
const afterRestart = await sendAgain(broker);
await broker.stop();
await client.close(0);
console.log(JSON.stringify({ full, whileFull, afterRoom, restarted, afterRestart }));
