/**
 * Offsets on the brokers, for clustering consumers: RocketMQ's RemoteBrokerOffsetStore.
 *
 * Every offset in memory is written at each round, changed or not: a one-way write may have been lost.
 */
import type { Logger } from '@rocketmq-ts/platform';
import { ResponseCode } from '@rocketmq-ts/protocol';
import { describeError, MQBrokerError } from '../errors.ts';
import type { ClientInstance } from '../instance/client-instance.ts';
import type { QueueOffset } from '../instance/members.ts';
import { brokerNotExist } from '../instance/queue-queries.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { noOffset, type OffsetStore, OffsetTable, unreadableOffset } from './offset-store.ts';

export class RemoteOffsetStore implements OffsetStore {
  readonly #instance: ClientInstance;
  readonly #group: string;
  readonly #logger: Logger;
  readonly #table = new OffsetTable();

  constructor(instance: ClientInstance, group: string) {
    this.#instance = instance;
    this.#group = group;
    this.#logger = instance.config.logger;
  }

  async load(): Promise<void> {}

  updateOffset(queue: MessageQueue, offset: number, increaseOnly: boolean): void {
    this.#table.update(queue, offset, increaseOnly);
  }

  memoryOffset(queue: MessageQueue): number {
    return this.#table.get(queue);
  }

  async readOffset(queue: MessageQueue): Promise<number> {
    try {
      const address = await this.#brokerOf(queue);
      return await this.#instance.brokerClient.queryConsumerOffset(address, this.#group, queue);
    } catch (error) {
      if (error instanceof MQBrokerError) {
        if (error.responseCode === ResponseCode.QUERY_NOT_FOUND) return noOffset;
        // Another answer says nothing about the offset: starting at the beginning or end would be a guess.
      }
      this.#logger.warn(`the offset of group ${this.#group} in ${queue} could not be read`, { error });
      return unreadableOffset;
    }
  }

  async persistAll(queues: readonly MessageQueue[], acknowledged: boolean): Promise<void> {
    const keys = new Set(queues.map((queue) => queue.key));
    const writes: Promise<void>[] = [];
    for (const { messageQueue, offset } of this.#table.entries()) {
      if (keys.has(messageQueue.key)) writes.push(this.#write(messageQueue, offset, !acknowledged));
    }
    this.#table.retain(queues);
    await Promise.all(writes);
  }

  async persist(queue: MessageQueue): Promise<void> {
    const offset = this.#table.get(queue);
    if (offset !== noOffset) await this.#write(queue, offset, false);
  }

  removeOffset(queue: MessageQueue): void {
    this.#table.delete(queue);
  }

  offsets(topic: string): QueueOffset[] {
    return this.#table.ofTopic(topic);
  }

  async #write(queue: MessageQueue, offset: number, oneway: boolean): Promise<void> {
    try {
      const address = await this.#brokerOf(queue);
      await this.#instance.brokerClient.updateConsumerOffset(address, this.#group, queue, offset, oneway);
    } catch (error) {
      this.#logger.error(
        `the offset ${offset} of group ${this.#group} in ${queue} could not be stored: ${describeError(error)}; ` +
          'it is stored at the next occasion, else messages are consumed again',
      );
    }
  }

  async #brokerOf(queue: MessageQueue): Promise<string> {
    const { routes } = this.#instance;
    let address = routes.brokers.any(queue.brokerName);
    if (address === undefined) {
      await routes.refresh(queue.topic);
      address = routes.brokers.any(queue.brokerName);
    }
    if (address === undefined) throw brokerNotExist(queue.brokerName, queue.topic);
    return address;
  }
}
