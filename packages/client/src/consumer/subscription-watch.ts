/**
 * Finds members of a group that subscribe to something else than this one, and tells: in RocketMQ messages then go to
 * members that do not want them and are lost without a word.
 *
 * Each member asks the next one, in the order of their ids, what it subscribes to (GET_CONSUMER_RUNNING_INFO, by way of the
 * broker) when the members or its own subscriptions have changed: if two of them differ, then two neighbours do. A member
 * that does not answer is left alone.
 */
import type { Timer } from '@rocketmq-ts/platform';
import {
  decodeConsumerRunningInfo,
  ExpressionType,
  isRetryTopic,
  RequestCode,
  ResponseCode,
  type SubscriptionData,
} from '@rocketmq-ts/protocol';
import { compareStrings } from '../message/message-queue.ts';
import type { ConsumerParts } from './consumer-parts.ts';

/** Until then a change has gone round. */
const settleMs = 5000;
const askTimeoutMs = 5000;

export class SubscriptionWatch {
  readonly #parts: ConsumerParts;
  #timer: Timer | undefined;
  #asked = '';
  #told = '';
  #stopped = false;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
  }

  /** The members or a subscription may have changed: looks soon. */
  request(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#look().catch((error: unknown) => {
        const group = this.#parts.settings.consumerGroup;
        this.#parts.logger.info('the subscriptions of another member could not be asked for', {
          group,
          error,
        });
      });
    }, settleMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { instance, subscriptions, settings, logger } = this.#parts;
    const group = settings.consumerGroup;
    const topic = [...subscriptions.keys()].find((each) => instance.routes.get(each) !== undefined);
    if (topic === undefined || this.#chosenByApplication()) return;
    const members = (await instance.consumerIds(topic, group))?.sort(compareStrings);
    if (members === undefined || members.length < 2 || this.#stopped) return;
    const neighbour = members[(members.indexOf(instance.clientId) + 1) % members.length];
    const mine = describeAll(subscriptions.values());
    const question = `${members.join()} ${[...mine].join()}`;
    if (neighbour === instance.clientId || question === this.#asked) return;
    const theirs = await this.#subscriptionsOf(neighbour, topic);
    if (theirs === undefined || this.#stopped) return;
    this.#asked = question;
    const differences = compare(mine, describeAll(theirs));
    const text = differences.length === 0 ? '' : `${neighbour}: ${differences.join('; ')}`;
    if (text !== '' && text !== this.#told) {
      logger.warn(
        `members of the consumer group ${group} subscribe differently, so that messages go to members that do not want them ` +
          `and are lost or late: make them subscribe alike or give them groups of their own (compared with member ${text})`,
      );
    }
    this.#told = text;
  }

  /** Assigned queues are nobody else's business. */
  #chosenByApplication(): boolean {
    const { assigned, subscriptions } = this.#parts;
    return assigned !== undefined && [...subscriptions.keys()].some((topic) => assigned(topic) !== undefined);
  }

  /** Undefined when the member, or the broker, does not tell. */
  async #subscriptionsOf(clientId: string, topic: string): Promise<SubscriptionData[] | undefined> {
    const { instance, settings } = this.#parts;
    const brokers = instance.routes.get(topic)?.brokerDatas ?? [];
    const address = brokers.flatMap(({ brokerName }) => instance.routes.brokers.master(brokerName) ?? [])[0];
    if (address === undefined) return undefined;
    const ext = { consumerGroup: settings.consumerGroup, clientId, jstackEnable: false };
    const command = { code: RequestCode.GET_CONSUMER_RUNNING_INFO, ext };
    const response = await instance.requests.invoke(address, command, askTimeoutMs);
    if (response.code !== ResponseCode.SUCCESS || response.body === undefined) return undefined;
    return decodeConsumerRunningInfo(response.body).subscriptionSet;
  }
}

/** What is subscribed to of each topic, equal for what means the same. */
function describeAll(subscriptions: Iterable<SubscriptionData>): Map<string, string> {
  const described = new Map<string, string>();
  for (const { topic, expressionType, subString, tagsSet } of subscriptions) {
    if (isRetryTopic(topic)) continue;
    const byTag = expressionType === ExpressionType.TAG || !expressionType;
    const all = subString === '*' || subString === '';
    described.set(
      topic,
      byTag ? (all ? '*' : [...tagsSet].sort(compareStrings).join(' || ')) : `${expressionType} ${subString}`,
    );
  }
  return described;
}

function compare(mine: ReadonlyMap<string, string>, theirs: ReadonlyMap<string, string>): string[] {
  const differences: string[] = [];
  for (const topic of [...new Set([...mine.keys(), ...theirs.keys()])].sort(compareStrings)) {
    const [here, there] = [mine.get(topic), theirs.get(topic)];
    if (here === there) continue;
    differences.push(`topic ${topic}, here ${quoted(here)}, there ${quoted(there)}`);
  }
  return differences;
}

function quoted(expression: string | undefined): string {
  return expression === undefined ? 'not at all' : `"${expression}"`;
}
