/**
 * Every key of `namesrv.conf`: RocketMQ's (`NamesrvConfig`, `NettyServerConfig`) and the bounds that are our own.
 *
 * Invariant: docs/name-server-configuration.md lists exactly these, with the same defaults.
 */
import path from 'node:path';
import { bool, type ConfigKey, type ConfigValue, choice, int, text } from './config-key.ts';

const MIB = 1024 * 1024;
const none = { effect: 'none', change: 'restart' } as const;
const restart = { change: 'restart' } as const;
const own = { own: true, change: 'restart' } as const;
const MAX_BYTES = Number.MAX_SAFE_INTEGER;

const keys = {
  rocketmqHome: text((host) => host.environment.ROCKETMQ_HOME ?? ''),
  /** Where PUT_KV_CONFIG keeps its table. */
  kvConfigPath: text((host) => path.join(host.homeFolder, 'namesrv', 'kvConfig.json')),
  /** Where UPDATE_NAMESRV_CONFIG writes; the `-c` file when there is one. */
  configStorePath: text((host) => path.join(host.homeFolder, 'namesrv', 'namesrv.properties')),
  productEnvName: text('center', none),
  clusterTest: bool(false, none),
  /** Whether routes carry the order configuration of their topic. */
  orderMessageEnable: bool(false, { change: 'live' }),
  listenPort: int(9876, { max: 65535 }),
  serverWorkerThreads: int(8, none),
  serverCallbackExecutorThreads: int(0, none),
  serverSelectorThreads: int(3, none),
  serverOnewaySemaphoreValue: int(256, { ...restart, min: 1 }),
  serverAsyncSemaphoreValue: int(64, { ...restart, min: 1 }),
  serverChannelMaxIdleTimeSeconds: int(120, { ...restart, max: 86_400 }),
  serverSocketSndBufSize: int(65535, none),
  serverSocketRcvBufSize: int(65535, none),
  serverPooledByteBufAllocatorEnable: bool(true, none),
  useEpollNativeSelector: bool(false, none),

  listenHost: text('0.0.0.0', { own: true }),
  serializeType: choice(['JSON', 'ROCKETMQ'], 'JSON', own),
  frameMaxBytes: int(16 * MIB, { ...own, min: 65_536, max: 16 * MIB }),
  partialFramesMaxBytes: int(256 * MIB, { ...own, min: 16 * MIB, max: MAX_BYTES }),
  partialFrameTimeoutMs: int(60_000, { ...own, min: 1000 }),
  maxConnections: int(10_000, { ...own, min: 1 }),
  outputHighWaterBytes: int(4 * MIB, { ...own, min: 65_536, max: MAX_BYTES }),
  outputMaxBytes: int(64 * MIB, { ...own, min: MIB, max: MAX_BYTES }),
  outputTotalMaxBytes: int(512 * MIB, { ...own, min: 16 * MIB, max: MAX_BYTES }),
  maxRequestsInFlight: int(4096, { ...own, min: 1 }),
  maxRequestBytesInFlight: int(256 * MIB, { ...own, min: 16 * MIB, max: MAX_BYTES }),
  /** Milliseconds without a registration until a broker is dropped; 120 s in RocketMQ. */
  brokerExpireMs: int(120_000, { own: true, change: 'live', min: 1000 }),
  /** Milliseconds between two looks for such brokers; 10 s in RocketMQ. */
  brokerScanPeriodMs: int(10_000, { ...own, min: 10 }),
  /** Brokers (addresses) that may be registered. */
  maxBrokers: int(10_000, { own: true, change: 'live', min: 1 }),
  /** Routes (pairs of topic and broker name) that may be registered. */
  maxRoutes: int(2_000_000, { own: true, change: 'live', min: 1 }),
  /** Bytes of all namespaces, keys and values of the KV configuration. */
  maxKvConfigBytes: int(64 * MIB, { own: true, change: 'live', min: 1024, max: MAX_BYTES }),
};

export type ConfigKeyName = keyof typeof keys;

/** One value for every key. */
export type NamesrvConfigValues = {
  -readonly [K in ConfigKeyName]: (typeof keys)[K] extends ConfigKey<infer T> ? T : never;
};

/** Keys by name. A Map: names come from files and from the network. */
export const configKeys: ReadonlyMap<string, ConfigKey> = new Map(
  Object.entries(keys as unknown as Record<string, ConfigKey<ConfigValue>>),
);
