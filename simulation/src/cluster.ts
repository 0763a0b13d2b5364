/**
 * Owns a whole simulated cluster: name servers, a master and its slave, producers, consumers, an observer, all in one process on
 * one clock; and does to it what the scenario says.
 */

import { NameServer, NamesrvConfig } from '@rocketmq-ts/namesrv';
import type { Logger, Platform } from '@rocketmq-ts/platform';
import { SimClock, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';
import { BrokerNode } from './broker-node.ts';
import { type ClientSettings, ConsumerNode, Observer, ProducerNode } from './clients.ts';
import { History } from './history.ts';
import type { Fault, HostName, Scenario } from './scenario.ts';
import { SimHost } from './sim-host.ts';
import { Trace } from './trace.ts';

/** The members of a group say every 30 s that they are there: until then a broker that lost one divides queues among the others. */
const REJOIN_MS = 45_000;

/** What a planted bug changes, from outside the programs. */
export interface Overrides {
  readonly brokerSettings?: Readonly<Record<string, string>>;
  readonly wrapPlatform?: (platform: Platform, host: SimHost) => Platform;
}

export class Cluster {
  readonly scenario: Scenario;
  readonly clock = new SimClock();
  readonly network: SimNetwork;
  readonly trace = new Trace();
  readonly history: History;
  readonly brokers: BrokerNode[];
  readonly producers: ProducerNode[];
  readonly consumers: ConsumerNode[];
  readonly nameServers: SimHost[];
  readonly observer: Observer;
  readonly #logger: Logger;
  readonly #overrides: Overrides;
  readonly #hosts = new Map<HostName, SimHost>();
  /** Ends of faults that last. */
  readonly #heals = new Set<() => void>();
  promoted = false;

  constructor(scenario: Scenario, logger: Logger, overrides: Overrides = {}) {
    this.scenario = scenario;
    this.#logger = logger;
    this.#overrides = overrides;
    this.history = new History(this.trace, () => this.clock.monotonicMs());
    this.network = new SimNetwork({
      clock: this.clock,
      random: this.#random(1),
      latencyMs: scenario.latencyMs,
      cutChance: scenario.cutChance,
    });
    const addresses = Array.from({ length: scenario.nameServers }, (_, i) => `10.0.1.${i + 1}`);
    this.nameServers = addresses.map((address, i) => this.#host(`name-server ${i}`, address));
    const namesrvAddr = addresses.map((address) => `${address}:9876`).join(';');
    const brokerCount = scenario.replication === 'none' ? 1 : 2;
    this.brokers = Array.from({ length: brokerCount }, (_, i) => this.#brokerNode(i, namesrvAddr));
    const clients = (i: number): ClientSettings => ({
      clock: this.clock,
      history: this.history,
      random: this.#random(i),
      scenario,
      namesrvAddr,
      logger,
    });
    this.producers = Array.from(
      { length: scenario.producers },
      (_, i) => new ProducerNode(this.#host(`producer ${i}`, `10.0.3.${i + 1}`), clients(300 + i), i),
    );
    this.consumers = Array.from(
      { length: scenario.consumers },
      (_, i) => new ConsumerNode(this.#host(`consumer ${i}`, `10.0.4.${i + 1}`), clients(400 + i), i),
    );
    this.observer = new Observer(this.#newHost('10.0.5.1'), clients(500));
  }

  #random(stream: number): SimRandom {
    return new SimRandom(Math.imul(this.scenario.seed + stream * 65_537, 0x85ebca6b) ^ 0x27d4eb2f);
  }

  #newHost(address: string): SimHost {
    return new SimHost({
      clock: this.clock,
      network: this.network,
      address,
      seed:
        Math.imul(this.scenario.seed, 0xc2b2ae35) ^ Math.imul(address.length + address.charCodeAt(5), 77_777),
      onUncaught: (error) => {
        this.history.errors.push(`uncaught at ${address}: ${String((error as Error)?.stack ?? error)}`);
      },
      wrapPlatform: this.#overrides.wrapPlatform,
    });
  }

  #host(name: HostName, address: string): SimHost {
    const host = this.#newHost(address);
    this.#hosts.set(name, host);
    return host;
  }

  #brokerNode(index: number, namesrvAddr: string): BrokerNode {
    const { scenario, clock, history, trace } = this;
    const isSlave = index === 1;
    const brokerRole = isSlave ? 'SLAVE' : scenario.replication === 'sync' ? 'SYNC_MASTER' : 'ASYNC_MASTER';
    return new BrokerNode({
      clock,
      history,
      trace,
      host: this.#host(`broker ${index}`, `10.0.2.${index + 1}`),
      random: this.#random(200 + index),
      logger: this.#logger,
      shortChance: scenario.shortChance,
      settings: {
        ...scenario.brokerSettings,
        namesrvAddr,
        brokerRole,
        brokerId: String(index),
        flushDiskType: isSlave ? scenario.slaveFlushDiskType : scenario.flushDiskType,
        ...this.#overrides.brokerSettings,
      },
    });
  }

  startNameServer(index: number): void {
    const host = this.nameServers[index] as SimHost;
    if (host.process !== undefined) return;
    host.forgetConnections();
    const process = host.boot();
    const overrides = new Map([
      ['listenHost', host.address],
      ['listenPort', '9876'],
    ]);
    const config = NamesrvConfig.load({ host: { homeFolder: '/home', environment: {} }, overrides });
    NameServer.start(process.platform, config, { logger: this.#logger }).catch((error: unknown) => {
      if (process.alive) this.history.errors.push(`name server: ${String(error)}`);
    });
  }

  get master(): BrokerNode {
    return this.brokers[this.promoted ? 1 : 0] as BrokerNode;
  }

  apply(fault: Fault): void {
    const { history } = this;
    const broker = 'broker' in fault ? (this.brokers[fault.broker] as BrokerNode) : this.master;
    if ('broker' in fault && broker.retired) return;
    switch (fault.kind) {
      case 'kill':
        history.disturbed('kill', fault.downMs + REJOIN_MS);
        broker.kill(fault.downMs);
        return;
      case 'power':
        this.#power(broker, fault.powerSeed, fault.silently, fault.downMs);
        return;
      case 'crash-at-operation': {
        const { powerSeed, downMs } = fault;
        broker.crashAt(fault.operations, fault.moment, () => {
          if (powerSeed !== undefined) this.#power(broker, powerSeed, false, downMs);
          else {
            history.disturbed('crash', downMs + REJOIN_MS);
            broker.kill(downMs);
          }
        });
        return;
      }
      case 'restart':
        history.disturbed('restart', fault.downMs + REJOIN_MS);
        void broker.restart(fault.downMs);
        return;
      case 'disk-errors':
        history.disturbed('disk errors', fault.forMs);
        broker.trouble = { operation: fault.operation, chance: fault.chance };
        this.#later(fault.forMs, () => {
          broker.trouble = undefined;
        });
        return;
      case 'disk-full':
        history.disturbed('disk full', fault.forMs);
        broker.host.disk.capacityBytes = broker.host.disk.usedBytes() + fault.freeBytes;
        this.#later(fault.forMs, () => {
          broker.host.disk.capacityBytes = Infinity;
        });
        return;
      case 'slow-disk':
        history.disturbed('slow disk', fault.forMs + fault.latencyMs);
        broker.latencyMs = fault.latencyMs;
        this.#later(fault.forMs, () => {
          broker.latencyMs = 0;
        });
        return;
      case 'partition': {
        const [a, b] = [this.#address(fault.a), this.#address(fault.b)];
        history.disturbed('partition', fault.forMs + REJOIN_MS);
        this.network.partition(a, b);
        this.#later(fault.forMs, () => this.network.heal(a, b));
        return;
      }
      case 'resets':
      case 'losses': {
        const which = fault.kind === 'resets' ? 'resetChance' : 'loseChance';
        history.disturbed(fault.kind, fault.forMs + REJOIN_MS);
        this.network[which] = fault.chance;
        this.#later(fault.forMs, () => {
          this.network[which] = 0;
        });
        return;
      }
      case 'clock-jump':
        history.disturbed('clock jump');
        (this.#hosts.get(fault.host) as SimHost).wallOffsetMs += fault.byMs;
        return;
      default:
        this.#applyToOthers(fault);
    }
  }

  #applyToOthers(fault: Fault): void {
    const { history, clock } = this;
    switch (fault.kind) {
      case 'consumer-kill': {
        const consumer = this.consumers[fault.consumer] as ConsumerNode;
        history.disturbed('consumer kill', fault.downMs + REJOIN_MS);
        consumer.kill();
        clock.setTimeout(() => consumer.start(), fault.downMs);
        return;
      }
      case 'consumer-restart': {
        const consumer = this.consumers[fault.consumer] as ConsumerNode;
        history.disturbed('consumer restart', fault.downMs + REJOIN_MS);
        void consumer.stop().then(() => {
          clock.setTimeout(() => {
            if (consumer.host.process === undefined) consumer.start();
          }, fault.downMs);
        });
        return;
      }
      case 'producer-kill': {
        const producer = this.producers[fault.producer] as ProducerNode;
        producer.kill();
        clock.setTimeout(() => producer.start(), fault.downMs);
        return;
      }
      case 'name-server-kill':
        history.disturbed('name server kill');
        this.nameServers[fault.nameServer]?.end();
        clock.setTimeout(() => this.startNameServer(fault.nameServer), fault.downMs);
        return;
      case 'promote':
        this.#promote(fault.downMs);
        return;
      default:
    }
  }

  #power(broker: BrokerNode, powerSeed: number, silently: boolean, downMs: number): void {
    this.history.disturbed('power', downMs + REJOIN_MS + (silently ? 60_000 : 0));
    broker.cutPower(powerSeed, silently, downMs);
  }

  /** The operator's part: the old master stays dead, its slave is started as master. */
  #promote(downMs: number): void {
    const [master, slave] = this.brokers as [BrokerNode, BrokerNode];
    if (this.promoted) return;
    this.promoted = true;
    this.history.disturbed('promote', downMs + REJOIN_MS);
    master.retire();
    slave.settings = { ...slave.settings, brokerRole: 'SYNC_MASTER', brokerId: '0' };
    slave.kill(downMs);
    this.history.lost('promote', master.host.address, [...slave.runs]);
  }

  #address(name: HostName): string {
    return (this.#hosts.get(name) as SimHost).address;
  }

  /** A fault that lasts ends then, or when everything is healed. */
  #later(ms: number, end: () => void): void {
    this.#heals.add(end);
    this.clock.setTimeout(() => {
      if (this.#heals.delete(end)) end();
    }, ms);
  }

  /** Ends all faults. */
  heal(): void {
    for (const end of this.#heals) end();
    this.#heals.clear();
    this.network.heal();
    for (const broker of this.brokers) broker.forgetCrash();
    this.history.disturbed('healed');
  }
}
