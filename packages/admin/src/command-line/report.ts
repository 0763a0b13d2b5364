/**
 * Where a command's output goes: as 4.4.0's text, or as JSON.
 *
 * Invariants: text is printed in text mode only and values in JSON mode only; each value is one JSON document, those
 * of a stream one a line; text that 4.4.0 leaves without a line break at its very end gets one.
 */
import type { MessageExt } from '@rocketmq-ts/protocol';
import { type PrintfArgument, printf } from '../text/printf.ts';

export type OutputFormat = 'text' | 'json';

export class Report {
  readonly format: OutputFormat;
  readonly #write: (text: string) => void;
  #lineOpen = false;

  constructor(format: OutputFormat, write: (text: string) => void) {
    this.format = format;
    this.#write = write;
  }

  /** As Java's `printf`. */
  printf(format: string, ...args: readonly PrintfArgument[]): void {
    this.text(printf(format, ...args));
  }

  text(text: string): void {
    if (this.format !== 'text' || text === '') return;
    this.#lineOpen = !text.endsWith('\n');
    this.#write(text);
  }

  line(text = ''): void {
    this.text(`${text}\n`);
  }

  /** The result of the command. */
  value(value: unknown): void {
    if (this.format === 'json') this.#write(`${JSON.stringify(value, replacer, 2)}\n`);
  }

  /** One of many results, as they come. */
  item(value: unknown): void {
    if (this.format === 'json') this.#write(`${jsonText(value)}\n`);
  }

  end(): void {
    if (this.#lineOpen) this.#write('\n');
    this.#lineOpen = false;
  }
}

/** On one line. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, replacer);
}

/** Of bodies whose maps are keyed by queues: an empty one is a list too. */
const KEYED_BY_QUEUE = new Set(['mqTable', 'offsetTable', 'queues']);

/** Maps as objects; those keyed by queues as lists. Bodies of messages as text where they are that, else as base64. */
function replacer(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Set) return [...value];
  if (!(value instanceof Map)) return value;
  const entries: [unknown, unknown][] = [...value];
  if (entries.length === 0 && KEYED_BY_QUEUE.has(key)) return [];
  if (entries.length > 0 && entries.every(([each]) => typeof each === 'object')) {
    return entries.map(([queue, item]) =>
      typeof item === 'object' && item !== null
        ? { ...(queue as object), ...item }
        : { ...(queue as object), offset: item },
    );
  }
  return Object.fromEntries(entries.map(([each, item]) => [String(each), item]));
}

/** A message as JSON shows it. */
export function messageValue(message: MessageExt): object {
  const { body, ...rest } = message;
  const text = body.toString('utf8');
  const isText = Buffer.from(text).equals(body);
  return { ...rest, ...(isText ? { body: text } : { bodyBase64: body.toString('base64') }) };
}
