/**
 * What every producer and consumer can be given, with RocketMQ's names and defaults (ClientConfig of 4.4.0), and how a
 * client id is made of it.
 */
import { networkInterfaces } from 'node:os';
import { type Logger, type Platform, realPlatform } from '@rocketmq-ts/platform';
import { type AddressServer, resolveClientTls, type TlsClientSettings } from '@rocketmq-ts/remoting';
import { MQClientError } from './errors.ts';
import type { RpcHook } from './instance/rpc-hook.ts';
import { stderrLogger } from './stderr-logger.ts';

export interface ClientOptions {
  /**
   * Name servers, `host:port;host:port` or a list. Default: the environment variable NAMESRV_ADDR, or else what the
   * address server says. Starting without any fails with NO_NAME_SERVER_EXCEPTION.
   */
  readonly namesrvAddr?: string | readonly string[];
  /**
   * Without namesrvAddr: `host` or `host:port` of an HTTP address server, whose
   * `http://host:8080/rocketmq/nsaddr` (with unitName, `nsaddr-<unitName>?nofix=1`) names the name servers; asked at the
   * start and every two minutes. Java's system property rocketmq.namesrv.domain. Default: the environment variable
   * ROCKETMQ_NAMESRV_DOMAIN, or else none is asked.
   */
  readonly namesrvDomain?: string;
  /**
   * The last part of that path. Java's rocketmq.namesrv.domain.subgroup. Default: the environment variable
   * ROCKETMQ_NAMESRV_DOMAIN_SUBGROUP, or else nsaddr.
   */
  readonly namesrvDomainSubgroup?: string;
  /** This machine's address as shown in client ids. Default: its first IPv4 address that is not a loopback. */
  readonly clientIP?: string;
  /**
   * Second part of the client id. Producers and consumers with the same client id and name servers share their
   * connections, and a group can be in it once. Default: `DEFAULT`, which stands for a name unique to this process
   * (except for broadcasting consumers, whose offsets file is found by it).
   */
  readonly instanceName?: string;
  /**
   * Prefix of all topics and groups of this client, `NS%topic`, which the application does not see: several applications can
   * use the same names on the same brokers. Default: none.
   */
  readonly namespace?: string;
  /** Third part of the client id, in unit deployments. Default: none. */
  readonly unitName?: string;
  /** Marks topics and groups as belonging to a unit. Default: false. */
  readonly unitMode?: boolean;
  /** Milliseconds between route refreshes. Default: 30000. */
  readonly pollNameServerInterval?: number;
  /** Milliseconds between heartbeats to the brokers. Default: 30000; brokers forget a client after 120000. */
  readonly heartbeatBrokerInterval?: number;
  /** Milliseconds between storing consumed offsets. Default: 5000. */
  readonly persistConsumerOffsetInterval?: number;
  /** Sends to the brokers' second port (listen port − 2) as Java 4.4.0 does. Default: false. */
  readonly vipChannelEnabled?: boolean;
  /** Milliseconds until a name server's answer is given up. Default: 3000. */
  readonly mqClientApiTimeout?: number;
  /** Looks at every request, and may add to its header: `new AclClientRPCHook({ accessKey, secretKey })`. Default: none. */
  readonly rpcHook?: RpcHook;
  /**
   * Encrypts the connections to name servers and brokers. Default: true when `tls` is given, otherwise what the
   * environment variable ROCKETMQ_TLS_ENABLE or `tls.config.file` says (docs/tls.md), otherwise false.
   */
  readonly useTLS?: boolean;
  /** Whom to trust, and what to show. Default: what the environment and `tls.config.file` say. */
  readonly tls?: TlsClientSettings;
  /** Where warnings and errors go. Default: lines on the process's standard error. */
  readonly logger?: Logger;
  /** Clock, network, files and randomness; for tests. Default: the real ones. */
  readonly platform?: Platform;
}

/** The options with every default in place. */
export interface ClientConfig {
  readonly namesrvAddrs: readonly string[];
  /** Asked for name servers when none were given. */
  readonly addressServer: AddressServer | undefined;
  readonly clientIP: string;
  readonly instanceName: string;
  readonly clientId: string;
  readonly unitMode: boolean;
  readonly pollNameServerInterval: number;
  readonly heartbeatBrokerInterval: number;
  readonly persistConsumerOffsetInterval: number;
  readonly vipChannelEnabled: boolean;
  readonly mqClientApiTimeout: number;
  readonly rpcHook: RpcHook | undefined;
  /** Undefined: plain connections. */
  readonly tls: TlsClientSettings | undefined;
  readonly logger: Logger;
  readonly platform: Platform;
}

let sharedPlatform: Platform | undefined;
const uniqueNames = new WeakMap<Platform, string>();

/** `uniqueInstance`: whether the instance name DEFAULT is replaced by one unique to this process. */
export function resolveClientConfig(options: ClientOptions, uniqueInstance: boolean): ClientConfig {
  const platform = options.platform ?? defaultPlatform();
  const clientIP = options.clientIP ?? localIP();
  let instanceName = options.instanceName ?? 'DEFAULT';
  if (instanceName === 'DEFAULT' && uniqueInstance) instanceName = uniqueInstanceName(platform);
  const unit = options.unitName ? `@${options.unitName}` : '';
  const namesrvAddrs = parseNamesrvAddr(options.namesrvAddr ?? process.env.NAMESRV_ADDR ?? '');
  return {
    namesrvAddrs,
    addressServer: namesrvAddrs.length > 0 ? undefined : addressServer(options),
    clientIP,
    instanceName,
    clientId: `${clientIP}@${instanceName}${unit}`,
    unitMode: options.unitMode ?? false,
    pollNameServerInterval: positive('pollNameServerInterval', options.pollNameServerInterval ?? 30000),
    heartbeatBrokerInterval: positive('heartbeatBrokerInterval', options.heartbeatBrokerInterval ?? 30000),
    persistConsumerOffsetInterval: positive(
      'persistConsumerOffsetInterval',
      options.persistConsumerOffsetInterval ?? 5000,
    ),
    vipChannelEnabled: options.vipChannelEnabled ?? false,
    mqClientApiTimeout: positive('mqClientApiTimeout', options.mqClientApiTimeout ?? 3000),
    rpcHook: options.rpcHook,
    tls: resolveClientTls(platform.fileSystem, process.env, options),
    logger: options.logger ?? stderrLogger,
    platform,
  };
}

/** `host:port` items, separated by semicolons. Throws CLIENT_CONFIG_ILLEGAL for any other form. */
export function parseNamesrvAddr(value: string | readonly string[]): readonly string[] {
  const text = typeof value === 'string' ? value : value.join(';');
  const addresses = text
    .split(';')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  for (const address of addresses) {
    const port = Number(/^(?:[^:]+|\[[^\]]+\]):(\d+)$/.exec(address)?.[1]);
    if (!(port > 0 && port < 65536)) {
      throw new MQClientError(
        'CLIENT_CONFIG_ILLEGAL',
        `namesrvAddr holds "${address}", which is not host:port; give name servers as "10.0.0.1:9876;10.0.0.2:9876"`,
      );
    }
  }
  return [...new Set(addresses)];
}

function addressServer(options: ClientOptions): AddressServer | undefined {
  const domain = options.namesrvDomain ?? process.env.ROCKETMQ_NAMESRV_DOMAIN ?? '';
  if (domain === '') return undefined;
  if (!/^[^:/\s]+(:\d+)?$/.test(domain)) {
    throw new MQClientError(
      'CLIENT_CONFIG_ILLEGAL',
      `namesrvDomain is "${domain}"; give the host of the address server, or host:port`,
    );
  }
  const group = options.namesrvDomainSubgroup ?? process.env.ROCKETMQ_NAMESRV_DOMAIN_SUBGROUP ?? 'nsaddr';
  return { domain, group, unitName: options.unitName };
}

/** One for all clients, so that clients of one configuration meet. */
function defaultPlatform(): Platform {
  sharedPlatform ??= realPlatform();
  return sharedPlatform;
}

export function positive(name: string, value: number): number {
  return inRange(name, value, 1, Number.MAX_SAFE_INTEGER);
}

/** An integer within [min, max]; throws CLIENT_CONFIG_ILLEGAL. */
export function inRange(name: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new MQClientError(
    'CLIENT_CONFIG_ILLEGAL',
    `${name} is ${value}; it must be an integer from ${min} to ${max}`,
  );
}

/** The process id, and what tells its threads apart: two members of a group must not share a client id. */
function uniqueInstanceName(platform: Platform): string {
  let name = uniqueNames.get(platform);
  if (name === undefined) {
    name = `${process.pid}#${platform.random.integer(0x7fffffff).toString(36)}`;
    uniqueNames.set(platform, name);
  }
  return name;
}

function localIP(): string {
  const candidates = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal);
  const v4 = candidates.filter((address) => address.family === 'IPv4').map((address) => address.address);
  return (
    v4.find((address) => !address.startsWith('192.168.')) ?? v4[0] ?? candidates[0]?.address ?? '127.0.0.1'
  );
}
