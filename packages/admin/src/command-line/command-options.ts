/**
 * The options of one call, by letter or long name. Values are trimmed, as 4.4.0 trims them.
 *
 * Every getter throws ADMIN_USAGE for a value of the wrong form, naming option, value and what is allowed.
 */
import { AdminError } from '../admin-error.ts';
import { parseTimestamp } from '../text/date-text.ts';
import type { OptionSpec } from './command.ts';

export class CommandOptions {
  readonly #values: ReadonlyMap<OptionSpec, string>;
  /** What was given without an option; few commands take any. */
  readonly words: readonly string[];

  constructor(values: ReadonlyMap<OptionSpec, string>, words: readonly string[] = []) {
    this.#values = values;
    this.words = words;
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** Of a required option, or of one known to be there. */
  text(name: string): string {
    return this.optional(name) ?? this.#fail(name, 'nothing', 'a value');
  }

  optional(name: string): string | undefined {
    return this.#find(name)?.[1].trim();
  }

  /** An integer from `min` to `max`. */
  integer(name: string, otherwise: number, min = 0, max = Number.MAX_SAFE_INTEGER): number {
    const text = this.optional(name);
    if (text === undefined) return otherwise;
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const bound = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    return this.#fail(name, text, `an integer ${bound}`);
  }

  boolean(name: string, otherwise: boolean): boolean {
    const text = this.optional(name);
    if (text === undefined) return otherwise;
    const lower = text.toLowerCase();
    if (lower === 'true' || lower === 'false') return lower === 'true';
    return this.#fail(name, text, 'true or false');
  }

  /** Milliseconds since the epoch, given as such or as yyyy-MM-dd#HH:mm:ss:SSS. */
  timestamp(name: string): number | undefined {
    const text = this.optional(name);
    return text === undefined ? undefined : parseTimestamp(text);
  }

  /** All that was given, in one order, but for these options: what a command does, without how it shows it. */
  summary(except: readonly string[]): string {
    const given = [...this.#values].filter(([{ long }]) => !except.includes(long));
    return given
      .map(([{ short, long }, value]) => `${short === undefined ? `--${long}` : `-${short}`} ${value}`)
      .sort()
      .join(' ');
  }

  #find(name: string): [OptionSpec, string] | undefined {
    for (const entry of this.#values) if (entry[0].short === name || entry[0].long === name) return entry;
    return undefined;
  }

  #fail(name: string, found: string, expected: string): never {
    const [spec] = this.#find(name) ?? [];
    const shown = spec === undefined ? `-${name}` : `-${spec.short ?? `-${spec.long}`}`;
    throw new AdminError('ADMIN_USAGE', `option ${shown} must be ${expected}, found "${found}"`);
  }
}
