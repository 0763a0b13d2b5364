import { ProtocolError } from '../protocol-error.ts';
import { quoteFastjson } from './string.ts';
import { FastjsonDouble, FastjsonText, type FastjsonValue, type FastjsonWritable } from './value.ts';

/**
 * Writes what fastjson 1.2.51 writes for the same Java objects (`JSON.toJSONString(object, pretty)`).
 *
 * Beans (plain objects) have their keys sorted; Maps keep their order; null and undefined members are left out of
 * both; numeric keys are written without quotes and Map or bean keys as raw objects, which is not JSON but is what
 * Java peers insist on. `pretty` indents with tabs as in RocketMQ's configuration files, where only string keys start
 * a new line; arrays are Java lists, one item a line, and Sets are Java sets, on one line.
 */
export interface StringifyFastjsonOptions {
  pretty?: boolean;
  /** Nesting limit, 128 unless given: a value that contains itself ends here. */
  maxDepth?: number;
}

export function stringifyFastjson(
  value: FastjsonWritable | FastjsonValue,
  options: StringifyFastjsonOptions = {},
): string {
  return new Writer(options.pretty ?? false, options.maxDepth ?? 128).write(value, 0);
}

class Writer {
  readonly #pretty: boolean;
  readonly #maxDepth: number;
  /** Containers around the value being written; `depth` in the methods is what it is indented by. */
  #nesting = 0;

  constructor(pretty: boolean, maxDepth: number) {
    this.#pretty = pretty;
    this.#maxDepth = maxDepth;
  }

  write(value: FastjsonWritable | undefined, depth: number): string {
    if (typeof value === 'string') return quoteFastjson(value);
    if (typeof value === 'number') return numberText(value);
    if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
    if (value === null || value === undefined) return 'null';
    if (value instanceof FastjsonDouble) return javaDoubleText(value.value);
    if (value instanceof FastjsonText) return value.write(this.#pretty, depth);
    if (++this.#nesting > this.#maxDepth) {
      throw new ProtocolError(
        'JSON_TOO_LARGE',
        `the value to be written nests deeper than ${this.#maxDepth} levels, or contains itself`,
      );
    }
    const text = this.#container(value, depth);
    this.#nesting--;
    return text;
  }

  #container(value: object, depth: number): string {
    if (Array.isArray(value)) return this.#array(value, depth);
    if (value instanceof Set) return this.#set(value, depth);
    if (value instanceof Map) return this.#members(value, depth);
    return this.#members(sortedEntries(value as Record<string, FastjsonWritable>), depth);
  }

  #array(items: readonly FastjsonWritable[], depth: number): string {
    if (items.length === 0) return '[]';
    const texts = items.map((item) => this.write(item, depth + 1));
    if (!this.#pretty) return `[${texts.join(',')}]`;
    const indent = `\n${'\t'.repeat(depth)}`;
    return `[${indent}\t${texts.join(`,${indent}\t`)}${indent}]`;
  }

  #set(items: ReadonlySet<FastjsonWritable>, depth: number): string {
    return `[${[...items].map((item) => this.write(item, depth)).join(',')}]`;
  }

  #members(entries: Iterable<[FastjsonWritable, FastjsonWritable | undefined]>, depth: number): string {
    let text = '{';
    const indent = this.#pretty ? `\n${'\t'.repeat(depth)}` : '';
    for (const [key, value] of entries) {
      if (value === null || value === undefined) continue;
      if (text !== '{') text += ',';
      // fastjson starts a line for string keys only
      if (this.#pretty && typeof key === 'string') text += `${indent}\t`;
      text += `${this.write(key, depth + 1)}:${this.write(value, depth + 1)}`;
    }
    return text === '{' ? '{}' : `${text}${indent}}`;
  }
}

function sortedEntries(bean: Record<string, FastjsonWritable>): [string, FastjsonWritable][] {
  return Object.entries(bean).sort(([a], [b]) => (a < b ? -1 : 1));
}

function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return value === 0 ? '0' : String(value);
  return javaDoubleText(value);
}

/** `Double.toString` of Java, except that NaN and infinities become null as fastjson writes them. */
export function javaDoubleText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}
