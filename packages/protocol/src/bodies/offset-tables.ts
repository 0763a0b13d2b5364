import type { MessageQueue } from '../message/message.ts';
import { bean, beanMapOf, bodyCodec, int64, integer, intMapOf, listOf, mapOf, text } from './body-codec.ts';
import { messageQueueCodec } from './message-queue.ts';

/**
 * Tables of offsets: between brokers, in configuration files, and for resetting and cloning them.
 *
 * Maps keyed by MessageQueue have objects as keys, which are equal by identity only: iterate them.
 */
/** GET_ALL_CONSUMER_OFFSET and consumerOffset.json (`ConsumerOffsetSerializeWrapper`). */
export interface ConsumerOffsetTable {
  /** By `topic@group`, then by queue id. */
  offsetTable: Map<string, Map<number, number>>;
}

/** GET_ALL_DELAY_OFFSET and delayOffset.json (`DelayOffsetSerializeWrapper`). */
export interface DelayOffsetTable {
  /** By delay level. */
  offsetTable: Map<number, number>;
}

/** QUERY_CORRECTION_OFFSET; a queue without a value has 2^63-1. */
export interface QueryCorrectionOffsetBody {
  correctionOffsets: Map<number, number | bigint>;
}

/** RESET_CONSUMER_CLIENT_OFFSET, INVOKE_BROKER_TO_RESET_OFFSET; also offsets.json of broadcasting consumers. */
export interface ResetOffsetBody {
  offsetTable: Map<MessageQueue, number>;
}

/** The form of ResetOffsetBody for C++ clients (`ResetOffsetBodyForC`). */
export interface ResetOffsetBodyForC {
  offsetTable: (MessageQueue & { offset: number })[];
}

/** GET_CONSUMER_STATUS_FROM_CLIENT, INVOKE_BROKER_TO_GET_CONSUMER_STATUS. */
export interface GetConsumerStatusBody {
  messageQueueTable: Map<MessageQueue, number>;
  /** By client id. */
  consumerTable: Map<string, Map<MessageQueue, number>>;
}

const queueOffsets = beanMapOf(messageQueueCodec, integer());

const consumerOffsetTable = bodyCodec<ConsumerOffsetTable>(
  'ConsumerOffsetSerializeWrapper',
  bean({ offsetTable: mapOf(intMapOf(integer())) }),
);
export const encodeConsumerOffsetTable = consumerOffsetTable.encode;
export const decodeConsumerOffsetTable = consumerOffsetTable.decode;

const delayOffsetTable = bodyCodec<DelayOffsetTable>(
  'DelayOffsetSerializeWrapper',
  bean({ offsetTable: intMapOf(integer()) }),
);
export const encodeDelayOffsetTable = delayOffsetTable.encode;
export const decodeDelayOffsetTable = delayOffsetTable.decode;

const queryCorrectionOffsetBody = bodyCodec<QueryCorrectionOffsetBody>(
  'QueryCorrectionOffsetBody',
  bean({ correctionOffsets: intMapOf(int64) }),
);
export const encodeQueryCorrectionOffsetBody = queryCorrectionOffsetBody.encode;
export const decodeQueryCorrectionOffsetBody = queryCorrectionOffsetBody.decode;

const resetOffsetBody = bodyCodec<ResetOffsetBody>('ResetOffsetBody', bean({ offsetTable: queueOffsets }));
export const encodeResetOffsetBody = resetOffsetBody.encode;
export const decodeResetOffsetBody = resetOffsetBody.decode;

const resetOffsetBodyForC = bodyCodec<ResetOffsetBodyForC>(
  'ResetOffsetBodyForC',
  bean({
    offsetTable: listOf(
      bean<MessageQueue & { offset: number }>({
        brokerName: text,
        offset: integer(),
        queueId: integer(),
        topic: text,
      }),
    ),
  }),
);
export const encodeResetOffsetBodyForC = resetOffsetBodyForC.encode;
export const decodeResetOffsetBodyForC = resetOffsetBodyForC.decode;

const getConsumerStatusBody = bodyCodec<GetConsumerStatusBody>(
  'GetConsumerStatusBody',
  bean({ consumerTable: mapOf(queueOffsets), messageQueueTable: queueOffsets }),
);
export const encodeGetConsumerStatusBody = getConsumerStatusBody.encode;
export const decodeGetConsumerStatusBody = getConsumerStatusBody.decode;
