/**
 * Appends messages that the broker itself writes: messages sent back, events, delayed messages that are due.
 *
 * These are few: properties are a Map here. A DELAY property is obeyed when the caller asks for it.
 *
 * Counterpart in RocketMQ: MessageExtBrokerInner with DefaultMessageStore.putMessage.
 */
import {
  encodeProperties,
  javaHashCode,
  MAX_PROPERTIES_BYTES,
  MessageSysFlag,
  PropertyKey,
} from '@rocketmq-ts/protocol';
import { type AppendRequest, AppendStatus, type TopicKey } from '@rocketmq-ts/store';
import type { BrokerContext } from '../broker-context.ts';
import type { MessageRouter } from './message-router.ts';

export interface OwnMessage {
  readonly topic: TopicKey;
  readonly queueId: number;
  readonly flag: number;
  readonly sysFlag: number;
  readonly bornTimestamp: number;
  /** IPv4 as a big-endian int32. */
  readonly bornIp: number;
  readonly bornPort: number;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  readonly properties: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Takes the detour through the delay topic when above 0. */
  readonly delayLevel: number;
}

export class MessageWriter {
  readonly #context: BrokerContext;
  readonly #router: MessageRouter;

  constructor(context: BrokerContext, router: MessageRouter) {
    this.#context = context;
    this.#router = router;
  }

  /** Where it went is in `store.lastAppend`. */
  append(message: OwnMessage): AppendStatus {
    const properties = Buffer.from(encodeProperties(message.properties));
    if (properties.length > MAX_PROPERTIES_BYTES) return AppendStatus.PROPERTIES_SIZE_EXCEEDED;
    const tags = message.properties.get(PropertyKey.TAGS) ?? '';
    const request: AppendRequest = {
      topic: message.topic,
      queueId: message.queueId,
      flag: message.flag,
      sysFlag: message.sysFlag,
      bornTimestamp: message.bornTimestamp,
      bornIp: message.bornIp,
      bornPort: message.bornPort,
      reconsumeTimes: message.reconsumeTimes,
      preparedTransactionOffset: message.preparedTransactionOffset,
      body: message.body,
      bodyStart: 0,
      bodyEnd: message.body.length,
      properties,
      propertiesStart: 0,
      propertiesEnd: properties.length,
      tagsCode: javaHashCode(tags),
      waitStore: false,
    };
    if (message.delayLevel > 0) {
      const targeted =
        message.properties.has(PropertyKey.REAL_TOPIC) || message.properties.has(PropertyKey.REAL_QID);
      this.#router.delay(request, message.delayLevel, targeted);
    }
    return this.#context.store.append(request);
  }
}

/** A message that begins here, with this broker as its origin. */
export function bornHere(
  context: BrokerContext,
  message: Pick<OwnMessage, 'topic' | 'queueId' | 'properties' | 'body'>,
): OwnMessage {
  return {
    ...message,
    flag: 0,
    sysFlag: MessageSysFlag.TRANSACTION_NOT_TYPE,
    bornTimestamp: context.platform.clock.now(),
    bornIp: context.storeHost.ip,
    bornPort: context.storeHost.port,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    delayLevel: 0,
  };
}
