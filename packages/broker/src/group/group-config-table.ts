/**
 * The consumer groups of this broker and subscriptionGroup.json.
 *
 * Invariants: an entry stays the same object as long as its group exists, its `config` is replaced and never edited; every
 * change moves the data version on and is written in the turn it happens in; names that are not allowed never get in.
 *
 * Behaviour from RocketMQ's SubscriptionGroupManager.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import {
  type DataVersion,
  decodeSubscriptionGroupWrapper,
  encodeSubscriptionGroupWrapper,
  isSystemGroup,
  newSubscriptionGroupConfig,
  type SubscriptionGroupConfig,
  type SubscriptionGroupWrapper,
} from '@rocketmq-ts/protocol';
import type { GroupEntry, GroupTopicCounters, SubscriptionGroupTable } from '../broker-context.ts';
import type { ConfigValues } from '../config/config-keys.ts';
import { groupNameProblem, isHarmlessFileName } from '../name-rules.ts';
import { BUILT_IN_GROUPS } from './built-in-groups.ts';

export interface GroupConfigTableOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: ConfigValues;
  readonly onDirty: () => void;
}

export class GroupConfigTable implements SubscriptionGroupTable {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #config: ConfigValues;
  readonly #onDirty: () => void;
  readonly #entries = new Map<string, GroupEntry>();
  #version: DataVersion;

  constructor(options: GroupConfigTableOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#config = options.config;
    this.#onDirty = options.onDirty;
    this.#version = { timestamp: options.clock.now(), counter: 0 };
    for (const name of BUILT_IN_GROUPS) this.#put(newSubscriptionGroupConfig(name));
  }

  get version(): DataVersion {
    return this.#version;
  }

  entries(): IterableIterator<GroupEntry> {
    return this.#entries.values();
  }

  /** Finds a group and never creates it. */
  peek(name: string): GroupEntry | undefined {
    return this.#entries.get(name);
  }

  find(name: string): GroupEntry | undefined {
    const existing = this.#entries.get(name);
    if (existing !== undefined) return existing;
    if (!this.#config.autoCreateSubscriptionGroup && !isSystemGroup(name)) return undefined;
    const problem = groupNameProblem(name) ?? this.#fullProblem();
    if (problem !== undefined) {
      this.#logger.warn(`a consumer group was not created: ${problem}`);
      return undefined;
    }
    this.#logger.info('created a consumer group', { group: name });
    return this.#changed(newSubscriptionGroupConfig(name));
  }

  #fullProblem(): string | undefined {
    const limit = this.#config.maxSubscriptionGroupNums;
    if (this.#entries.size < limit) return undefined;
    return `this broker has ${this.#entries.size} consumer groups, maxSubscriptionGroupNums allows ${limit}`;
  }

  /** Creates or replaces a group for an administrator. Answers why not when it may not be. */
  update(config: SubscriptionGroupConfig): string | undefined {
    const exists = this.#entries.has(config.groupName);
    const problem = exists ? undefined : (groupNameProblem(config.groupName) ?? this.#fullProblem());
    if (problem !== undefined) return problem;
    this.#logger.info(exists ? 'changed a consumer group' : 'created a consumer group', { config });
    this.#changed(config);
    return undefined;
  }

  /** Stops a group from pulling; it stays so over restarts until an administrator allows it again. */
  disableConsume(name: string): void {
    const entry = this.#entries.get(name);
    if (entry?.config.consumeEnable) this.#changed({ ...entry.config, consumeEnable: false });
  }

  delete(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    entry.deleted = true;
    this.#entries.delete(name);
    this.#logger.info('deleted a consumer group', { config: entry.config });
    this.#nextVersion();
    return true;
  }

  #changed(config: SubscriptionGroupConfig): GroupEntry {
    const entry = this.#put(config);
    this.#nextVersion();
    return entry;
  }

  #nextVersion(): void {
    this.#version = { timestamp: this.#clock.now(), counter: this.#version.counter + 1 };
    this.#onDirty();
  }

  #put(config: SubscriptionGroupConfig): GroupEntry {
    const existing = this.#entries.get(config.groupName);
    if (existing !== undefined) {
      existing.config = config;
      return existing;
    }
    const counters = new Map<string, GroupTopicCounters>();
    const entry: GroupEntry = { name: config.groupName, config, deleted: false, counters };
    this.#entries.set(entry.name, entry);
    return entry;
  }

  wrapper(): SubscriptionGroupWrapper {
    const subscriptionGroupTable = new Map<string, SubscriptionGroupConfig>();
    for (const entry of this.#entries.values()) subscriptionGroupTable.set(entry.name, entry.config);
    return { subscriptionGroupTable, dataVersion: this.#version };
  }

  /** The content of subscriptionGroup.json, laid out as 4.4.0 writes it. */
  encodeFile(): Buffer {
    return encodeSubscriptionGroupWrapper(this.wrapper(), { pretty: true });
  }

  decodeFile(text: string): void {
    this.#takeAll(decodeSubscriptionGroupWrapper(text));
  }

  #takeAll(wrapper: SubscriptionGroupWrapper): void {
    for (const [name, config] of wrapper.subscriptionGroupTable) {
      if (name !== config.groupName || !isHarmlessFileName(name)) {
        this.#logger.error('a consumer group with a name that is not allowed was left out', { name });
        continue;
      }
      this.#put(config);
    }
    this.#version = { timestamp: wrapper.dataVersion.timestamp, counter: wrapper.dataVersion.counter };
  }

  /** Becomes what the master has (RocketMQ: SlaveSynchronize). */
  replaceAll(wrapper: SubscriptionGroupWrapper): void {
    for (const entry of [...this.#entries.values()]) {
      if (wrapper.subscriptionGroupTable.has(entry.name)) continue;
      entry.deleted = true;
      this.#entries.delete(entry.name);
    }
    this.#takeAll(wrapper);
    this.#onDirty();
  }
}
