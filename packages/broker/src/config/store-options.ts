/** What of the configuration the store is opened with, and what of it can change while it is open. */
import type { Logger } from '@rocketmq-ts/platform';
import { ipv4ToInt } from '@rocketmq-ts/protocol';
import type { StoreOptionsInput, StoreSettings } from '@rocketmq-ts/store';
import type { BrokerConfig } from './broker-config.ts';

/** Settings of the store that take effect at once, by the names they have in both. */
const LIVE = [
  'flushDiskType',
  'flushIntervalCommitLog',
  'flushCommitLogLeastPages',
  'flushCommitLogThoroughInterval',
  'flushIntervalConsumeQueue',
  'flushConsumeQueueLeastPages',
  'flushConsumeQueueThoroughInterval',
  'maxMessageSize',
  'fileReservedTime',
  'deleteWhen',
  'diskMaxUsedSpaceRatio',
  'cleanFileForciblyEnable',
  'cleanResourceInterval',
  'deleteCommitLogFilesInterval',
  'deleteConsumeQueueFilesInterval',
  'diskSpaceWarningLevelRatio',
  'diskSpaceCleanForciblyRatio',
  'accessMessageInMemoryMaxRatio',
  'maxTransferBytesOnMessageInMemory',
  'maxTransferCountOnMessageInMemory',
  'maxTransferBytesOnMessageInDisk',
  'maxTransferCountOnMessageInDisk',
  'scrubBytesPerSecond',
  'messageDelayLevel',
] as const satisfies readonly (keyof StoreSettings)[];

export function storeSettings(config: BrokerConfig): StoreSettings {
  const values = config.values;
  const settings = Object.fromEntries(LIVE.map((name) => [name, values[name]])) as Omit<
    StoreSettings,
    'correctOffsets'
  >;
  return { ...settings, correctOffsets: values.brokerRole !== 'SLAVE' || values.offsetCheckInSlave };
}

export function storeOptions(config: BrokerConfig, logger: Logger): StoreOptionsInput {
  const values = config.values;
  return {
    ...storeSettings(config),
    storePathRootDir: values.storePathRootDir,
    storePathCommitLog: values.storePathCommitLog,
    mapedFileSizeCommitLog: values.mapedFileSizeCommitLog,
    mapedFileSizeConsumeQueue: values.mapedFileSizeConsumeQueue,
    checkCRCOnRecover: values.checkCRCOnRecover,
    isReplica: values.brokerRole === 'SLAVE',
    messageIndexEnable: values.messageIndexEnable,
    messageIndexSafe: values.messageIndexSafe,
    maxHashSlotNum: values.maxHashSlotNum,
    maxIndexNum: values.maxIndexNum,
    maxMsgsNumBatch: values.maxMsgsNumBatch,
    storeHostIp: storeHostIp(config),
    storeHostPort: values.listenPort,
    memoryWindowBytes: values.memoryWindowBytes,
    maxPinnedBytes: values.maxPinnedBytes,
    coldCacheBytes: values.coldCacheBytes,
    zeroAheadBytes: values.zeroAheadBytes,
    maxOpenQueueFiles: values.maxOpenQueueFiles,
    maxOpenLogFiles: values.maxOpenLogFiles,
    totalMemoryBytes: config.host.totalMemoryBytes,
    logger,
  };
}

/** Records and message ids have room for an IPv4 address only; a host name is represented by this machine's. */
export function storeHostIp(config: BrokerConfig): number {
  return ipv4(config.values.brokerIP1) ?? ipv4(config.host.localAddress) ?? 0x7f000001;
}

function ipv4(text: string): number | undefined {
  const isIpv4 = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
  return isIpv4 ? ipv4ToInt(text) : undefined;
}
