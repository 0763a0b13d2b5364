/**
 * Text of a scrape in Prometheus's exposition format 0.0.4.
 *
 *     # HELP name words
 *     # TYPE name gauge
 *     name{label="value",...} 12.5
 *
 * Invariants: a figure that is not known has no line, it is never written as 0; there are at most `maxLines` figures, and
 * how many are missing beyond that is told in the last one; after every `LINES_PER_TURN` figures other work gets its turn.
 */
import type { Clock } from '@rocketmq-ts/platform';

const LINES_PER_TURN = 500;

export class Exposition {
  readonly #clock: Clock;
  readonly #maxLines: number;
  readonly #lines: string[] = [];
  #figures = 0;
  #left = LINES_PER_TURN;
  #dropped = 0;

  constructor(clock: Clock, maxLines: number) {
    this.#clock = clock;
    this.#maxLines = maxLines;
  }

  /** Begins a gauge; figures added to it must come before those of the next. */
  family<Label extends string>(name: string, help: string, labels: readonly Label[]): Family<Label> {
    return new Family(name, help, labels, (line) => this.#add(line));
  }

  #add(line: string): void {
    if (this.#figures >= this.#maxLines) {
      this.#dropped++;
      return;
    }
    this.#figures++;
    this.#left--;
    this.#lines.push(line);
  }

  /** Appends what the families hold, in order. */
  append(families: readonly Family<string>[]): void {
    for (const family of families) {
      if (family.lines.length === 0) continue;
      this.#lines.push(`# HELP ${family.name} ${family.help}`, `# TYPE ${family.name} gauge`);
      for (const line of family.lines) this.#lines.push(line);
    }
  }

  /** Lets other work run once enough was written since the last time; counts `cost` lines for what wrote none. */
  breathe(cost = 0): Promise<void> | undefined {
    this.#left -= cost;
    if (this.#left > 0) return undefined;
    this.#left = LINES_PER_TURN;
    return new Promise((resolve) => this.#clock.setImmediate(resolve));
  }

  text(): string {
    const name = 'rocketmq_ts_metrics_dropped';
    this.#lines.push(
      `# HELP ${name} Figures left out of this scrape because of metricsMaxLines`,
      `# TYPE ${name} gauge`,
      `${name} ${this.#dropped}`,
      '',
    );
    return this.#lines.join('\n');
  }
}
