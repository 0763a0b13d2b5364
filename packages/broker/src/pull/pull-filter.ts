/**
 * Finds what a pull may see: its subscription, from the request itself or from the group's heartbeats, as a filter.
 *
 * Invariant: after `resolve…` answered true, `filter` is the pull's (undefined: everything); after false, `refusal` says
 * why it gets nothing.
 *
 * Counterpart in RocketMQ: the middle of PullMessageProcessor.processRequest.
 */
import { FilterSyntaxError } from '@rocketmq-ts/filter';
import {
  ByteInterner,
  buildSubscription,
  type HeaderView,
  ProtocolError,
  ResponseCode,
  type SubscriptionData,
} from '@rocketmq-ts/protocol';
import type { MessageFilter } from '@rocketmq-ts/store';
import type { BrokerContext, GroupEntry, TopicEntry } from '../broker-context.ts';
import { SEE_FAQ } from '../faq.ts';
import type { Refusal } from '../send/append-refusal.ts';
import { TopicKind } from '../topic-kind.ts';
import type { PullHeader } from './pull-header.ts';
import { RetryMessageFilter, SQL92, sqlFilterOf } from './sql-filter.ts';
import { isTagType, tagFilterOf } from './tag-filter.ts';

export class PullFilter {
  filter: MessageFilter | undefined;
  refusal: Refusal = { code: 0, remark: '' };

  readonly #context: BrokerContext;
  /** Of subscriptions that came with pulls: such clients send the same one every time. */
  readonly #inline = new ByteInterner<SubscriptionData>(1024);

  constructor(context: BrokerContext) {
    this.#context = context;
  }

  /** By the subscription in the request. */
  resolveInline(view: HeaderView, header: PullHeader, topic: string): boolean {
    const index = header.subscription;
    const plain = index >= 0 && view.valueEscaped[index] === 0 && isTag(view, header.expressionType);
    let subscription = plain
      ? this.#inline.get(view.buffer, view.valueStart[index]!, view.valueEnd[index]!)
      : undefined;
    if (subscription === undefined) {
      try {
        subscription = buildSubscription(
          topic,
          index < 0 ? undefined : view.string(index),
          header.expressionType < 0 ? undefined : view.string(header.expressionType),
          header.subVersion,
        );
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        return this.#refuse(
          ResponseCode.SUBSCRIPTION_PARSE_FAILED,
          `parse the consumer's subscription failed: ${error.message}`,
        );
      }
      if (plain) this.#inline.set(view.buffer, view.valueStart[index]!, view.valueEnd[index]!, subscription);
    }
    return this.#use(subscription, ResponseCode.SUBSCRIPTION_PARSE_FAILED);
  }

  /** By what the group's members told in their heartbeats. */
  resolveRegistered(group: GroupEntry, topic: TopicEntry, subVersion: number): boolean {
    const members = this.#context.consumers.find(group.name);
    if (members === undefined) {
      return this.#refuse(
        ResponseCode.SUBSCRIPTION_NOT_EXIST,
        `the consumer's group info not exist${SEE_FAQ}`,
      );
    }
    if (!group.config.consumeBroadcastEnable && members.messageModel === 'BROADCASTING') {
      return this.#refuse(
        ResponseCode.NO_PERMISSION,
        `the consumer group[${group.name}] can not consume by broadcast way`,
      );
    }
    const subscription = members.subscriptions.get(topic.name);
    if (subscription === undefined) {
      return this.#refuse(
        ResponseCode.SUBSCRIPTION_NOT_EXIST,
        `the consumer's subscription not exist${SEE_FAQ}`,
      );
    }
    if (subscription.subVersion < subVersion) {
      return this.#refuse(ResponseCode.SUBSCRIPTION_NOT_LATEST, "the consumer's subscription not latest");
    }
    if (topic.kind === TopicKind.retry && this.#context.config.filterSupportRetry) {
      this.filter = new RetryMessageFilter(members.subscriptions);
      return true;
    }
    return this.#use(subscription, ResponseCode.FILTER_DATA_NOT_EXIST);
  }

  /** `badExpression` is the code for an expression that does not compile. */
  #use(subscription: SubscriptionData, badExpression: number): boolean {
    if (isTagType(subscription.expressionType)) {
      this.filter = tagFilterOf(subscription);
      return true;
    }
    const type = subscription.expressionType;
    if (type !== SQL92 || !this.#context.config.enablePropertyFilter) {
      return this.#refuse(ResponseCode.SYSTEM_ERROR, unsupportedFilter(type));
    }
    const filter = sqlFilterOf(subscription);
    if (filter instanceof FilterSyntaxError) return this.#refuse(badExpression, filter.message);
    this.filter = filter;
    return true;
  }

  #refuse(code: number, remark: string): false {
    this.refusal = { code, remark };
    return false;
  }
}

/** Says which setting to change when that would help. */
export function unsupportedFilter(expressionType: string): string {
  const remark = `The broker does not support consumer to filter message by ${expressionType}`;
  return expressionType === SQL92 ? `${remark}: set enablePropertyFilter=true on the broker` : remark;
}

/** Whether the expression type is missing or, literally, TAG. */
function isTag(view: HeaderView, index: number): boolean {
  if (index < 0) return true;
  const { buffer } = view;
  const start = view.valueStart[index]!;
  const length = view.valueEnd[index]! - start;
  return length === 3 && buffer[start] === 0x54 && buffer[start + 1] === 0x41 && buffer[start + 2] === 0x47;
}
