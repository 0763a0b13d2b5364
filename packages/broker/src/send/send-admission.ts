/**
 * Decides whether a send is taken and where it goes, in the order in which 4.4.0 checks: time, broker permission, reserved
 * names, the topic or its creation, the queue, retries that are used up.
 *
 * Invariants: after `admit` answered true, `target`, `queueId` and `answerQueueId` say where the message goes; after false
 * `refusal` says why not. The usual case (an existing ordinary topic on a writable broker) makes no object and no string.
 *
 * Counterpart in RocketMQ: AbstractSendMessageProcessor.msgCheck, SendMessageProcessor.handleRetryAndDLQ.
 */
import {
  buildTopicSysFlag,
  dlqTopic,
  type HeaderView,
  isRetryTopic,
  isWriteable,
  MQVersion,
  Perm,
  permName,
  RETRY_TOPIC_PREFIX,
  ResponseCode,
  type TopicConfig,
} from '@rocketmq-ts/protocol';
import type { Connection } from '@rocketmq-ts/remoting';
import type { BrokerContext, TopicEntry } from '../broker-context.ts';
import { SEE_FAQ } from '../faq.ts';
import { topicNameProblem } from '../name-rules.ts';
import { TopicKind, topicKindOf } from '../topic-kind.ts';
import type { Refusal } from './append-refusal.ts';
import type { SendHeader } from './send-header.ts';

/** Queues of a dead-letter topic. */
export const DLQ_QUEUES = 1;

export class SendAdmission {
  target!: TopicEntry;
  /** Where the message is stored. */
  queueId = 0;
  /** The queue that the producer is told. */
  answerQueueId = 0;
  refusal: Refusal = { code: 0, remark: '' };

  readonly #context: BrokerContext;

  constructor(context: BrokerContext) {
    this.#context = context;
  }

  admit(view: HeaderView, header: SendHeader, connection: Connection): boolean {
    const { config } = this.#context;
    if (config.startAcceptSendRequestTimeStamp > 0 && !this.#hasStarted()) return false;
    if (config.brokerRole === 'SLAVE') {
      const remark = 'service not available now: this broker is a slave, send to its master';
      return this.#refuse(ResponseCode.SERVICE_NOT_AVAILABLE, remark);
    }
    let topic = this.#findTopic(view, header.topic);
    if (topic === undefined || topic.kind !== TopicKind.normal || !isWriteable(config.brokerPermission)) {
      topic = this.#checkUnusual(topic, view, header, connection);
      if (topic === undefined) return false;
    }
    this.target = topic;
    if (!this.#chooseQueue(topic.config, header.queueId, connection)) return false;
    return topic.kind !== TopicKind.retry || this.#checkRetry(topic, view, header);
  }

  #refuse(code: number, remark: string): false {
    this.refusal = { code, remark };
    return false;
  }

  #findTopic(view: HeaderView, index: number): TopicEntry | undefined {
    const { topics } = this.#context;
    if (view.valueEscaped[index] !== 0) return topics.find(view.string(index));
    return topics.findByBytes(view.buffer, view.valueStart[index]!, view.valueEnd[index]!);
  }

  #hasStarted(): boolean {
    const start = this.#context.config.startAcceptSendRequestTimeStamp;
    if (this.#context.platform.clock.now() >= start) return true;
    return this.#refuse(
      ResponseCode.SYSTEM_ERROR,
      `broker unable to service, until ${new Date(start).toISOString()}`,
    );
  }

  #checkUnusual(
    found: TopicEntry | undefined,
    view: HeaderView,
    header: SendHeader,
    connection: Connection,
  ): TopicEntry | undefined {
    const { config, topics } = this.#context;
    const name = found?.name ?? view.string(header.topic);
    if (!isWriteable(config.brokerPermission) && topics.isOrderTopic(name)) {
      this.#refuse(
        ResponseCode.NO_PERMISSION,
        `the broker[${config.brokerIP1}] sending message is forbidden`,
      );
      return undefined;
    }
    if (topicKindOf(name) === TopicKind.reserved) {
      this.#refuse(ResponseCode.SYSTEM_ERROR, `the topic[${name}] is conflict with system reserved words.`);
      return undefined;
    }
    return found ?? this.#createTopic(name, view, header, connection);
  }

  #createTopic(
    name: string,
    view: HeaderView,
    header: SendHeader,
    connection: Connection,
  ): TopicEntry | undefined {
    const problem = topicNameProblem(name);
    if (problem !== undefined) {
      this.#refuse(ResponseCode.MESSAGE_ILLEGAL, problem);
      return undefined;
    }
    const { topics } = this.#context;
    const retry = isRetryTopic(name);
    const topicSysFlag = header.unitMode(view) ? buildTopicSysFlag(!retry, retry) : 0;
    let created = topics.createOnSend({
      topic: name,
      defaultTopic: header.defaultTopic(view),
      defaultTopicQueueNums: header.defaultTopicQueueNums(view),
      remoteAddress: connection.remoteAddress,
      topicSysFlag,
    });
    if (created === undefined && retry) {
      created = topics.createOnSendBack(name, 1, Perm.WRITE | Perm.READ, topicSysFlag);
    }
    if (created === undefined) {
      this.#refuse(ResponseCode.TOPIC_NOT_EXIST, `topic[${name}] not exist, apply first please!${SEE_FAQ}`);
    }
    return created;
  }

  #chooseQueue(config: TopicConfig, asked: number, connection: Connection): boolean {
    if (asked >= Math.max(config.writeQueueNums, config.readQueueNums)) {
      return this.#refuse(
        ResponseCode.SYSTEM_ERROR,
        `request queueId[${asked}] is illegal, ${describe(config)} Producer: ${connection.remoteAddress}`,
      );
    }
    let queueId = asked;
    if (asked < 0) {
      if (config.writeQueueNums <= 0) {
        return this.#refuse(
          ResponseCode.SYSTEM_ERROR,
          `the topic[${config.topicName}] has no queue to write to: its writeQueueNums is ${config.writeQueueNums}`,
        );
      }
      queueId = this.#context.platform.random.integer(config.writeQueueNums);
    }
    this.queueId = queueId;
    this.answerQueueId = queueId;
    return true;
  }

  /** A message that a consumer sends back by an ordinary send: past its last retry it becomes a dead letter. */
  #checkRetry(topic: TopicEntry, view: HeaderView, header: SendHeader): boolean {
    if (header.batch) {
      return this.#refuse(
        ResponseCode.MESSAGE_ILLEGAL,
        `batch request does not support retry group ${topic.name}`,
      );
    }
    const groupName = topic.name.slice(RETRY_TOPIC_PREFIX.length);
    const group = this.#context.groups.find(groupName);
    if (group === undefined) {
      return this.#refuse(
        ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
        `subscription group not exist, ${groupName} ${SEE_FAQ}`,
      );
    }
    // From this version on the client says it; where it does not, the group's own number holds.
    const said = view.version >= MQVersion.V3_4_9 && header.maxReconsumeTimes >= 0;
    const max = said ? header.maxReconsumeTimes : group.config.retryMaxTimes;
    if (header.reconsumeTimes < max) return true;
    const deadLetters = dlqTopic(groupName);
    const target = this.#context.topics.createOnSendBack(deadLetters, DLQ_QUEUES, Perm.WRITE, 0);
    if (target === undefined) {
      return this.#refuse(ResponseCode.SYSTEM_ERROR, `topic[${deadLetters}] not exist`);
    }
    this.target = target;
    this.queueId = this.#context.platform.random.integer(DLQ_QUEUES);
    return true;
  }
}

/** TopicConfig.toString. */
function describe(config: TopicConfig): string {
  return (
    `TopicConfig [topicName=${config.topicName}, readQueueNums=${config.readQueueNums}, ` +
    `writeQueueNums=${config.writeQueueNums}, perm=${permName(config.perm)}, ` +
    `topicFilterType=${config.topicFilterType}, topicSysFlag=${config.topicSysFlag}, order=${config.order}]`
  );
}
