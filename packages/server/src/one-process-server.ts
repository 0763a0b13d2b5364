/**
 * Name server and broker in one process: what `npm start` runs, and what unit tests start.
 *
 * Invariants: everything it writes is below its data folder, never `~/store`; a start that fails leaves nothing running.
 */
import path from 'node:path';
import { Broker, BrokerConfig, readHostFacts } from '@rocketmq-ts/broker';
import { NameServer } from '@rocketmq-ts/namesrv';
import { type Logger, type Platform, realPlatform, silentLogger } from '@rocketmq-ts/platform';
import { isTlsSetting, type TlsClientSettings } from '@rocketmq-ts/remoting';
import { loadNamesrvConfig, namesrvBootLine } from './namesrv-command.ts';

export interface OneProcessServerOptions {
  /** Folder of the store and of the name server's configuration. Required: there is no default to surprise with. */
  readonly dataFolder: string;
  /** 0 takes a free port. Default: 9876. */
  readonly namesrvPort?: number;
  /** 0 looks for a free base of ports. Default: 10911. */
  readonly brokerPort?: number;
  /**
   * The address that clients are told. On a loopback address only this machine is listened to, on any other all
   * interfaces. Default: 127.0.0.1.
   */
  readonly host?: string;
  /** Keys of the broker's configuration; beat the above. Settings of TLS are for the name server too. */
  readonly brokerConfig?: Readonly<Record<string, string | number | boolean>> | ReadonlyMap<string, string>;
  readonly logger?: Logger;
  /** Called once when the disk failed: nothing is acknowledged any more. */
  readonly onFatal?: (error: Error) => void;
  readonly platform?: Platform;
}

export class OneProcessServer {
  readonly #nameServer: NameServer;
  readonly #broker: Broker;

  private constructor(nameServer: NameServer, broker: Broker) {
    this.#nameServer = nameServer;
    this.#broker = broker;
  }

  /** Resolves once both accept connections and the broker is registered. */
  static async start(options: OneProcessServerOptions): Promise<OneProcessServer> {
    const platform = options.platform ?? realPlatform();
    const logger = options.logger ?? silentLogger;
    const nameServer = await NameServer.start(platform, namesrvConfig(options), { logger });
    try {
      const config = brokerConfig(options, nameServer.port);
      const onFatal = options.onFatal;
      const broker = await Broker.start(platform, config, { logger, ...(onFatal && { onFatal }) });
      return new OneProcessServer(nameServer, broker);
    } catch (error) {
      await nameServer.stop();
      throw error;
    }
  }

  /** `host:port` for clients. */
  get namesrvAddr(): string {
    return `${this.#broker.config.values.brokerIP1}:${this.#nameServer.port}`;
  }

  /** `host:port` as clients are told. */
  get brokerAddr(): string {
    return this.#broker.address;
  }

  get brokerPort(): number {
    return this.#broker.port;
  }

  /** Where Prometheus finds the broker's figures; undefined without metricsEnable. */
  get metricsUrl(): string | undefined {
    return this.#broker.metricsUrl;
  }

  get brokerConfig(): BrokerConfig {
    return this.#broker.config;
  }

  /** How clients reach it when plain connections are refused; undefined: as they like. */
  get clientTls(): TlsClientSettings | undefined {
    return this.#broker.clientTls;
  }

  /** What the two Java programs would print. */
  get bootLines(): string[] {
    return [namesrvBootLine(this.#nameServer.config), this.#broker.bootMessage];
  }

  /** The broker first: it takes its leave from the name server. */
  async stop(): Promise<void> {
    await this.#broker.stop();
    await this.#nameServer.stop();
  }
}

const DEFAULT_HOST = '127.0.0.1';

function listenHost(host: string): string {
  return host.startsWith('127.') || host === 'localhost' ? host : '0.0.0.0';
}

function namesrvConfig(options: OneProcessServerOptions) {
  const overrides = new Map([
    ['listenPort', String(options.namesrvPort ?? 9876)],
    ['listenHost', listenHost(options.host ?? DEFAULT_HOST)],
    ['kvConfigPath', path.join(options.dataFolder, 'namesrv', 'kvConfig.json')],
    ['configStorePath', path.join(options.dataFolder, 'namesrv', 'namesrv.properties')],
  ]);
  for (const [key, value] of givenKeys(options)) if (isTlsSetting(key)) overrides.set(key, value);
  return loadNamesrvConfig({ overrides });
}

function brokerConfig(options: OneProcessServerOptions, namesrvPort: number): BrokerConfig {
  const host = options.host ?? DEFAULT_HOST;
  const overrides = new Map([
    ['brokerName', 'broker-a'],
    ['brokerIP1', host],
    ['brokerIP2', host],
    ['listenHost', listenHost(host)],
    ['listenPort', String(options.brokerPort ?? 10911)],
    ['namesrvAddr', `${host}:${namesrvPort}`],
    ['storePathRootDir', path.join(options.dataFolder, 'store')],
  ]);
  for (const [key, value] of givenKeys(options)) overrides.set(key, value);
  return BrokerConfig.load({ host: readHostFacts(), overrides });
}

function givenKeys({ brokerConfig = {} }: OneProcessServerOptions): [string, string][] {
  const entries = brokerConfig instanceof Map ? brokerConfig : Object.entries(brokerConfig);
  return [...entries].map(([key, value]) => [key, String(value)]);
}
