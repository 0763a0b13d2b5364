export {
  AdminClient,
  type MessageTrack,
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
