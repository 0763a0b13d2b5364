/**
 * The name server: tells clients which brokers have a topic, from what the brokers register.
 *
 * Invariants: it keeps nothing on disk but the KV configuration; a broker's routes go at once when its connection closes,
 * and after `brokerExpireMs` when it falls silent. Behaviour: `NamesrvController`.
 */
import { type Logger, type Platform, silentLogger, type Timer } from '@rocketmq-ts/platform';
import { SerializeType } from '@rocketmq-ts/protocol';
import {
  Connection,
  type RemotingLimits,
  RemotingServer,
  readTlsSettings,
  ServerTls,
} from '@rocketmq-ts/remoting';
import type { NamesrvConfigValues } from './config/config-keys.ts';
import type { NamesrvConfig } from './config/namesrv-config.ts';
import { KVConfig } from './kv/kv-config.ts';
import type { NamesrvContext } from './processor/namesrv-context.ts';
import { processors } from './processor/processors.ts';
import { RouteTable } from './route/route-table.ts';

export interface NameServerOptions {
  readonly logger?: Logger | undefined;
}

export class NameServer {
  readonly config: NamesrvConfig;
  readonly routes: RouteTable;
  readonly #server: RemotingServer;
  readonly #tls: ServerTls;
  readonly #platform: Platform;
  readonly #logger: Logger;
  #scan: Timer | undefined;

  private constructor(platform: Platform, config: NamesrvConfig, logger: Logger) {
    this.#platform = platform;
    this.#logger = logger;
    this.config = config;
    this.routes = new RouteTable(config.values, logger);
    const { listenHost, listenPort, kvConfigPath, serializeType } = config.values;
    const maxKvBytes = (): number => config.values.maxKvConfigBytes;
    const kvConfig = new KVConfig(platform.fileSystem, logger, kvConfigPath, maxKvBytes);
    kvConfig.load();
    this.#tls = ServerTls.open(platform, readTlsSettings(platform.fileSystem, config.tls).server, logger);
    this.#server = new RemotingServer({
      platform,
      host: listenHost,
      ports: [listenPort],
      limits: remotingLimits(config.values),
      logger,
      serializeType: SerializeType[serializeType],
      tls: this.#tls,
      onClose: (connection) => this.routes.channelClosed(connection),
    });
    const context: NamesrvContext = { platform, config, kvConfig, routes: this.routes, logger };
    for (const [code, processor] of processors) this.#server.handle(code, processor(context));
  }

  /**
   * Resolves once the port accepts. Rejects with NamesrvError (`NAMESRV_FILE`) when the KV configuration cannot be read,
   * with RemotingConnectError when the port cannot be bound, with TlsError when TLS cannot be had as it is set.
   */
  static async start(
    platform: Platform,
    config: NamesrvConfig,
    options: NameServerOptions = {},
  ): Promise<NameServer> {
    const logger = options.logger ?? silentLogger;
    for (const warning of config.warnings) logger.warn(warning);
    const nameServer = new NameServer(platform, config, logger);
    try {
      await nameServer.#server.start();
    } catch (error) {
      nameServer.#tls.stop();
      throw error;
    }
    config.values.listenPort = nameServer.port;
    nameServer.#startScanning();
    return nameServer;
  }

  get port(): number {
    return this.#server.port;
  }

  /** Answers what was asked before it closes the connections. */
  async stop(): Promise<void> {
    this.#scan?.cancel();
    this.#tls.stop();
    await this.#server.stop();
  }

  #startScanning(): void {
    this.#scan = this.#platform.clock.setInterval(() => {
      const now = this.#platform.clock.monotonicMs();
      for (const channel of this.routes.expire(now, this.config.values.brokerExpireMs)) {
        if (channel instanceof Connection) channel.close();
      }
    }, this.config.values.brokerScanPeriodMs);
    this.#logger.info('name server started', { port: this.port });
  }
}

function remotingLimits(values: NamesrvConfigValues): Partial<RemotingLimits> {
  return {
    frameMaxBytes: values.frameMaxBytes,
    partialFramesMaxBytes: values.partialFramesMaxBytes,
    partialFrameTimeoutMs: values.partialFrameTimeoutMs,
    maxConnections: values.maxConnections,
    idleTimeoutMs: values.serverChannelMaxIdleTimeSeconds * 1000,
    outputHighWaterBytes: values.outputHighWaterBytes,
    outputMaxBytes: values.outputMaxBytes,
    outputTotalMaxBytes: values.outputTotalMaxBytes,
    maxRequestsInFlight: values.maxRequestsInFlight,
    maxRequestBytesInFlight: values.maxRequestBytesInFlight,
    asyncPermits: values.serverAsyncSemaphoreValue,
    onewayPermits: values.serverOnewaySemaphoreValue,
  };
}
