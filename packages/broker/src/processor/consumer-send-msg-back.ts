/**
 * CONSUMER_SEND_MSG_BACK (36): a consumer could not deal with a message and wants it again later.
 *
 * The message is copied to `%RETRY%group` by way of the delay topic, longer with every time; once it was tried often enough,
 * or the consumer asks for no delay at all (a negative level), to `%DLQ%group`.
 *
 * Invariant: the answer is given when the copy is as safe as a message that is sent, because the consumer then lets go of the
 * message: 4.4.0 answers before the disk has the copy, and a power failure loses it.
 *
 * Counterpart in RocketMQ: SendMessageProcessor.consumerSendMsgBack.
 */
import {
  buildTopicSysFlag,
  decodeRecord,
  dlqTopic,
  ExtReader,
  isWriteable,
  type MessageExt,
  MQVersion,
  Perm,
  PropertyKey,
  parseHost,
  ResponseCode,
  retryTopic,
} from '@rocketmq-ts/protocol';
import { type Handler, type Request, ResponseError } from '@rocketmq-ts/remoting';
import { AppendStatus } from '@rocketmq-ts/store';
import type { BrokerContext, GroupEntry, TopicEntry } from '../broker-context.ts';
import { SEE_FAQ } from '../faq.ts';
import { groupTopicCounters } from '../group-topic-counters.ts';
import { appendRefusal } from '../send/append-refusal.ts';
import type { MessageWriter } from '../send/message-writer.ts';
import { DLQ_QUEUES } from '../send/send-admission.ts';
import type { SendCompletion } from '../send/send-completion.ts';

/** A first retry waits as long as this level says. */
const FIRST_DELAY_LEVEL = 3;

interface SendBack {
  readonly offset: number;
  readonly delayLevel: number;
  readonly maxReconsumeTimes: number;
  readonly topicSysFlag: number;
}

export function consumerSendMsgBack(
  context: BrokerContext,
  writer: MessageWriter,
  completion: SendCompletion,
): Handler {
  return async (request) => {
    const ext = new ExtReader(request.code, request.ext);
    const group = findGroup(context, ext.string('group'));
    const sendBack = readHeader(request, ext, group);
    if (!isWriteable(context.config.brokerPermission)) {
      throw new ResponseError(
        ResponseCode.NO_PERMISSION,
        `the broker[${context.config.brokerIP1}] sending message is forbidden`,
      );
    }
    if (context.config.brokerRole === 'SLAVE') {
      throw new ResponseError(
        ResponseCode.SERVICE_NOT_AVAILABLE,
        'service not available now: this broker is a slave, send the message back to its master',
      );
    }
    if (group.config.retryQueueNums <= 0) return { code: ResponseCode.SUCCESS };
    const retry = retryTarget(context, group, sendBack.topicSysFlag);
    const message = await lookUp(context, sendBack.offset);
    append(context, writer, group, retry, message, sendBack);
    if (!(await completion.isSafe())) {
      const remark = 'the message sent back was not stored safely: send it to the retry topic';
      throw new ResponseError(ResponseCode.SYSTEM_ERROR, remark);
    }
    const originalTopic = message.properties.get(PropertyKey.RETRY_TOPIC) ?? message.topic;
    groupTopicCounters(group, originalTopic).sendBackNums++;
    return { code: ResponseCode.SUCCESS };
  };
}

function findGroup(context: BrokerContext, name: string): GroupEntry {
  const group = context.groups.find(name);
  if (group !== undefined) return group;
  throw new ResponseError(
    ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
    `subscription group not exist, ${name} ${SEE_FAQ}`,
  );
}

function readHeader(request: Request, ext: ExtReader, group: GroupEntry): SendBack {
  // Older clients do not say how often; some newer ones forget to.
  const said = request.version >= MQVersion.V3_4_9 ? ext.optionalInt('maxReconsumeTimes') : undefined;
  return {
    offset: ext.long('offset'),
    delayLevel: ext.int('delayLevel'),
    maxReconsumeTimes: said ?? group.config.retryMaxTimes,
    topicSysFlag: buildTopicSysFlag(false, ext.optionalBoolean('unitMode') ?? false),
  };
}

function retryTarget(context: BrokerContext, group: GroupEntry, topicSysFlag: number): TopicEntry {
  const name = retryTopic(group.name);
  const queues = group.config.retryQueueNums;
  const entry = context.topics.createOnSendBack(name, queues, Perm.WRITE | Perm.READ, topicSysFlag);
  if (entry === undefined) {
    throw new ResponseError(ResponseCode.SYSTEM_ERROR, `topic[${name}] not exist`);
  }
  if (!isWriteable(entry.config.perm)) {
    throw new ResponseError(ResponseCode.NO_PERMISSION, `the topic[${name}] sending message is forbidden`);
  }
  return entry;
}

async function lookUp(context: BrokerContext, offset: number): Promise<MessageExt> {
  const record = offset < 0 ? undefined : await context.store.messageByOffset(offset);
  if (record === undefined) {
    throw new ResponseError(ResponseCode.SYSTEM_ERROR, `look message by offset failed, ${offset}`);
  }
  return decodeRecord(record, 0, { inflate: false });
}

function append(
  context: BrokerContext,
  writer: MessageWriter,
  group: GroupEntry,
  retry: TopicEntry,
  message: MessageExt,
  sendBack: SendBack,
): void {
  const { random } = context.platform;
  const properties = new Map(message.properties);
  if (!properties.has(PropertyKey.RETRY_TOPIC)) properties.set(PropertyKey.RETRY_TOPIC, message.topic);
  if (!properties.get(PropertyKey.ORIGIN_MESSAGE_ID)) {
    properties.set(PropertyKey.ORIGIN_MESSAGE_ID, message.offsetMsgId);
  }
  properties.set(PropertyKey.WAIT, 'false');
  let target = retry;
  let queueId = random.integer(group.config.retryQueueNums);
  let delayLevel = sendBack.delayLevel;
  if (delayLevel < 0 || message.reconsumeTimes >= sendBack.maxReconsumeTimes) {
    target = deadLetterTarget(context, group);
    queueId = random.integer(DLQ_QUEUES);
    // What delayed an earlier copy must not delay this one.
    properties.delete(PropertyKey.DELAY);
    delayLevel = 0;
  } else {
    if (delayLevel === 0) delayLevel = FIRST_DELAY_LEVEL + message.reconsumeTimes;
    properties.set(PropertyKey.DELAY, `${delayLevel}`);
  }
  const born = parseHost(message.bornHost);
  const status = writer.append({
    topic: target.storeTopic,
    queueId,
    flag: message.flag,
    sysFlag: message.sysFlag,
    bornTimestamp: message.bornTimestamp,
    bornIp: born.ip,
    bornPort: born.port,
    reconsumeTimes: message.reconsumeTimes + 1,
    preparedTransactionOffset: 0,
    properties,
    body: message.body,
    delayLevel,
  });
  if (status === AppendStatus.PUT_OK) return;
  const refusal = appendRefusal(status, context);
  throw new ResponseError(refusal.code, refusal.remark);
}

function deadLetterTarget(context: BrokerContext, group: GroupEntry): TopicEntry {
  const name = dlqTopic(group.name);
  const entry = context.topics.createOnSendBack(name, DLQ_QUEUES, Perm.WRITE, 0);
  if (entry !== undefined) return entry;
  throw new ResponseError(ResponseCode.SYSTEM_ERROR, `topic[${name}] not exist`);
}
