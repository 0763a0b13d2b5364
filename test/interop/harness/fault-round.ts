/**
 * One call of our broker on its store folder fails, on a real disk, while it starts on the folder of a killed broker with 200
 * messages, takes 800 more, and stops. Then the broker is started again on a disk that works, in this process.
 *
 * What must hold, whatever the call is: no request stays unanswered, the process ends, with 74 where a sync of the log failed;
 * afterwards what was acknowledged is there (fault-script.ts). A short read or write fails nothing.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Broker, BrokerConfig, readHostFacts } from '@rocketmq-ts/broker';
import { realPlatform } from '@rocketmq-ts/platform';
import { faultEnvironment, type IoCall, readCalls } from './fault-library.ts';
import {
  type Acknowledged,
  checkKept,
  configOf,
  copyOf,
  EARLIER,
  type Fault,
  type FlushDiskType,
  MESSAGES,
  nothingAcknowledged,
  runScript,
  type ScriptClient,
} from './fault-script.ts';
import { root } from './java-library.ts';
import { sleep } from './pair.ts';
import { Program } from './program.ts';
import { RawClient } from './raw-client.ts';
import { formatConfig, temporaryFolder } from './server.ts';

export interface FaultResult {
  /** The call that failed, or all calls when none was to. */
  readonly calls: readonly IoCall[];
  readonly exitCode: number | null;
  readonly started: boolean;
  readonly acknowledged: number;
  readonly refused: number;
}

const READY_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 180_000;
const READ_TIMEOUT_MS = 120_000;
const STORE_FAILED = 74;
const START_ATTEMPTS = 3;

/** The folder of a broker that was killed, and what it had acknowledged. */
export class FaultTemplate {
  readonly store: string;
  readonly #acknowledged: Acknowledged;

  private constructor(store: string, acknowledged: Acknowledged) {
    this.store = store;
    this.#acknowledged = acknowledged;
  }

  get acknowledged(): Acknowledged {
    return copyOf(this.#acknowledged);
  }

  static async make(): Promise<FaultTemplate> {
    const folder = temporaryFolder('fault-template');
    const acknowledged = nothingAcknowledged();
    const broker = startBroker(folder, 'ASYNC_FLUSH', {});
    await script(await addressOf(broker), 0, EARLIER, acknowledged);
    await broker.kill();
    return new FaultTemplate(join(folder, 'store'), acknowledged);
  }
}

/** Counts the calls of a run in which none fails. */
export function countCalls(template: FaultTemplate, flushDiskType: FlushDiskType): Promise<FaultResult> {
  return faultRun(template, flushDiskType, 0, 'EIO');
}

/**
 * The call with this number fails, counting those that `only` names; when there are fewer calls, none does. Throws when something
 * does not hold.
 */
export async function faultRun(
  template: FaultTemplate,
  flushDiskType: FlushDiskType,
  call: number,
  fault: Fault,
  only?: string,
): Promise<FaultResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(template, flushDiskType, call, fault, only);
    } catch (error) {
      // Another program may take a port between the look for free ones and the use.
      if (attempt === START_ATTEMPTS || !/EADDRINUSE/.test(String(error))) throw error;
    }
  }
}

async function runOnce(
  template: FaultTemplate,
  flushDiskType: FlushDiskType,
  call: number,
  fault: Fault,
  only?: string,
): Promise<FaultResult> {
  const folder = temporaryFolder('fault');
  const store = join(folder, 'store');
  const log = join(folder, 'calls');
  cpSync(template.store, store, { recursive: true });
  const acknowledged = template.acknowledged;
  const program = startBroker(folder, flushDiskType, faultEnvironment(store, log, call, fault, only));
  try {
    const ended = program.exited.then(() => undefined);
    const address = await Promise.race([addressOf(program).catch(() => undefined), ended]);
    let stayed = false;
    if (address !== undefined) {
      stayed = await script(address, EARLIER, MESSAGES, acknowledged);
      if (stayed) program.signal('SIGTERM');
    }
    const started = address !== undefined;
    const { code } = await program.waitForExit(STOP_TIMEOUT_MS);
    const all = readCalls(log);
    const hit = all.filter(({ outcome }) => outcome !== 'passed');
    const output = program.errorLines.join('\n');
    checkEnd({ hit: hit[0], code, started, stayed, refused: acknowledged.refused, output });
    await checkStore(store, flushDiskType, acknowledged);
    rmSync(folder, { recursive: true, force: true });
    return {
      ...{ calls: call === 0 ? all : hit, exitCode: code, started },
      ...{ acknowledged: acknowledged.places.size, refused: acknowledged.refused },
    };
  } catch (error) {
    const hit = readCalls(log).find(({ outcome }) => outcome !== 'passed');
    const what = `call ${call}, ${fault}, ${flushDiskType}: ${hit?.kind} ${hit?.path}`;
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}; the folder is ${folder}`, {
      cause: error,
    });
  } finally {
    await program.kill();
  }
}

function startBroker(
  folder: string,
  flushDiskType: FlushDiskType,
  environment: Readonly<Record<string, string>>,
): Program {
  mkdirSync(join(folder, 'conf'), { recursive: true });
  const file = join(folder, 'conf', 'broker.conf');
  writeFileSync(file, formatConfig(configOf(join(folder, 'store'), flushDiskType)));
  return Program.start({
    name: 'our broker on a failing disk',
    command: 'sh',
    args: [join(root, 'bin/mqbroker'), '-c', file],
    env: { HOME: folder, ROCKETMQ_HOME: folder, NAMESRV_ADDR: undefined, ...environment },
  });
}

/** It chooses its port itself, and says which. */
async function addressOf(broker: Program): Promise<string> {
  const line = await broker.waitForLine(/boot success/, READY_TIMEOUT_MS);
  return /127\.0\.0\.1:\d+/.exec(line)?.[0] as string;
}

/** Answers whether the broker was there to the end. Throws when a request is not answered. */
async function script(address: string, from: number, to: number, known: Acknowledged): Promise<boolean> {
  try {
    using client = await RawClient.connect(address, READY_TIMEOUT_MS);
    await runScript(scriptClient(client), from, to, known);
    return true;
  } catch (error) {
    if (/connection closed|ECONNREFUSED|ECONNRESET/.test(String(error))) return false;
    throw error;
  }
}

function scriptClient(client: RawClient): ScriptClient {
  return {
    request: (code, ext, body, timeoutMs = READ_TIMEOUT_MS) => client.request(code, ext, body, timeoutMs),
    together(make) {
      client.socket.cork();
      make();
      client.socket.uncork();
    },
    sleep,
    nowMs: Date.now,
  };
}

interface End {
  readonly hit: IoCall | undefined;
  readonly code: number | null;
  readonly started: boolean;
  readonly stayed: boolean;
  readonly refused: number;
  readonly output: string;
}

function checkEnd({ hit, code, started, stayed, refused, output }: End): void {
  const what = `after ${JSON.stringify(hit)}, exit code ${code}, output: ${output}`;
  if (hit === undefined || hit.outcome === 'short') {
    assert.ok(started && stayed, `nothing failed, but the broker ended ${what}`);
    assert.equal(code, 0, what);
    assert.equal(refused, 0, `nothing failed, but requests were refused ${what}`);
    return;
  }
  const isLogSync = hit.kind === 'sync' && hit.path.startsWith('/commitlog');
  if (isLogSync || !stayed) {
    assert.equal(code, STORE_FAILED, what);
    assert.match(output, /EIO|ENOSPC|i\/o error|no space/i, `the reason is told ${what}`);
  } else {
    assert.ok(code === 0 || code === STORE_FAILED, what);
  }
}

/** Starts a broker on the folder, in this process, and compares. */
async function checkStore(store: string, flushDiskType: FlushDiskType, known: Acknowledged): Promise<void> {
  const config = configOf(store, flushDiskType);
  const overrides = new Map(Object.entries(config).map(([key, value]) => [key, String(value)]));
  const broker = await Broker.start(realPlatform(), BrokerConfig.load({ host: readHostFacts(), overrides }));
  try {
    using client = await RawClient.connect(`127.0.0.1:${broker.port}`, READY_TIMEOUT_MS);
    await checkKept(scriptClient(client), known);
  } finally {
    await broker.stop();
  }
}
