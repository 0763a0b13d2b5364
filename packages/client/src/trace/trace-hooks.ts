/**
 * The hooks that make traces of sends and of calls of listeners: RocketMQ's SendMessageTraceHookImpl and
 * ConsumeMessageTraceHookImpl.
 *
 * As in 4.4.0, a send is traced when a broker has answered with a place where the message is stored: failures and one-way
 * sends leave no trace. A broker with traceOn=false silences both.
 */
import type { UniqueIdGenerator } from '@rocketmq-ts/protocol';
import { PropertyKey } from '@rocketmq-ts/protocol';
import type { ConsumeMessageContext, ConsumeMessageHook } from '../consumer/consume-hooks.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { SendMessageContext, SendMessageHook } from '../producer/send-hooks.ts';
import { SendStatus } from '../producer/send-result.ts';
import type { TraceDispatcher } from './trace-dispatcher.ts';
import { encodePub, encodeSubAfter, encodeSubBefore } from './trace-encoder.ts';

export class SendTraceHook implements SendMessageHook {
  readonly hookName = 'SendMessageTraceHook';
  readonly #dispatcher: TraceDispatcher;
  readonly #traceTopic: string;
  readonly #now: () => number;

  constructor(dispatcher: TraceDispatcher, traceTopic: string, now: () => number) {
    this.#dispatcher = dispatcher;
    this.#traceTopic = traceTopic;
    this.#now = now;
  }

  sendMessageAfter(context: SendMessageContext): void {
    const { sendResult, messages, msgId } = context;
    const { topic } = messages[0] as { topic: string };
    if (sendResult === undefined || !sendResult.traceOn || topic.startsWith(this.#traceTopic)) return;
    // A batch has neither tags nor keys in common.
    const single = messages.length === 1 && !msgId.includes(',') ? messages[0] : undefined;
    const keys = typeof single?.keys === 'object' ? single.keys.join(' ') : single?.keys;
    const text = encodePub({
      timeStamp: context.beginTimestamp,
      regionId: sendResult.regionId,
      groupName: context.producerGroup,
      topic,
      msgId,
      tags: single?.tags,
      keys,
      storeHost: context.brokerAddr,
      bodyLength: context.bodySizeBytes,
      costTime: Math.max(0, this.#now() - context.beginTimestamp),
      msgType: context.msgType,
      offsetMsgId: sendResult.offsetMsgId,
      success: sendResult.sendStatus === SendStatus.SEND_OK,
    });
    const ids = msgId.split(',');
    this.#dispatcher.append({ topic, text, keys: keys ? [...ids, keys] : ids });
  }
}

interface Traced {
  readonly requestId: string;
  readonly messages: readonly ReceivedMessage[];
}

export class ConsumeTraceHook implements ConsumeMessageHook {
  readonly hookName = 'ConsumeMessageTraceHook';
  readonly #dispatcher: TraceDispatcher;
  readonly #ids: UniqueIdGenerator;
  readonly #now: () => number;
  readonly #traced = new WeakMap<ConsumeMessageContext, Traced>();

  constructor(dispatcher: TraceDispatcher, ids: UniqueIdGenerator, now: () => number) {
    this.#dispatcher = dispatcher;
    this.#ids = ids;
    this.#now = now;
  }

  consumeMessageBefore(context: ConsumeMessageContext): void {
    const messages = context.messages.filter((each) => each.getProperty(PropertyKey.TRACE_ON) !== 'false');
    if (messages.length === 0) return;
    const requestId = this.#ids.next();
    this.#traced.set(context, { requestId, messages });
    this.#append(messages, (message) =>
      encodeSubBefore({
        timeStamp: context.beginTimestamp,
        regionId: message.getProperty(PropertyKey.MSG_REGION),
        groupName: context.consumerGroup,
        requestId,
        msgId: message.msgId,
        retryTimes: message.reconsumeTimes,
        keys: message.keys,
      }),
    );
  }

  consumeMessageAfter(context: ConsumeMessageContext): void {
    const traced = this.#traced.get(context);
    if (traced === undefined) return;
    const tookMs = Math.max(0, this.#now() - context.beginTimestamp);
    const costTime = Math.floor(tookMs / context.messages.length);
    this.#append(traced.messages, (message) =>
      encodeSubAfter({
        requestId: traced.requestId,
        msgId: message.msgId,
        costTime,
        success: context.success,
        keys: message.keys,
        contextCode: context.returnType ?? 'SUCCESS',
      }),
    );
  }

  /** The messages of one call are of one topic. */
  #append(messages: readonly ReceivedMessage[], encode: (message: ReceivedMessage) => string): void {
    for (const message of messages) {
      const { msgId, keys, topic } = message;
      this.#dispatcher.append({ topic, text: encode(message), keys: keys ? [msgId, keys] : [msgId] });
    }
  }
}
