/**
 * The producers that are connected, by group.
 *
 * Invariant: a connection is listed only while it is open and sends heartbeats; a group without members is not kept.
 * Behaviour from RocketMQ's ProducerManager.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import type { Connection } from '@rocketmq-ts/remoting';
import type { ClientChannel } from './client-channel.ts';

export class ProducerRegistry {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #groups = new Map<string, Map<Connection, ClientChannel>>();
  #turn = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  register(group: string, channel: ClientChannel): void {
    let members = this.#groups.get(group);
    if (members === undefined) {
      members = new Map();
      this.#groups.set(group, members);
    }
    const known = members.get(channel.connection);
    if (known !== undefined && known.clientId === channel.clientId) {
      known.lastSeenMs = this.#clock.monotonicMs();
      return;
    }
    members.set(channel.connection, channel);
    this.#logger.info('a producer connected', {
      group,
      clientId: channel.clientId,
      remoteAddress: channel.connection.remoteAddress,
    });
  }

  unregister(group: string, connection: Connection): void {
    const members = this.#groups.get(group);
    const channel = members?.get(connection);
    if (members === undefined || channel === undefined) return;
    members.delete(connection);
    if (members.size === 0) this.#groups.delete(group);
    this.#logger.info('a producer left', { group, clientId: channel.clientId });
  }

  connectionClosed(connection: Connection): void {
    for (const group of [...this.#groups.keys()]) this.unregister(group, connection);
  }

  *sizes(): IterableIterator<[group: string, members: number]> {
    for (const [group, members] of this.#groups) yield [group, members.size];
  }

  members(group: string): readonly ClientChannel[] | undefined {
    const members = this.#groups.get(group);
    return members === undefined ? undefined : [...members.values()];
  }

  /** The members of a group in turn, for transaction checks; undefined when none is connected. */
  nextConnection(group: string): Connection | undefined {
    const members = this.#groups.get(group);
    if (members === undefined) return undefined;
    const open = [...members.keys()].filter((connection) => !connection.closed);
    return open.length === 0 ? undefined : open[this.#turn++ % open.length];
  }

  /** Drops connections without a heartbeat for `expireMs`, and closes them. */
  dropSilent(expireMs: number): void {
    const now = this.#clock.monotonicMs();
    const silent = new Set<Connection>();
    for (const members of this.#groups.values()) {
      for (const channel of members.values()) {
        if (now - channel.lastSeenMs > expireMs) silent.add(channel.connection);
      }
    }
    for (const connection of silent) {
      this.#logger.warn('a producer sent no heartbeat in time and is disconnected', {
        remoteAddress: connection.remoteAddress,
      });
      this.connectionClosed(connection);
      connection.close();
    }
  }
}
