/** A name server and a broker that one test file shares; both are gone when the file is through. */
import { after } from 'node:test';
import type { BrokerOptions, Server, StartBroker, StartNamesrv } from './server.ts';
import { SLOWER } from './slow-machine.ts';

export interface Pair {
  readonly namesrv: Server;
  readonly broker: Server;
}

export async function startPair(
  startNamesrv: StartNamesrv,
  startBroker: StartBroker,
  options: Partial<BrokerOptions> = {},
): Promise<Pair> {
  const namesrv = await startNamesrv(options.serializeType ? { serializeType: options.serializeType } : {});
  const broker = await startBroker({ namesrvAddr: namesrv.address, ...options });
  return { namesrv, broker };
}

export async function killPair(pair: Pair): Promise<void> {
  await pair.broker.program.kill();
  await pair.namesrv.program.kill();
}

/** For a whole file: the same pair for every test, started by the first one that asks. */
export function sharedPair(
  startNamesrv: StartNamesrv,
  startBroker: StartBroker,
  options: Partial<BrokerOptions> = {},
): () => Promise<Pair> {
  let pair: Promise<Pair> | undefined;
  after(async () => {
    if (pair) await killPair(await pair);
  });
  return () => {
    pair ??= startPair(startNamesrv, startBroker, options);
    return pair;
  };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks until the answer is true; throws with the question's words when the time is up, `timeoutMs` on a quiet machine. */
export async function until(
  what: string,
  timeoutMs: number,
  check: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs * SLOWER;
  while (!(await check())) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${timeoutMs * SLOWER} ms: ${what}`);
    await sleep(50);
  }
}
