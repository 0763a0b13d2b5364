/**
 * What applications give a consumer to be called with messages, and what they answer: RocketMQ's
 * MessageListenerConcurrently and MessageListenerOrderly as functions.
 */
import type { MessageQueue } from '../message/message-queue.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

export const ConsumeConcurrentlyStatus = {
  CONSUME_SUCCESS: 'CONSUME_SUCCESS',
  RECONSUME_LATER: 'RECONSUME_LATER',
} as const;
export type ConsumeConcurrentlyStatus =
  (typeof ConsumeConcurrentlyStatus)[keyof typeof ConsumeConcurrentlyStatus];

export const ConsumeOrderlyStatus = {
  SUCCESS: 'SUCCESS',
  SUSPEND_CURRENT_QUEUE_A_MOMENT: 'SUSPEND_CURRENT_QUEUE_A_MOMENT',
  /** With autoCommit off: what was consumed since the last commit is done with. */
  COMMIT: 'COMMIT',
  /** With autoCommit off: what was consumed since the last commit comes again. */
  ROLLBACK: 'ROLLBACK',
} as const;
export type ConsumeOrderlyStatus = (typeof ConsumeOrderlyStatus)[keyof typeof ConsumeOrderlyStatus];

export interface ConsumeConcurrentlyContext {
  readonly messageQueue: MessageQueue;
  /** When failed messages come again: 0 the broker chooses by their count, -1 never (dead-letter queue), else the level. */
  delayLevelWhenNextConsume: number;
  /** Index of the last message of the batch that succeeded; those after it come again. Default: all succeeded. */
  ackIndex: number;
  /** Aborts when the consumer shuts down. */
  readonly signal: AbortSignal;
}

export interface ConsumeOrderlyContext {
  readonly messageQueue: MessageQueue;
  /** False: offsets advance on COMMIT only. Default: true. */
  autoCommit: boolean;
  /** Milliseconds until a suspended queue goes on, 10 to 30000; -1: the consumer's suspendCurrentQueueTimeMillis. */
  suspendCurrentQueueTimeMillis: number;
  /** Aborts when the consumer shuts down. */
  readonly signal: AbortSignal;
}

/**
 * Called with messages in any order, many calls at a time. Returning nothing means CONSUME_SUCCESS; throwing, rejecting
 * or returning anything that is no status means RECONSUME_LATER, and is logged.
 */
export type MessageListenerConcurrently<Answer = ConcurrentAnswer | Promise<ConcurrentAnswer>> = (
  messages: readonly ReceivedMessage[],
  context: ConsumeConcurrentlyContext,
) => Answer;

/**
 * Called with the messages of a queue in order, one call at a time per queue. Returning nothing means SUCCESS; throwing,
 * rejecting or returning anything that is no status means SUSPEND_CURRENT_QUEUE_A_MOMENT, and is logged.
 */
export type MessageListenerOrderly<Answer = OrderlyAnswer | Promise<OrderlyAnswer>> = (
  messages: readonly ReceivedMessage[],
  context: ConsumeOrderlyContext,
) => Answer;

/** Told when the queues of a topic are divided anew: all of them, and those of this member. */
export type MessageQueueListener = (
  topic: string,
  mqAll: readonly MessageQueue[],
  mqDivided: readonly MessageQueue[],
) => void;

// biome-ignore-start lint/suspicious/noConfusingVoidType: a listener need not return anything
export type ConcurrentAnswer = ConsumeConcurrentlyStatus | void;
export type OrderlyAnswer = ConsumeOrderlyStatus | void;
// biome-ignore-end lint/suspicious/noConfusingVoidType: as above

/** Whether something can be awaited. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<T>).then === 'function';
}
