/**
 * The name server's configuration: one typed value for every key.
 *
 * Values come from the defaults, then the `-c` file, then arguments; later ones win. Unknown keys are kept and printed,
 * as RocketMQ does, with a warning that names the nearest known key.
 *
 * Invariants: `values` is always complete and allowed; a refused change changes nothing. Behaviour: `NamesrvStartup`,
 * `Configuration`, which take any key and value over the network, paths included.
 */
import path from 'node:path';
import { nearestName, parseProperties } from '@rocketmq-ts/protocol';
import { isTlsSetting, tlsSettingProblem, tlsSettingsOf } from '@rocketmq-ts/remoting';
import { NamesrvError } from '../namesrv-error.ts';
import type { ConfigKey, ConfigValue, NamesrvHost } from './config-key.ts';
import { configKeys, type NamesrvConfigValues } from './config-keys.ts';

export interface NamesrvConfigSources {
  readonly host: NamesrvHost;
  /** The `-c` file: where it is and what it says. */
  readonly file?: { readonly path: string; readonly content: string } | undefined;
  /** From the command line; beat the file. */
  readonly overrides?: ReadonlyMap<string, string> | undefined;
}

export interface NamesrvConfigUpdate {
  /** Key and value of what differs, in canonical text. */
  readonly changes: ReadonlyMap<string, string>;
  apply(): void;
}

export class NamesrvConfig {
  readonly values: NamesrvConfigValues;
  /** Keys that the name server does not know. */
  readonly unknown = new Map<string, string>();
  readonly warnings: string[] = [];
  /** The settings of TLS that were given; docs/tls.md. Never told over the network. */
  readonly tls: Map<string, string>;

  private constructor(sources: NamesrvConfigSources) {
    const values = new Map<string, ConfigValue>();
    for (const [name, key] of configKeys) values.set(name, key.defaultOn(sources.host));
    this.tls = tlsSettingsOf(sources.host.environment);
    const problems: string[] = [];
    if (sources.file !== undefined) {
      values.set('configStorePath', path.resolve(sources.file.path));
      this.#take(parseProperties(sources.file.content), values, problems);
    }
    if (sources.overrides !== undefined) this.#take(sources.overrides, values, problems);
    if (problems.length > 0) throw new NamesrvError('NAMESRV_CONFIG', problems.join('; '));
    this.values = Object.fromEntries(values) as NamesrvConfigValues;
    if (this.values.clusterTest) {
      this.warnings.push('clusterTest=true has no effect: topics are looked up here only');
    }
  }

  /** Throws NamesrvError (`NAMESRV_CONFIG`) naming everything that is wrong. */
  static load(sources: NamesrvConfigSources): NamesrvConfig {
    return new NamesrvConfig(sources);
  }

  /** Every key with its value in canonical text, unknown ones too: what GET_NAMESRV_CONFIG answers. */
  properties(): Map<string, string> {
    const all = new Map<string, string>();
    for (const [name, value] of Object.entries(this.values)) {
      if (value !== '') all.set(name, String(value));
    }
    for (const [name, value] of this.unknown) all.set(name, value);
    return all;
  }

  /**
   * Checks a change asked for over the network: known keys, allowed values, nothing fixed; all or nothing. Giving a key
   * the value it has is no change. Throws NamesrvError (`NAMESRV_CONFIG`).
   */
  planUpdate(asked: ReadonlyMap<string, string>): NamesrvConfigUpdate {
    const problems: string[] = [];
    const changes = new Map<string, string>();
    const next: Record<string, ConfigValue> = {};
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
      if (parsed === undefined) problems.push(notAllowed(name, value, key));
      else if (parsed === this.values[name as keyof NamesrvConfigValues]) continue;
      else if (key.change === 'fixed') {
        problems.push(notFromOutside(name));
      } else {
        next[name] = parsed;
        changes.set(name, String(parsed));
      }
    }
    if (problems.length > 0) throw new NamesrvError('NAMESRV_CONFIG', problems.join('; '));
    return { changes, apply: () => void Object.assign(this.values, next) };
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
      if (parsed === undefined) problems.push(notAllowed(name, value, key));
      else values.set(name, parsed);
    }
  }
}

function notFromOutside(name: string): string {
  return `${name} cannot be changed over the network: change it in the file and restart`;
}

function notAllowed(name: string, value: string, key: ConfigKey): string {
  return `${name}=${value} is not allowed: it must be ${key.allowed}`;
}

function unknownKey(name: string): string {
  const nearest = nearestName(name, configKeys.keys());
  return `unknown configuration key ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}
