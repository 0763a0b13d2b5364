/**
 * A whole broker on simulated time, disk and network, and producers that send half messages, end them, and hear the broker's
 * questions. Time-out 1 s, a round of questions every 10 s.
 */
import { type Platform, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimFileSystem, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';
import {
  decodeRecords,
  encodeProperties,
  type MessageExt,
  MessageSysFlag,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import { Broker } from '../../src/broker.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { pullFields, sendFields } from '../rig/broker-rig.ts';
import { testHost } from '../support/host-facts.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

export const CHECK_INTERVAL_MS = 10_000;
export const COMMIT = MessageSysFlag.TRANSACTION_COMMIT_TYPE;
export const ROLLBACK = MessageSysFlag.TRANSACTION_ROLLBACK_TYPE;
export const UNKNOWN = MessageSysFlag.TRANSACTION_NOT_TYPE;
const ADDRESS = '10.0.0.1:10911';

/** Where a half message is: what code 37 needs. */
export interface Half {
  readonly uniqKey: string;
  readonly commitLogOffset: number;
  readonly queueOffset: number;
}

/** A question (39) as a producer got it. */
export interface Question {
  readonly half: Half;
  readonly ext: ReadonlyMap<string, string>;
  readonly message: MessageExt;
}

export class ScenarioProducer {
  readonly questions: Question[] = [];
  readonly client: RemotingClient;
  readonly #scene: TransactionScene;
  readonly #group: string;

  constructor(scene: TransactionScene, client: RemotingClient, group: string) {
    this.#scene = scene;
    this.client = client;
    this.#group = group;
    client.handle(RequestCode.CHECK_TRANSACTION_STATE, (request) => {
      const [message] = decodeRecords(Buffer.from(request.body));
      if (message === undefined) throw new Error('a question without its message');
      const commitLogOffset = Number(request.ext.get('commitLogOffset'));
      const queueOffset = Number(request.ext.get('tranStateTableOffset'));
      const uniqKey = String(request.ext.get('transactionId'));
      this.questions.push({ half: { uniqKey, commitLogOffset, queueOffset }, ext: request.ext, message });
      return undefined;
    });
  }

  /** The broker asks only those who sent a heartbeat. */
  async heartbeat(): Promise<void> {
    const body = { clientID: 'P', producerDataSet: [{ groupName: this.#group }], consumerDataSet: [] };
    await this.#call(RequestCode.HEART_BEAT, {}, JSON.stringify(body));
  }

  /** Sends a half message to queue 1 of topic T. */
  async sendHalf(
    uniqKey: string,
    body: string,
    properties: Readonly<Record<string, string>> = {},
  ): Promise<Half> {
    const all = { UNIQ_KEY: uniqKey, WAIT: 'true', TRAN_MSG: 'true', PGROUP: this.#group, ...properties };
    const fields = sendFields('T', {
      a: this.#group,
      f: String(MessageSysFlag.TRANSACTION_PREPARED_TYPE),
      g: String(this.#scene.clock.now()),
      i: encodeProperties(new Map(Object.entries(all))),
    });
    const answer = await this.#call(RequestCode.SEND_MESSAGE_V2, fields, body);
    if (answer.code !== ResponseCode.SUCCESS) throw new Error(answer.remark);
    const commitLogOffset = Number.parseInt(String(answer.ext.get('msgId')).slice(16), 16);
    return { uniqKey, commitLogOffset, queueOffset: Number(answer.ext.get('queueOffset')) };
  }

  /** Ends a transaction; as a call, so that the test sees the answer that a producer never asks for. */
  end(
    half: Half,
    commitOrRollback: number,
    given: Record<string, string | number> = {},
  ): Promise<RemotingCommand> {
    const fields = {
      producerGroup: this.#group,
      tranStateTableOffset: half.queueOffset,
      commitLogOffset: half.commitLogOffset,
      commitOrRollback,
      fromTransactionCheck: 'false',
      msgId: half.uniqKey,
      transactionId: half.uniqKey,
    };
    return this.#call(RequestCode.END_TRANSACTION, { ...fields, ...given });
  }

  leave(): Promise<void> {
    return this.#scene.clock.run(this.client.close());
  }

  #call(code: number, ext: Record<string, string | number>, body = ''): Promise<RemotingCommand> {
    return this.#scene.clock.run(this.client.invoke(ADDRESS, { code, ext, body: Buffer.from(body) }, 10_000));
  }
}

export class TransactionScene {
  readonly clock = new SimClock();
  readonly logger = new RecordingLogger();
  readonly #network = new SimNetwork({ clock: this.clock, random: new SimRandom(1) });
  readonly #config: Readonly<Record<string, string>>;
  disk = new SimFileSystem({ clock: this.clock });
  #broker: Broker | undefined;

  constructor(config: Readonly<Record<string, string>> = {}) {
    this.#config = config;
  }

  static async start(config: Readonly<Record<string, string>> = {}): Promise<TransactionScene> {
    const scene = new TransactionScene(config);
    await scene.startBroker();
    return scene;
  }

  async startBroker(): Promise<void> {
    const settings = {
      brokerName: 'broker-a',
      brokerIP1: '10.0.0.1',
      listenHost: '10.0.0.1',
      storePathRootDir: '/store',
      mapedFileSizeCommitLog: '1048576',
      maxMessageSize: '65536',
      zeroAheadBytes: '1048576',
      transactionTimeOut: '1000',
      transactionCheckInterval: String(CHECK_INTERVAL_MS),
      ...this.#config,
    };
    const config = BrokerConfig.load({ host: testHost, overrides: new Map(Object.entries(settings)) });
    const platform = this.#platformOf('10.0.0.1', this.disk);
    this.#broker = await this.clock.run(Broker.start(platform, config, { logger: this.logger }));
  }

  async stop(): Promise<void> {
    if (this.#broker !== undefined) await this.clock.run(this.#broker.stop());
    this.#broker = undefined;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.startBroker();
  }

  /** The broker is killed, and starts again with what the operating system has. */
  async killAndRestart(): Promise<void> {
    this.disk = this.disk.crash();
    // It names the process of this test, which lives on.
    this.disk.unlinkSync('/store/rocketmq-ts/owner');
    this.#broker = undefined;
    this.#network.crash('10.0.0.1');
    await this.clock.advance(100);
    await this.startBroker();
  }

  /** The power fails: what was not synced is gone. */
  async powerFailureAndRestart(): Promise<void> {
    this.disk = this.disk.crash({ powerSeed: 1 });
    this.#broker = undefined;
    this.#network.crash('10.0.0.1');
    await this.clock.advance(100);
    await this.startBroker();
  }

  /** The next write of a record fails. */
  failNextLogWrite(): void {
    const { disk } = this;
    disk.onOperation = ({ kind, path, length }) => {
      if (kind !== 'write' || !path.includes('/commitlog/') || length > 100_000) return undefined;
      disk.onOperation = undefined;
      return { code: 'EIO' };
    };
  }

  /** A producer of PG that has said that it is there. */
  async producer(group = 'PG'): Promise<ScenarioProducer> {
    const producer = this.silentProducer(group);
    await producer.heartbeat();
    return producer;
  }

  silentProducer(group = 'PG'): ScenarioProducer {
    return new ScenarioProducer(this, this.#newClient(), group);
  }

  /** Lets `rounds` rounds of questions pass. */
  async rounds(rounds: number, ...alive: readonly ScenarioProducer[]): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      for (const producer of alive) await producer.heartbeat();
      await this.clock.advance(CHECK_INTERVAL_MS);
    }
  }

  /** What consumers of topic T get. */
  async delivered(): Promise<MessageExt[]> {
    const client = this.#newClient();
    const messages: MessageExt[] = [];
    for (;;) {
      const fields = pullFields('T', messages.length, { sysFlag: '4', subscription: '*' });
      const answer = await this.clock.run(
        client.invoke(ADDRESS, { code: RequestCode.PULL_MESSAGE, ext: fields }, 10_000),
      );
      if (answer.code !== ResponseCode.SUCCESS) break;
      messages.push(...decodeRecords(answer.body as Buffer));
    }
    await this.clock.run(client.close());
    return messages;
  }

  async bodies(): Promise<string[]> {
    return (await this.delivered()).map((message) => message.body.toString());
  }

  #newClient(): RemotingClient {
    const disk = new SimFileSystem({ clock: this.clock });
    return new RemotingClient({ platform: this.#platformOf('10.0.0.2', disk) });
  }

  #platformOf(host: string, fileSystem: SimFileSystem): Platform {
    const { clock } = this;
    const network = this.#network.host(host);
    return { clock, fileSystem, network, random: new SimRandom(2), turn: new Turn(clock) };
  }
}
