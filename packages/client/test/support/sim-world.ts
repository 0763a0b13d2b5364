/** A simulated machine room: one clock and one network; every host has a platform of its own. */
import type { FileSystem, LogFields, Logger, Platform } from '@rocketmq-ts/platform';
import { RealFileSystem, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';

/** Keeps what was logged. */
export class LogLines implements Logger {
  readonly lines: string[] = [];

  info(_message: string): void {}

  warn(message: string, fields?: LogFields): void {
    this.#add('WARN', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#add('ERROR', message, fields);
  }

  #add(level: string, message: string, fields: LogFields | undefined): void {
    const error = fields?.error instanceof Error ? ` ${fields.error.message}` : '';
    this.lines.push(`${level} ${message}${error}`);
  }

  count(part: string): number {
    return this.lines.filter((line) => line.includes(part)).length;
  }
}

export class SimWorld {
  readonly clock = new SimClock();
  readonly network: SimNetwork;
  readonly log = new LogLines();
  readonly #fileSystem: FileSystem = new RealFileSystem();
  readonly #seed: number;
  #hosts = 0;

  constructor(seed = 1, latencyMs = { min: 0, max: 1 }) {
    this.#seed = seed;
    this.network = new SimNetwork({ clock: this.clock, random: new SimRandom(seed), latencyMs });
  }

  /** A process of its own on the host. */
  platform(host: string): Platform {
    return {
      clock: this.clock,
      fileSystem: this.#fileSystem,
      network: this.network.host(host),
      random: new SimRandom(this.#seed + ++this.#hosts),
      turn: new Turn(this.clock),
    };
  }

  /** Runs the world until the promise is settled. */
  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.run(promise);
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Moves time on in small steps until it is so; fails after `limitMs`. */
  async until(isSo: () => boolean, limitMs = 120_000, what = 'the condition'): Promise<void> {
    const end = this.clock.monotonicMs() + limitMs;
    while (!isSo()) {
      if (this.clock.monotonicMs() >= end) {
        throw new Error(`${what} did not come about in ${limitMs} ms; log:\n${this.log.lines.join('\n')}`);
      }
      await this.clock.advance(5);
    }
  }
}
