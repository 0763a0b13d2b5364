/**
 * The topics of this broker and topics.json.
 *
 * Invariants: an entry stays the same object as long as its topic exists, its `config` is replaced and never edited; every
 * change moves the data version on, is written to the file in the turn it happens in (before the answer that tells of it),
 * and is told to `onChange`; names that are not allowed never get in.
 *
 * Behaviour from RocketMQ's TopicConfigManager.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import {
  type DataVersion,
  DEFAULT_TOPIC,
  decodeTopicConfigSerializeWrapper,
  encodeTopicConfigSerializeWrapper,
  type TopicConfig,
  type TopicConfigSerializeWrapper,
} from '@rocketmq-ts/protocol';
import type { TopicKey } from '@rocketmq-ts/store';
import type { CreateOnSend, TopicEntry, TopicTable } from '../broker-context.ts';
import { ByteInterner } from '../byte-interner.ts';
import type { ConfigValues } from '../config/config-keys.ts';
import { isHarmlessFileName, topicNameProblem } from '../name-rules.ts';
import { topicKindOf } from '../topic-kind.ts';
import { builtInTopics, newTopicConfig, PERM_INHERIT } from './built-in-topics.ts';

export interface TopicConfigTableOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: ConfigValues;
  /** Interns a topic in the store. */
  readonly storeTopic: (name: string) => TopicKey;
  /** Something changed that has to reach the file. */
  readonly onDirty: () => void;
  /** A topic was created or changed: name servers have to hear of it. */
  readonly onChange: (topic: TopicConfig) => void;
}

export class TopicConfigTable implements TopicTable {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #config: ConfigValues;
  readonly #storeTopic: (name: string) => TopicKey;
  readonly #onDirty: () => void;
  readonly #onChange: (topic: TopicConfig) => void;
  readonly #entries = new Map<string, TopicEntry>();
  readonly #byBytes = new ByteInterner<TopicEntry>();
  readonly #systemTopics = new Set<string>();
  #version: DataVersion;

  constructor(options: TopicConfigTableOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#config = options.config;
    this.#storeTopic = options.storeTopic;
    this.#onDirty = options.onDirty;
    this.#onChange = options.onChange;
    this.#version = { timestamp: options.clock.now(), counter: 0 };
    for (const topic of builtInTopics(options.config)) {
      this.#systemTopics.add(topic.topicName);
      this.#put(topic);
    }
  }

  get version(): DataVersion {
    return this.#version;
  }

  /** Moves the data version on, so that name servers take the whole table again. */
  nextVersion(): void {
    this.#version = { timestamp: this.#clock.now(), counter: this.#version.counter + 1 };
    this.#onDirty();
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<TopicEntry> {
    return this.#entries.values();
  }

  names(): Set<string> {
    return new Set(this.#entries.keys());
  }

  get systemTopics(): ReadonlySet<string> {
    return this.#systemTopics;
  }

  find(name: string): TopicEntry | undefined {
    return this.#entries.get(name);
  }

  findByBytes(buffer: Buffer, start: number, end: number): TopicEntry | undefined {
    return this.#byBytes.get(buffer, start, end);
  }

  isOrderTopic(name: string): boolean {
    return this.#entries.get(name)?.config.order ?? false;
  }

  createOnSend(request: CreateOnSend): TopicEntry | undefined {
    const existing = this.#entries.get(request.topic);
    if (existing !== undefined) return existing;
    const from = {
      topic: request.topic,
      defaultTopic: request.defaultTopic,
      producer: request.remoteAddress,
    };
    const source = this.#entries.get(request.defaultTopic)?.config;
    if (source === undefined) {
      this.#logger.warn('a topic was not created for a send: its default topic does not exist', from);
      return undefined;
    }
    const switchedOff = request.defaultTopic === DEFAULT_TOPIC && !this.#config.autoCreateTopicEnable;
    if (switchedOff || (source.perm & PERM_INHERIT) === 0) {
      this.#logger.warn('a topic was not created for a send: its default topic may not be copied', from);
      return undefined;
    }
    const queues = Math.max(0, Math.min(request.defaultTopicQueueNums, source.writeQueueNums));
    return this.#create(
      newTopicConfig(request.topic, {
        readQueueNums: queues,
        writeQueueNums: queues,
        perm: source.perm & ~PERM_INHERIT,
        topicSysFlag: request.topicSysFlag,
        topicFilterType: source.topicFilterType,
      }),
      from,
    );
  }

  createOnSendBack(
    topic: string,
    queueNums: number,
    perm: number,
    topicSysFlag: number,
  ): TopicEntry | undefined {
    const existing = this.#entries.get(topic);
    if (existing !== undefined) return existing;
    return this.#create(
      newTopicConfig(topic, { readQueueNums: queueNums, writeQueueNums: queueNums, perm, topicSysFlag }),
      { topic },
    );
  }

  #create(config: TopicConfig, from: Readonly<Record<string, unknown>>): TopicEntry | undefined {
    const problem = topicNameProblem(config.topicName) ?? this.#fullProblem();
    if (problem !== undefined) {
      this.#logger.warn(`a topic was not created: ${problem}`, from);
      return undefined;
    }
    this.#logger.info('created a topic', { ...from, config });
    return this.#changed(config);
  }

  #fullProblem(): string | undefined {
    const limit = this.#config.maxTopicNums;
    if (this.#entries.size < limit) return undefined;
    return `this broker has ${this.#entries.size} topics, maxTopicNums allows ${limit}`;
  }

  /** Creates or replaces a topic for an administrator. Answers why not when it may not be. */
  update(config: TopicConfig): string | undefined {
    const exists = this.#entries.has(config.topicName);
    const problem = exists ? undefined : (topicNameProblem(config.topicName) ?? this.#fullProblem());
    if (problem !== undefined) return problem;
    this.#logger.info(exists ? 'changed a topic' : 'created a topic', { config });
    this.#changed(config);
    return undefined;
  }

  #changed(config: TopicConfig): TopicEntry {
    const entry = this.#put(config);
    this.nextVersion();
    this.#onChange(config);
    return entry;
  }

  #put(config: TopicConfig): TopicEntry {
    const existing = this.#entries.get(config.topicName);
    if (existing !== undefined) {
      existing.config = config;
      return existing;
    }
    const entry: TopicEntry = {
      name: config.topicName,
      kind: topicKindOf(config.topicName),
      config,
      storeTopic: this.#storeTopic(config.topicName),
      deleted: false,
      putNums: 0,
      putSizeBytes: 0,
    };
    this.#entries.set(entry.name, entry);
    this.#byBytes.set(entry.name, entry);
    return entry;
  }

  delete(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    this.#remove(entry);
    this.#logger.info('deleted a topic', { config: entry.config });
    this.nextVersion();
    return true;
  }

  #remove(entry: TopicEntry): void {
    entry.deleted = true;
    this.#entries.delete(entry.name);
    this.#byBytes.delete(entry.name);
  }

  /** Takes over which topics are ordered, as the name server said when the broker registered. */
  applyOrder(orderTopics: ReadonlyMap<string, string>): void {
    let changed = false;
    for (const entry of this.#entries.values()) {
      const order = orderTopics.has(entry.name);
      if (entry.config.order === order) continue;
      entry.config = { ...entry.config, order };
      this.#logger.info('the name server says whether a topic is ordered', { topic: entry.name, order });
      changed = true;
    }
    if (changed) this.nextVersion();
  }

  /** Sets bits of a topic's system flag, for a group in unit mode. */
  addSysFlag(name: string, flag: number): void {
    const entry = this.#entries.get(name);
    if (entry === undefined || (entry.config.topicSysFlag & flag) === flag) return;
    this.#changed({ ...entry.config, topicSysFlag: entry.config.topicSysFlag | flag });
  }

  wrapper(): TopicConfigSerializeWrapper {
    const topicConfigTable = new Map<string, TopicConfig>();
    for (const entry of this.#entries.values()) topicConfigTable.set(entry.name, entry.config);
    return { topicConfigTable, dataVersion: this.#version };
  }

  /** The content of topics.json, laid out as 4.4.0 writes it. */
  encodeFile(): Buffer {
    return encodeTopicConfigSerializeWrapper(this.wrapper(), { pretty: true });
  }

  decodeFile(text: string): void {
    this.#takeAll(decodeTopicConfigSerializeWrapper(text));
  }

  #takeAll(wrapper: TopicConfigSerializeWrapper): void {
    for (const [name, config] of wrapper.topicConfigTable) {
      if (name !== config.topicName || !isHarmlessFileName(name)) {
        this.#logger.error('a topic with a name that is not allowed was left out', { name });
        continue;
      }
      this.#put(config);
    }
    this.#version = { timestamp: wrapper.dataVersion.timestamp, counter: wrapper.dataVersion.counter };
  }

  /** Becomes what the master has (RocketMQ: SlaveSynchronize). */
  replaceAll(wrapper: TopicConfigSerializeWrapper): void {
    for (const entry of [...this.#entries.values()]) {
      if (!wrapper.topicConfigTable.has(entry.name)) this.#remove(entry);
    }
    this.#takeAll(wrapper);
    this.#onDirty();
  }
}
