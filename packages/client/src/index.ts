export type { ClientOptions } from './client-options.ts';
export { AllocateMessageQueueAveragely } from './consumer/allocate/averagely.ts';
export { AllocateMessageQueueAveragelyByCircle } from './consumer/allocate/averagely-by-circle.ts';
export { AllocateMessageQueueByConfig } from './consumer/allocate/by-config.ts';
export { AllocateMessageQueueByMachineRoom } from './consumer/allocate/by-machine-room.ts';
export { AllocateMessageQueueConsistentHash } from './consumer/allocate/consistent-hash.ts';
export {
  AllocateMachineRoomNearby,
  type MachineRoomResolver,
} from './consumer/allocate/machine-room-nearby.ts';
export type { AllocateMessageQueueStrategy } from './consumer/allocate/strategy.ts';
export type {
  ConsumeMessageContext,
  ConsumeMessageHook,
  ConsumeReturnType,
  FilterMessageContext,
  FilterMessageHook,
} from './consumer/consume-hooks.ts';
export { MessageSelector } from './consumer/group-consumer.ts';
export {
  type ConsumeConcurrentlyContext,
  ConsumeConcurrentlyStatus,
  type ConsumeOrderlyContext,
  ConsumeOrderlyStatus,
  type MessageListenerConcurrently,
  type MessageListenerOrderly,
  type MessageQueueListener,
} from './consumer/listeners.ts';
export { LitePullConsumer, type LitePullConsumerOptions } from './consumer/lite-pull-consumer.ts';
export type { OffsetStore } from './consumer/offset-store.ts';
export { type PullResult, PullStatus } from './consumer/pull-client.ts';
export {
  PullConsumer,
  type PullConsumerOptions,
  type PullOptions,
} from './consumer/pull-consumer.ts';
export {
  PullConsumerScheduleService,
  type PullConsumerScheduleServiceOptions,
  type PullTaskCallback,
  type PullTaskContext,
} from './consumer/pull-consumer-schedule-service.ts';
export { PushConsumer } from './consumer/push-consumer.ts';
export type { PushConsumerOptions, PushConsumerTuning } from './consumer/push-consumer-options.ts';
export { ClientErrorCode, type ClientErrorName, MQBrokerError, MQClientError } from './errors.ts';
export type { QueueOffset } from './instance/members.ts';
export type { QueryResult } from './instance/message-queries.ts';
export { AclClientRPCHook, type HookedRequest, type RpcHook } from './instance/rpc-hook.ts';
export { MessageQueue } from './message/message-queue.ts';
export { ReceivedMessage } from './message/received-message.ts';
export { Message, type MessageBody, type OutgoingMessage } from './producer/message.ts';
export { splitBatch } from './producer/message-batch.ts';
export type { SendOptions } from './producer/message-sender.ts';
export { Producer, type SendCallback } from './producer/producer.ts';
export type { ProducerOptions } from './producer/producer-options.ts';
export {
  type MessageQueueSelector,
  selectMessageQueueByHash,
  selectMessageQueueByRandom,
} from './producer/queue-selectors.ts';
export type {
  CheckForbiddenHook,
  CommunicationMode,
  MessageType,
  SendMessageContext,
  SendMessageHook,
} from './producer/send-hooks.ts';
export { SendResult, SendStatus } from './producer/send-result.ts';
export {
  type LocalTransaction,
  LocalTransactionState,
  type TransactionListener,
  TransactionSendResult,
} from './producer/transaction-listener.ts';
export { TransactionProducer, type TransactionProducerOptions } from './producer/transaction-producer.ts';
export {
  type ConsumeBeginTrace,
  type ConsumeEndTrace,
  decodeTraceData,
  type MessageTrace,
  type PublishedTrace,
} from './trace/trace-decoder.ts';
export type { TraceOptions } from './trace/tracing.ts';
