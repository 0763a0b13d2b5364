/**
 * The text of one scrape in Prometheus's exposition format 0.0.4; of every family first
 *
 *     # HELP name words
 *     # TYPE name gauge
 *
 * and then its figures, `name{label="value",...} 12.5`.
 *
 * Invariants: a figure that is not known has no line, it is never written as 0; there are at most `maxLines` figures, and
 * how many were left out beyond that is itself a figure; `breathe` lets other work run in between.
 */
import type { Clock } from '@rocketmq-ts/platform';

const LINES_PER_TURN = 500;

export interface Family {
  /** `values` belong to the family's labels, in their order. Undefined, NaN and infinite figures are not known. */
  add(values: readonly (string | number)[], figure: number | undefined): void;
}

export class Exposition {
  readonly #clock: Clock;
  readonly #maxLines: number;
  /** Lines of the families, in the order in which they were made. */
  readonly #families: string[][] = [];
  #count = 0;
  #dropped = 0;
  #sinceBreath = 0;

  constructor(clock: Clock, maxLines: number) {
    this.#clock = clock;
    this.#maxLines = maxLines;
  }

  family(name: string, help: string, labels: readonly string[] = []): Family {
    const lines: string[] = [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
    this.#families.push(lines);
    return {
      add: (values, figure) => {
        if (figure === undefined || !Number.isFinite(figure)) return;
        if (this.#count >= this.#maxLines) {
          this.#dropped++;
          return;
        }
        this.#count++;
        this.#sinceBreath++;
        lines.push(`${name}${labelsText(labels, values)} ${figure}`);
      },
    };
  }

  /** To be awaited between two topics or groups. `cost` counts work that made no line, in lines. */
  breathe(cost = 1): Promise<void> | undefined {
    this.#sinceBreath += cost;
    if (this.#sinceBreath < LINES_PER_TURN) return undefined;
    this.#sinceBreath = 0;
    return new Promise((resolve) => this.#clock.setImmediate(resolve));
  }

  text(): string {
    const dropped = this.#dropped;
    this.#count = -1;
    this.family(
      'rocketmq_ts_metrics_dropped',
      'Figures left out of this scrape because of metricsMaxLines',
    ).add([], dropped);
    const known = this.#families.filter((lines) => lines.length > 2);
    return `${known.map((lines) => lines.join('\n')).join('\n')}\n`;
  }
}

function labelsText(labels: readonly string[], values: readonly (string | number)[]): string {
  if (labels.length === 0) return '';
  return `{${labels.map((label, index) => `${label}="${escaped(String(values[index] ?? ''))}"`).join(',')}}`;
}

function escaped(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
