import { bean, bodyCodec, bool, oneOf, setOf, text } from './body-codec.ts';
import { type SubscriptionData, subscriptionDataCodec } from './subscription.ts';

/**
 * Body of HEART_BEAT (`HeartbeatData`) and of CHECK_CLIENT_CONFIG (`CheckClientRequestBody`).
 *
 * CONSUME_POP is what consumers of 5.x announce. A client that leaves a mode out, or spells it in its own way, is taken
 * for the usual one: RocketMQ's brokers let it in too, with no mode at all.
 */
const CONSUME_TYPES = ['CONSUME_ACTIVELY', 'CONSUME_PASSIVELY', 'CONSUME_POP'] as const;
const MESSAGE_MODELS = ['BROADCASTING', 'CLUSTERING'] as const;
const CONSUME_FROM_WHERES = [
  'CONSUME_FROM_LAST_OFFSET',
  'CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST',
  'CONSUME_FROM_MIN_OFFSET',
  'CONSUME_FROM_MAX_OFFSET',
  'CONSUME_FROM_FIRST_OFFSET',
  'CONSUME_FROM_TIMESTAMP',
] as const;

/** ACTIVELY is pull, PASSIVELY push. */
export type ConsumeType = (typeof CONSUME_TYPES)[number];
export type MessageModel = (typeof MESSAGE_MODELS)[number];
export type ConsumeFromWhere = (typeof CONSUME_FROM_WHERES)[number];

export interface ProducerData {
  groupName: string;
}

export interface ConsumerData {
  groupName: string;
  consumeType: ConsumeType;
  messageModel: MessageModel;
  consumeFromWhere: ConsumeFromWhere;
  subscriptionDataSet: SubscriptionData[];
  unitMode: boolean;
}

export interface HeartbeatData {
  clientID: string;
  producerDataSet: ProducerData[];
  consumerDataSet: ConsumerData[];
}

export interface CheckClientRequestBody {
  clientId: string;
  group: string;
  subscriptionData: SubscriptionData;
}

export const consumeTypeCodec = oneOf(CONSUME_TYPES, 'CONSUME_PASSIVELY');
export const messageModelCodec = oneOf(MESSAGE_MODELS, 'CLUSTERING');
export const consumeFromWhereCodec = oneOf(CONSUME_FROM_WHERES, 'CONSUME_FROM_LAST_OFFSET');

const heartbeatData = bodyCodec<HeartbeatData>(
  'HeartbeatData',
  bean({
    clientID: text,
    consumerDataSet: setOf(
      bean<ConsumerData>({
        consumeFromWhere: consumeFromWhereCodec,
        consumeType: consumeTypeCodec,
        groupName: text,
        messageModel: messageModelCodec,
        subscriptionDataSet: setOf(subscriptionDataCodec),
        unitMode: bool(),
      }),
    ),
    producerDataSet: setOf(bean<ProducerData>({ groupName: text })),
  }),
);
export const encodeHeartbeatData = heartbeatData.encode;
export const decodeHeartbeatData = heartbeatData.decode;

const checkClientRequestBody = bodyCodec<CheckClientRequestBody>(
  'CheckClientRequestBody',
  bean({ clientId: text, group: text, subscriptionData: subscriptionDataCodec }),
);
export const encodeCheckClientRequestBody = checkClientRequestBody.encode;
export const decodeCheckClientRequestBody = checkClientRequestBody.decode;
