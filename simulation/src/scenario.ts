/**
 * Owns what a seed stands for: how the cluster is set up, what its clients do, and what goes wrong when.
 *
 * Invariant: everything is drawn from the seed before the run begins, so that a change of the programs changes what comes of a
 * fault, not which faults there are.
 */
import { SimRandom } from '@rocketmq-ts/platform/sim';

export type FlushType = 'SYNC_FLUSH' | 'ASYNC_FLUSH';
/** `none`: a master alone. `async` and `sync`: ASYNC_MASTER and SYNC_MASTER with one slave. */
export type Replication = 'none' | 'async' | 'sync';

/** What goes wrong. Times are milliseconds since the workload began; hosts are indexes into their kind. */
export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly broker: number; readonly downMs: number }
  | {
      readonly kind: 'power';
      readonly broker: number;
      readonly downMs: number;
      readonly powerSeed: number;
      readonly silently: boolean;
    }
  /** The process, or the machine, dies at so many disk operations from then. */
  | {
      readonly kind: 'crash-at-operation';
      readonly broker: number;
      readonly operations: number;
      readonly moment: 'before' | 'after';
      readonly downMs: number;
      readonly powerSeed: number | undefined;
    }
  | { readonly kind: 'restart'; readonly broker: number; readonly downMs: number }
  | {
      readonly kind: 'disk-errors';
      readonly broker: number;
      readonly forMs: number;
      readonly operation: 'read' | 'write' | 'datasync';
      readonly chance: number;
    }
  | {
      readonly kind: 'disk-full';
      readonly broker: number;
      readonly forMs: number;
      readonly freeBytes: number;
    }
  | {
      readonly kind: 'slow-disk';
      readonly broker: number;
      readonly forMs: number;
      readonly latencyMs: number;
    }
  | { readonly kind: 'partition'; readonly a: HostName; readonly b: HostName; readonly forMs: number }
  | { readonly kind: 'resets'; readonly forMs: number; readonly chance: number }
  | { readonly kind: 'losses'; readonly forMs: number; readonly chance: number }
  | { readonly kind: 'clock-jump'; readonly host: HostName; readonly byMs: number }
  | { readonly kind: 'consumer-kill'; readonly consumer: number; readonly downMs: number }
  | { readonly kind: 'consumer-restart'; readonly consumer: number; readonly downMs: number }
  | { readonly kind: 'producer-kill'; readonly producer: number; readonly downMs: number }
  | { readonly kind: 'name-server-kill'; readonly nameServer: number; readonly downMs: number }
  /** The master is lost with its disk; its slave is started as master. */
  | { readonly kind: 'promote'; readonly downMs: number }
);
export type FaultKind = Fault['kind'];

/** `broker 0` is the master, `broker 1` its slave. */
export type HostName = `${'name-server' | 'broker' | 'producer' | 'consumer'} ${number}`;

export interface Scenario {
  readonly seed: number;
  readonly flushDiskType: FlushType;
  readonly slaveFlushDiskType: FlushType;
  readonly replication: Replication;
  readonly nameServers: number;
  readonly producers: number;
  readonly consumers: number;
  readonly queues: number;
  readonly orderly: boolean;
  /** Share of sends that are transactions, and of those that are delayed; of listener calls that ask for the message again. */
  readonly transactionChance: number;
  readonly delayChance: number;
  readonly laterChance: number;
  /** Further attempts of a send that failed. */
  readonly sendRetries: number;
  readonly sendEveryMs: number;
  readonly listenerMs: number;
  readonly bodyBytes: number;
  readonly activeMs: number;
  readonly latencyMs: { readonly min: number; readonly max: number };
  readonly cutChance: number;
  readonly shortChance: number;
  readonly brokerSettings: Readonly<Record<string, string>>;
  readonly flushCommitLogThoroughMs: number;
  readonly faults: readonly Fault[];
}

export class Draw {
  readonly #random: SimRandom;

  constructor(seed: number) {
    this.#random = new SimRandom(Math.imul(seed, 0x9e3779b1) ^ 0x5bf03635);
  }

  /** From 0, below the bound. */
  below(bound: number): number {
    return this.#random.integer(bound);
  }

  between(min: number, max: number): number {
    return min + this.#random.integer(max - min + 1);
  }

  chance(chance: number): boolean {
    return this.#random.integer(1_000_000) < chance * 1_000_000;
  }

  of<T>(...items: readonly T[]): T {
    return items[this.#random.integer(items.length)] as T;
  }

  seed(): number {
    return this.#random.integer(2 ** 31);
  }
}

export function scenarioOf(seed: number): Scenario {
  const draw = new Draw(seed);
  const replication = draw.of<Replication>('none', 'none', 'async', 'sync');
  const flushDiskType = draw.of<FlushType>('SYNC_FLUSH', 'SYNC_FLUSH', 'ASYNC_FLUSH');
  const orderly = draw.chance(0.35);
  const flushCommitLogThoroughMs = draw.of(1000, 3000, 10_000);
  const base = {
    seed,
    flushDiskType,
    slaveFlushDiskType: draw.of(flushDiskType, flushDiskType, 'SYNC_FLUSH', 'ASYNC_FLUSH'),
    replication,
    nameServers: draw.of(1, 1, 2),
    producers: draw.between(1, 2),
    consumers: draw.between(1, 3),
    queues: draw.between(1, 4),
    orderly,
    transactionChance: orderly ? 0 : draw.of(0, 0, 0.3),
    delayChance: orderly ? 0 : draw.of(0, 0, 0.2),
    laterChance: draw.of(0, 0, 0.1),
    sendRetries: draw.of(0, 2),
    sendEveryMs: draw.of(100, 300, 800),
    listenerMs: draw.of(0, 5, 200),
    bodyBytes: draw.of(40, 300, 1500),
    activeMs: draw.between(8000, 25_000),
    latencyMs: { min: 0, max: draw.of(0, 1, 20) },
    cutChance: draw.of(0, 0.05),
    shortChance: draw.of(0, 0.02),
    flushCommitLogThoroughMs,
    brokerSettings: brokerSettings(draw, flushCommitLogThoroughMs),
  };
  return { ...base, faults: drawFaults(draw, base) };
}

function brokerSettings(draw: Draw, thoroughMs: number): Record<string, string> {
  return {
    mapedFileSizeCommitLog: String(8192 << draw.below(5)),
    mapedFileSizeConsumeQueue: String(20 * draw.of(7, 50, 400)),
    maxMessageSize: '6000',
    zeroAheadBytes: '1048576',
    memoryWindowBytes: '2097152',
    maxPinnedBytes: '1048576',
    coldCacheBytes: '1048576',
    flushCommitLogThoroughInterval: String(thoroughMs),
    flushConsumeQueueThoroughInterval: String(draw.of(2000, 10_000, 60_000)),
    flushConsumerOffsetInterval: String(draw.of(1000, 5000)),
    flushDelayOffsetInterval: String(draw.of(1000, 10_000)),
    messageDelayLevel: '1s 2s 3s 4s 5s',
    messageIndexEnable: String(draw.chance(0.3)),
    maxHashSlotNum: '16',
    maxIndexNum: '100',
    transactionTimeOut: '2000',
    transactionCheckInterval: '3000',
    slaveSyncPeriodMs: String(draw.of(1000, 5000)),
    slaveReadEnable: String(draw.chance(0.5)),
    // Nothing is to leave the log: what is missing at the end was lost.
    cleanFileForciblyEnable: 'false',
    fileReservedTime: '1000',
    diskMaxUsedSpaceRatio: '95',
    registerNameServerPeriod: '10000',
  };
}

type Setting = Omit<Scenario, 'faults'>;

function drawFaults(draw: Draw, scenario: Setting): Fault[] {
  const faults: Fault[] = [];
  const count = draw.of(0, 1, 2, 3, 4, 6);
  for (let i = 0; i < count; i++) faults.push(drawFault(draw, scenario));
  if (scenario.replication === 'sync' && draw.chance(0.4)) {
    faults.push({
      kind: 'promote',
      atMs: draw.between(2000, scenario.activeMs),
      downMs: draw.between(0, 3000),
    });
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

const KINDS: readonly FaultKind[] = [
  'kill',
  'kill',
  'power',
  'power',
  'power',
  'crash-at-operation',
  'crash-at-operation',
  'crash-at-operation',
  'restart',
  'disk-errors',
  'disk-errors',
  'disk-full',
  'slow-disk',
  'partition',
  'partition',
  'resets',
  'losses',
  'clock-jump',
  'consumer-kill',
  'consumer-restart',
  'producer-kill',
  'name-server-kill',
];

function drawFault(draw: Draw, scenario: Setting): Fault {
  const kind = draw.of(...KINDS);
  const atMs = draw.between(500, scenario.activeMs);
  const broker = scenario.replication !== 'none' && draw.chance(0.35) ? 1 : 0;
  const downMs = draw.of(0, 200, 2000, 8000);
  const forMs = draw.of(300, 2000, 8000);
  switch (kind) {
    case 'kill':
    case 'restart':
      return { kind, atMs, broker, downMs };
    case 'power':
      return { kind, atMs, broker, downMs, powerSeed: draw.seed(), silently: draw.chance(0.3) };
    case 'crash-at-operation': {
      const powerSeed = draw.chance(0.6) ? draw.seed() : undefined;
      const moment = draw.of('before', 'after');
      return { kind, atMs, broker, operations: draw.between(1, 60), moment, downMs, powerSeed };
    }
    case 'disk-errors': {
      const operation = draw.of('read', 'write', 'write', 'datasync');
      return { kind, atMs, broker, forMs, operation, chance: draw.of(0.05, 0.3, 1) };
    }
    case 'disk-full':
      return { kind, atMs, broker, forMs, freeBytes: draw.below(20_000) };
    case 'slow-disk':
      return { kind, atMs, broker, forMs, latencyMs: draw.of(20, 300, 3000) };
    case 'partition': {
      const [a, b] = partitioned(draw, scenario);
      return { kind, atMs, a, b, forMs: draw.of(500, 5000, 20_000) };
    }
    case 'resets':
    case 'losses':
      return { kind, atMs, forMs, chance: draw.of(0.005, 0.05) };
    case 'clock-jump': {
      const byMs = draw.of(1, -1) * draw.of(500, 5000, 3_600_000);
      return { kind, atMs, host: draw.of<HostName>(`broker ${broker}`, 'producer 0', 'consumer 0'), byMs };
    }
    case 'consumer-kill':
    case 'consumer-restart':
      return { kind, atMs, consumer: draw.below(scenario.consumers), downMs };
    case 'producer-kill':
      return { kind, atMs, producer: draw.below(scenario.producers), downMs };
    case 'name-server-kill':
      return { kind, atMs, nameServer: draw.below(scenario.nameServers), downMs };
    case 'promote':
      return { kind, atMs, downMs };
  }
}

function partitioned(draw: Draw, scenario: Setting): [HostName, HostName] {
  const pairs: [HostName, HostName][] = [
    ['broker 0', `consumer ${draw.below(scenario.consumers)}`],
    ['broker 0', `producer ${draw.below(scenario.producers)}`],
    ['broker 0', 'name-server 0'],
    [`consumer ${draw.below(scenario.consumers)}`, 'name-server 0'],
  ];
  if (scenario.replication !== 'none') pairs.push(['broker 0', 'broker 1'], ['broker 0', 'broker 1']);
  return draw.of(...pairs);
}
