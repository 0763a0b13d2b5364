/**
 * Lets the messages of a SQL92 subscription through, by the properties in their records; unknown and failed evaluations do not
 * match. Tags play no part.
 *
 * With `filterSupportRetry`, messages of a group's retry topic are judged by the group's subscription of the topic they came from.
 *
 * Counterpart in RocketMQ: ExpressionMessageFilter, ExpressionForRetryMessageFilter, ConsumerFilterManager (whose Bloom filters
 * give the same verdicts and are left out).
 */
import { FilterSyntaxError, SqlFilter } from '@rocketmq-ts/filter';
import { decodeProperties, PropertyKey, RecordOffset, type SubscriptionData } from '@rocketmq-ts/protocol';
import type { MessageFilter } from '@rocketmq-ts/store';
import { isTagType } from './tag-filter.ts';

export const SQL92 = 'SQL92';

const compiled = new WeakMap<SubscriptionData, SqlMessageFilter | FilterSyntaxError>();

/** Answers the error when the expression does not compile. Subscriptions are never edited, so each is compiled once. */
export function sqlFilterOf(subscription: SubscriptionData): SqlMessageFilter | FilterSyntaxError {
  let known = compiled.get(subscription);
  if (known === undefined) {
    known = compile(subscription.subString);
    compiled.set(subscription, known);
  }
  return known;
}

function compile(expression: string): SqlMessageFilter | FilterSyntaxError {
  try {
    return new SqlMessageFilter(SqlFilter.compile(expression));
  } catch (error) {
    if (error instanceof FilterSyntaxError) return error;
    throw error;
  }
}

export class SqlMessageFilter implements MessageFilter {
  readonly #filter: SqlFilter;

  constructor(filter: SqlFilter) {
    this.#filter = filter;
  }

  matchesTagsCode(): boolean {
    return true;
  }

  matchesRecord(buffer: Buffer, start: number): boolean {
    return this.matchesProperties(propertiesOfRecord(buffer, start));
  }

  matchesProperties(properties: ReadonlyMap<string, string>): boolean {
    return this.#filter.matches(properties);
  }
}

/** Judges messages of a retry topic by the subscription of the topic they came from. */
export class RetryMessageFilter implements MessageFilter {
  readonly #subscriptions: ReadonlyMap<string, SubscriptionData>;

  constructor(subscriptions: ReadonlyMap<string, SubscriptionData>) {
    this.#subscriptions = subscriptions;
  }

  matchesTagsCode(): boolean {
    return true;
  }

  matchesRecord(buffer: Buffer, start: number): boolean {
    const properties = propertiesOfRecord(buffer, start);
    const subscription = this.#subscriptions.get(properties.get(PropertyKey.RETRY_TOPIC) ?? '');
    if (subscription === undefined || isTagType(subscription.expressionType)) return true;
    const filter = sqlFilterOf(subscription);
    return filter instanceof SqlMessageFilter ? filter.matchesProperties(properties) : true;
  }
}

function propertiesOfRecord(buffer: Buffer, start: number): Map<string, string> {
  const topicAt = start + RecordOffset.body + buffer.readInt32BE(start + RecordOffset.bodyLength);
  const lengthAt = topicAt + 1 + buffer.readUInt8(topicAt);
  const from = lengthAt + 2;
  return decodeProperties(buffer.toString('utf8', from, from + buffer.readInt16BE(lengthAt)));
}
