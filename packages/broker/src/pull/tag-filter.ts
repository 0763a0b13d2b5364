/**
 * Lets the messages of a TAG subscription through, by the hashes of their tags; the client compares the tags themselves.
 *
 * Hashes come from the client with its heartbeat; where it left them out they are computed here.
 *
 * Counterpart in RocketMQ: ExpressionMessageFilter.isMatchedByConsumeQueue.
 */
import { buildSubscriptionData, javaHashCode, SUB_ALL, type SubscriptionData } from '@rocketmq-ts/protocol';
import type { MessageFilter } from '@rocketmq-ts/store';

class OneTagFilter implements MessageFilter {
  readonly #code: number;

  constructor(code: number) {
    this.#code = code;
  }

  matchesTagsCode(tagsCode: number): boolean {
    return (tagsCode | 0) === this.#code;
  }
}

class TagFilter implements MessageFilter {
  readonly #codes: ReadonlySet<number>;

  constructor(codes: ReadonlySet<number>) {
    this.#codes = codes;
  }

  matchesTagsCode(tagsCode: number): boolean {
    return this.#codes.has(tagsCode | 0);
  }
}

const filters = new WeakMap<SubscriptionData, { readonly filter: MessageFilter | undefined }>();

/** Undefined when every message matches. Subscriptions are never edited, so each is looked at once. */
export function tagFilterOf(subscription: SubscriptionData): MessageFilter | undefined {
  let known = filters.get(subscription);
  if (known === undefined) {
    known = { filter: makeFilter(subscription) };
    filters.set(subscription, known);
  }
  return known.filter;
}

function makeFilter(subscription: SubscriptionData): MessageFilter | undefined {
  if (subscription.subString === SUB_ALL || subscription.classFilterMode) return undefined;
  let codes = subscription.codeSet;
  if (codes.length === 0) codes = subscription.tagsSet.map(javaHashCode);
  if (codes.length === 0) {
    const built = buildSubscriptionData(subscription.topic, subscription.subString, subscription.subVersion);
    if (built.subString === SUB_ALL) return undefined;
    codes = built.codeSet;
  }
  return codes.length === 1 ? new OneTagFilter(codes[0]!) : new TagFilter(new Set(codes));
}

/** Of no, an empty or the name TAG; everything else is an expression. */
export function isTagType(expressionType: string | undefined): boolean {
  return expressionType === undefined || expressionType === '' || expressionType === 'TAG';
}
