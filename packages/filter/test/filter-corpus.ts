/**
 * Generates filter cases from a seed: mostly well-formed expressions with odd operands, some of them broken on purpose,
 * each with a set of properties. Shared by the fuzz test here and the side-by-side run with the official filter.
 */
export interface FilterCase {
  readonly expression: string;
  readonly properties: ReadonlyMap<string, string>;
}

const NAMES = ['a', 'b', 's', 't', 'n', 'A', '$x', '_y', 'missing', 'nullable', 'between1'];
const TEXTS = [
  '1',
  '0',
  '3.5',
  '-2',
  'abc',
  'true',
  'FALSE',
  '',
  ' 7',
  '7 ',
  '1d',
  '0x1p3',
  'NaN',
  '-0.0',
  '0.0',
  'Infinity',
];
const MORE_TEXTS = [
  '9223372036854775807',
  '9223372036854775808',
  '2147483648',
  '+5',
  '１２',
  "it's",
  'a b',
  '1e3',
  '.5',
  '5.',
];
const NUMBERS = [
  '0',
  '1',
  '3',
  '10',
  '007',
  '5L',
  '3l',
  '1.0',
  '.5',
  '5.',
  '1E3',
  '2147483647',
  '2147483648',
];
const BIG_NUMBERS = [
  '9223372036854775807',
  '9223372036854775808',
  '1a',
  '3.5d',
  '00.5',
  '0.0',
  '1e400',
  '4.9e-324',
  '1.7976931348623157e308',
];
const ORDERS = ['>', '>=', '<', '<='];
const NOISE = [
  '',
  '',
  '',
  '',
  '',
  '',
  ' garbage',
  ' )',
  " 'x",
  ' like 5',
  ' /* c */',
  ' -- c',
  ' -- c\n',
  '#',
  ' + 1',
  ' 5',
  ' /* c',
];

/** A small deterministic generator (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function generateFilterCases(count: number, seed: number): FilterCase[] {
  const generator = new Generator(seededRandom(seed));
  return Array.from({ length: count }, () => generator.next());
}

class Generator {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  next(): FilterCase {
    const properties = new Map<string, string>();
    for (const name of NAMES) {
      if (name !== 'missing' && this.#chance(0.7))
        properties.set(name, this.#pick(this.#chance(0.6) ? TEXTS : MORE_TEXTS));
    }
    let expression = this.#condition(0) + this.#pick(NOISE);
    if (this.#chance(0.03)) expression = this.#damage(expression);
    return { expression, properties };
  }

  #condition(depth: number): string {
    const roll = this.#random();
    if (depth < 4 && roll < 0.2)
      return `${this.#condition(depth + 1)} ${this.#case('and')} ${this.#condition(depth + 1)}`;
    if (depth < 4 && roll < 0.35)
      return `${this.#condition(depth + 1)} ${this.#case('or')} ${this.#condition(depth + 1)}`;
    if (depth < 4 && roll < 0.42) return `(${this.#condition(depth + 1)})`;
    if (depth < 4 && roll < 0.48) return `${this.#case('not')} ${this.#condition(depth + 1)}`;
    return this.#test(depth);
  }

  #test(depth: number): string {
    const left = this.#operand(depth);
    const roll = this.#random();
    if (roll < 0.25)
      return `${left}${this.#space()}${this.#pick(['=', '<>'])}${this.#space()}${this.#operand(depth)}`;
    if (roll < 0.5) {
      const [low, high] = this.#chance(0.8)
        ? [this.#pick(NAMES), this.#orderable()]
        : [left, this.#operand(depth)];
      return `${low}${this.#space()}${this.#pick(ORDERS)}${this.#space()}${high}`;
    }
    if (roll < 0.6)
      return `${left} ${this.#case('is')} ${this.#chance(0.5) ? this.#case('not ') : ''}${this.#case('null')}`;
    const negated = this.#chance(0.4) ? `${this.#case('not')} ` : '';
    if (roll < 0.75) {
      const low = this.#chance(0.6) ? '-1' : this.#number();
      return `${this.#pick(NAMES)} ${negated}${this.#case('between')} ${low} ${this.#case('and')} ${this.#number()}`;
    }
    if (roll < 0.9) {
      const size = 1 + Math.floor(this.#random() * 6);
      const elements = Array.from({ length: size }, () =>
        this.#chance(0.97) ? this.#string() : this.#number(),
      );
      const subject = this.#chance(0.9) ? this.#pick(NAMES) : left;
      return `${subject} ${negated}${this.#case('in')} (${elements.join(this.#chance(0.5) ? ', ' : ',')})`;
    }
    return this.#chance(0.8) ? this.#pick([...NAMES, 'TRUE', 'false', 'NULL']) : left;
  }

  #orderable(): string {
    return this.#chance(0.8) ? this.#number() : this.#pick(NAMES);
  }

  #operand(depth: number): string {
    const roll = this.#random();
    if (roll < 0.55) return this.#pick(NAMES);
    if (roll < 0.8) return this.#number();
    if (roll < 0.9) return this.#string();
    if (roll < 0.95) return this.#case(this.#pick(['true', 'false', 'null']));
    return depth < 4 ? `(${this.#condition(depth + 1)})` : 'a';
  }

  #number(): string {
    const sign = this.#chance(0.15) ? this.#pick(['-', '+', '- ', '--', '-+']) : '';
    return sign + this.#pick(this.#chance(0.95) ? NUMBERS : BIG_NUMBERS);
  }

  #string(): string {
    return `'${this.#pick(this.#chance(0.7) ? TEXTS : MORE_TEXTS).replaceAll("'", "''")}'`;
  }

  #damage(expression: string): string {
    const at = Math.floor(this.#random() * (expression.length + 1));
    return (
      expression.slice(0, at) +
      this.#pick(['', '(', "'", '=', '?', '\t', '\f', '!', '"']) +
      expression.slice(at + 1)
    );
  }

  #space(): string {
    return this.#pick(['', ' ', '  ', '\t', '\n']);
  }

  #case(word: string): string {
    return this.#chance(0.5)
      ? word
      : this.#chance(0.5)
        ? word.toUpperCase()
        : word[0].toUpperCase() + word.slice(1);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)];
  }
}
