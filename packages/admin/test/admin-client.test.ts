import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminClient, newTopicConfig } from '../src/index.ts';

/** Methods of MQAdmin and MQAdminExt of 4.4.0; `start` has no counterpart, `shutdown` is `close`. */
const operations = `createTopic searchOffset maxOffset minOffset earliestMsgStoreTime viewMessage queryMessage
updateBrokerConfig getBrokerConfig createAndUpdateTopicConfig createAndUpdateSubscriptionGroupConfig
examineSubscriptionGroupConfig examineTopicConfig examineTopicStats fetchAllTopicList fetchTopicsByCLuster
fetchBrokerRuntimeStats examineConsumeStats examineBrokerClusterInfo examineTopicRouteInfo
examineConsumerConnectionInfo examineProducerConnectionInfo getNameServerAddressList wipeWritePermOfBroker putKVConfig
getKVConfig getKVListByNamespace deleteTopicInBroker deleteTopicInNameServer deleteSubscriptionGroup
createAndUpdateKvConfig deleteKvConfig resetOffsetByTimestampOld resetOffsetByTimestamp resetOffsetNew getConsumeStatus
createOrUpdateOrderConf queryTopicConsumeByWho queryConsumeTimeSpan cleanExpiredConsumerQueue
cleanExpiredConsumerQueueByAddr cleanUnusedTopic cleanUnusedTopicByAddr getConsumerRunningInfo consumeMessageDirectly
messageTrackDetail cloneGroupOffset viewBrokerStatsData getClusterList fetchConsumeStatsInBroker getTopicClusterList
getAllSubscriptionGroup getAllTopicGroup updateConsumeOffset updateNameServerConfig getNameServerConfig
queryConsumeQueue`.split(/\s+/);

/** Where the name differs. */
const renamed: Readonly<Record<string, string>> = { fetchTopicsByCLuster: 'fetchTopicsByCluster' };

test('every operation of MQAdminExt is there', () => {
  assert.equal(operations.length, 57);
  const admin = AdminClient.prototype as unknown as Readonly<Record<string, unknown>>;
  const missing = operations.filter((name) => typeof admin[renamed[name] ?? name] !== 'function');
  assert.deepEqual(missing, []);
});

test('a new topic is as updateTopic makes it', () => {
  const config = newTopicConfig('T', { perm: 4 });
  assert.deepEqual(
    [config.readQueueNums, config.writeQueueNums, config.perm, config.order],
    [8, 8, 4, false],
  );
});
