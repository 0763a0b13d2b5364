/** Ready-made queue selectors: RocketMQ's SelectMessageQueueByHash and SelectMessageQueueByRandom. */
import type { Random } from '@rocketmq-ts/platform';
import { javaHashCode } from '@rocketmq-ts/protocol';
import type { MessageQueue } from '../message/message-queue.ts';
import type { OutgoingMessage } from './message.ts';

/** Chooses the queue of a message among all queues of its topic that may be written. */
export type MessageQueueSelector<Arg = unknown> = (
  queues: readonly MessageQueue[],
  message: OutgoingMessage,
  arg: Arg,
  random: Random,
) => MessageQueue | undefined;

/**
 * Equal arguments, equal queue (while the number of queues stays): for messages that must stay in order. Text hashes as
 * Java's String does, integers as Integer or Long, so that Java producers choose the same queue.
 */
export const selectMessageQueueByHash: MessageQueueSelector = (queues, _message, arg) => {
  const hash = Math.abs(javaHashOf(arg));
  return queues[hash % queues.length];
};

/** Any queue. */
export const selectMessageQueueByRandom: MessageQueueSelector = (queues, _message, _arg, random) =>
  queues[random.integer(queues.length)];

function javaHashOf(arg: unknown): number {
  if (typeof arg === 'string') return javaHashCode(arg);
  if (typeof arg === 'number' && arg === (arg | 0)) return arg;
  if ((typeof arg === 'number' && Number.isSafeInteger(arg)) || typeof arg === 'bigint') {
    const bits = BigInt.asUintN(64, BigInt(arg));
    return Number(BigInt.asIntN(32, (bits ^ (bits >> 32n)) & 0xffffffffn));
  }
  if (typeof arg === 'boolean') return arg ? 1231 : 1237;
  return javaHashCode(String(arg));
}
