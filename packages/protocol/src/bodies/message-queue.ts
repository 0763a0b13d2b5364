import type { MessageQueue } from '../message/message.ts';
import { bean, integer, text, type ValueCodec } from './body-codec.ts';

/** `MessageQueue` as a member and as a map key of bodies. */
export const messageQueueCodec: ValueCodec<MessageQueue> = bean<MessageQueue>({
  brokerName: text,
  queueId: integer(),
  topic: text,
});
