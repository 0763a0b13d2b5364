/**
 * The broker's configuration: one typed value for every key, where it came from and how it may change while running.
 *
 * Values come from the defaults on this machine, then the `-c` file, then `key=value` arguments; later ones win. Unknown keys
 * are kept and printed, as RocketMQ does, with a warning that names the nearest known key.
 *
 * Invariants: `values` is always complete and allowed; `haListenPort` is `listenPort` + 1; a master's `brokerId` is 0; a
 * refused change changes nothing.
 *
 * Behaviour from RocketMQ's BrokerStartup and Configuration.
 */
import path from 'node:path';
import { type DataVersion, nearestName, parseProperties } from '@rocketmq-ts/protocol';
import { isTlsSetting, tlsSettingProblem, tlsSettingsOf } from '@rocketmq-ts/remoting';
import { BrokerConfigError } from './broker-config-error.ts';
import type { ConfigKey, ConfigValue } from './config-key.ts';
import { type ConfigValues, configKeys } from './config-keys.ts';
import type { HostFacts } from './host-facts.ts';

export interface BrokerConfigSources {
  readonly host: HostFacts;
  /** The `-c` file: where it is and what it says (bytes as ISO-8859-1). */
  readonly file?: { readonly path: string; readonly content: string };
  /** From the command line; beat the file. */
  readonly overrides?: ReadonlyMap<string, string>;
}

export interface ConfigUpdate {
  /** What is written to the file: key and value in canonical text. */
  readonly changes: ReadonlyMap<string, string>;
  /** Takes the changes over into `values`. */
  apply(now: number): void;
}

export class BrokerConfig {
  readonly values: ConfigValues;
  /** Keys that no part of the broker knows, kept as RocketMQ keeps them. */
  readonly unknown = new Map<string, string>();
  readonly warnings: string[] = [];
  /** The settings of TLS that were given; docs/tls.md. Never told over the network. */
  readonly tls: Map<string, string>;
  readonly host: HostFacts;
  /** The `-c` file; undefined when there was none. */
  readonly filePath: string | undefined;
  /** Answered with the configuration, RocketMQ's shape. */
  version: DataVersion = { timestamp: 0, counter: 0 };
  readonly #given = new Set<string>();

  private constructor(sources: BrokerConfigSources) {
    this.host = sources.host;
    this.tls = tlsSettingsOf(sources.host.environment);
    this.filePath = sources.file?.path;
    const values = new Map<string, ConfigValue>();
    for (const [name, key] of configKeys) values.set(name, key.defaultOn(sources.host));
    const problems: string[] = [];
    if (sources.file !== undefined) this.#take(parseProperties(sources.file.content), values, problems);
    if (sources.overrides !== undefined) this.#take(sources.overrides, values, problems);
    this.values = Object.fromEntries(values) as ConfigValues;
    this.#settle(problems);
    if (problems.length > 0) throw new BrokerConfigError(problems);
  }

  /** Throws BrokerConfigError naming everything that is wrong. */
  static load(sources: BrokerConfigSources): BrokerConfig {
    return new BrokerConfig(sources);
  }

  /** True when the file or an argument gave the key. */
  isGiven(name: string): boolean {
    return this.#given.has(name);
  }

  #take(from: ReadonlyMap<string, string>, values: Map<string, ConfigValue>, problems: string[]): void {
    for (const [name, raw] of from) {
      const value = raw.trim();
      const key = configKeys.get(name);
      if (isTlsSetting(name)) {
        const problem = tlsSettingProblem(name, value);
        if (problem === undefined) this.tls.set(name, value);
        else problems.push(problem);
        continue;
      }
      if (key === undefined) {
        this.unknown.set(name, value);
        this.warnings.push(unknownKey(name));
        continue;
      }
      const parsed = key.parse(value);
      if (parsed === undefined) {
        problems.push(notAllowed(name, value, key));
        continue;
      }
      const used = key.clamp?.(parsed) ?? parsed;
      if (used !== parsed) this.warnings.push(`${name}=${value} is outside its limits: ${used} is used`);
      values.set(name, used);
      this.#given.add(name);
    }
  }

  /** What follows from other values. */
  #settle(problems: string[]): void {
    const values = this.values;
    if (values.brokerRole !== 'SLAVE') {
      if (values.brokerId !== 0 && this.isGiven('brokerId')) {
        this.warnings.push(
          `brokerId=${values.brokerId} is ignored: a master (brokerRole=${values.brokerRole}) has 0`,
        );
      }
      values.brokerId = 0;
    } else if (values.brokerId === 0) {
      problems.push('brokerId=0 with brokerRole=SLAVE: a slave needs a brokerId greater than 0');
    }
    values.storePathRootDir = path.resolve(values.storePathRootDir);
    const derived = {
      storePathConsumeQueue: path.join(values.storePathRootDir, 'consumequeue'),
      storePathIndex: path.join(values.storePathRootDir, 'index'),
      storeCheckpoint: path.join(values.storePathRootDir, 'checkpoint'),
      abortFile: path.join(values.storePathRootDir, 'abort'),
    };
    for (const [name, place] of Object.entries(derived) as [keyof typeof derived, string][]) {
      if (this.isGiven(name) && path.resolve(values[name]) !== place) {
        this.warnings.push(`${name}=${values[name]} is ignored: it always is ${place}`);
      }
      values[name] = place;
    }
    if (!this.isGiven('storePathCommitLog')) {
      values.storePathCommitLog = path.join(values.storePathRootDir, 'commitlog');
    }
    values.storePathCommitLog = path.resolve(values.storePathCommitLog);
    this.setListenPort(values.listenPort);
    if (values.msgTraceTopicName === '') values.msgTraceTopicName = 'RMQ_SYS_TRACE_TOPIC';
  }

  /** The port that was found when `listenPort` was 0. */
  setListenPort(port: number): void {
    this.values.listenPort = port;
    this.values.haListenPort = port === 0 ? 0 : port + 1;
  }

  /** Every key that has a value, in canonical text, unknown ones too: what 4.4.0 answers to request code 26. */
  properties(onlyImportant = false): Map<string, string> {
    const all = new Map<string, string>();
    for (const [name, key] of configKeys) {
      if (onlyImportant && !key.important) continue;
      const value = String(this.values[name as keyof ConfigValues]);
      if (value !== '' || name === 'messageStorePlugIn') all.set(name, value);
    }
    if (!onlyImportant) for (const [name, value] of this.unknown) all.set(name, value);
    return all;
  }

  /**
   * Checks a change asked for over the network: only listed keys, only allowed values, all or nothing. Giving a key the value
   * it has is no change. Throws BrokerConfigError.
   */
  planUpdate(asked: ReadonlyMap<string, string>): ConfigUpdate {
    const problems: string[] = [];
    const changes = new Map<string, string>();
    const next = new Map<string, ConfigValue>();
    for (const [name, raw] of asked) {
      const value = raw.trim();
      const key = configKeys.get(name);
      if (isTlsSetting(name)) {
        // Whoever asks must not be able to find out a password by trying.
        const known = !name.endsWith('Password') && this.tls.get(name) === value;
        if (!known) problems.push(notFromOutside(name));
        continue;
      }
      if (key === undefined) {
        if (this.unknown.get(name) !== value) problems.push(unknownKey(name));
        continue;
      }
      const parsed = key.parse(value);
      if (parsed === undefined) {
        problems.push(notAllowed(name, value, key));
        continue;
      }
      const used = key.clamp?.(parsed) ?? parsed;
      if (used === this.values[name as keyof ConfigValues]) continue;
      if (key.change === 'fixed') {
        problems.push(notFromOutside(name));
        continue;
      }
      next.set(name, used);
      changes.set(name, String(used));
    }
    if (problems.length > 0) throw new BrokerConfigError(problems);
    return {
      changes,
      apply: (now) => {
        Object.assign(this.values, Object.fromEntries(next));
        for (const name of next.keys()) this.#given.add(name);
        this.version = { timestamp: now, counter: this.version.counter + 1 };
      },
    };
  }
}

function notFromOutside(name: string): string {
  return `${name} cannot be changed over the network: change it in the broker's file and restart`;
}

function notAllowed(name: string, value: string, key: ConfigKey): string {
  return `${name}=${value} is not allowed: it must be ${key.allowed}`;
}

function unknownKey(name: string): string {
  const nearest = nearestName(name, configKeys.keys());
  return `unknown configuration key ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

/** Reads `key=value` arguments. Throws BrokerConfigError for one that is not of that form. */
export function parseKeyValueArguments(args: readonly string[]): Map<string, string> {
  const parsed = new Map<string, string>();
  const problems: string[] = [];
  for (const argument of args) {
    const at = argument.indexOf('=');
    if (at <= 0) problems.push(`argument "${argument}" is not understood: expected key=value`);
    else parsed.set(argument.slice(0, at).trim(), argument.slice(at + 1).trim());
  }
  if (problems.length > 0) throw new BrokerConfigError(problems);
  return parsed;
}
