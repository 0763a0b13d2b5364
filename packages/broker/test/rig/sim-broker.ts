/**
 * Whole brokers on simulated time, disk and network, configured by the keys of broker.conf, and a client to talk to them. What a
 * key does is seen from outside: in answers, in operations on the disk, in the log.
 */
import { type Platform, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimFileSystem, SimNetwork, type SimOperation, SimRandom } from '@rocketmq-ts/platform/sim';
import { type RemotingCommand, RequestCode } from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { Broker } from '../../src/broker.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { testHost } from '../support/host-facts.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { pullFields, type SendFields, sendFields } from './broker-rig.ts';

type Ext = Record<string, string | number | boolean>;
export type Keys = Readonly<Record<string, string | number | boolean>>;

const SMALL: Keys = {
  brokerName: 'broker-a',
  storePathRootDir: '/store',
  mapedFileSizeCommitLog: 1024 * 1024,
  mapedFileSizeConsumeQueue: 2_000,
  maxMessageSize: 64 * 1024,
  zeroAheadBytes: 1024 * 1024,
  maxHashSlotNum: 100,
  maxIndexNum: 1_000,
};

export class SimWorld {
  readonly clock: SimClock;
  readonly network: SimNetwork;
  readonly logger = new RecordingLogger();
  readonly fatal: Error[] = [];
  /** Operations on all disks while somebody listens. */
  onOperation: ((operation: SimOperation) => void) | undefined;
  #clients = 0;

  constructor(atMs?: number) {
    this.clock = new SimClock(atMs);
    this.network = new SimNetwork({ clock: this.clock, random: new SimRandom(1) });
  }

  platform(host: string, fileSystem = new SimFileSystem({ clock: this.clock })): Platform {
    return {
      clock: this.clock,
      fileSystem,
      network: this.network.host(host),
      random: new SimRandom(2),
      turn: new Turn(this.clock),
    };
  }

  disk(capacityBytes?: number): SimFileSystem {
    return new SimFileSystem({
      clock: this.clock,
      ...(capacityBytes !== undefined && { capacityBytes }),
      onOperation: (operation) => {
        this.onOperation?.(operation);
        return undefined;
      },
    });
  }

  client(): RemotingClient {
    return new RemotingClient({ platform: this.platform(`10.0.1.${++this.#clients}`) });
  }

  /** A broker at `ip`:10911 on its own disk, or on the one given. */
  async broker(keys: Keys = {}, disk = this.disk(), ip = '10.0.0.1'): Promise<SimBroker> {
    const given = { ...SMALL, brokerIP1: ip, brokerIP2: ip, listenHost: ip, ...keys };
    const overrides = new Map(Object.entries(given).map(([key, value]) => [key, String(value)]));
    const config = BrokerConfig.load({ host: testHost, overrides });
    const options = { logger: this.logger, onFatal: (error: Error) => void this.fatal.push(error) };
    const broker = await this.clock.run(Broker.start(this.platform(ip, disk), config, options));
    return new SimBroker(this, broker, disk, ip, keys);
  }
}

export class SimBroker {
  readonly world: SimWorld;
  readonly broker: Broker;
  readonly disk: SimFileSystem;
  readonly client: RemotingClient;
  readonly #ip: string;
  readonly #keys: Keys;

  constructor(world: SimWorld, broker: Broker, disk: SimFileSystem, ip: string, keys: Keys) {
    this.world = world;
    this.broker = broker;
    this.disk = disk;
    this.#ip = ip;
    this.#keys = keys;
    this.client = world.client();
  }

  /** The answer is waited for in simulated time. */
  call(code: number, ext: Ext = {}, body?: Buffer, client = this.client): Promise<RemotingCommand> {
    return this.world.clock.run(this.ask(code, ext, body, client));
  }

  /** The answer may come later: time goes on only when the caller lets it. */
  ask(code: number, ext: Ext = {}, body?: Buffer, client = this.client): Promise<RemotingCommand> {
    return client.invoke(`${this.#ip}:10911`, { code, ext, ...(body && { body }) }, 120_000);
  }

  send(
    topic: string,
    body: string | Buffer = 'x',
    given: Partial<SendFields> = {},
  ): Promise<RemotingCommand> {
    const fields = sendFields(topic, { e: '0', ...given });
    return this.call(RequestCode.SEND_MESSAGE_V2, fields, Buffer.from(body));
  }

  /** Nothing is waited for when there is nothing. */
  pull(topic: string, queueOffset: number, given: Ext = {}): Promise<RemotingCommand> {
    const inline = { queueId: '0', sysFlag: '4', subscription: '*', suspendTimeoutMillis: '0' };
    return this.call(RequestCode.PULL_MESSAGE, { ...pullFields(topic, queueOffset, inline), ...given });
  }

  /** As `mqadmin updateBrokerConfig`. */
  change(key: string, value: string | number | boolean): Promise<RemotingCommand> {
    return this.call(RequestCode.UPDATE_BROKER_CONFIG, {}, Buffer.from(`${key}=${value}\n`));
  }

  async stop(): Promise<void> {
    await this.world.clock.run(this.client.close(0));
    await this.world.clock.run(this.broker.stop());
  }

  /** Stops it, and starts it again on its disk, with other keys. */
  async restart(keys: Keys = {}): Promise<SimBroker> {
    await this.stop();
    return this.world.broker({ ...this.#keys, ...keys }, this.disk, this.#ip);
  }

  /** The process dies, with a power failure when there is a seed, and starts again with other keys. */
  async crash(keys: Keys = {}, powerSeed?: number): Promise<SimBroker> {
    const disk = this.disk.crash({ ...(powerSeed !== undefined && { powerSeed }) });
    // The process that had the folder is this one, which lives on.
    disk.unlinkSync('/store/rocketmq-ts/owner');
    this.world.network.crash(this.#ip);
    await this.world.clock.advance(1_000);
    return this.world.broker({ ...this.#keys, ...keys }, disk, this.#ip);
  }
}
