/**
 * The consumers that are connected, by group, and the notices (request code 40) that make them share out queues anew.
 *
 * Invariants: a connection is listed only while it is open and sends heartbeats; a group without members is not kept; when
 * membership or the topics of a group change, every member gets one notice at the end of the turn, however many changes
 * came in it.
 *
 * Behaviour from RocketMQ's ConsumerManager and DefaultConsumerIdsChangeListener.
 */
import { type Clock, type Logger, type Turn, TurnPhase } from '@rocketmq-ts/platform';
import { type ConsumerData, RequestCode, type SubscriptionData } from '@rocketmq-ts/protocol';
import type { Connection } from '@rocketmq-ts/remoting';
import type { ConsumerRegistry } from '../broker-context.ts';
import type { ConfigValues } from '../config/config-keys.ts';
import type { ClientChannel } from './client-channel.ts';
import { ConsumerGroup } from './consumer-group.ts';

export interface LiveConsumersOptions {
  readonly clock: Clock;
  readonly turn: Turn;
  readonly logger: Logger;
  readonly config: ConfigValues;
}

export class LiveConsumers implements ConsumerRegistry {
  readonly #clock: Clock;
  readonly #turn: Turn;
  readonly #logger: Logger;
  readonly #config: ConfigValues;
  readonly #groups = new Map<string, ConsumerGroup>();
  readonly #changed = new Set<string>();

  constructor(options: LiveConsumersOptions) {
    this.#clock = options.clock;
    this.#turn = options.turn;
    this.#logger = options.logger;
    this.#config = options.config;
  }

  find(group: string): ConsumerGroup | undefined {
    return this.#groups.get(group);
  }

  groups(): IterableIterator<ConsumerGroup> {
    return this.#groups.values();
  }

  findSubscription(group: string, topic: string): SubscriptionData | undefined {
    return this.#groups.get(group)?.subscriptions.get(topic);
  }

  /** True when the group is connected and does not subscribe to the topic: such topics are left out of its progress. */
  isUnsubscribed(group: string, topic: string): boolean {
    const subscriptions = this.#groups.get(group)?.subscriptions;
    return subscriptions !== undefined && subscriptions.size > 0 && !subscriptions.has(topic);
  }

  groupsSubscribing(topic: string): string[] {
    const groups: string[] = [];
    for (const group of this.#groups.values()) if (group.subscriptions.has(topic)) groups.push(group.name);
    return groups;
  }

  /** Takes one group of a heartbeat over. `notify` is the group's own switch for notices. */
  register(channel: ClientChannel, data: ConsumerData, notify: boolean): void {
    let group = this.#groups.get(data.groupName);
    if (group === undefined) {
      group = new ConsumerGroup(data);
      this.#groups.set(group.name, group);
    }
    const isNew = !group.has(channel.connection);
    if (group.update(channel, data)) {
      if (notify) this.#notifyLater(group.name);
      this.#logger.info(isNew ? 'a consumer connected' : 'a consumer subscribes to other topics', {
        group: group.name,
        clientId: channel.clientId,
        remoteAddress: channel.connection.remoteAddress,
        topics: [...group.subscriptions.keys()],
      });
    }
    const difference = group.newDifference();
    if (difference !== undefined) {
      this.#logger.warn(
        `members of the consumer group ${group.name} subscribe differently, so that messages go to members that do not want ` +
          `them and are lost or late: make them subscribe alike or give them groups of their own (${difference})`,
      );
    }
  }

  unregister(groupName: string, connection: Connection, notify: boolean): void {
    const group = this.#groups.get(groupName);
    const channel = group?.remove(connection);
    if (group === undefined || channel === undefined) return;
    this.#logger.info('a consumer left', { group: groupName, clientId: channel.clientId });
    if (group.size === 0) this.#groups.delete(groupName);
    else if (notify) this.#notifyLater(groupName);
  }

  connectionClosed(connection: Connection): void {
    for (const name of [...this.#groups.keys()]) this.unregister(name, connection, true);
  }

  /** Drops connections without a heartbeat for `expireMs`, and closes them. */
  dropSilent(expireMs: number): void {
    const now = this.#clock.monotonicMs();
    const silent = new Set<Connection>();
    for (const group of this.#groups.values()) {
      for (const channel of group.channels()) {
        if (now - channel.lastSeenMs > expireMs) silent.add(channel.connection);
      }
    }
    for (const connection of silent) {
      this.#logger.warn('a consumer sent no heartbeat in time and is disconnected', {
        remoteAddress: connection.remoteAddress,
      });
      this.connectionClosed(connection);
      connection.close();
    }
  }

  #notifyLater(group: string): void {
    if (!this.#config.notifyConsumerIdsChangedEnable) return;
    if (this.#changed.size === 0) this.#turn.defer(TurnPhase.complete, this);
    this.#changed.add(group);
  }

  #notify(connection: Connection, consumerGroup: string): void {
    if (connection.closed) return;
    try {
      connection.oneway({ code: RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, ext: { consumerGroup } });
    } catch (error) {
      // It finds out with its next round, 20 seconds later.
      this.#logger.warn('a consumer was not told that its group has changed', {
        group: consumerGroup,
        remoteAddress: connection.remoteAddress,
        error,
      });
    }
  }

  runAtTurnEnd(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const name of changed) {
      const group = this.#groups.get(name);
      if (group === undefined) continue;
      for (const connection of group.connections()) this.#notify(connection, name);
    }
  }
}
