import { languageCodeOf, languageName } from '../language-code.ts';
import { bean, bodyCodec, integer, mapOf, optional, setOf, text, type ValueCodec } from './body-codec.ts';
import {
  type ConsumeFromWhere,
  type ConsumeType,
  consumeFromWhereCodec,
  consumeTypeCodec,
  type MessageModel,
  messageModelCodec,
} from './heartbeat.ts';
import { type SubscriptionData, subscriptionDataCodec } from './subscription.ts';

/**
 * Who is connected: `ConsumerConnection`, `ProducerConnection`, `Connection`.
 */
export interface ClientConnection {
  clientId: string;
  /** `ip:port` */
  clientAddr: string;
  /** `LanguageCode` */
  language: number;
  /** `MQVersion` */
  version: number;
}

export interface ProducerConnection {
  connectionSet: ClientConnection[];
}

export interface ConsumerConnection extends ProducerConnection {
  /** By topic. */
  subscriptionTable: Map<string, SubscriptionData>;
  consumeType?: ConsumeType | undefined;
  messageModel?: MessageModel | undefined;
  consumeFromWhere?: ConsumeFromWhere | undefined;
}

const language: ValueCodec<number> = {
  read: (value, path) =>
    typeof value === 'number' ? value : languageCodeOf(text.read(value ?? 'OTHER', path)),
  write: languageName,
};

const connection = bean<ClientConnection>({
  clientAddr: text,
  clientId: text,
  language,
  version: integer(),
});

const producerConnection = bodyCodec<ProducerConnection>(
  'ProducerConnection',
  bean({ connectionSet: setOf(connection) }),
);
export const encodeProducerConnection = producerConnection.encode;
export const decodeProducerConnection = producerConnection.decode;

const consumerConnection = bodyCodec<ConsumerConnection>(
  'ConsumerConnection',
  bean<ConsumerConnection>({
    connectionSet: setOf(connection),
    consumeFromWhere: optional(consumeFromWhereCodec),
    consumeType: optional(consumeTypeCodec),
    messageModel: optional(messageModelCodec),
    subscriptionTable: mapOf(subscriptionDataCodec),
  }),
);
export const encodeConsumerConnection = consumerConnection.encode;
export const decodeConsumerConnection = consumerConnection.decode;
