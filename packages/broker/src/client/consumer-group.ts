/**
 * The live members of one consumer group: who they are, how they consume and what they subscribe to.
 *
 * Invariant: the subscriptions are those of the heartbeat that came last (what an earlier one told of the same topic stays
 * when it is newer), which is why all members have to subscribe alike; members that do not are found and named.
 *
 * Behaviour from RocketMQ's ConsumerGroupInfo.
 */
import type { ConsumerData, SubscriptionData } from '@rocketmq-ts/protocol';
import type { Connection } from '@rocketmq-ts/remoting';
import type { ConsumerGroupInfo } from '../broker-context.ts';
import type { ClientChannel } from './client-channel.ts';

interface Member extends ClientChannel {
  /** What the member subscribes to, as one comparable text. */
  signature: string;
}

export class ConsumerGroup implements ConsumerGroupInfo {
  readonly name: string;
  consumeType: ConsumerData['consumeType'];
  messageModel: ConsumerData['messageModel'];
  consumeFromWhere: ConsumerData['consumeFromWhere'];
  subscriptions: ReadonlyMap<string, SubscriptionData> = new Map();
  readonly #members = new Map<Connection, Member>();
  /** The difference that was last complained about. */
  #complaint = '';

  constructor(data: ConsumerData) {
    this.name = data.groupName;
    this.consumeType = data.consumeType;
    this.messageModel = data.messageModel;
    this.consumeFromWhere = data.consumeFromWhere;
  }

  get size(): number {
    return this.#members.size;
  }

  connections(): IterableIterator<Connection> {
    return this.#members.keys();
  }

  channels(): IterableIterator<ClientChannel> {
    return this.#members.values();
  }

  clientIds(): string[] {
    return Array.from(this.#members.values(), (member) => member.clientId);
  }

  findClient(clientId: string): ClientChannel | undefined {
    for (const member of this.#members.values()) if (member.clientId === clientId) return member;
    return undefined;
  }

  has(connection: Connection): boolean {
    return this.#members.has(connection);
  }

  remove(connection: Connection): ClientChannel | undefined {
    const member = this.#members.get(connection);
    this.#members.delete(connection);
    return member;
  }

  /** Takes a heartbeat over. Answers true when the members, or the topics subscribed to, have changed. */
  update(channel: ClientChannel, data: ConsumerData): boolean {
    this.consumeType = data.consumeType;
    this.messageModel = data.messageModel;
    this.consumeFromWhere = data.consumeFromWhere;
    const known = this.#members.get(channel.connection);
    const isNew = known === undefined;
    if (known !== undefined && known.clientId === channel.clientId) {
      known.lastSeenMs = channel.lastSeenMs;
      known.signature = signatureOf(data);
    } else {
      this.#members.set(channel.connection, { ...channel, signature: signatureOf(data) });
    }
    const changed = this.#updateSubscriptions(data.subscriptionDataSet);
    return isNew || changed;
  }

  #updateSubscriptions(told: readonly SubscriptionData[]): boolean {
    const next = new Map<string, SubscriptionData>();
    let replaced = false;
    let topicsChanged = false;
    for (const subscription of told) {
      const old = this.subscriptions.get(subscription.topic);
      const newer = old === undefined || subscription.subVersion > old.subVersion;
      if (old === undefined) topicsChanged = true;
      if (newer) replaced = true;
      next.set(subscription.topic, newer ? subscription : old);
    }
    for (const topic of this.subscriptions.keys()) if (!next.has(topic)) topicsChanged = true;
    if (topicsChanged || replaced) this.subscriptions = next;
    return topicsChanged;
  }

  /** Words for a difference between members that was not complained about yet; undefined when there is none. */
  newDifference(): string | undefined {
    let first: Member | undefined;
    for (const member of this.#members.values()) {
      first ??= member;
      if (member.signature === first.signature) continue;
      const complaint = `${first.clientId} has ${first.signature}, ${member.clientId} has ${member.signature}`;
      if (complaint === this.#complaint) return undefined;
      this.#complaint = complaint;
      return complaint;
    }
    this.#complaint = '';
    return undefined;
  }
}

function signatureOf(data: ConsumerData): string {
  const subscriptions = data.subscriptionDataSet
    .map((one) => `${one.topic}:${one.expressionType}:${one.subString}`)
    .sort();
  return `${data.messageModel} ${data.consumeType} ${subscriptions.join(', ')}`;
}
