import type { MessageQueue } from '../message/message.ts';
import { bean, bodyCodec, setOf, text } from './body-codec.ts';
import { messageQueueCodec } from './message-queue.ts';

/**
 * Bodies of LOCK_BATCH_MQ and UNLOCK_BATCH_MQ (`LockBatchRequestBody`, of the same shape as
 * `UnlockBatchRequestBody`, and `LockBatchResponseBody`).
 */
export interface LockBatchRequestBody {
  consumerGroup: string;
  clientId: string;
  mqSet: MessageQueue[];
}

export interface LockBatchResponseBody {
  lockOKMQSet: MessageQueue[];
}

const request = bodyCodec<LockBatchRequestBody>(
  'LockBatchRequestBody',
  bean({ clientId: text, consumerGroup: text, mqSet: setOf(messageQueueCodec) }),
);
export const encodeLockBatchRequestBody = request.encode;
export const decodeLockBatchRequestBody = request.decode;

export type UnlockBatchRequestBody = LockBatchRequestBody;
export const encodeUnlockBatchRequestBody = request.encode;
export const decodeUnlockBatchRequestBody = request.decode;

const response = bodyCodec<LockBatchResponseBody>(
  'LockBatchResponseBody',
  bean({ lockOKMQSet: setOf(messageQueueCodec) }),
);
export const encodeLockBatchResponseBody = response.encode;
export const decodeLockBatchResponseBody = response.decode;
