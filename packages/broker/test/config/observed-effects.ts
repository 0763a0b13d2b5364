/**
 * Which test observes what each effective key of the configuration does. Paths are relative to the root of the checkout; the
 * file named has a test with the key in it.
 */
const EFFECTS = 'packages/broker/test/effects';

const BY_FILE: Readonly<Record<string, string>> = {
  [`${EFFECTS}/flush-keys.test.ts`]: `
    flushDiskType flushIntervalCommitLog flushCommitLogLeastPages flushCommitLogThoroughInterval flushIntervalConsumeQueue
    flushConsumeQueueLeastPages flushConsumeQueueThoroughInterval flushConsumerOffsetInterval flushDelayOffsetInterval
    syncFlushTimeout`,
  [`${EFFECTS}/disk-keys.test.ts`]: `
    deleteWhen fileReservedTime diskMaxUsedSpaceRatio diskSpaceWarningLevelRatio diskSpaceCleanForciblyRatio
    cleanFileForciblyEnable cleanResourceInterval deleteCommitLogFilesInterval deleteConsumeQueueFilesInterval`,
  [`${EFFECTS}/topic-keys.test.ts`]: `
    brokerName brokerClusterName brokerPermission regionId traceOn autoCreateTopicEnable defaultTopicQueueNums clusterTopicEnable
    brokerTopicEnable autoCreateSubscriptionGroup msgTraceTopicName traceTopicEnable registerNameServerPeriod
    registerBrokerTimeoutMills forceRegister notifyConsumerIdsChangedEnable maxMessageSize messageDelayLevel namesrvAddr
    rejectTransactionMessage startAcceptSendRequestTimeStamp maxTopicNums maxSubscriptionGroupNums maxConsumerOffsetNums
    maxGroupsPerHeartbeat clientExpireMs rebalanceLockMaxLiveTimeMs`,
  [`${EFFECTS}/read-keys.test.ts`]: `
    maxTransferCountOnMessageInMemory maxTransferBytesOnMessageInMemory maxTransferCountOnMessageInDisk
    maxTransferBytesOnMessageInDisk accessMessageInMemoryMaxRatio slaveReadEnable longPollingEnable shortPollingTimeMills
    enablePropertyFilter filterSupportRetry messageIndexEnable maxMsgsNumBatch defaultQueryMaxNum maxHashSlotNum maxIndexNum
    mapedFileSizeCommitLog mapedFileSizeConsumeQueue checkCRCOnRecover disableConsumeIfConsumerReadSlowly
    consumerFallbehindThreshold`,
  [`${EFFECTS}/connection-keys.test.ts`]: `
    serverOnewaySemaphoreValue serverAsyncSemaphoreValue serverChannelMaxIdleTimeSeconds clientOnewaySemaphoreValue
    clientAsyncSemaphoreValue connectTimeoutMillis clientChannelMaxIdleTimeSeconds serializeType frameMaxBytes
    partialFramesMaxBytes partialFrameTimeoutMs maxConnections outputHighWaterBytes outputMaxBytes outputTotalMaxBytes
    maxRequestsInFlight maxRequestBytesInFlight`,
  [`${EFFECTS}/peer-keys.test.ts`]: `
    fetchNamesrvAddrByAddressServer rmqAddressServerDomain rmqAddressServerSubGroup haSendHeartbeatInterval
    haHousekeepingInterval haSlaveFallbehindMax offsetCheckInSlave haMaxConnections slaveSyncPeriodMs`,
  'packages/broker/test/metrics/metrics-server.test.ts': 'metricsEnable metricsHost metricsPort',
  'packages/broker/test/metrics/broker-scrape.test.ts': 'metricsMaxLines',
  'packages/broker/test/replication/master-slave.test.ts':
    'brokerId brokerIP2 brokerRole haMasterAddress haAllowedAddresses',
  'packages/broker/test/replication/replication.test.ts': 'haTransferBatchSize',
  'packages/broker/test/replication/ha-tls.test.ts': 'haTlsMode',
  'packages/broker/test/registration/name-servers.test.ts': 'compressedRegister',
  'packages/broker/test/transaction/transactions.test.ts': 'transactionTimeOut transactionCheckMax',
  'packages/broker/test/transaction/transaction-scene.ts': 'transactionCheckInterval',
  'packages/broker/test/acl/access-table.test.ts': 'aclEnable rocketmqHome',
  'packages/broker/test/broker.test.ts':
    'brokerIP1 listenPort listenHost storePathRootDir storePathCommitLog',
  'packages/server/test/tls.test.ts': 'useTLS',
  [`${EFFECTS}/memory-keys.test.ts`]: `
    memoryWindowBytes coldCacheBytes zeroAheadBytes scrubBytesPerSecond messageIndexSafe maxOpenQueueFiles
    maxOpenLogFiles`,
  'packages/store/test/memory-window.test.ts': 'maxPinnedBytes',
};

export const OBSERVED: ReadonlyMap<string, string> = new Map(
  Object.entries(BY_FILE).flatMap(([file, keys]) =>
    keys
      .trim()
      .split(/\s+/)
      .map((key) => [key, file] as const),
  ),
);
