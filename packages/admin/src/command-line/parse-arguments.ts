/**
 * Reads options the way 4.4.0 does (commons-cli's PosixParser): `-t T`, `-tT`, `--topic T`, `--topic=T`, `-topic T`, and
 * switches run together, `-mi 5`.
 *
 * Unlike there, words that belong to no option are refused: a forgotten quotation mark must not delete another topic.
 * `-o json` and `-o text` choose the form of the output also where 4.4.0 has another `-o`, which never takes these values.
 */
import { AdminError } from '../admin-error.ts';
import type { OptionSpec } from './command.ts';
import { CommandOptions } from './command-options.ts';

const FORMATS = ['json', 'text'];

/** Throws ADMIN_USAGE. Of an option given twice, the first counts, as there. At most `maxWords` words are no options. */
export function parseArguments(
  args: readonly string[],
  specs: readonly OptionSpec[],
  maxWords = 0,
): CommandOptions {
  const table = new OptionTable(specs);
  const values = new Map<OptionSpec, string>();
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (words.length < maxWords && !word.startsWith('-')) {
      words.push(word);
      continue;
    }
    for (const { spec: read, attached } of table.read(word)) {
      let value = attached ?? '';
      let spec = read;
      if (spec.argument && attached === undefined) {
        const next = args[i + 1];
        if (next === undefined || table.knows(next)) fail(`option ${shown(spec)} needs a value`);
        value = next;
        i++;
      }
      if (spec.short === 'o' && FORMATS.includes(value.trim())) spec = table.output ?? spec;
      if (!values.has(spec)) values.set(spec, value);
    }
  }
  const missing = specs.filter((spec) => spec.required && !values.has(spec));
  if (missing.length > 0 && !values.has(table.help)) {
    fail(`Missing required option${missing.length > 1 ? 's' : ''}: ${missing.map(shown).join(', ')}`);
  }
  return new CommandOptions(values, words);
}

interface ReadOption {
  readonly spec: OptionSpec;
  /** The value, where it is in the same word. */
  readonly attached?: string;
}

class OptionTable {
  readonly help: OptionSpec;
  readonly output: OptionSpec | undefined;
  readonly #short: ReadonlyMap<string, OptionSpec>;
  readonly #long: ReadonlyMap<string, OptionSpec>;

  constructor(specs: readonly OptionSpec[]) {
    this.#short = new Map(specs.flatMap((spec) => (spec.short === undefined ? [] : [[spec.short, spec]])));
    // Some long names of 4.4.0 end in a space, or have one within.
    this.#long = new Map(specs.map((spec) => [spec.long.trim(), spec]));
    this.help = this.#long.get('help') as OptionSpec;
    this.output = this.#long.get('output');
  }

  /** Whether the word is an option, and so not the value of the one before it. */
  knows(word: string): boolean {
    return word.startsWith('-') && this.#named(word.split('=')[0] as string) !== undefined;
  }

  /** The options of one word. */
  read(word: string): ReadOption[] {
    if (!word.startsWith('-') || word === '-' || word === '--') {
      fail(`"${word}" belongs to no option; quote values that have spaces`);
    }
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    const spec = this.#named(name);
    if (spec === undefined) return this.#burst(word);
    if (equals < 0) return [{ spec }];
    if (!spec.argument) fail(`option ${shown(spec)} takes no value`);
    return [{ spec, attached: word.slice(equals + 1) }];
  }

  #named(word: string): OptionSpec | undefined {
    const name = word.replace(/^--?/, '');
    return (word.startsWith('--') ? undefined : this.#short.get(name)) ?? this.#long.get(name);
  }

  /** `-tT`, `-mi`. */
  #burst(word: string): ReadOption[] {
    const found: ReadOption[] = [];
    for (let i = 1; i < word.length; i++) {
      const spec = this.#short.get(word.charAt(i));
      if (spec === undefined || word.startsWith('--')) fail(`Unrecognized option: ${word}`);
      if (spec.argument && i + 1 < word.length) return [...found, { spec, attached: word.slice(i + 1) }];
      found.push({ spec });
    }
    return found;
  }
}

function shown(spec: OptionSpec): string {
  return spec.short === undefined ? `--${spec.long}` : `-${spec.short}`;
}

function fail(message: string): never {
  throw new AdminError('ADMIN_USAGE', message);
}
