/**
 * Topics with the queues that each broker name has of them.
 *
 * Invariants: one QueueData per topic and broker name; a topic without any is not kept; at most `maxRoutes` such pairs.
 */

import type { Logger } from '@rocketmq-ts/platform';
import type { QueueData, TopicConfig } from '@rocketmq-ts/protocol';
import { NamesrvError } from '../namesrv-error.ts';

/** The bit of `perm` that allows sending. */
const PERM_WRITE = 2;

export class TopicTable {
  readonly #bounds: { readonly maxRoutes: number };
  readonly #logger: Logger;
  readonly #topics = new Map<string, QueueData[]>();
  #routes = 0;

  constructor(bounds: { readonly maxRoutes: number }, logger: Logger) {
    this.#bounds = bounds;
    this.#logger = logger;
  }

  get names(): string[] {
    return [...this.#topics.keys()];
  }

  queues(topic: string): QueueData[] | undefined {
    return this.#topics.get(topic);
  }

  /** Takes over what the broker has now. Topics it does not mention stay, as in 4.4.0: they are deleted by request. */
  update(brokerName: string, topics: Iterable<TopicConfig>): void {
    for (const config of topics) {
      const next: QueueData = {
        brokerName,
        readQueueNums: config.readQueueNums,
        writeQueueNums: config.writeQueueNums,
        perm: config.perm,
        topicSynFlag: config.topicSysFlag,
      };
      const queues = this.#topics.get(config.topicName);
      const index = queues?.findIndex((queue) => queue.brokerName === brokerName) ?? -1;
      if (queues !== undefined && index >= 0) {
        if (equalQueues(queues[index]!, next)) continue;
        queues.splice(index, 1);
        queues.push(next);
        this.#logger.info('topic changed', { topic: config.topicName, ...next });
        continue;
      }
      this.#checkRoom(config.topicName, brokerName);
      this.#routes++;
      if (queues === undefined) this.#topics.set(config.topicName, [next]);
      else queues.push(next);
    }
  }

  delete(topic: string): void {
    this.#routes -= this.#topics.get(topic)?.length ?? 0;
    this.#topics.delete(topic);
  }

  removeBroker(brokerName: string): void {
    for (const [topic, queues] of this.#topics) {
      const index = queues.findIndex((queue) => queue.brokerName === brokerName);
      if (index < 0) continue;
      queues.splice(index, 1);
      this.#routes--;
      if (queues.length === 0) this.#topics.delete(topic);
    }
  }

  /** Forbids sending to every topic of the broker until it registers changed topics; answers how many there are. */
  wipeWritePerm(brokerName: string): number {
    let count = 0;
    for (const queues of this.#topics.values()) {
      for (const queue of queues) {
        if (queue.brokerName !== brokerName) continue;
        queue.perm &= ~PERM_WRITE;
        count++;
      }
    }
    return count;
  }

  /** Topics that any of the brokers has. */
  ofBrokers(brokerNames: ReadonlySet<string>): string[] {
    const found: string[] = [];
    for (const [topic, queues] of this.#topics) {
      if (queues.some((queue) => brokerNames.has(queue.brokerName))) found.push(topic);
    }
    return found;
  }

  /** Topics whose first queues' `topicSynFlag` passes. */
  withFlag(test: (flag: number) => boolean): string[] {
    const found: string[] = [];
    for (const [topic, queues] of this.#topics) if (test(queues[0]!.topicSynFlag)) found.push(topic);
    return found;
  }

  #checkRoom(topic: string, brokerName: string): void {
    if (this.#routes < this.#bounds.maxRoutes) return;
    throw new NamesrvError(
      'NAMESRV_LIMIT',
      `topic ${topic} of broker ${brokerName} not registered: there are ${this.#routes} routes already, maxRoutes is ` +
        `${this.#bounds.maxRoutes}`,
    );
  }
}

function equalQueues(a: QueueData, b: QueueData): boolean {
  return (
    a.perm === b.perm &&
    a.readQueueNums === b.readQueueNums &&
    a.writeQueueNums === b.writeQueueNums &&
    a.topicSynFlag === b.topicSynFlag
  );
}
