/** Reads a broker's answer to a send into a SendResult; throws MQBrokerError when the message was not stored. */
import { type HeaderView, ProtocolError, ResponseCode } from '@rocketmq-ts/protocol';
import { MQBrokerError } from '../errors.ts';
import { MessageQueue } from '../message/message-queue.ts';
import { SendResult, SendStatus } from './send-result.ts';

const defaultRegionId = 'DefaultRegion';

export function readSendAnswer(
  view: HeaderView,
  queue: MessageQueue,
  msgId: string,
  address: string,
): SendResult {
  const status = sendStatusOf(view.code);
  if (status === undefined) throw new MQBrokerError(view.code, view.remark(), address);
  const offsetId = view.find('msgId');
  const queueIdAt = view.find('queueId');
  const queueOffsetAt = view.find('queueOffset');
  if (queueIdAt < 0 || queueOffsetAt < 0) {
    throw new ProtocolError(
      'HEADER_FIELD_MISSING',
      `${address} answered a send with success and without queueId or queueOffset: the message is stored, its place unknown`,
    );
  }
  const queueId = view.int(queueIdAt);
  const regionAt = view.find('MSG_REGION');
  const traceAt = view.find('TRACE_ON');
  const transactionAt = view.find('transactionId');
  return new SendResult(
    status,
    msgId,
    offsetId < 0 ? '' : view.string(offsetId),
    queueId === queue.queueId ? queue : new MessageQueue(queue.topic, queue.brokerName, queueId),
    view.long(queueOffsetAt),
    regionAt < 0 ? defaultRegionId : view.string(regionAt) || defaultRegionId,
    traceAt < 0 || view.string(traceAt) !== 'false',
    transactionAt < 0 ? undefined : view.string(transactionAt),
  );
}

function sendStatusOf(responseCode: number): SendStatus | undefined {
  switch (responseCode) {
    case ResponseCode.SUCCESS:
      return SendStatus.SEND_OK;
    case ResponseCode.FLUSH_DISK_TIMEOUT:
      return SendStatus.FLUSH_DISK_TIMEOUT;
    case ResponseCode.FLUSH_SLAVE_TIMEOUT:
      return SendStatus.FLUSH_SLAVE_TIMEOUT;
    case ResponseCode.SLAVE_NOT_AVAILABLE:
      return SendStatus.SLAVE_NOT_AVAILABLE;
    default:
      return undefined;
  }
}
