/**
 * Tells every name server that this broker is here and which topics it has.
 *
 * Invariants: servers are told in parallel, so that a dead one delays neither the others nor the broker; a server that is sent
 * only a changed topic has taken the whole table before, on the same connection; when such a change may not have arrived, the
 * next whole table has a new data version, because 4.4.0's name server drops a table whose version it knows, even when it has
 * seen only a part of it. (A new version without need would undo what administrators set in the name server alone.)
 *
 * Behaviour from RocketMQ's BrokerOuterAPI and BrokerController.registerBrokerAll; unlike there, a server that was lost is
 * tried again after seconds and not with the next period.
 */
import { type Clock, type Logger, type Platform, type Turn, TurnPhase } from '@rocketmq-ts/platform';
import {
  crc32,
  decodeDataVersion,
  decodeKVTable,
  ExtReader,
  encodeDataVersion,
  encodeRegisterBrokerBody,
  equalDataVersions,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  responseCodeName,
  type TopicConfig,
  type TopicConfigSerializeWrapper,
} from '@rocketmq-ts/protocol';
import { type RemotingClient, RemotingError, RemotingTimeoutError } from '@rocketmq-ts/remoting';
import type { ConfigValues } from '../config/config-keys.ts';
import { PERM_READ, PERM_WRITE } from '../topic/built-in-topics.ts';
import type { TopicConfigTable } from '../topic/topic-config-table.ts';

/** After the first success the others get this long before the caller goes on. */
const GRACE_MS = 50;
const UNREGISTER_TIMEOUT_MS = 1_000;
const RETRY_MIN_MS = 2_000;
const RETRY_MAX_MS = 30_000;

interface NameServer {
  readonly address: string;
  /** True while the server has the whole table and the connection it was told on is open. */
  registered: boolean;
  /** What went wrong last, so that it is logged once. */
  lastError: string;
  /** Attempts in a row that failed, and when the next one is due, in monotonic milliseconds. */
  failures: number;
  retryAtMs: number;
}

export interface RegisterResult {
  readonly haServerAddr: string | undefined;
  readonly masterAddr: string | undefined;
}

export interface NameServersOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly config: ConfigValues;
  readonly topics: TopicConfigTable;
  readonly client: RemotingClient;
  /** Told with every answer: where the master is, for a slave. */
  readonly onRegistered?: (result: RegisterResult) => void;
}

export class NameServers {
  readonly #clock: Clock;
  readonly #turn: Turn;
  readonly #logger: Logger;
  readonly #config: ConfigValues;
  readonly #topics: TopicConfigTable;
  readonly #client: RemotingClient;
  readonly #onRegistered: ((result: RegisterResult) => void) | undefined;
  readonly #servers = new Map<string, NameServer>();
  readonly #changed = new Map<string, TopicConfig>();
  /** Callers of `changesTaken` that wait for the changes of this turn. */
  #awaiting: (() => void)[] = [];
  /** True when a change may have got lost on its way. */
  #inDoubt = false;
  #stopped = false;

  constructor(options: NameServersOptions) {
    this.#clock = options.platform.clock;
    this.#turn = options.platform.turn;
    this.#logger = options.logger;
    this.#config = options.config;
    this.#topics = options.topics;
    this.#client = options.client;
    this.#onRegistered = options.onRegistered;
  }

  get addresses(): string[] {
    return [...this.#servers.keys()];
  }

  /** Takes `host:port;host:port`; servers that are not in it are forgotten. */
  setAddresses(list: string): void {
    const wanted = new Set(
      list
        .split(';')
        .map((address) => address.trim())
        .filter((address) => address !== ''),
    );
    for (const address of this.#servers.keys()) if (!wanted.has(address)) this.#servers.delete(address);
    for (const address of wanted) {
      if (!this.#servers.has(address)) this.#servers.set(address, newServer(address));
    }
  }

  /** The connection to a server is gone: it may have restarted and know nothing. */
  connectionLost(address: string): void {
    const server = this.#servers.get(address);
    if (server !== undefined) server.registered = false;
  }

  get brokerAddress(): string {
    return `${this.#config.brokerIP1}:${this.#config.listenPort}`;
  }

  get haAddress(): string {
    return `${this.#config.brokerIP2}:${this.#config.haListenPort}`;
  }

  /**
   * Sends the whole table to every server. With `force` false only to those that say they have another version. Resolves when
   * all have answered, or shortly after the first did.
   */
  async registerAll(force: boolean): Promise<void> {
    // Whoever waits for a change waits for its own frame.
    if (this.#awaiting.length === 0) this.#changed.clear();
    await this.#register([...this.#servers.values()], force);
  }

  /** Tries those servers again that do not have the table, less and less often. */
  async registerMissing(): Promise<void> {
    const now = this.#clock.monotonicMs();
    const missing = [...this.#servers.values()].filter(
      (server) => !server.registered && now >= server.retryAtMs,
    );
    if (missing.length > 0) await this.#register(missing, true);
  }

  async #register(servers: readonly NameServer[], force: boolean): Promise<void> {
    if (servers.length === 0 || this.#stopped) return;
    if (this.#inDoubt) {
      this.#inDoubt = false;
      this.#topics.nextVersion();
    }
    const body = this.#encode(this.#visible(this.#topics.wrapper()));
    await this.#settled(servers.map((server) => this.#registerOne(server, body, force)));
  }

  /** Resolves when all have, or GRACE_MS after the first that succeeded. */
  #settled(calls: readonly Promise<boolean>[]): Promise<void> {
    return new Promise((resolve) => {
      let open = calls.length;
      if (open === 0) resolve();
      let waiting = false;
      for (const call of calls) {
        void call.then((succeeded) => {
          if (--open === 0) resolve();
          else if (succeeded && !waiting) {
            waiting = true;
            this.#clock.setTimeout(resolve, GRACE_MS);
          }
        });
      }
    });
  }

  async #registerOne(server: NameServer, body: Buffer, force: boolean): Promise<boolean> {
    try {
      if (!force && server.registered && !(await this.#hasOtherVersion(server))) return true;
      const timeoutMs = this.#config.registerBrokerTimeoutMills;
      const answer = await this.#client.invoke(server.address, this.#registerCommand(body), timeoutMs);
      if (answer.code !== ResponseCode.SUCCESS) throw refused(answer);
      server.registered = this.#client.connection(server.address) !== undefined;
      if (server.lastError !== '')
        this.#logger.info('registered with a name server again', { address: server.address });
      server.lastError = '';
      server.failures = 0;
      server.retryAtMs = 0;
      this.#take(answer);
      return true;
    } catch (error) {
      server.registered = false;
      // A connection that died without a word would keep this broker out of all routes until the kernel gives it up.
      if (error instanceof RemotingTimeoutError) this.#client.closeConnection(server.address);
      const waitMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** server.failures++);
      server.retryAtMs = this.#clock.monotonicMs() + waitMs;
      const reason = error instanceof Error ? error.message : String(error);
      // By code: the message of one that cannot be reached tells how often it was tried.
      const kind = error instanceof RemotingError ? error.code : reason;
      if (kind !== server.lastError) {
        this.#logger.warn(`could not register with the name server ${server.address}: ${reason}`);
      }
      server.lastError = kind;
      return false;
    }
  }

  async #hasOtherVersion(server: NameServer): Promise<boolean> {
    const command = {
      code: RequestCode.QUERY_DATA_VERSION,
      ext: this.#identity(),
      body: encodeDataVersion(this.#topics.version),
    };
    const answer = await this.#client.invoke(
      server.address,
      command,
      this.#config.registerBrokerTimeoutMills,
    );
    if (answer.code !== ResponseCode.SUCCESS) return true;
    const changed =
      new ExtReader(RequestCode.QUERY_DATA_VERSION, answer.ext).optionalBoolean('changed') ?? true;
    if (changed || answer.body === undefined || answer.body.length === 0) return changed;
    return !equalDataVersions(decodeDataVersion(answer.body), this.#topics.version);
  }

  #take(answer: RemotingCommand): void {
    this.#onRegistered?.({
      haServerAddr: answer.ext.get('haServerAddr'),
      masterAddr: answer.ext.get('masterAddr'),
    });
    if (answer.body !== undefined && answer.body.length > 0) {
      this.#topics.applyOrder(decodeKVTable(answer.body).table);
    }
  }

  /** A topic was created or changed: servers hear of it at the end of the turn, one frame for all changes in it. */
  topicChanged(topic: TopicConfig): void {
    if (this.#servers.size === 0 || this.#stopped) return;
    if (this.#changed.size === 0) this.#turn.defer(TurnPhase.complete, this);
    this.#changed.set(topic.topicName, topic);
  }

  runAtTurnEnd(): void {
    const awaiting = this.#awaiting;
    this.#awaiting = [];
    const taken = this.#tellChanges(awaiting.length > 0);
    if (awaiting.length === 0) return;
    void taken.then(() => {
      for (const resolve of awaiting) resolve();
    });
  }

  /** Resolves once the servers that are there have taken the changes of this turn. */
  changesTaken(): Promise<void> {
    if (this.#changed.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#awaiting.push(resolve));
  }

  async #tellChanges(awaited: boolean): Promise<void> {
    if (this.#changed.size === 0 || this.#stopped) return;
    const wrapper = { topicConfigTable: new Map(this.#changed), dataVersion: this.#topics.version };
    this.#changed.clear();
    const command = this.#registerCommand(this.#encode(this.#visible(wrapper)));
    // A server that does not have the whole table gets it with the next try.
    const timeoutMs = this.#config.registerBrokerTimeoutMills;
    await this.#settled(
      this.#registeredServers().map(async (server) => {
        try {
          if (!awaited) {
            await this.#client.oneway(server.address, command);
            return true;
          }
          const answer = await this.#client.invoke(server.address, command, timeoutMs);
          return answer.code === ResponseCode.SUCCESS || this.#changeLost(server);
        } catch {
          return this.#changeLost(server);
        }
      }),
    );
  }

  #changeLost(server: NameServer): false {
    server.registered = false;
    this.#inDoubt = true;
    return false;
  }

  #registeredServers(): NameServer[] {
    return [...this.#servers.values()].filter((server) => server.registered);
  }

  /** A broker that may not be read or written hides the permissions of its topics behind its own. */
  #visible(wrapper: TopicConfigSerializeWrapper): TopicConfigSerializeWrapper {
    const perm = this.#config.brokerPermission;
    const open = PERM_READ | PERM_WRITE;
    if ((perm & open) === open) return wrapper;
    const topicConfigTable = new Map<string, TopicConfig>();
    for (const [name, topic] of wrapper.topicConfigTable) topicConfigTable.set(name, { ...topic, perm });
    return { topicConfigTable, dataVersion: wrapper.dataVersion };
  }

  #encode(topicConfigSerializeWrapper: TopicConfigSerializeWrapper): Buffer {
    return encodeRegisterBrokerBody(
      { topicConfigSerializeWrapper, filterServerList: [] },
      this.#config.compressedRegister,
    );
  }

  #registerCommand(body: Buffer) {
    return {
      code: RequestCode.REGISTER_BROKER,
      ext: {
        ...this.#identity(),
        haServerAddr: this.haAddress,
        compressed: this.#config.compressedRegister,
        bodyCrc32: crc32(body, 0, body.length),
      },
      body,
    };
  }

  #identity() {
    return {
      brokerName: this.#config.brokerName,
      brokerAddr: this.brokerAddress,
      clusterName: this.#config.brokerClusterName,
      brokerId: this.#config.brokerId,
    };
  }

  /** Takes the broker out of every server that has it. Nothing is registered afterwards. */
  async unregisterAll(): Promise<void> {
    this.#stopped = true;
    const command = { code: RequestCode.UNREGISTER_BROKER, ext: this.#identity() };
    const servers = this.#registeredServers();
    await Promise.all(
      servers.map(async (server) => {
        try {
          const answer = await this.#client.invoke(server.address, command, UNREGISTER_TIMEOUT_MS);
          if (answer.code !== ResponseCode.SUCCESS) throw refused(answer);
          this.#logger.info('unregistered from a name server', { address: server.address });
        } catch (error) {
          this.#logger.warn(`could not unregister from the name server ${server.address}`, { error });
        }
      }),
    );
  }
}

function newServer(address: string): NameServer {
  return { address, registered: false, lastError: '', failures: 0, retryAtMs: 0 };
}

function refused(answer: RemotingCommand): Error {
  return new Error(`it answered ${responseCodeName(answer.code)} (${answer.code}): ${answer.remark ?? ''}`);
}
