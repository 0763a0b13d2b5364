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
export { ClientErrorCode, type ClientErrorName, MQBrokerError, MQClientError } from './errors.ts';
export { MessageQueue } from './message/message-queue.ts';
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
export { SendResult, SendStatus } from './producer/send-result.ts';
