/** Keys that RocketMQ does not have: where to listen, and the bounds of memory, connections, frames and tables. */
import { isPeerList } from '../../replication/peer-rule.ts';
import { bool, choice, int, long, text } from '../config-key.ts';
import type { HostFacts } from '../host-facts.ts';

/** As RocketMQ reads it from the environment; what it does not know counts as JSON. */
function serializeTypeOf(host: HostFacts): 'JSON' | 'ROCKETMQ' {
  return host.environment.ROCKETMQ_SERIALIZE_TYPE === 'ROCKETMQ' ? 'ROCKETMQ' : 'JSON';
}

const MIB = 1024 * 1024;
const own = { own: true, change: 'restart' } as const;
const bytes = { ...own, unit: 'bytes' } as const;
const table = { own: true, change: 'live', min: 1 } as const;

const peerListRule = { allowed: 'addresses as in white lists, several separated by ";"', test: isPeerList };

export const ownKeys = {
  listenHost: text('0.0.0.0', { own: true }),
  serializeType: choice(['JSON', 'ROCKETMQ'], serializeTypeOf, own),
  memoryWindowBytes: long(64 * MIB, { ...bytes, min: 2 * MIB }),
  maxPinnedBytes: long(64 * MIB, { ...bytes, min: MIB }),
  coldCacheBytes: long(16 * MIB, { ...bytes, min: MIB }),
  zeroAheadBytes: long(32 * MIB, { ...bytes, min: MIB }),
  scrubBytesPerSecond: long(MIB, { own: true, change: 'live', unit: 'bytes', min: 0 }),
  maxOpenQueueFiles: int(256, { ...own, min: 8 }),
  maxOpenLogFiles: int(32, { ...own, min: 2 }),
  frameMaxBytes: int(16 * MIB, { ...bytes, min: 65_536, max: 16 * MIB }),
  partialFramesMaxBytes: long(256 * MIB, { ...bytes, min: 16 * MIB }),
  partialFrameTimeoutMs: int(60_000, { ...own, unit: 'ms', min: 1_000 }),
  maxConnections: int(10_000, { ...own, min: 1 }),
  outputHighWaterBytes: long(4 * MIB, { ...bytes, min: 65_536 }),
  outputMaxBytes: long(64 * MIB, { ...bytes, min: MIB }),
  outputTotalMaxBytes: long(512 * MIB, { ...bytes, min: MIB }),
  maxRequestsInFlight: int(4_096, { ...own, min: 1 }),
  maxRequestBytesInFlight: long(256 * MIB, { ...bytes, min: 16 * MIB }),
  maxTopicNums: int(100_000, table),
  maxSubscriptionGroupNums: int(100_000, table),
  maxConsumerOffsetNums: int(1_000_000, table),
  maxGroupsPerHeartbeat: int(1_000, table),
  rebalanceLockMaxLiveTimeMs: int(60_000, { ...table, unit: 'ms' }),
  haAllowedAddresses: text('', { own: true, ...peerListRule }),
  haTlsMode: choice(['asServer', 'disabled', 'permissive', 'enforcing'], 'asServer', { own: true }),
  haMaxConnections: int(64, { ...own, min: 1 }),
  slaveSyncPeriodMs: int(60_000, { own: true, change: 'live', unit: 'ms', min: 100 }),
  metricsEnable: bool(false, { own: true }),
  metricsHost: text('127.0.0.1', { own: true }),
  metricsPort: int(5557, { own: true, max: 65_535 }),
  metricsMaxLines: int(100_000, { ...table, min: 1_000 }),
  clientExpireMs: int(120_000, { own: true, change: 'live', unit: 'ms', min: 1_000 }),
};
