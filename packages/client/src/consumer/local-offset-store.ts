/**
 * Offsets in a file of this machine, for broadcasting consumers: RocketMQ's LocalFileOffsetStore.
 *
 *     <dir>/<client id>/<group>/offsets.json and offsets.json.bak, in fastjson's dialect:
 *     { "offsetTable":{{ "brokerName":"broker-a", "queueId":2, "topic":"T" }:7, … } }
 *
 * Invariants: a new file is complete before it takes the old one's place, which stays as the .bak; a file that cannot be
 * read gives way to the .bak, and if that cannot be read either, the consumer does not start.
 */
import { homedir } from 'node:os';
import type { FileSystem, Logger } from '@rocketmq-ts/platform';
import { decodeResetOffsetBody, encodeResetOffsetBody } from '@rocketmq-ts/protocol';
import { MQClientError } from '../errors.ts';
import type { ClientInstance } from '../instance/client-instance.ts';
import type { QueueOffset } from '../instance/members.ts';
import { MessageQueue } from '../message/message-queue.ts';
import { type OffsetStore, OffsetTable } from './offset-store.ts';

export class LocalOffsetStore implements OffsetStore {
  readonly path: string;
  readonly #folder: string;
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  readonly #table = new OffsetTable();
  #written = '';

  constructor(dir: string, clientId: string, group: string, fileSystem: FileSystem, logger: Logger) {
    this.#folder = `${dir}/${clientId}/${group}`;
    this.path = `${this.#folder}/offsets.json`;
    this.#fileSystem = fileSystem;
    this.#logger = logger;
  }

  async load(): Promise<void> {
    const offsets = this.#read(this.path) ?? this.#read(`${this.path}.bak`);
    if (offsets instanceof Error) {
      throw new MQClientError(
        'OFFSET_STORE_FAILED',
        `the offsets of this broadcasting consumer cannot be read from ${this.path} or its .bak; ` +
          'mend the file, or remove both to start where consumeFromWhere says',
        { cause: offsets },
      );
    }
    for (const { messageQueue, offset } of offsets ?? []) this.#table.update(messageQueue, offset, false);
  }

  updateOffset(queue: MessageQueue, offset: number, increaseOnly: boolean): void {
    this.#table.update(queue, offset, increaseOnly);
  }

  memoryOffset(queue: MessageQueue): number {
    return this.#table.get(queue);
  }

  async readOffset(queue: MessageQueue): Promise<number> {
    return this.#table.get(queue);
  }

  /** Writes all of them: a queue whose broker is away for a while keeps its place. */
  async persistAll(): Promise<void> {
    const offsetTable = new Map<MessageQueue, number>();
    for (const { messageQueue, offset } of this.#table.entries()) offsetTable.set(messageQueue, offset);
    if (offsetTable.size === 0) return;
    const content = encodeResetOffsetBody({ offsetTable }, { pretty: true });
    const text = content.toString();
    if (text === this.#written) return;
    try {
      this.#fileSystem.mkdirSync(this.#folder);
      this.#fileSystem.writeFileSync(`${this.path}.tmp`, content);
      if (this.#fileSystem.existsSync(this.path)) this.#fileSystem.renameSync(this.path, `${this.path}.bak`);
      this.#fileSystem.renameSync(`${this.path}.tmp`, this.path);
      this.#written = text;
    } catch (error) {
      this.#logger.error(`the offsets could not be written to ${this.path}; it is tried again`, { error });
    }
  }

  /** The whole file is written by `persistAll`. */
  async persist(): Promise<void> {}

  /** Kept: the queue may come back, and the broker does not know its offset. */
  removeOffset(): void {}

  offsets(topic: string): QueueOffset[] {
    return this.#table.ofTopic(topic);
  }

  /** Undefined when there is nothing to read; an Error, logged, when it cannot be read and there is no other file. */
  #read(path: string): QueueOffset[] | Error | undefined {
    if (!this.#fileSystem.existsSync(path)) return undefined;
    try {
      const content = this.#fileSystem.readFileSync(path);
      if (content.length === 0) return undefined;
      return [...decodeResetOffsetBody(content).offsetTable].map(([queue, offset]) => ({
        messageQueue: MessageQueue.from(queue),
        offset,
      }));
    } catch (error) {
      this.#logger.warn(`${path} cannot be read`, { error });
      if (path === this.path && this.#fileSystem.existsSync(`${path}.bak`)) return undefined;
      return error as Error;
    }
  }
}

/** The store of a group on this machine; `dir` undefined: `~/.rocketmq_offsets`. */
export function localOffsetStore(
  instance: ClientInstance,
  group: string,
  dir: string | undefined,
): LocalOffsetStore {
  const { platform, logger } = instance.config;
  const folder = dir ?? `${homedir()}/.rocketmq_offsets`;
  return new LocalOffsetStore(folder, instance.clientId, group, platform.fileSystem, logger);
}
