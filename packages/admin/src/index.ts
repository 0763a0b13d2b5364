export {
  type BrokerData,
  type ClusterInfo,
  type ConsumeMessageDirectlyResult,
  type ConsumerConnection,
  type ConsumerRunningInfo,
  type ConsumeStats,
  type ConsumeStatsList,
  type KVTable,
  type MessageExt,
  type MessageQueue,
  newSubscriptionGroupConfig,
  type ProducerConnection,
  type QueryConsumeQueueResponseBody,
  type QueueData,
  type SessionCredentials,
  type SubscriptionGroupConfig,
  type TopicConfig,
  type TopicRouteData,
  type TopicStatsTable,
} from '@rocketmq-ts/protocol';
export {
  AdminClient,
  type MessageTrack,
  newTopicConfig,
  type PlannedOffset,
  type RollbackStats,
  TrackType,
} from './admin-client.ts';
export { type AdminClientOptions, AdminConnection, type AdminRequest } from './admin-connection.ts';
export { AdminAnswerError, AdminError, type AdminErrorCode } from './admin-error.ts';
export { type MasterAndSlaves, selectBrokerAddr } from './cluster-admin.ts';
export { type MqadminOptions, runMqadmin } from './command-line/run-mqadmin.ts';
export { readCredentials } from './credentials.ts';
export type { AdminMessage, AdminSendResult, PullOptions, PullResult, PullStatus } from './message-admin.ts';
