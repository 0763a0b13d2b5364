/** The data path of a broker on simulated time and network, with tables that a test fills, and a client to talk to it. */
import { type Platform, silentLogger, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';
import {
  buildSubscriptionData,
  newSubscriptionGroupConfig,
  type RemotingCommand,
  RequestCode,
  type SubscriptionData,
  type TopicConfig,
} from '@rocketmq-ts/protocol';
import { RemotingClient, RemotingServer } from '@rocketmq-ts/remoting';
import type {
  BrokerContext,
  ConsumerGroupInfo,
  CreateOnSend,
  DataPathConfig,
  GroupEntry,
  TopicEntry,
} from '../../src/broker-context.ts';
import { ByteInterner } from '../../src/byte-interner.ts';
import { DataPath } from '../../src/data-path.ts';
import type { SlaveAcks } from '../../src/replication/slave-acks.ts';
import { PutTimes } from '../../src/stats/put-times.ts';
import { topicKindOf } from '../../src/topic-kind.ts';
import { FakeStore } from './fake-store.ts';

export const STORE_HOST = { ip: 0x7f000001, port: 10911 };

export interface BrokerRigOptions {
  readonly config?: Partial<DataPathConfig>;
  readonly serializeType?: number;
  readonly storeHost?: { readonly ip: number; readonly port: number };
  /** What the answers of a SYNC_MASTER wait for. */
  readonly slaves?: SlaveAcks;
}

export class BrokerRig {
  readonly clock = new SimClock();
  readonly platform: Platform;
  readonly config: DataPathConfig;
  readonly store: FakeStore;
  readonly context: BrokerContext;
  readonly dataPath: DataPath;
  readonly server: RemotingServer;
  readonly client: RemotingClient;
  readonly topics = new Map<string, TopicEntry>();
  readonly groups = new Map<string, GroupEntry>();
  readonly consumers = new Map<
    string,
    { messageModel: ConsumerGroupInfo['messageModel']; subscriptions: Map<string, SubscriptionData> }
  >();
  readonly committed: string[] = [];
  readonly orderTopics = new Set<string>();
  /** Topics that `createOnSend` may make from TBW102. */
  autoCreate = true;
  autoCreateGroups = true;
  readonly #topicBytes = new ByteInterner<TopicEntry>();
  readonly #network: SimNetwork;
  readonly #serializeType: number;
  readonly #storeHost: { readonly ip: number; readonly port: number };

  private constructor(options: BrokerRigOptions) {
    this.#network = new SimNetwork({ clock: this.clock, random: new SimRandom(1) });
    this.#serializeType = options.serializeType ?? 0;
    this.#storeHost = options.storeHost ?? STORE_HOST;
    this.platform = {
      clock: this.clock,
      fileSystem: undefined as never,
      network: this.#network.host('10.0.0.1'),
      random: new SimRandom(2),
      turn: new Turn(this.clock),
    };
    this.config = { ...defaultConfig(), ...options.config };
    this.store = new FakeStore({
      platform: this.platform,
      flushDiskType: this.config.flushDiskType,
      storeHost: this.#storeHost,
    });
    this.context = { ...this.#makeContext(), slaves: options.slaves };
    this.dataPath = new DataPath(this.context);
    this.server = new RemotingServer({ platform: this.platform, host: '10.0.0.1', ports: [10911] });
    this.dataPath.register(this.server);
    this.client = this.newClient();
  }

  static async start(options: BrokerRigOptions = {}): Promise<BrokerRig> {
    const rig = new BrokerRig(options);
    await rig.run(rig.server.start());
    rig.addTopic('TBW102', { perm: 7, readQueueNums: 8, writeQueueNums: 8 });
    return rig;
  }

  async stop(): Promise<void> {
    this.dataPath.stop();
    await this.run(this.client.close());
    await this.run(this.server.stop());
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.run(promise);
  }

  newClient(): RemotingClient {
    return new RemotingClient({
      platform: { ...this.platform, network: this.#network.host('10.0.0.2') },
      serializeType: this.#serializeType,
    });
  }

  /** Starts a call; the answer comes when time goes on. */
  ask(
    code: number,
    ext: Record<string, string | number | boolean>,
    body?: Buffer,
    client = this.client,
  ): Promise<RemotingCommand> {
    return client.invoke('10.0.0.1:10911', { code, ext, body }, 60_000);
  }

  /** Makes a call and lets time run until it is answered. */
  call(
    code: number,
    ext: Record<string, string | number | boolean>,
    body?: Buffer,
  ): Promise<RemotingCommand> {
    return this.run(this.ask(code, ext, body));
  }

  send(topic: string, body: string, given: Partial<SendFields> = {}): Promise<RemotingCommand> {
    return this.call(RequestCode.SEND_MESSAGE_V2, sendFields(topic, given), Buffer.from(body));
  }

  pull(topic: string, queueOffset: number, given: Partial<PullFields> = {}): Promise<RemotingCommand> {
    return this.call(RequestCode.PULL_MESSAGE, pullFields(topic, queueOffset, given));
  }

  /** Sends bytes as they are on a connection of their own; answers what comes back within a second. */
  async exchange(frame: Buffer): Promise<Buffer> {
    const network = this.#network.host('10.0.0.2');
    const stream = await this.run(network.connect({ host: '10.0.0.1', port: 10911, timeoutMs: 1000 }));
    const chunks: Buffer[] = [];
    stream.setHandler({ onData: (chunk) => chunks.push(Buffer.from(chunk)), onDrain() {}, onClose() {} });
    stream.write([frame]);
    await this.clock.advance(1000);
    stream.destroy();
    return Buffer.concat(chunks);
  }

  addTopic(name: string, given: Partial<TopicConfig> = {}): TopicEntry {
    const entry: TopicEntry = {
      name,
      kind: topicKindOf(name),
      config: {
        topicName: name,
        readQueueNums: 4,
        writeQueueNums: 4,
        perm: 6,
        topicFilterType: 'SINGLE_TAG',
        topicSysFlag: 0,
        order: false,
        ...given,
      },
      storeTopic: this.store.topic(name),
      deleted: false,
      putNums: 0,
      putSizeBytes: 0,
    };
    this.topics.set(name, entry);
    this.#topicBytes.set(name, entry);
    return entry;
  }

  addGroup(name: string, given: Partial<GroupEntry['config']> = {}): GroupEntry {
    const entry: GroupEntry = {
      name,
      config: { ...newSubscriptionGroupConfig(name), ...given },
      deleted: false,
      counters: new Map(),
    };
    this.groups.set(name, entry);
    return entry;
  }

  /** What a heartbeat of the group's consumers would tell. */
  subscribe(group: string, topic: string, expression: string, subVersion = 1): void {
    if (!this.groups.has(group)) this.addGroup(group);
    let known = this.consumers.get(group);
    if (known === undefined) {
      known = { messageModel: 'CLUSTERING', subscriptions: new Map() };
      this.consumers.set(group, known);
    }
    known.subscriptions.set(topic, buildSubscriptionData(topic, expression, subVersion));
  }

  #makeContext(): BrokerContext {
    return {
      platform: this.platform,
      config: this.config,
      store: this.store.asStore,
      storeHost: this.#storeHost,
      topics: {
        find: (name) => this.topics.get(name),
        findByBytes: (buffer, start, end) => this.#topicBytes.get(buffer, start, end),
        createOnSend: (request) => this.#createOnSend(request),
        createOnSendBack: (name, queues, perm, topicSysFlag) =>
          this.topics.get(name) ??
          this.addTopic(name, { readQueueNums: queues, writeQueueNums: queues, perm, topicSysFlag }),
        isOrderTopic: (name) => this.orderTopics.has(name),
      },
      groups: {
        find: (name) => this.groups.get(name) ?? (this.autoCreateGroups ? this.addGroup(name) : undefined),
      },
      consumers: { find: (group) => this.consumers.get(group) },
      offsets: {
        commit: (group, topic, queueId, offset) =>
          this.committed.push(`${topic}@${group}:${queueId}=${offset}`),
        query: () => -1,
      },
      stats: {
        putNums: 0,
        putSizeBytes: 0,
        putFailedNums: 0,
        getNums: 0,
        getSizeBytes: 0,
        getFoundTimes: 0,
        getMissTimes: 0,
        putEntireTimeMaxMs: 0,
        getEntireTimeMaxMs: 0,
        putTimes: new PutTimes(),
      },
      log: silentLogger,
    };
  }

  #createOnSend(request: CreateOnSend): TopicEntry | undefined {
    const source = this.topics.get(request.defaultTopic);
    if (!this.autoCreate || source === undefined) return undefined;
    const queues = Math.min(request.defaultTopicQueueNums, source.config.writeQueueNums);
    return this.addTopic(request.topic, {
      readQueueNums: queues,
      writeQueueNums: queues,
      topicSysFlag: request.topicSysFlag,
    });
  }
}

function defaultConfig(): DataPathConfig {
  return {
    brokerName: 'broker-a',
    brokerIP1: '127.0.0.1',
    brokerId: 0,
    brokerRole: 'ASYNC_MASTER',
    brokerPermission: 6,
    regionId: 'DefaultRegion',
    traceOn: true,
    rejectTransactionMessage: false,
    startAcceptSendRequestTimeStamp: 0,
    maxMessageSize: 4194304,
    sendThreadPoolQueueCapacity: 10_000,
    pullThreadPoolQueueCapacity: 100_000,
    flushDiskType: 'ASYNC_FLUSH',
    syncFlushTimeout: 5000,
    longPollingEnable: true,
    shortPollingTimeMills: 1000,
    slaveReadEnable: false,
    offsetCheckInSlave: false,
    enablePropertyFilter: false,
    filterSupportRetry: false,
    defaultQueryMaxNum: 32,
    messageDelayLevel: '1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h',
    flushDelayOffsetInterval: 10_000,
    storePathRootDir: '/store',
  };
}

export type SendFields = Record<
  'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm',
  string
>;

/** The fields of code 310, as a 4.4.0 producer fills them. */
export function sendFields(topic: string, given: Partial<SendFields> = {}): Record<string, string> {
  return {
    a: 'PG1',
    b: topic,
    c: 'TBW102',
    d: '4',
    e: '1',
    f: '0',
    g: '1795383917503',
    h: '0',
    i: 'UNIQ_KEY\x01C000020231CD1DBD16A670D093BC0000\x02WAIT\x01true\x02TAGS\x01TagA\x02',
    j: '0',
    k: 'false',
    m: 'false',
    ...given,
  };
}

export type PullFields = Record<
  | 'consumerGroup'
  | 'topic'
  | 'queueId'
  | 'queueOffset'
  | 'maxMsgNums'
  | 'sysFlag'
  | 'commitOffset'
  | 'suspendTimeoutMillis'
  | 'subscription'
  | 'subVersion'
  | 'expressionType',
  string
>;

/** The fields of code 11, as a 4.4.0 push consumer fills them. */
export function pullFields(
  topic: string,
  queueOffset: number,
  given: Partial<PullFields> = {},
): Record<string, string> {
  return {
    consumerGroup: 'CG1',
    topic,
    queueId: '1',
    queueOffset: `${queueOffset}`,
    maxMsgNums: '32',
    sysFlag: '2',
    commitOffset: '0',
    suspendTimeoutMillis: '15000',
    subVersion: '1',
    expressionType: 'TAG',
    ...given,
  };
}

/** `fields` without one of them. */
export function without(fields: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}
