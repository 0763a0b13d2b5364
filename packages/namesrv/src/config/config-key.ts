/** What one configuration key is: its type, its default, and what may be done with it while the name server runs. */

export type ConfigValue = string | number | boolean;

/** `effective`: does what RocketMQ's documents say. `none`: accepted and reported, does nothing here. */
export type ConfigEffect = 'effective' | 'none';

/**
 * What UPDATE_NAMESRV_CONFIG may do. `live`: takes effect at once. `restart`: written to the file, takes effect with the
 * next start. `fixed`: refused (paths and addresses).
 */
export type ConfigChange = 'live' | 'restart' | 'fixed';

/** Where defaults come from. */
export interface NamesrvHost {
  readonly homeFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface ConfigKey<T extends ConfigValue = ConfigValue> {
  readonly effect: ConfigEffect;
  readonly change: ConfigChange;
  /** True for keys that RocketMQ does not have. */
  readonly own: boolean;
  defaultOn(host: NamesrvHost): T;
  /** What a value may be, in words. */
  readonly allowed: string;
  /** Undefined when the text is not allowed. */
  parse(text: string): T | undefined;
}

interface KeyOptions {
  readonly effect?: ConfigEffect;
  readonly change?: ConfigChange;
  readonly own?: boolean;
}

function common(options: KeyOptions) {
  return {
    effect: options.effect ?? 'effective',
    change: options.change ?? 'fixed',
    own: options.own ?? false,
  } as const;
}

/** A whole number from `min` (0) to `max` (2^31-1 unless given). */
export function int(
  value: number,
  options: KeyOptions & { readonly min?: number; readonly max?: number } = {},
): ConfigKey<number> {
  const min = options.min ?? 0;
  const max = options.max ?? 2 ** 31 - 1;
  return {
    ...common(options),
    defaultOn: () => value,
    allowed: `a whole number from ${min} to ${max}`,
    parse(text) {
      const parsed = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return parsed >= min && parsed <= max ? parsed : undefined;
    },
  };
}

export function bool(value: boolean, options: KeyOptions = {}): ConfigKey<boolean> {
  return {
    ...common(options),
    defaultOn: () => value,
    allowed: 'true or false',
    parse(text) {
      const lower = text.toLowerCase();
      return lower === 'true' ? true : lower === 'false' ? false : undefined;
    },
  };
}

export function text(
  value: string | ((host: NamesrvHost) => string),
  options: KeyOptions = {},
): ConfigKey<string> {
  return {
    ...common(options),
    defaultOn: typeof value === 'function' ? value : () => value,
    allowed: 'any text',
    parse: (parsed) => parsed,
  };
}

export function choice<T extends string>(
  values: readonly T[],
  value: T,
  options: KeyOptions = {},
): ConfigKey<T> {
  return {
    ...common(options),
    defaultOn: () => value,
    allowed: values.join(' or '),
    parse: (parsed) => values.find((one) => one === parsed),
  };
}
