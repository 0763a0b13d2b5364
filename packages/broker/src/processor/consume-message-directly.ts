/**
 * CONSUME_MESSAGE_DIRECTLY (309): hands one stored message to one consumer at once and answers what it made of it.
 * Counterpart in RocketMQ: AdminBrokerProcessor.consumeMessageDirectly.
 */
import { decodeOffsetMsgId, ExtReader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { systemError } from '../control/answers.ts';
import { callConsumer } from '../control/call-consumer.ts';
import type { ControlContext } from '../control/control-context.ts';

export function consumeMessageDirectly(context: ControlContext): Handler {
  return async (request) => {
    const header = new ExtReader(request.code, request.ext);
    const msgId = header.string('msgId');
    const body = await context.store.messageByOffset(decodeOffsetMsgId(msgId).offset);
    if (body === undefined) return systemError(`can not find message by the id, ${msgId}`);
    const ext = new Map(request.ext).set('brokerName', context.settings.brokerName);
    const command = { code: request.code, ext, body };
    return callConsumer(context, header.string('consumerGroup'), header.string('clientId'), command);
  };
}
