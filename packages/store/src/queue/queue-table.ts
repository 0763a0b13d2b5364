/**
 * Owns which topics and queues there are. Queues on disk are opened when they are first asked for, so that a start costs
 * nothing per queue.
 *
 * Invariants: one TopicKey per live name, one ConsumeQueue per live queue; what a folder listing said is remembered,
 * because nobody else changes the folder.
 *
 * Counterpart in RocketMQ: consumeQueueTable and topicQueueTable.
 */
import type { FileSystem } from '@rocketmq-ts/platform';
import { diskError } from '../store-error.ts';
import { checkQueueId, queueIdOfFolder, type StorePaths, topicNameBytes } from '../store-paths.ts';
import { TopicKey } from '../topic-key.ts';
import { ConsumeQueue, type QueueContext } from './consume-queue.ts';

export class QueueTable {
  readonly #fileSystem: FileSystem;
  readonly #paths: StorePaths;
  readonly #context: QueueContext;
  readonly #topics = new Map<string, TopicKey>();
  /** Queues that lie on disk and have not been opened, by topic. */
  readonly #unopened = new Map<string, Set<number>>();

  constructor(fileSystem: FileSystem, paths: StorePaths, context: QueueContext) {
    this.#fileSystem = fileSystem;
    this.#paths = paths;
    this.#context = context;
  }

  /** Lists the topics on disk. */
  load(): void {
    this.#fileSystem.mkdirSync(this.#paths.consumeQueue);
    for (const name of this.#fileSystem.readdirSync(this.#paths.consumeQueue)) {
      this.#unopened.set(name, undefinedQueues);
    }
  }

  /** Interns a topic. Throws StoreError STORE_BAD_NAME. */
  topic(name: string): TopicKey {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const key = new TopicKey(name, topicNameBytes(name));
    this.#topics.set(name, key);
    return key;
  }

  findTopic(name: string): TopicKey | undefined {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    return this.#unopened.has(name) ? this.topic(name) : undefined;
  }

  /** The queue, opened or created. Throws StoreError: STORE_BAD_NAME for an impossible queue id, or what the disk refused. */
  queue(key: TopicKey, queueId: number): ConsumeQueue {
    return key.queues[queueId] ?? this.#open(key, queueId, true) ?? unreachable();
  }

  findQueue(topic: string, queueId: number): ConsumeQueue | undefined {
    const key = this.findTopic(topic);
    if (key === undefined) return undefined;
    return key.queues[queueId] ?? this.#open(key, queueId, false);
  }

  /** Names of all topics that have queues. */
  topicNames(): string[] {
    const names = new Set(this.#unopened.keys());
    for (const [name, key] of this.#topics) if (key.queues.some(isPresent)) names.add(name);
    return [...names].sort();
  }

  /** Ids of all queues of a topic, opened or not. */
  queueIds(topic: string): number[] {
    const ids = new Set(this.#onDisk(topic));
    this.#topics.get(topic)?.queues.forEach((queue, id) => {
      if (queue !== undefined) ids.add(id);
    });
    return [...ids].sort((a, b) => a - b);
  }

  /** Whether files of the queue may be removed: one of a queue always stays. Opens nothing. */
  hasSeveralFiles(topic: string, queueId: number): boolean {
    return this.#fileSystem.readdirSync(this.#paths.queueFolder(topic, queueId)).length > 1;
  }

  /** Queues that are open, of all topics. */
  *opened(): Generator<ConsumeQueue> {
    for (const key of this.#topics.values()) {
      for (const queue of key.queues) if (queue !== undefined) yield queue;
    }
  }

  /** Forgets a topic; answers its queues that were open. The folder is the caller's business. */
  remove(topic: string): ConsumeQueue[] {
    this.#unopened.delete(topic);
    const key = this.#topics.get(topic);
    if (key === undefined) return [];
    this.#topics.delete(topic);
    key.deleted = true;
    const queues = key.queues.filter(isPresent);
    for (const queue of queues) queue.deleted = true;
    return queues;
  }

  /** Forgets one queue. */
  removeQueue(queue: ConsumeQueue): void {
    queue.deleted = true;
    queue.key.queues[queue.queueId] = undefined;
  }

  #open(key: TopicKey, queueId: number, create: boolean): ConsumeQueue | undefined {
    const onDisk = this.#onDisk(key.name);
    const found = onDisk.has(queueId);
    if (!found && !create) return undefined;
    checkQueueId(key.name, queueId);
    const queue = new ConsumeQueue(key, queueId, this.#context);
    if (found) {
      try {
        queue.load();
      } catch (error) {
        throw diskError(`Consume queue ${queueId} of topic ${key.name} cannot be opened`, error);
      }
      onDisk.delete(queueId);
    }
    key.queues[queueId] = queue;
    return queue;
  }

  #onDisk(topic: string): Set<number> {
    const known = this.#unopened.get(topic);
    if (known === undefined) return undefinedQueues;
    if (known !== undefinedQueues) return known;
    const ids = new Set<number>();
    for (const name of this.#list(topic)) {
      const id = queueIdOfFolder(name);
      if (id !== undefined) ids.add(id);
    }
    this.#unopened.set(topic, ids);
    return ids;
  }

  #list(topic: string): string[] {
    try {
      return this.#fileSystem.readdirSync(this.#paths.topicFolder(topic));
    } catch (error) {
      throw diskError(`The consume queues of topic ${topic} cannot be listed`, error);
    }
  }
}

/** Stands for a folder that has not been listed; never changed. */
const undefinedQueues: Set<number> = new Set();

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function unreachable(): never {
  throw new Error('a queue that may be created was not');
}
