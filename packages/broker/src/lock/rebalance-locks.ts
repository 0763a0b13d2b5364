/**
 * Which client of a group may consume a queue in order.
 *
 * Invariant: a queue of a group is locked by at most one client; a lock that was not renewed for `rebalanceLockMaxLiveTimeMs`
 * is free. Locks outlive the connection: a client that lost it may still be consuming.
 *
 * Behaviour from RocketMQ's RebalanceLockManager.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import type { MessageQueue } from '@rocketmq-ts/protocol';
import type { ConfigValues } from '../config/config-keys.ts';

interface Lock {
  clientId: string;
  renewedAt: number;
}

export class RebalanceLocks {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #config: ConfigValues;
  /** Group, then queue. */
  readonly #groups = new Map<string, Map<string, Lock>>();

  constructor(clock: Clock, config: ConfigValues, logger: Logger) {
    this.#clock = clock;
    this.#config = config;
    this.#logger = logger;
  }

  /** Locks what is free or the client's own already; answers which queues the client now has. */
  lock(group: string, clientId: string, queues: readonly MessageQueue[]): MessageQueue[] {
    const now = this.#clock.monotonicMs();
    let locks = this.#groups.get(group);
    if (locks === undefined) {
      locks = new Map();
      this.#groups.set(group, locks);
    }
    const locked: MessageQueue[] = [];
    for (const queue of queues) {
      const key = keyOf(queue);
      const lock = locks.get(key);
      if (lock === undefined) {
        locks.set(key, { clientId, renewedAt: now });
      } else if (lock.clientId === clientId) {
        lock.renewedAt = now;
      } else if (this.#isExpired(lock, now)) {
        this.#logger.warn('a queue lock was not renewed and goes to another client', {
          group,
          queue,
          from: lock.clientId,
          to: clientId,
        });
        lock.clientId = clientId;
        lock.renewedAt = now;
      } else {
        continue;
      }
      locked.push(queue);
    }
    return locked;
  }

  /** Frees the queues that the client has; others stay locked. */
  unlock(group: string, clientId: string, queues: readonly MessageQueue[]): void {
    const locks = this.#groups.get(group);
    if (locks === undefined) return;
    for (const queue of queues) {
      const key = keyOf(queue);
      if (locks.get(key)?.clientId === clientId) locks.delete(key);
    }
    if (locks.size === 0) this.#groups.delete(group);
  }

  /** Forgets expired locks, so that the table does not grow. */
  dropExpired(): void {
    const now = this.#clock.monotonicMs();
    for (const [group, locks] of this.#groups) {
      for (const [key, lock] of locks) if (this.#isExpired(lock, now)) locks.delete(key);
      if (locks.size === 0) this.#groups.delete(group);
    }
  }

  #isExpired(lock: Lock, now: number): boolean {
    return now - lock.renewedAt > this.#config.rebalanceLockMaxLiveTimeMs;
  }
}

function keyOf(queue: MessageQueue): string {
  return `${queue.queueId}@${queue.brokerName}@${queue.topic}`;
}
