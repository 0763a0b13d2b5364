/** The control side of a broker on simulated time and network, its state files on a real disk, and clients to talk to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Platform, realPlatform, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';
import {
  buildSubscriptionData,
  encodeHeartbeatData,
  encodeRecord,
  type RemotingCommand,
  RequestCode,
} from '@rocketmq-ts/protocol';
import { RemotingClient, RemotingServer } from '@rocketmq-ts/remoting';
import { type BrokerParts, buildParts } from '../../src/broker-parts.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { controlHandlers } from '../../src/processor/control-handlers.ts';
import { testHost } from '../support/host-facts.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { ControlStore } from './control-store.ts';
import type { FakeQueue } from './fake-store.ts';

const STORE_HOST = { ip: 0x7f000001, port: 10911 };
type Ext = Record<string, string | number | boolean>;

export interface Member {
  readonly group: string;
  readonly topics: Record<string, string>;
  readonly subVersion?: number;
  readonly messageModel?: 'CLUSTERING' | 'BROADCASTING';
}

export class ControlRig {
  readonly clock = new SimClock();
  readonly logger = new RecordingLogger();
  readonly folder = mkdtempSync(join(tmpdir(), 'control-rig-'));
  readonly config: BrokerConfig;
  readonly store: ControlStore;
  readonly parts: BrokerParts;
  readonly client: RemotingClient;
  readonly persisted: Record<string, string>[] = [];
  readonly #platform: Platform;
  readonly #network: SimNetwork;
  readonly #server: RemotingServer;
  readonly #clients: RemotingClient[] = [];

  private constructor(settings: Record<string, string>) {
    this.#network = new SimNetwork({ clock: this.clock, random: new SimRandom(1) });
    this.#platform = {
      clock: this.clock,
      fileSystem: realPlatform().fileSystem,
      network: this.#network.host('10.0.0.1'),
      random: new SimRandom(2),
      turn: new Turn(this.clock),
    };
    const overrides = new Map(
      Object.entries({
        brokerName: 'broker-x',
        storePathRootDir: this.folder,
        brokerIP1: '127.0.0.1',
        ...settings,
      }),
    );
    this.config = BrokerConfig.load({ host: testHost, overrides });
    this.store = new ControlStore({ platform: this.#platform, storeHost: STORE_HOST });
    this.parts = buildParts({
      platform: this.#platform,
      logger: this.logger,
      config: this.config,
      store: this.store.asStore,
      bootTimestamp: this.clock.now(),
      persistConfig: (changes) => this.persisted.push(Object.fromEntries(changes)),
      configChanged: () => {},
    });
    const { consumers, producers } = this.parts.control;
    this.#server = new RemotingServer({
      platform: this.#platform,
      host: '10.0.0.1',
      ports: [10911],
      onClose: (connection) => {
        consumers.connectionClosed(connection);
        producers.connectionClosed(connection);
      },
    });
    for (const [code, handler] of controlHandlers(this.parts.control)) this.#server.handle(code, handler);
    this.client = this.newClient();
  }

  static async start(settings: Record<string, string> = {}): Promise<ControlRig> {
    const rig = new ControlRig(settings);
    rig.parts.load();
    await rig.clock.run(rig.#server.start());
    return rig;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) await this.clock.run(client.close(0));
    await this.clock.run(this.#server.stop(0));
    this.parts.dataPath.stop();
    rmSync(this.folder, { recursive: true });
  }

  newClient(language?: number): RemotingClient {
    const platform = { ...this.#platform, network: this.#network.host('10.0.0.2') };
    const client = new RemotingClient({ platform, language });
    this.#clients.push(client);
    return client;
  }

  call(code: number, ext: Ext | ReadonlyMap<string, string> = {}, body?: Buffer, client = this.client) {
    return this.clock.run<RemotingCommand>(client.invoke('10.0.0.1:10911', { code, ext, body }, 60_000));
  }

  /** A client's heartbeat. */
  beat(
    clientID: string,
    members: readonly Member[],
    producers: readonly string[] = [],
    client = this.client,
  ) {
    const body = encodeHeartbeatData({
      clientID,
      producerDataSet: producers.map((groupName) => ({ groupName })),
      consumerDataSet: members.map((member) => ({
        groupName: member.group,
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: member.messageModel ?? 'CLUSTERING',
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        subscriptionDataSet: Object.entries(member.topics).map(([topic, expression]) =>
          buildSubscriptionData(topic, expression, member.subVersion ?? 1),
        ),
        unitMode: false,
      })),
    });
    return this.call(RequestCode.HEART_BEAT, {}, body, client);
  }

  /** Puts `count` records into a queue, one a second. */
  fill(topic: string, queueId: number, count: number, tags = ''): void {
    const queue = this.store.queue(topic, queueId) as unknown as FakeQueue;
    for (let i = 0; i < count; i++) {
      const physicalOffset = this.store.maxPhysicalOffset + queue.records.length * 1_000;
      const bytes = encodeRecord({
        topic,
        queueId,
        flag: 0,
        queueOffset: queue.records.length,
        commitLogOffset: physicalOffset,
        sysFlag: 0,
        bornTimestamp: 1,
        bornHost: '127.0.0.1:1',
        storeTimestamp: this.clock.now() - (count - i) * 1_000,
        storeHost: '127.0.0.1:10911',
        reconsumeTimes: 0,
        preparedTransactionOffset: 0,
        properties: new Map(tags === '' ? [] : [['TAGS', tags]]),
        body: Buffer.from('x'),
      });
      queue.records.push({ physicalOffset, end: physicalOffset + bytes.length, bytes, tagsCode: 0 });
    }
    queue.maxOffset = queue.records.length;
  }
}
