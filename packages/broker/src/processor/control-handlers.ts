/** Every request code that the control side of the broker answers, and its handler. */
import { RequestCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { ControlContext } from '../control/control-context.ts';
import { checkClientConfig } from './check-client-config.ts';
import { cleanExpiredConsumeQueue } from './clean-expired-consume-queue.ts';
import { cleanUnusedTopic } from './clean-unused-topic.ts';
import { cloneGroupOffset } from './clone-group-offset.ts';
import { consumeMessageDirectly } from './consume-message-directly.ts';
import { deleteSubscriptionGroup } from './delete-subscription-group.ts';
import { deleteTopicInBroker } from './delete-topic-in-broker.ts';
import { getAllConsumerOffset } from './get-all-consumer-offset.ts';
import { getAllDelayOffset } from './get-all-delay-offset.ts';
import { getAllSubscriptionGroupConfig } from './get-all-subscription-group-config.ts';
import { getAllTopicConfig } from './get-all-topic-config.ts';
import { getBrokerConfig } from './get-broker-config.ts';
import { getBrokerConsumeStats } from './get-broker-consume-stats.ts';
import { getBrokerRuntimeInfo } from './get-broker-runtime-info.ts';
import { getConsumeStats } from './get-consume-stats.ts';
import { getConsumerConnectionList } from './get-consumer-connection-list.ts';
import { getConsumerListByGroup } from './get-consumer-list-by-group.ts';
import { getConsumerRunningInfo } from './get-consumer-running-info.ts';
import { getProducerConnectionList } from './get-producer-connection-list.ts';
import { getSystemTopicList } from './get-system-topic-list.ts';
import { getTopicStatsInfo } from './get-topic-stats-info.ts';
import { heartBeat } from './heart-beat.ts';
import { invokeBrokerToGetConsumerStatus } from './invoke-broker-to-get-consumer-status.ts';
import { invokeBrokerToResetOffset } from './invoke-broker-to-reset-offset.ts';
import { lockBatchMq } from './lock-batch-mq.ts';
import { queryConsumeQueue } from './query-consume-queue.ts';
import { queryConsumeTimeSpan } from './query-consume-time-span.ts';
import { queryConsumerOffset } from './query-consumer-offset.ts';
import { queryCorrectionOffset } from './query-correction-offset.ts';
import { queryTopicConsumeByWho } from './query-topic-consume-by-who.ts';
import { registerFilterServer } from './register-filter-server.ts';
import { unlockBatchMq } from './unlock-batch-mq.ts';
import { unregisterClient } from './unregister-client.ts';
import { updateAndCreateSubscriptionGroup } from './update-and-create-subscription-group.ts';
import { updateAndCreateTopic } from './update-and-create-topic.ts';
import { updateBrokerConfig } from './update-broker-config.ts';
import { updateConsumerOffset } from './update-consumer-offset.ts';
import { viewBrokerStatsData } from './view-broker-stats-data.ts';

export function controlHandlers(context: ControlContext): Map<number, Handler> {
  return new Map<number, Handler>([
    [RequestCode.HEART_BEAT, heartBeat(context)],
    [RequestCode.UNREGISTER_CLIENT, unregisterClient(context)],
    [RequestCode.CHECK_CLIENT_CONFIG, checkClientConfig(context.settings)],
    [RequestCode.GET_CONSUMER_LIST_BY_GROUP, getConsumerListByGroup(context)],
    [RequestCode.QUERY_CONSUMER_OFFSET, queryConsumerOffset(context)],
    [RequestCode.UPDATE_CONSUMER_OFFSET, updateConsumerOffset(context)],
    [RequestCode.LOCK_BATCH_MQ, lockBatchMq(context)],
    [RequestCode.UNLOCK_BATCH_MQ, unlockBatchMq(context)],
    [RequestCode.GET_ALL_CONSUMER_OFFSET, getAllConsumerOffset(context)],
    [RequestCode.GET_ALL_DELAY_OFFSET, getAllDelayOffset(context)],
    [RequestCode.UPDATE_AND_CREATE_TOPIC, updateAndCreateTopic(context)],
    [RequestCode.GET_ALL_TOPIC_CONFIG, getAllTopicConfig(context)],
    [RequestCode.UPDATE_BROKER_CONFIG, updateBrokerConfig(context)],
    [RequestCode.GET_BROKER_CONFIG, getBrokerConfig(context)],
    [RequestCode.GET_BROKER_RUNTIME_INFO, getBrokerRuntimeInfo(context)],
    [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, updateAndCreateSubscriptionGroup(context)],
    [RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, getAllSubscriptionGroupConfig(context)],
    [RequestCode.DELETE_SUBSCRIPTIONGROUP, deleteSubscriptionGroup(context)],
    [RequestCode.GET_TOPIC_STATS_INFO, getTopicStatsInfo(context)],
    [RequestCode.GET_CONSUMER_CONNECTION_LIST, getConsumerConnectionList(context)],
    [RequestCode.GET_PRODUCER_CONNECTION_LIST, getProducerConnectionList(context)],
    [RequestCode.GET_CONSUME_STATS, getConsumeStats(context)],
    [RequestCode.GET_BROKER_CONSUME_STATS, getBrokerConsumeStats(context)],
    [RequestCode.DELETE_TOPIC_IN_BROKER, deleteTopicInBroker(context)],
    [RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, invokeBrokerToResetOffset(context)],
    [RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, invokeBrokerToGetConsumerStatus(context)],
    [RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, queryTopicConsumeByWho(context)],
    [RequestCode.REGISTER_FILTER_SERVER, registerFilterServer(context)],
    [RequestCode.QUERY_CONSUME_TIME_SPAN, queryConsumeTimeSpan(context)],
    [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER, getSystemTopicList(context)],
    [RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, cleanExpiredConsumeQueue(context)],
    [RequestCode.CLEAN_UNUSED_TOPIC, cleanUnusedTopic(context)],
    [RequestCode.GET_CONSUMER_RUNNING_INFO, getConsumerRunningInfo(context)],
    [RequestCode.CONSUME_MESSAGE_DIRECTLY, consumeMessageDirectly(context)],
    [RequestCode.QUERY_CORRECTION_OFFSET, queryCorrectionOffset(context)],
    [RequestCode.CLONE_GROUP_OFFSET, cloneGroupOffset(context)],
    [RequestCode.VIEW_BROKER_STATS_DATA, viewBrokerStatsData(context)],
    [RequestCode.QUERY_CONSUME_QUEUE, queryConsumeQueue(context)],
  ]);
}
