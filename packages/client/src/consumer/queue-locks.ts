/**
 * The broker's locks on the queues of an orderly consumer: at most one client of a group consumes a queue.
 *
 * Invariant: a queue counts as locked only after the broker said so, and for no longer than rebalanceLockMaxLiveMs
 * without being told again. Behaviour from RebalanceImpl.lock, lockAll, unlock and unlockAll.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import { messageQueueKey } from '@rocketmq-ts/protocol';
import type { ClientInstance } from '../instance/client-instance.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { ProcessQueue } from './process-queue.ts';

export class QueueLocks {
  readonly #instance: ClientInstance;
  readonly #group: string;
  readonly #queues: ReadonlyMap<string, ProcessQueue>;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(instance: ClientInstance, group: string, queues: ReadonlyMap<string, ProcessQueue>) {
    this.#instance = instance;
    this.#group = group;
    this.#queues = queues;
    this.#clock = instance.config.platform.clock;
    this.#logger = instance.config.logger;
  }

  /** Asks for one queue; false when another client has it or the broker did not answer. Never rejects. */
  async lock(queue: MessageQueue): Promise<boolean> {
    const locked = await this.#lockOn(queue.brokerName, [queue]);
    return locked?.has(queue.key) ?? false;
  }

  /** Renews all locks; those not given again are lost. Never rejects. */
  async lockAll(): Promise<void> {
    await Promise.all(
      [...this.#byBroker()].map(async ([brokerName, queues]) => {
        const locked = await this.#lockOn(
          brokerName,
          queues.map((queue) => queue.messageQueue),
        );
        if (locked === undefined) return;
        for (const queue of queues) {
          if (locked.has(queue.messageQueue.key)) continue;
          if (queue.locked)
            this.#logger.warn(`the lock of ${queue.messageQueue} was lost`, { group: this.#group });
          queue.locked = false;
        }
      }),
    );
  }

  /** Gives one queue up. Never rejects: the broker's lock ends by itself after a minute. */
  async unlock(queue: MessageQueue): Promise<void> {
    await this.#unlockOn(queue.brokerName, [queue], true);
  }

  /** Gives all queues up and waits for the brokers. Never rejects. */
  async unlockAll(): Promise<void> {
    await Promise.all(
      [...this.#byBroker()].map(async ([brokerName, queues]) => {
        for (const queue of queues) queue.locked = false;
        await this.#unlockOn(
          brokerName,
          queues.map((queue) => queue.messageQueue),
          false,
        );
      }),
    );
  }

  /** Keys of the queues the broker gave; undefined when it could not be asked. */
  async #lockOn(brokerName: string, mqSet: MessageQueue[]): Promise<Set<string> | undefined> {
    const address = this.#instance.routes.brokers.master(brokerName);
    if (address === undefined) return undefined;
    // Counted from before the request, so that this side never believes in a lock for longer than the broker.
    const askedAt = this.#clock.monotonicMs();
    try {
      const given = await this.#instance.brokerClient.lockBatch(address, this.#request(mqSet));
      const keys = new Set(given.map(messageQueueKey));
      for (const key of keys) {
        const queue = this.#queues.get(key);
        if (queue === undefined) continue;
        queue.locked = true;
        queue.lastLockMs = askedAt;
      }
      return keys;
    } catch (error) {
      this.#logger.warn(`queues of broker ${brokerName} could not be locked`, { group: this.#group, error });
      return undefined;
    }
  }

  async #unlockOn(brokerName: string, mqSet: MessageQueue[], oneway: boolean): Promise<void> {
    const address = this.#instance.routes.brokers.master(brokerName);
    if (address === undefined) return;
    try {
      await this.#instance.brokerClient.unlockBatch(address, this.#request(mqSet), oneway);
    } catch (error) {
      this.#logger.warn(`queues of broker ${brokerName} could not be unlocked`, {
        group: this.#group,
        error,
      });
    }
  }

  #request(mqSet: MessageQueue[]): { consumerGroup: string; clientId: string; mqSet: MessageQueue[] } {
    return { consumerGroup: this.#group, clientId: this.#instance.clientId, mqSet };
  }

  #byBroker(): Map<string, ProcessQueue[]> {
    const byBroker = new Map<string, ProcessQueue[]>();
    for (const queue of this.#queues.values()) {
      const { brokerName } = queue.messageQueue;
      const queues = byBroker.get(brokerName);
      if (queues === undefined) byBroker.set(brokerName, [queue]);
      else queues.push(queue);
    }
    return byBroker;
  }
}
