/**
 * One broker: its store, tables, listeners, registration and timers, from start to stop.
 *
 * Start: ports looked at, store opened (which takes its folder), state files read, listeners opened, name servers told.
 * Stop: name servers told, listeners closed, held requests let go, state written, store closed. A start that fails undoes what
 * it did.
 *
 * Behaviour from RocketMQ's BrokerController and BrokerStartup.
 */
import { join } from 'node:path';
import { type Logger, type Platform, silentLogger } from '@rocketmq-ts/platform';
import { RequestCode, SerializeType } from '@rocketmq-ts/protocol';
import {
  askAddressServer,
  ClientTls,
  RemotingServer,
  readTlsSettings,
  ServerTls,
  type TlsClientSettings,
  type TlsServerSettings,
} from '@rocketmq-ts/remoting';
import { MessageStore, type StoreError } from '@rocketmq-ts/store';
import type { AccessValidator } from './acl/access-validator.ts';
import { BrokerError } from './broker-error.ts';
import { type BrokerParts, buildParts } from './broker-parts.ts';
import { choosePorts, explainMetricsPort, explainPorts, reservePort } from './broker-ports.ts';
import type { BrokerConfig } from './config/broker-config.ts';
import { persistSettings } from './config/config-file.ts';
import { serverLimits } from './config/server-limits.ts';
import { storeOptions, storeSettings } from './config/store-options.ts';
import { accessGuard, openAclFile } from './control/access-guard.ts';
import { disableSlowConsumers } from './control/slow-consumers.ts';
import { BrokerScrape } from './metrics/broker-scrape.ts';
import { MetricsServer } from './metrics/metrics-server.ts';
import { PeriodicTasks } from './periodic-tasks.ts';
import { controlHandlers } from './processor/control-handlers.ts';
import { allowedPeers } from './replication/peer-rule.ts';
import { BrokerStatistics } from './stats/broker-statistics.ts';

const REGISTER_RETRY_MS = 3_000;
/** The first registration may take this long before the start goes on without it. */
const REGISTER_WAIT_MS = 300;
const ADDRESS_SERVER_PERIOD_MS = 120_000;
const HOUSEKEEPING_MS = 10_000;
const FIRST_SYNC_MS = 10_000;
/** A slave without a connection asks the name servers where its master is. */
const LOOK_FOR_MASTER_MS = 5_000;
const PROTECTION_MS = 180_000;

export interface BrokerOptions {
  readonly logger?: Logger;
  /** Called once when the disk failed: nothing is acknowledged any more, and the process has to end. */
  readonly onFatal?: (error: Error) => void;
}

export class Broker {
  readonly config: BrokerConfig;
  #platform: Platform;
  readonly #logger: Logger;
  readonly #tasks: PeriodicTasks;
  readonly #onFatal: ((error: Error) => void) | undefined;
  /** Undone in reverse order. */
  readonly #undo: (() => void | Promise<void>)[] = [];
  #parts!: BrokerParts;
  #server: RemotingServer | undefined;
  #tls!: ServerTls;
  /** Of the replication port. */
  #haTls!: ServerTls;
  #clientTls: TlsClientSettings | undefined;
  #metrics: MetricsServer | undefined;
  #stopping: Promise<void> | undefined;
  #stopped = false;

  private constructor(platform: Platform, config: BrokerConfig, options: BrokerOptions) {
    this.config = config;
    this.#platform = platform;
    this.#logger = options.logger ?? silentLogger;
    this.#onFatal = options.onFatal;
    this.#tasks = new PeriodicTasks(platform.clock, this.#logger);
  }

  /** Resolves once all ports accept. Rejects with BrokerError, StateFileError, StoreError, TlsError or RemotingError. */
  static async start(platform: Platform, config: BrokerConfig, options: BrokerOptions = {}): Promise<Broker> {
    const broker = new Broker(platform, config, options);
    try {
      await broker.#start();
      return broker;
    } catch (error) {
      await broker.stop();
      throw error;
    }
  }

  get port(): number {
    return this.config.values.listenPort;
  }

  /** `ip:port` as told to name servers. */
  get address(): string {
    return `${this.config.values.brokerIP1}:${this.port}`;
  }

  /** The line that says that the broker is ready, worded as RocketMQ does. */
  get bootMessage(): string {
    const { brokerName, serializeType } = this.config.values;
    const nameServers = this.#parts.control.nameServers.addresses.join(';');
    const told = nameServers === '' ? '' : ` and name server is ${nameServers}`;
    return `The broker[${brokerName}, ${this.address}] boot success. serializeType=${serializeType}${told}`;
  }

  async #start(): Promise<void> {
    const { config } = this;
    const values = config.values;
    const clock = this.#platform.clock;
    const bootTimestamp = clock.now();
    for (const warning of config.warnings) this.#logger.warn(warning);
    if (values.brokerRole === 'SLAVE' && values.haMasterAddress === '' && values.namesrvAddr === '') {
      this.#logger.warn(
        'this slave has no master to copy: set namesrvAddr, so that name servers tell where it is, or haMasterAddress',
      );
    }
    this.#refuseForgottenLog();
    config.version = { timestamp: bootTimestamp, counter: 0 };
    const clientTls = this.#openTls();
    await this.#choosePorts();
    const store = await MessageStore.open(this.#platform, storeOptions(config, this.#logger));
    this.#undo.push(() => store.shutdown());
    store.onFailure((error) => this.#storeFailed(error));
    const parts = buildParts({
      platform: this.#platform,
      logger: this.#logger,
      config,
      clientTls,
      store,
      bootTimestamp,
      persistConfig: (changes) => this.#persistConfig(changes),
      configChanged: (keys) => this.#configChanged(keys),
    });
    this.#parts = parts;
    // After the store is shut down: what is delivered of delayed messages must be durable before it is noted.
    this.#undo.unshift(
      () => parts.client.close(0),
      () => parts.dataPath.persist(),
    );
    parts.load();
    this.#undo.push(() => parts.state.flush());
    store.start();
    parts.dataPath.start();
    parts.slave?.start();
    this.#undo.push(() => parts.slave?.stop());
    await this.#serveMetrics();
    await this.#listen();
    this.#schedule();
    await this.#firstRegistration();
  }

  async #choosePorts(): Promise<void> {
    const { listenHost, listenPort } = this.config.values;
    const { base, ports } = await choosePorts(this.#platform, listenHost, listenPort);
    this.config.setListenPort(base);
    if (ports === undefined) return;
    this.#undo.push(() => ports.close());
    this.#platform = { ...this.#platform, network: ports };
  }

  /**
   * 4.4.0 keeps its log in ~/store/commitlog when only storePathRootDir is set; ours keeps it in the root. A root that has
   * queues but no log was written that way: starting would hide its messages.
   */
  #refuseForgottenLog(): void {
    const { storePathRootDir, storePathCommitLog, storePathConsumeQueue } = this.config.values;
    const files = this.#platform.fileSystem;
    if (this.config.isGiven('storePathCommitLog') || files.existsSync(storePathCommitLog)) return;
    const elsewhere = join(this.config.host.homeFolder, 'store', 'commitlog');
    if (!files.existsSync(storePathConsumeQueue) || !files.existsSync(elsewhere)) return;
    throw new BrokerError(
      'BROKER_BAD_SETTING',
      `${storePathRootDir} has queues but no commit log, and ${elsewhere} exists: RocketMQ 4.4.0 keeps the log there when ` +
        'only storePathRootDir is set. Set storePathCommitLog to the folder that holds the log of this broker',
    );
  }

  async #listen(): Promise<void> {
    const values = this.config.values;
    const { consumers, producers } = this.#parts.control;
    const validator = await this.#openAcl();
    await this.#listenForSlaves(validator);
    const server = new RemotingServer({
      platform: this.#platform,
      host: values.listenHost,
      ports: [values.listenPort, values.listenPort - 2],
      limits: serverLimits(values),
      logger: this.#logger,
      serializeType: SerializeType[values.serializeType],
      tls: this.#tls,
      onClose: (connection) => {
        if (this.#stopped) return;
        consumers.connectionClosed(connection);
        producers.connectionClosed(connection);
      },
    });
    this.#parts.dataPath.register(server);
    for (const [code, handler] of controlHandlers(this.#parts.control)) server.handle(code, handler);
    server.handle(RequestCode.END_TRANSACTION, this.#parts.transactions.endTransaction);
    if (validator !== undefined) server.setGuard(accessGuard(validator));
    await server.start();
    this.#server = server;
    this.#undo.push(async () => {
      this.#stopped = true;
      this.#parts.dataPath.stop();
      await server.stop();
    });
  }

  /** Before anything else, so that wrong keys stop the start early. Answers how the broker's own client encrypts. */
  #openTls(): ClientTls | undefined {
    const settings = readTlsSettings(this.#platform.fileSystem, this.config.tls);
    const tls = ServerTls.open(this.#platform, settings.server, this.#logger);
    this.#tls = tls;
    this.#undo.push(() => tls.stop());
    this.#haTls = this.#openHaTls(settings.server) ?? tls;
    const enable = settings.enable ?? settings.server.mode === 'enforcing';
    if (!enable && !this.config.values.useTLS) {
      const { brokerRole, haTlsMode } = this.config.values;
      if (brokerRole !== 'SLAVE' || haTlsMode !== 'enforcing') return undefined;
      throw new BrokerError(
        'BROKER_BAD_SETTING',
        'haTlsMode=enforcing on a slave needs tls.enable=true and tls.client.trustCertPath, the certificates that sign ' +
          "its master's",
      );
    }
    this.#clientTls = settings.client;
    return ClientTls.open(this.#platform, settings.client, this.#logger);
  }

  /** How the broker's own client encrypts: a client in the same process can do the same. Undefined: it does not. */
  get clientTls(): TlsClientSettings | undefined {
    return this.#clientTls;
  }

  /** Undefined when it is that of the other ports. */
  #openHaTls(settings: TlsServerSettings): ServerTls | undefined {
    const { haTlsMode, brokerRole } = this.config.values;
    if (haTlsMode === 'asServer' || haTlsMode === settings.mode || brokerRole === 'SLAVE') return undefined;
    const tls = ServerTls.open(this.#platform, { ...settings, mode: haTlsMode }, this.#logger);
    this.#undo.push(() => tls.stop());
    return tls;
  }

  async #openAcl(): Promise<AccessValidator | undefined> {
    const values = this.config.values;
    if (!values.aclEnable) return undefined;
    const file = await openAclFile(this.#platform, values, this.#logger);
    this.#undo.push(() => file.stop());
    return file.validator;
  }

  async #serveMetrics(): Promise<void> {
    const { metricsEnable, metricsHost, metricsPort } = this.config.values;
    if (!metricsEnable) return;
    const scrape = new BrokerScrape({
      control: this.#parts.control,
      slaves: () => this.slaves,
      connectionCount: () => this.connectionCount,
    });
    this.#metrics = await explainMetricsPort(metricsHost, metricsPort, () =>
      MetricsServer.start({
        platform: this.#platform,
        logger: this.#logger,
        host: metricsHost,
        port: metricsPort,
        scrape: () => scrape.text(),
      }),
    );
    this.#undo.push(() => this.#metrics?.stop());
    this.#logger.info('figures for Prometheus', { url: this.metricsUrl });
  }

  /** Where Prometheus finds the broker's figures; undefined without metricsEnable. */
  get metricsUrl(): string | undefined {
    if (this.#metrics === undefined) return undefined;
    return `http://${this.config.values.metricsHost}:${this.#metrics.port}/metrics`;
  }

  /** A slave serves no slaves: its replication port is only held. */
  async #listenForSlaves(validator: AccessValidator | undefined): Promise<void> {
    const { listenHost, listenPort, haAllowedAddresses } = this.config.values;
    const { master } = this.#parts;
    if (master === undefined) {
      const held = await reservePort(this.#platform, listenHost, listenPort);
      this.#undo.push(() => held.close());
      return;
    }
    const trusted = validator && ((ip: string) => validator.isTrustedAddress(ip));
    const isAllowed = allowedPeers(haAllowedAddresses, trusted);
    const listener = await explainPorts(listenHost, listenPort + 1, listenPort, () =>
      master.listen(listenHost, listenPort + 1, isAllowed, this.#haTls),
    );
    this.#undo.push(async () => {
      await listener.close();
      master.stop();
    });
  }

  #schedule(): void {
    const values = this.config.values;
    const { control, transactions } = this.#parts;
    const { nameServers, consumers, producers, locks, statistics, rates, counters } = control;
    const add = (
      name: string,
      firstMs: number,
      periodMs: () => number,
      run: () => void | Promise<void>,
    ): void => this.#tasks.add({ name, firstMs, periodMs, run });
    const registerPeriod = (): number => values.registerNameServerPeriod;
    add('register with the name servers', registerPeriod(), registerPeriod, () =>
      nameServers.registerAll(values.forceRegister),
    );
    add(
      'look for lost name servers',
      REGISTER_RETRY_MS,
      () => REGISTER_RETRY_MS,
      () => nameServers.registerMissing(),
    );
    const flushPeriod = (): number => values.flushConsumerOffsetInterval;
    add('write consumer offsets', flushPeriod(), flushPeriod, () => this.#parts.state.writeAll());
    add(
      'housekeeping',
      HOUSEKEEPING_MS,
      () => HOUSEKEEPING_MS,
      () => {
        consumers.dropSilent(values.clientExpireMs);
        producers.dropSilent(values.clientExpireMs);
        locks.dropExpired();
      },
    );
    add(
      'sample statistics',
      BrokerStatistics.periodMs,
      () => BrokerStatistics.periodMs,
      () => {
        statistics.sample();
        rates.sample();
        counters.putTimes.sample();
      },
    );
    add(
      'protect from slow consumers',
      PROTECTION_MS,
      () => PROTECTION_MS,
      () => disableSlowConsumers(control),
    );
    this.#scheduleSlave(add);
    const checkPeriod = (): number => transactions.checkIntervalMs;
    add('ask about open transactions', checkPeriod(), checkPeriod, () => transactions.check());
    if (values.namesrvAddr === '' && values.fetchNamesrvAddrByAddressServer) {
      add(
        'ask the address server',
        0,
        () => ADDRESS_SERVER_PERIOD_MS,
        () => this.#askAddressServer(),
      );
    }
    this.#undo.push(() => this.#tasks.stop());
  }

  #scheduleSlave(
    add: (name: string, firstMs: number, periodMs: () => number, run: () => void | Promise<void>) => void,
  ): void {
    const { slave, control } = this.#parts;
    if (slave === undefined) return;
    add(
      'copy topics, groups and offsets of the master',
      Math.min(FIRST_SYNC_MS, this.config.values.slaveSyncPeriodMs),
      () => this.config.values.slaveSyncPeriodMs,
      () => slave.synchronize(),
    );
    add(
      'look for the master',
      LOOK_FOR_MASTER_MS,
      () => LOOK_FOR_MASTER_MS,
      () => (slave.isConnected ? undefined : control.nameServers.registerAll(true)),
    );
  }

  /** On a slave: copies topics, groups and offsets of the master now. On a master nothing. */
  async synchronize(): Promise<void> {
    await this.#parts.slave?.synchronize();
  }

  /** On a slave: a connection to the master is open. */
  get followsMaster(): boolean {
    return this.#parts.slave?.isConnected ?? false;
  }

  /** On a master: its slaves, and how far each holds the log (-1: it has not said yet). */
  get slaves(): readonly { readonly address: string; readonly ackedOffset: number }[] {
    return this.#parts.master?.slaves ?? [];
  }

  async #askAddressServer(): Promise<void> {
    const { rmqAddressServerDomain, rmqAddressServerSubGroup } = this.config.values;
    const { nameServers } = this.#parts.control;
    const list = await askAddressServer(this.#platform, {
      domain: rmqAddressServerDomain,
      group: rmqAddressServerSubGroup,
    });
    if (list === '' || list === nameServers.addresses.join(';')) return;
    this.#logger.info('the address server names name servers', { list });
    nameServers.setAddresses(list);
    await nameServers.registerMissing();
  }

  /** Name servers are told before the start counts as done, unless none answers soon. */
  async #firstRegistration(): Promise<void> {
    const { nameServers } = this.#parts.control;
    this.#undo.push(() => nameServers.unregisterAll());
    if (nameServers.addresses.length === 0) return;
    await Promise.race([
      nameServers.registerAll(true),
      new Promise<void>((resolve) => {
        this.#platform.clock.setTimeout(resolve, REGISTER_WAIT_MS);
      }),
    ]);
  }

  #storeFailed(error: StoreError): void {
    this.#logger.error('the disk failed: nothing is acknowledged any more, the broker has to be restarted', {
      error,
    });
    this.#onFatal?.(error);
  }

  #persistConfig(changes: ReadonlyMap<string, string>): void {
    const given = this.config.filePath;
    const path = given ?? join(this.config.values.storePathRootDir, 'config', 'broker.properties');
    persistSettings(this.#platform.fileSystem, path, changes);
    if (given !== undefined) return;
    this.#logger.warn(
      `the broker was started without a configuration file: the change is written to ${path}, which is not read at start; ` +
        'start the broker with -c and that file to keep it',
    );
  }

  #configChanged(keys: ReadonlySet<string>): void {
    const settings = storeSettings(this.config);
    const changed = Object.entries(settings).filter(([name]) => keys.has(name));
    if (changed.length > 0) this.#parts.control.store.reconfigure(Object.fromEntries(changed));
  }

  /** Stops cleanly; waits when it is being stopped already. Failures on the way are logged and do not stop the rest. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    for (const undo of this.#undo.reverse()) {
      try {
        await undo();
      } catch (error) {
        this.#logger.error('a part of the broker did not stop cleanly', { error });
      }
    }
  }

  /** Connections that are open, on all ports. */
  get connectionCount(): number {
    return this.#server?.connectionCount ?? 0;
  }
}
