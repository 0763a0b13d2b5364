/**
 * What brokers ask clients: members of a group changed (40), reset offsets (220), tell offsets (221), tell about
 * yourself (307), consume this one now (309), what became of this transaction (39).
 *
 * Behaviour from ClientRemotingProcessor. The codes that Java does not answer are not answered either.
 */
import {
  CURRENT_VERSION,
  decodeRecord,
  decodeResetOffsetBody,
  decodeResetOffsetBodyForC,
  ExtReader,
  encodeConsumeMessageDirectlyResult,
  encodeConsumerRunningInfo,
  encodeGetConsumerStatusBody,
  PropertyKey,
  parseCheckTransactionStateRequestHeader,
  RequestCode,
  ResponseCode,
  RunningInfoProperty,
  versionDesc,
} from '@rocketmq-ts/protocol';
import type { Connection, Request, Response } from '@rocketmq-ts/remoting';
import { MessageQueue } from '../message/message-queue.ts';
import { ReceivedMessage } from '../message/received-message.ts';
import type { ClientInstance } from './client-instance.ts';
import type { QueueOffset } from './members.ts';

export function handleServerRequests(instance: ClientInstance): void {
  const { remoting } = instance;
  remoting.handle(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, ({ ext }) => {
    instance.consumers.get(ext.get('consumerGroup') ?? '')?.membersChanged();
    instance.rebalanceImmediately();
    return undefined;
  });
  remoting.handle(RequestCode.CHECK_TRANSACTION_STATE, (request, connection) =>
    checkTransaction(instance, request, connection),
  );
  remoting.handle(RequestCode.RESET_CONSUMER_CLIENT_OFFSET, (request, connection) =>
    resetOffset(instance, request, connection),
  );
  remoting.handle(RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, (request) =>
    consumerStatus(instance, request),
  );
  remoting.handle(RequestCode.GET_CONSUMER_RUNNING_INFO, (request) => runningInfo(instance, request));
  remoting.handle(RequestCode.CONSUME_MESSAGE_DIRECTLY, (request) => consumeDirectly(instance, request));
}

function checkTransaction(instance: ClientInstance, request: Request, connection: Connection): undefined {
  const message = new ReceivedMessage(decodeRecord(request.body), undefined);
  const group = message.properties.get(PropertyKey.PGROUP);
  const check = group === undefined ? undefined : instance.producers.get(group)?.checkTransactionState;
  if (check === undefined) {
    instance.config.logger.warn(
      `a broker asks about a transaction of group ${group}, which has no transaction producer here`,
      {
        broker: connection.remoteAddress,
        transactionId: message.msgId,
      },
    );
    return undefined;
  }
  check(connection.remoteAddress, message, parseCheckTransactionStateRequestHeader(request.ext));
  return undefined;
}

function resetOffset(instance: ClientInstance, request: Request, connection: Connection): undefined {
  const reader = new ExtReader(request.code, request.ext);
  const topic = reader.string('topic');
  const group = reader.string('group');
  const { logger } = instance.config;
  const offsets = readOffsets(request.body);
  logger.info('reset of offsets asked for by broker', { broker: connection.remoteAddress, topic, group });
  const consumer = instance.consumers.get(group);
  if (consumer === undefined) {
    logger.warn(`offsets of group ${group} are to be reset, which has no consumer here`, { topic });
    return undefined;
  }
  consumer.resetOffset(topic, offsets).catch((error: unknown) => {
    logger.error(`offsets of group ${group}, topic ${topic} could not be reset`, { error });
  });
  return undefined;
}

/** Brokers send a map to Java clients and a list to others; which one depends on the broker's version. */
function readOffsets(body: Buffer): QueueOffset[] {
  if (body.length === 0) return [];
  if (/^\s*\{\s*"offsetTable"\s*:\s*\[/.test(body.toString('utf8', 0, 64))) {
    return decodeResetOffsetBodyForC(body).offsetTable.map((item) => ({
      messageQueue: MessageQueue.from(item),
      offset: item.offset,
    }));
  }
  return [...decodeResetOffsetBody(body).offsetTable].map(([queue, offset]) => ({
    messageQueue: MessageQueue.from(queue),
    offset,
  }));
}

function consumerStatus(instance: ClientInstance, request: Request): Response {
  const reader = new ExtReader(request.code, request.ext);
  const consumer = instance.consumers.get(reader.string('group'));
  const offsets = consumer?.offsets(reader.string('topic')) ?? [];
  const messageQueueTable = new Map(offsets.map(({ messageQueue, offset }) => [messageQueue, offset]));
  return {
    code: ResponseCode.SUCCESS,
    body: encodeGetConsumerStatusBody({ messageQueueTable, consumerTable: new Map() }),
  };
}

async function runningInfo(instance: ClientInstance, request: Request): Promise<Response> {
  const group = new ExtReader(request.code, request.ext).string('consumerGroup');
  const consumer = instance.consumers.get(group);
  if (consumer === undefined) return noSuchGroup(group);
  const info = await consumer.runningInfo();
  const nameServers = instance.nameServers.addresses.map((address) => `${address};`).join('');
  info.properties.set(RunningInfoProperty.NAMESERVER_ADDR, nameServers);
  info.properties.set(RunningInfoProperty.CONSUME_TYPE, consumer.consumeType);
  info.properties.set(RunningInfoProperty.CLIENT_VERSION, versionDesc(CURRENT_VERSION));
  return { code: ResponseCode.SUCCESS, body: encodeConsumerRunningInfo(info) };
}

async function consumeDirectly(instance: ClientInstance, request: Request): Promise<Response> {
  const reader = new ExtReader(request.code, request.ext);
  const group = reader.string('consumerGroup');
  const consumer = instance.consumers.get(group);
  if (consumer === undefined) return noSuchGroup(group);
  const message = decodeRecord(request.body);
  const result = await consumer.consumeDirectly(message, reader.optionalString('brokerName'));
  return { code: ResponseCode.SUCCESS, body: encodeConsumeMessageDirectlyResult(result) };
}

function noSuchGroup(group: string): Response {
  return {
    code: ResponseCode.SYSTEM_ERROR,
    remark: `The Consumer Group <${group}> not exist in this consumer`,
  };
}
