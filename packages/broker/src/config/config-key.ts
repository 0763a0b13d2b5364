/**
 * What one configuration key is: its type, default, limits, whether it does anything here and whether it may change while
 * the broker runs. Reading and writing of single values.
 *
 * Invariant: a value that `parse` accepts never keeps the broker from starting, so that a remote change of a `restart` key
 * cannot break it.
 *
 * Behaviour from RocketMQ's MixAll.properties2Object, except that a wrong value is an error there is a word for and not
 * quietly the default.
 */
import type { HostFacts } from './host-facts.ts';

export type ConfigValue = string | number | boolean;

/**
 * `effective`: does what RocketMQ's documents say. `mapped`: has its purpose served by another mechanism. `none`: accepted and
 * reported, does nothing.
 */
export type ConfigEffect = 'effective' | 'mapped' | 'none';

/**
 * What request code 25 may do. `live`: takes effect at once. `restart`: written to the file, takes effect with the next
 * start. `fixed`: refused (paths, addresses, identity, file geometry, security).
 */
export type ConfigChange = 'live' | 'restart' | 'fixed';

export interface ConfigKeyOptions {
  /** Marked in RocketMQ as important: printed by `-m`. */
  readonly important?: boolean;
  readonly unit?: string;
  readonly effect?: ConfigEffect;
  readonly change?: ConfigChange;
  /** True for keys that RocketMQ does not have. */
  readonly own?: boolean;
}

export interface ConfigKey<T extends ConfigValue = ConfigValue> {
  readonly type: 'int' | 'long' | 'double' | 'boolean' | 'text' | 'choice';
  readonly important: boolean;
  readonly unit: string | undefined;
  readonly effect: ConfigEffect;
  readonly change: ConfigChange;
  readonly own: boolean;
  /** The default on this machine. */
  defaultOn(host: HostFacts): T;
  /** What a value may be, in words. */
  readonly allowed: string;
  /** The value that `text` stands for, or undefined when it is not allowed. */
  parse(text: string): T | undefined;
  /** What RocketMQ silently makes of values outside its limits; undefined leaves the value as it is. */
  clamp?(value: T): T;
}

type Default<T> = T | ((host: HostFacts) => T);

function base(options: ConfigKeyOptions) {
  return {
    important: options.important ?? false,
    unit: options.unit,
    effect: options.effect ?? 'effective',
    change: options.change ?? 'fixed',
    own: options.own ?? false,
  } as const;
}

function defaults<T>(value: Default<T>): (host: HostFacts) => T {
  return typeof value === 'function' ? (value as (host: HostFacts) => T) : () => value;
}

export interface NumberOptions extends ConfigKeyOptions {
  readonly min?: number;
  readonly max?: number;
  /** Limits that RocketMQ applies without a word: a value outside is accepted and becomes the nearest limit. */
  readonly clampTo?: readonly [number, number];
}

const INT_MAX = 2 ** 31 - 1;

function whole(
  type: 'int' | 'long',
  highest: number,
  value: Default<number>,
  options: NumberOptions,
): ConfigKey<number> {
  const min = options.min ?? 0;
  const max = options.max ?? highest;
  const clampTo = options.clampTo;
  return {
    ...base(options),
    type,
    defaultOn: defaults(value),
    allowed: `a whole number from ${min} to ${max}`,
    parse(text) {
      if (!/^[+-]?\d{1,16}$/.test(text)) return undefined;
      const parsed = Number(text);
      return parsed >= min && parsed <= max ? parsed : undefined;
    },
    ...(clampTo && { clamp: (parsed: number) => Math.min(clampTo[1], Math.max(clampTo[0], parsed)) }),
  };
}

/** A Java int. Not negative unless `min` says so. */
export function int(value: Default<number>, options: NumberOptions = {}): ConfigKey<number> {
  return whole('int', INT_MAX, value, options);
}

/** A Java long within the safe integers. Not negative unless `min` says so. */
export function long(value: Default<number>, options: NumberOptions = {}): ConfigKey<number> {
  return whole('long', Number.MAX_SAFE_INTEGER, value, options);
}

export function double(
  value: Default<number>,
  options: NumberOptions & { readonly min: number; readonly max: number },
): ConfigKey<number> {
  const { min, max } = options;
  return {
    ...base(options),
    type: 'double',
    defaultOn: defaults(value),
    allowed: `a number from ${min} to ${max}`,
    parse(text) {
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
      const parsed = Number(text);
      return parsed >= min && parsed <= max ? parsed : undefined;
    },
  };
}

export function bool(value: Default<boolean>, options: ConfigKeyOptions = {}): ConfigKey<boolean> {
  return {
    ...base(options),
    type: 'boolean',
    defaultOn: defaults(value),
    allowed: 'true or false',
    parse(text) {
      const lower = text.toLowerCase();
      return lower === 'true' ? true : lower === 'false' ? false : undefined;
    },
  };
}

export interface TextOptions extends ConfigKeyOptions {
  /** What the text has to look like, in words and as a test. */
  readonly allowed?: string;
  readonly test?: (text: string) => boolean;
}

export function text(value: Default<string>, options: TextOptions = {}): ConfigKey<string> {
  return {
    ...base(options),
    type: 'text',
    defaultOn: defaults(value),
    allowed: options.allowed ?? 'any text',
    parse: (parsed) => (options.test === undefined || options.test(parsed) ? parsed : undefined),
  };
}

export function choice<T extends string>(
  values: readonly T[],
  value: Default<T>,
  options: ConfigKeyOptions = {},
): ConfigKey<T> {
  return {
    ...base(options),
    type: 'choice',
    defaultOn: defaults(value),
    allowed: values.join(' or '),
    parse: (parsed) => values.find((one) => one === parsed),
  };
}
