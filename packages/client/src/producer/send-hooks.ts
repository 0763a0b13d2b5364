/**
 * Hooks around the sends of a producer: RocketMQ's SendMessageHook, which watches, and CheckForbiddenHook, which may refuse.
 *
 * They are called once per attempt. Without hooks a send does nothing for them.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import { MessageSysFlag } from '@rocketmq-ts/protocol';
import type { HookList, NamedHook } from '../hooks.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { OutgoingMessage } from './message.ts';
import type { PreparedMessage } from './prepared-message.ts';
import type { SendResult } from './send-result.ts';

/** How a message is sent: `send` and its kind, `sendAsync`, or `sendOneway`. */
export type CommunicationMode = 'SYNC' | 'ASYNC' | 'ONEWAY';

/** RocketMQ's MessageType. */
export type MessageType = 'Normal_Msg' | 'Trans_Msg_Half' | 'Delay_Msg';

/** One attempt to send. The same object before and after it, so that a WeakMap can keep what belongs to it. */
export interface SendMessageContext {
  readonly producerGroup: string;
  /** One message, or those of a batch; as the application gave them. */
  readonly messages: readonly OutgoingMessage[];
  /** The client's id of the message; of a batch, all of them joined by commas. */
  readonly msgId: string;
  readonly messageQueue: MessageQueue;
  /** `host:port` */
  readonly brokerAddr: string;
  /** This client's address. */
  readonly bornHost: string;
  readonly communicationMode: CommunicationMode;
  readonly msgType: MessageType;
  /** Of the body as it is sent, compressed if it is large. */
  readonly bodySizeBytes: number;
  /** When the attempt began, milliseconds since the epoch. */
  readonly beginTimestamp: number;
  /** Afterwards: what the broker answered. Undefined for one-way sends and failures. */
  readonly sendResult: SendResult | undefined;
  /** Afterwards: why the attempt failed. */
  readonly exception: Error | undefined;
}

export interface SendMessageHook extends NamedHook {
  sendMessageBefore?(context: SendMessageContext): void;
  sendMessageAfter?(context: SendMessageContext): void;
}

export interface CheckForbiddenHook extends NamedHook {
  /** Throwing forbids the send, which is then rejected with what was thrown. */
  checkForbidden(context: SendMessageContext): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type SendAttempt = Mutable<SendMessageContext>;

export class SendHooks {
  readonly #producerGroup: string;
  readonly #bornHost: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #watching: HookList<SendMessageHook>;
  readonly #forbidding: readonly CheckForbiddenHook[];

  constructor(
    context: { producerGroup: string; bornHost: string; clock: Clock; logger: Logger },
    watching: HookList<SendMessageHook>,
    forbidding: readonly CheckForbiddenHook[],
  ) {
    this.#producerGroup = context.producerGroup;
    this.#bornHost = context.bornHost;
    this.#clock = context.clock;
    this.#logger = context.logger;
    this.#watching = watching;
    this.#forbidding = forbidding;
  }

  get active(): boolean {
    return this.#watching.hooks.length > 0 || this.#forbidding.length > 0;
  }

  /** Throws what a CheckForbiddenHook throws; then nothing may be sent. */
  before(
    message: PreparedMessage,
    messageQueue: MessageQueue,
    brokerAddr: string,
    communicationMode: CommunicationMode,
  ): SendAttempt {
    const attempt: SendAttempt = {
      producerGroup: this.#producerGroup,
      messages: message.originals ?? [message.original],
      msgId: message.msgId,
      messageQueue,
      brokerAddr,
      bornHost: this.#bornHost,
      communicationMode,
      msgType: messageType(message),
      bodySizeBytes: message.bodyBytes,
      beginTimestamp: this.#clock.now(),
      sendResult: undefined,
      exception: undefined,
    };
    for (const hook of this.#forbidding) hook.checkForbidden(attempt);
    this.#watching.call('sendMessageBefore', this.#clock, this.#logger, (hook) =>
      hook.sendMessageBefore?.(attempt),
    );
    return attempt;
  }

  after(attempt: SendAttempt, sendResult: SendResult | undefined, exception: Error | undefined): void {
    attempt.sendResult = sendResult;
    attempt.exception = exception;
    this.#watching.call('sendMessageAfter', this.#clock, this.#logger, (hook) =>
      hook.sendMessageAfter?.(attempt),
    );
  }
}

/** 4.4.0 looks at the delay last. */
function messageType({ original, sysFlag }: PreparedMessage): MessageType {
  if ((original.delayTimeLevel ?? 0) > 0) return 'Delay_Msg';
  return (sysFlag & MessageSysFlag.TRANSACTION_PREPARED_TYPE) === 0 ? 'Normal_Msg' : 'Trans_Msg_Half';
}
