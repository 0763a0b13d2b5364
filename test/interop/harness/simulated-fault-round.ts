/**
 * One call of a broker on a simulated disk fails, while it starts on the disk of a killed broker with 200 messages and takes 800
 * more, and then stops or is ended: with SYNC_FLUSH by a power cut, with ASYNC_FLUSH by a kill. Then a broker starts on what is
 * left, with a disk that works. On this disk a failed sync gives up what it should have covered, and simulated time shows every
 * hang. A call is what changes, syncs or reads something.
 *
 * What must hold, whatever the call is: no request stays unanswered, a failed sync of the log ends the process, and afterwards
 * what was acknowledged is there (fault-script.ts). A short read or write fails nothing.
 */
import assert from 'node:assert/strict';
import { Broker, BrokerConfig, type HostFacts } from '@rocketmq-ts/broker';
import { silentLogger } from '@rocketmq-ts/platform';
import {
  SimClock,
  type SimFileSystem,
  SimNetwork,
  type SimOperation,
  SimRandom,
} from '@rocketmq-ts/platform/sim';
import { RemotingClient, RemotingError } from '@rocketmq-ts/remoting';
import { SimHost } from '#simulation/sim-host';
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

/** How the process ends when the failed call has not ended it. */
export const ENDINGS = ['stopped', 'ended'] as const;

export interface SimulatedFault {
  readonly flushDiskType: FlushDiskType;
  readonly ending: (typeof ENDINGS)[number];
  readonly fault: Fault;
  /** From 1 on; of the reads and writes when the fault is SHORT. 0: none fails. */
  readonly call: number;
}

export interface SimulatedFaultResult {
  /** The call that failed; undefined when there are fewer. */
  readonly hit: SimOperation | undefined;
  /** So many there were. */
  readonly calls: number;
  readonly started: boolean;
  readonly stayed: boolean;
  readonly acknowledged: number;
  readonly refused: number;
}

const BROKER = '10.0.2.1';
const CLIENT = '10.0.3.1';
const STORE = '/store';
/** So that messages come while a sync is under way. */
const SYNC_MS = 2;

export class SimulatedFaults {
  readonly #clock = new SimClock();
  readonly #network = new SimNetwork({ clock: this.#clock, random: new SimRandom(1) });
  readonly #machine: SimHost;
  readonly #client: SimHost;
  readonly #uncaught: unknown[] = [];
  #template: SimFileSystem | undefined;
  readonly #acknowledged = nothingAcknowledged();

  private constructor() {
    const host = (address: string): SimHost =>
      new SimHost({
        ...{ clock: this.#clock, network: this.#network, address, seed: 1 },
        onUncaught: (error) => this.#uncaught.push(error),
      });
    this.#machine = host(BROKER);
    this.#machine.diskLatencyMs = ({ kind }) => (kind === 'datasync' || kind === 'syncFolder' ? SYNC_MS : 0);
    this.#client = host(CLIENT);
  }

  /** With the disk of the broker that was killed. */
  static async make(): Promise<SimulatedFaults> {
    const faults = new SimulatedFaults();
    await faults.#clock.run(faults.#start('ASYNC_FLUSH', () => {}));
    assert.ok(await faults.#script(0, EARLIER, faults.#acknowledged));
    faults.#machine.end();
    faults.#template = faults.#machine.disk;
    return faults;
  }

  /** Throws when something does not hold. */
  async run(given: SimulatedFault): Promise<SimulatedFaultResult> {
    const known = copyOf(this.#acknowledged);
    let hit: SimOperation | undefined;
    try {
      return await this.#run(given, known, (operation) => {
        hit = operation;
      });
    } catch (error) {
      const { call, fault, flushDiskType, ending } = given;
      const what = `call ${call}, ${fault}, ${flushDiskType}, ${ending}: ${hit?.kind} ${hit?.path}`;
      throw new Error(`${what}: ${error instanceof Error ? error.stack : error}`, { cause: error });
    } finally {
      this.#machine.end();
    }
  }

  async #run(
    given: SimulatedFault,
    known: Acknowledged,
    onHit: (operation: SimOperation) => void,
  ): Promise<SimulatedFaultResult> {
    const { flushDiskType, ending } = given;
    this.#machine.disk = (this.#template as SimFileSystem).crash();
    this.#forgetOwner();
    let calls = 0;
    let hit: SimOperation | undefined;
    const { disk } = this.#machine;
    disk.onOperation = (operation) => {
      const isTransfer = (operation.kind === 'read' || operation.kind === 'write') && operation.length > 1;
      if (given.fault === 'SHORT' && !isTransfer) return undefined;
      if (++calls !== given.call) return undefined;
      hit = operation;
      onHit(operation);
      return given.fault === 'SHORT'
        ? { shortBytes: Math.floor(operation.length / 2) }
        : { code: given.fault };
    };
    const process = new ProcessEnd(() => this.#machine.end());
    const broker = await this.#clock.run(process.orEnd(this.#start(flushDiskType, process.end)));
    const started = broker !== undefined;
    let stayed = false;
    if (started) {
      stayed = await this.#script(EARLIER, MESSAGES, known);
      if (stayed && ending === 'stopped') await this.#clock.run(process.orEnd(broker.stop()));
    }
    disk.onOperation = undefined;
    assert.deepEqual(this.#uncaught, []);
    checkEnd(hit, given.fault, started && stayed, process.reasons, known.refused);
    const losesPower = ending === 'ended' && flushDiskType === 'SYNC_FLUSH';
    this.#machine.end(losesPower ? { powerSeed: given.call } : {});
    await this.#check(flushDiskType, known, losesPower);
    const { refused, places } = known;
    return { hit, calls, started, stayed, acknowledged: places.size, refused };
  }

  #start(flushDiskType: FlushDiskType, onFatal: (error: Error) => void): Promise<Broker> {
    this.#machine.forgetConnections();
    const { platform } = this.#machine.boot();
    const own = { brokerIP1: BROKER, brokerIP2: BROKER, listenHost: BROKER, listenPort: 10911 };
    const keys = { ...configOf(STORE, flushDiskType), ...own };
    const overrides = new Map(Object.entries(keys).map(([key, value]) => [key, String(value)]));
    const config = BrokerConfig.load({ host: FACTS, overrides });
    return Broker.start(platform, config, { logger: silentLogger, onFatal });
  }

  /** Answers whether the broker was there to the end. Throws when a request is not answered. */
  async #script(from: number, to: number, known: Acknowledged): Promise<boolean> {
    try {
      await this.#withClient((client) => runScript(client, from, to, known));
      return true;
    } catch (error) {
      if (this.#machine.process === undefined && error instanceof RemotingError) return false;
      throw error;
    }
  }

  async #check(flushDiskType: FlushDiskType, known: Acknowledged, powerWasCut: boolean): Promise<void> {
    this.#forgetOwner();
    const broken: Error[] = [];
    const broker = await this.#clock.run(this.#start(flushDiskType, (error) => broken.push(error)));
    await this.#withClient((client) => checkKept(client, known, { powerWasCut }));
    await this.#clock.run(broker.stop());
    assert.deepEqual([...broken, ...this.#uncaught], []);
  }

  /** The name that a dead process leaves is that of this one, which lives. */
  #forgetOwner(): void {
    this.#machine.disk.unlinkSync(`${STORE}/rocketmq-ts/owner`);
  }

  async #withClient(use: (client: ScriptClient) => Promise<void>): Promise<void> {
    const { platform } = this.#client.boot();
    const remoting = new RemotingClient({ platform, logger: silentLogger });
    const client: ScriptClient = {
      async request(code, ext = {}, body, timeoutMs = 10_000) {
        const strings = Object.fromEntries(Object.entries(ext).map(([key, value]) => [key, String(value)]));
        const command = { code, ext: strings, ...(body && { body }) };
        const answer = await remoting.invoke(`${BROKER}:10911`, command, timeoutMs);
        const { remark, ext: fields } = answer;
        return { code: answer.code, remark, ext: Object.fromEntries(fields), body: answer.body ?? EMPTY };
      },
      together: (make) => make(),
      sleep: (ms) => new Promise((resolve) => platform.clock.setTimeout(resolve, ms)),
      nowMs: () => platform.clock.now(),
    };
    try {
      await this.#clock.run(use(client));
    } finally {
      await this.#clock.run(remoting.close());
    }
  }
}

const EMPTY = Buffer.alloc(0);

const FACTS: HostFacts = {
  ...{ hostName: 'simulated', localAddress: BROKER, homeFolder: '/home/simulated' },
  ...{ cpuCount: 2, totalMemoryBytes: 8 * 1024 ** 3, environment: {} },
};

/** Hears why the process ends by itself, and has it end. */
class ProcessEnd {
  readonly reasons: unknown[] = [];
  readonly end: (reason: unknown) => void;
  readonly #ended: Promise<undefined>;

  constructor(kill: () => void) {
    let ended: (value: undefined) => void;
    this.#ended = new Promise((resolve) => {
      ended = resolve;
    });
    this.end = (reason) => {
      this.reasons.push(reason);
      kill();
      ended(undefined);
    };
  }

  /** What the process does, or undefined when it ends over it. */
  orEnd<T>(work: Promise<T>): Promise<T | undefined> {
    const done = work.catch((error: unknown) => {
      this.end(error);
      return undefined;
    });
    return Promise.race([done, this.#ended]);
  }
}

function checkEnd(
  hit: SimOperation | undefined,
  fault: Fault,
  stayed: boolean,
  reasons: readonly unknown[],
  refused: number,
): void {
  const told = reasons.map((reason) => (reason instanceof Error ? reason.stack : String(reason))).join('\n');
  if (hit === undefined || fault === 'SHORT') {
    assert.ok(stayed && told === '', `nothing failed, but the broker ended: ${told}`);
    assert.equal(refused, 0, 'nothing failed, but requests were refused');
    return;
  }
  const isLogSync = /^(datasync|syncFolder) \/store\/commitlog/.test(`${hit.kind} ${hit.path}`);
  assert.equal(isLogSync && told === '', false, 'a failed sync of the log ends the broker');
  if (!stayed || told !== '')
    assert.ok(reasons.every(isOfTheDisk), `the broker ended for another reason: ${told}`);
}

function isOfTheDisk(reason: unknown): boolean {
  for (let error = reason; error instanceof Error; error = error.cause)
    if (['EIO', 'ENOSPC'].includes((error as NodeJS.ErrnoException).code ?? '')) return true;
  return false;
}
