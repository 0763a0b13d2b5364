/**
 * Owns one broker of a simulated cluster and what a supervisor does for it: starts it, starts it again after it died or refused
 * to start, and brings its machine down in all the ways a fault wants.
 */
import { Broker, BrokerConfig, type HostFacts } from '@rocketmq-ts/broker';
import type { Logger } from '@rocketmq-ts/platform';
import type { SimClock, SimFault, SimOperation, SimRandom } from '@rocketmq-ts/platform/sim';
import type { History } from './history.ts';
import type { SimHost, SimProcess } from './sim-host.ts';
import type { Trace } from './trace.ts';

const STORE = '/store';
const RESTART_MS = 1000;

export interface BrokerNodeOptions {
  readonly clock: SimClock;
  readonly host: SimHost;
  readonly history: History;
  readonly trace: Trace;
  readonly random: SimRandom;
  readonly logger: Logger;
  readonly settings: Readonly<Record<string, string>>;
  /** Chance that a write or read is short. */
  readonly shortChance: number;
}

/** What the disk does at present, besides what the scenario does all the time. */
export interface DiskTrouble {
  readonly operation: SimOperation['kind'];
  readonly chance: number;
}

export class BrokerNode {
  readonly host: SimHost;
  readonly #options: BrokerNodeOptions;
  settings: Record<string, string>;
  broker: Broker | undefined;
  trouble: DiskTrouble | undefined;
  latencyMs = 0;
  /** Stays down whatever happens. */
  retired = false;
  #process: SimProcess | undefined;
  #downUntilMs = 0;
  /** When it ran, from a finished start to an end. */
  readonly runs: { fromMs: number; toMs: number }[] = [];
  #crashAt = Infinity;
  #crashMoment: 'before' | 'after' = 'before';
  #onCrash: (() => void) | undefined;
  #generation = 0;

  constructor(options: BrokerNodeOptions) {
    this.#options = options;
    this.host = options.host;
    this.settings = { ...options.settings };
    this.host.diskLatencyMs = () => this.latencyMs;
  }

  get isUp(): boolean {
    return this.broker !== undefined && this.#process?.alive === true;
  }

  /** Starts the process, unless one lives. */
  start(): void {
    if (this.retired || this.host.process !== undefined) return;
    const generation = ++this.#generation;
    const { host, logger, trace, clock, history } = this.#options;
    host.forgetConnections();
    const process = host.boot();
    this.#process = process;
    const { disk } = host;
    // Another process: what the dead one left as its name says nothing.
    disk.unlinkSync(`${STORE}/rocketmq-ts/owner`);
    this.#crashAt = Infinity;
    disk.onOperation = (operation) => this.#faultOf(operation);
    trace.add(`start ${host.address}`, clock.monotonicMs());
    const config = BrokerConfig.load({ host: machine, overrides: new Map(Object.entries(this.#settings())) });
    const onFatal = (): void => {
      history.disturbed(`${host.address} ended: its disk failed`, 45_000);
      this.#clockTask(() => {
        if (generation === this.#generation) this.kill(RESTART_MS);
      });
    };
    Broker.start(process.platform, config, { logger, onFatal }).then(
      (broker) => {
        if (!process.alive) return;
        this.broker = broker;
        this.runs.push({ fromMs: clock.monotonicMs(), toMs: Infinity });
      },
      (error: unknown) => {
        if (!process.alive) return;
        const { code, cause } = error as { code?: string; cause?: { code?: string } };
        trace.add(`no start ${code ?? String(error)}`, clock.monotonicMs());
        if (this.trouble === undefined && !this.#diskIsFull && cause?.code === undefined)
          history.errors.push(`the broker refused to start: ${String(error)}`);
        history.disturbed(`${host.address} refused to start`, 45_000);
        this.kill(RESTART_MS);
      },
    );
  }

  /** The process ends at once. */
  kill(downMs: number): void {
    this.#down({}, downMs);
  }

  /** The machine ends at once. */
  cutPower(powerSeed: number, silently: boolean, downMs: number): void {
    this.#down({ powerSeed, silently }, downMs);
    this.#options.history.lost('power', this.host.address, [...this.runs]);
  }

  /** The process, or the machine, ends at the disk operation that comes so many later. */
  crashAt(operations: number, moment: 'before' | 'after', onCrash: () => void): void {
    this.#crashAt = this.host.disk.operationCount + operations;
    this.#crashMoment = moment;
    this.#onCrash = onCrash;
  }

  /** The crash that was to come does not. */
  forgetCrash(): void {
    this.#crashAt = Infinity;
  }

  /** Stops cleanly, then starts again. */
  async restart(downMs: number): Promise<void> {
    const { broker } = this;
    const process = this.#process;
    if (broker === undefined || process?.alive !== true) return;
    this.#downUntilMs = Infinity;
    await broker.stop();
    if (process.alive) this.kill(downMs);
  }

  retire(): void {
    this.retired = true;
    this.host.end({});
    this.broker = undefined;
  }

  #down(how: { powerSeed?: number; silently?: boolean }, downMs: number): void {
    this.#generation++;
    this.#crashAt = Infinity;
    this.broker = undefined;
    this.host.end(how);
    this.host.disk.onOperation = undefined;
    const { clock, trace } = this.#options;
    trace.add(`down ${this.host.address}`, clock.monotonicMs(), how.powerSeed ?? 0);
    this.#downUntilMs = clock.monotonicMs() + downMs;
    const run = this.runs.at(-1);
    if (run !== undefined) run.toMs = Math.min(run.toMs, clock.monotonicMs());
    const generation = this.#generation;
    clock.setTimeout(() => {
      if (generation === this.#generation) this.start();
    }, downMs);
  }

  get downUntilMs(): number {
    return this.#downUntilMs;
  }

  get #diskIsFull(): boolean {
    return Number.isFinite(this.host.disk.capacityBytes);
  }

  #clockTask(task: () => void): void {
    this.#options.clock.setImmediate(task);
  }

  #faultOf(operation: SimOperation): SimFault | undefined {
    const { random, shortChance, trace } = this.#options;
    trace.add(operation.kind, operation.position, operation.path.endsWith('/owner') ? 0 : operation.length);
    if (operation.number >= this.#crashAt) {
      this.#crashAt = Infinity;
      const generation = this.#generation;
      this.#clockTask(() => {
        if (generation === this.#generation) this.#onCrash?.();
      });
      return { crash: this.#crashMoment };
    }
    const { trouble } = this;
    if (trouble !== undefined && trouble.operation === operation.kind && this.#chance(trouble.chance)) {
      trace.add('EIO');
      return { code: 'EIO' };
    }
    const canBeShort = operation.kind === 'write' || operation.kind === 'read';
    if (shortChance > 0 && canBeShort && operation.length > 1 && this.#chance(shortChance))
      return { shortBytes: 1 + random.integer(operation.length) };
    return undefined;
  }

  #chance(chance: number): boolean {
    return this.#options.random.integer(1_000_000) < chance * 1_000_000;
  }

  #settings(): Record<string, string> {
    const { address } = this.host;
    return {
      brokerName: 'broker-a',
      brokerIP1: address,
      brokerIP2: address,
      listenHost: address,
      listenPort: '10911',
      storePathRootDir: STORE,
      storePathCommitLog: `${STORE}/commitlog`,
      ...this.settings,
    };
  }
}

const machine: HostFacts = {
  hostName: 'simulated',
  localAddress: '10.0.2.1',
  homeFolder: '/home/simulated',
  cpuCount: 2,
  totalMemoryBytes: 8 * 1024 ** 3,
  environment: {},
};
