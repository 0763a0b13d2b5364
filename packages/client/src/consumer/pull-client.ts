/**
 * One pull: which broker, request, answer. RocketMQ's PullAPIWrapper.
 *
 * Invariants: an offset is never committed at a slave; messages that the tag filter of the broker let through by hash
 * are checked again by text.
 */
import {
  buildPullSysFlag,
  decodeRecord,
  isRetryTopic,
  MASTER_ID,
  type MessageExt,
  PropertyKey,
  ProtocolError,
  parsePullMessageResponseHeader,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  type SubscriptionData,
} from '@rocketmq-ts/protocol';
import { MQBrokerError } from '../errors.ts';
import type { FoundBroker } from '../instance/broker-addresses.ts';
import type { ClientInstance } from '../instance/client-instance.ts';
import { brokerNotExist } from '../instance/queue-queries.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { ReceivedMessage } from '../message/received-message.ts';
import type { Namespace } from '../namespace.ts';
import type { BoundConsumeHooks } from './consume-hooks.ts';

export const PullStatus = {
  FOUND: 'FOUND',
  NO_NEW_MSG: 'NO_NEW_MSG',
  NO_MATCHED_MSG: 'NO_MATCHED_MSG',
  OFFSET_ILLEGAL: 'OFFSET_ILLEGAL',
} as const;
export type PullStatus = (typeof PullStatus)[keyof typeof PullStatus];

/** By response code. */
const pullStatuses = new Map<number, PullStatus>([
  [ResponseCode.SUCCESS, PullStatus.FOUND],
  [ResponseCode.PULL_NOT_FOUND, PullStatus.NO_NEW_MSG],
  [ResponseCode.PULL_RETRY_IMMEDIATELY, PullStatus.NO_MATCHED_MSG],
  [ResponseCode.PULL_OFFSET_MOVED, PullStatus.OFFSET_ILLEGAL],
]);

export interface PullResult {
  readonly pullStatus: PullStatus;
  readonly nextBeginOffset: number;
  readonly minOffset: number;
  readonly maxOffset: number;
  readonly msgFoundList: readonly ReceivedMessage[];
}

export interface PullRequest {
  readonly queue: MessageQueue;
  readonly subscription: SubscriptionData;
  readonly offset: number;
  readonly maxNums: number;
  /** Stored by the broker as the group's offset; undefined: not. */
  readonly commitOffset: number | undefined;
  /** Milliseconds the broker may hold the request when there is nothing; 0: not at all. */
  readonly suspendMs: number;
  readonly timeoutMs: number;
  /** Sends the subscription along instead of relying on the heartbeat's. */
  readonly inlineSubscription: boolean;
  readonly signal: AbortSignal | undefined;
}

export class PullClient {
  readonly #instance: ClientInstance;
  readonly #group: string;
  readonly #namespace: Namespace;
  readonly #hooks: BoundConsumeHooks;
  /** Which broker the last answer suggested, by queue. */
  readonly #suggested = new Map<string, number>();

  constructor(instance: ClientInstance, group: string, namespace: Namespace, hooks: BoundConsumeHooks) {
    this.#instance = instance;
    this.#group = group;
    this.#namespace = namespace;
    this.#hooks = hooks;
  }

  /** Rejects with MQBrokerError, MQClientError or a RemotingError. */
  async pull(request: PullRequest): Promise<PullResult> {
    const { queue, subscription } = request;
    const broker = await this.#brokerOf(queue);
    const commits = request.commitOffset !== undefined && !broker.slave;
    const response = await this.#instance.requests.invoke(
      broker.address,
      {
        code: RequestCode.PULL_MESSAGE,
        ext: {
          consumerGroup: this.#group,
          topic: queue.topic,
          queueId: queue.queueId,
          queueOffset: request.offset,
          maxMsgNums: request.maxNums,
          sysFlag: buildPullSysFlag(
            commits,
            request.suspendMs > 0,
            request.inlineSubscription,
            subscription.classFilterMode,
          ),
          commitOffset: request.commitOffset ?? 0,
          suspendTimeoutMillis: request.suspendMs,
          subscription: request.inlineSubscription ? subscription.subString : undefined,
          subVersion: subscription.subVersion,
          expressionType: subscription.expressionType,
        },
      },
      request.timeoutMs,
      request.signal,
    );
    return this.#read(queue, subscription, response, broker.address);
  }

  /** What a queue's last answer suggested is void once the queue has gone. */
  forget(queue: MessageQueue): void {
    this.#suggested.delete(queue.key);
  }

  async #brokerOf(queue: MessageQueue): Promise<FoundBroker> {
    const { routes } = this.#instance;
    const brokerId = this.#suggested.get(queue.key) ?? MASTER_ID;
    let broker = routes.brokers.toPullFrom(queue.brokerName, brokerId);
    if (broker === undefined) {
      await routes.refresh(queue.topic);
      broker = routes.brokers.toPullFrom(queue.brokerName, brokerId);
    }
    if (broker === undefined) throw brokerNotExist(queue.brokerName, queue.topic);
    return broker;
  }

  #read(
    queue: MessageQueue,
    subscription: SubscriptionData,
    response: RemotingCommand,
    address: string,
  ): PullResult {
    const pullStatus = pullStatuses.get(response.code);
    if (pullStatus === undefined) throw new MQBrokerError(response.code, response.remark, address);
    const header = parsePullMessageResponseHeader(response.ext);
    this.#suggested.set(queue.key, header.suggestWhichBrokerId);
    const { nextBeginOffset, minOffset, maxOffset } = header;
    const found = pullStatus === PullStatus.FOUND && response.body !== undefined;
    const msgFoundList = found
      ? this.#messages(response.body as Buffer, queue, subscription, minOffset, maxOffset)
      : [];
    return { pullStatus, nextBeginOffset, minOffset, maxOffset, msgFoundList };
  }

  /** Decodes an answer's messages and leaves out those whose tag is not subscribed to. */
  #messages(
    body: Buffer,
    queue: MessageQueue,
    subscription: SubscriptionData,
    minOffset: number,
    maxOffset: number,
  ): readonly ReceivedMessage[] {
    const byTag = subscription.tagsSet.length > 0 && !subscription.classFilterMode;
    const tags = byTag ? new Set(subscription.tagsSet) : undefined;
    const min = String(minOffset);
    const max = String(maxOffset);
    const messages: ReceivedMessage[] = [];
    for (let position = 0; position < body.length; ) {
      const record = this.#record(body, position, queue);
      position += record.storeSize;
      if (tags !== undefined && !tags.has(record.properties.get(PropertyKey.TAGS) ?? '')) continue;
      record.properties.set(PropertyKey.MIN_OFFSET, min);
      record.properties.set(PropertyKey.MAX_OFFSET, max);
      const message = new ReceivedMessage(record, queue.brokerName);
      // What comes for another try gets its topic back when it is consumed.
      messages.push(isRetryTopic(queue.topic) ? message : this.#namespace.stripMessage(message));
    }
    return messages.length === 0 ? messages : this.#hooks.filter(messages, this.#namespace.stripQueue(queue));
  }

  /** A body that cannot be inflated is given as it is: one bad message must not stop its queue. */
  #record(body: Buffer, position: number, queue: MessageQueue): MessageExt {
    try {
      return decodeRecord(body, position);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'COMPRESSION_FAILED') throw error;
      const record = decodeRecord(body, position, { inflate: false });
      this.#instance.config.logger.error(
        `message ${record.msgId} at offset ${record.queueOffset} of ${queue} cannot be inflated; its body is given as stored`,
        { error },
      );
      return record;
    }
  }
}
