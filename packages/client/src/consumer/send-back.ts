/**
 * Sends messages that could not be consumed back to the broker, for another try later: CONSUMER_SEND_MSG_BACK, and if
 * that fails an ordinary message to the retry topic.
 *
 * Behaviour from DefaultMQPushConsumerImpl.sendMessageBack and ConsumeMessageOrderlyService.sendMessageBack.
 */
import type { Logger } from '@rocketmq-ts/platform';
import { PropertyKey, retryTopic } from '@rocketmq-ts/protocol';
import type { ClientInstance } from '../instance/client-instance.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Namespace } from '../namespace.ts';
import type { MessageSender } from '../producer/message-sender.ts';

const int32Max = 0x7fffffff;
const defaultMaxReconsumeTimes = 16;

export class SendBack {
  readonly #instance: ClientInstance;
  readonly #sender: MessageSender;
  readonly #group: string;
  readonly #maxReconsumeTimes: number;
  readonly #namespace: Namespace;
  readonly #logger: Logger;

  /** `maxReconsumeTimes`: -1 for the default of each kind of listener. */
  constructor(
    instance: ClientInstance,
    sender: MessageSender,
    group: string,
    maxReconsumeTimes: number,
    namespace: Namespace,
  ) {
    this.#instance = instance;
    this.#sender = sender;
    this.#group = group;
    this.#maxReconsumeTimes = maxReconsumeTimes;
    this.#namespace = namespace;
    this.#logger = instance.config.logger;
  }

  /** How often an orderly listener may fail before its message goes to the dead-letter queue. */
  get orderlyMaxReconsumeTimes(): number {
    return this.#maxReconsumeTimes === -1 ? int32Max : this.#maxReconsumeTimes;
  }

  /** Rejects when the message could be sent back in neither way. */
  async sendBack(
    message: ReceivedMessage,
    delayLevel: number,
    brokerName: string | undefined,
  ): Promise<void> {
    const maxReconsumeTimes =
      this.#maxReconsumeTimes === -1 ? defaultMaxReconsumeTimes : this.#maxReconsumeTimes;
    const master = brokerName === undefined ? undefined : this.#instance.routes.brokers.master(brokerName);
    try {
      await this.#instance.brokerClient.sendMessageBack(master ?? message.storeHost, {
        group: this.#group,
        message,
        originTopic: this.#namespace.wrap(message.topic),
        delayLevel,
        maxReconsumeTimes,
      });
    } catch (error) {
      this.#logger.warn(
        `message ${message.msgId} of group ${this.#group} could not be sent back to broker ${brokerName ?? message.storeHost}; ` +
          'it goes to the retry topic as a new message',
        { error },
      );
      await this.#sendToRetryTopic(message, message.reconsumeTimes + 1, maxReconsumeTimes);
    }
  }

  /** Of an orderly listener that has failed too often: the broker turns it into a dead letter. Rejects on failure. */
  async sendToDeadLetters(message: ReceivedMessage): Promise<void> {
    await this.#sendToRetryTopic(message, message.reconsumeTimes, this.orderlyMaxReconsumeTimes);
  }

  async #sendToRetryTopic(
    message: ReceivedMessage,
    reconsumeTimes: number,
    maxReconsumeTimes: number,
  ): Promise<void> {
    const properties = new Map(message.properties);
    const originMsgId = properties.get(PropertyKey.ORIGIN_MESSAGE_ID) || message.msgId;
    properties.set(PropertyKey.ORIGIN_MESSAGE_ID, originMsgId);
    properties.set(PropertyKey.RETRY_TOPIC, this.#namespace.wrap(message.topic));
    properties.set(PropertyKey.DELAY, String(3 + message.reconsumeTimes));
    // These travel in the request header, or belong to this client alone.
    for (const name of [
      PropertyKey.RECONSUME_TIME,
      PropertyKey.MAX_RECONSUME_TIMES,
      PropertyKey.MIN_OFFSET,
      PropertyKey.MAX_OFFSET,
      PropertyKey.CONSUME_START_TIME,
    ]) {
      properties.delete(name);
    }
    await this.#sender.sendRaw({
      topic: retryTopic(this.#group),
      body: message.body,
      flag: message.flag,
      properties,
      msgId: message.msgId,
      reconsumeTimes,
      maxReconsumeTimes,
    });
  }
}
