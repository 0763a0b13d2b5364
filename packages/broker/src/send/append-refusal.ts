/** What a producer is told when the store did not take his message. Codes and wording follow SendMessageProcessor. */
import { ResponseCode } from '@rocketmq-ts/protocol';
import { AppendStatus } from '@rocketmq-ts/store';
import type { BrokerContext } from '../broker-context.ts';

export interface Refusal {
  readonly code: number;
  readonly remark: string;
}

export function appendRefusal(status: AppendStatus, context: BrokerContext): Refusal {
  switch (status) {
    case AppendStatus.MESSAGE_ILLEGAL:
      return {
        code: ResponseCode.MESSAGE_ILLEGAL,
        remark: `the message is illegal: a record has at most maxMessageSize=${context.config.maxMessageSize} bytes, a topic 127, and a batch whole messages`,
      };
    case AppendStatus.PROPERTIES_SIZE_EXCEEDED:
      return {
        code: ResponseCode.MESSAGE_ILLEGAL,
        remark: 'the message is illegal: its properties are longer than 32767 bytes',
      };
    case AppendStatus.CREATE_MAPEDFILE_FAILED:
      return {
        code: ResponseCode.SYSTEM_ERROR,
        remark: 'create mapped file failed, server is busy or broken.',
      };
    default:
      return {
        code: ResponseCode.SERVICE_NOT_AVAILABLE,
        remark: `service not available now: ${context.store.refusal()?.message ?? 'the store is closed'}`,
      };
  }
}
