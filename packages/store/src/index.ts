export { type AppendRequest, type AppendResult, AppendStatus } from './append-request.ts';
export type { Damage } from './log/damage.ts';
export type { LogPin } from './log/log-memory.ts';
export { MessageStore, type QueryMessageResult } from './message-store.ts';
export { type DumpedRecord, dumpStore } from './offline/dump-store.ts';
export { inspectStore, type StoreInspection } from './offline/inspect-store.ts';
export { type OfflineOptions, OfflineStore } from './offline/offline-store.ts';
export { type RepairOptions, type RepairStep, repairStore } from './offline/repair-store.ts';
export {
  type BrokenFile,
  type LostMessage,
  type VerifyResult,
  verifyStore,
  type WrongUnit,
} from './offline/verify-store.ts';
export type { RecoveryReport } from './open-store.ts';
export type { ConsumeQueue } from './queue/consume-queue.ts';
export { GetMessageStatus, getMessageStatusName } from './read/get-message-status.ts';
export { GetResult, type MessageFilter } from './read/get-result.ts';
export type { FeedReader } from './replication/feed-reader.ts';
export type { LogFeed } from './replication/log-feed.ts';
export type { LogReceiver } from './replication/log-receiver.ts';
export { diskError, StoreError, StoreErrorCode } from './store-error.ts';
export {
  CONSUME_QUEUE_UNIT_BYTES,
  type FlushDiskType,
  resolveStoreOptions,
  type StoreOptions,
  type StoreOptionsInput,
  type StoreSettings,
} from './store-options.ts';
export { TopicKey } from './topic-key.ts';
