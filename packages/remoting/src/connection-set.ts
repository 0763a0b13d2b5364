/** The open connections of a server or a client, and the one timer that looks after all of them. */
import type { Clock, Timer } from '@rocketmq-ts/platform';
import type { Connection } from './connection.ts';
import type { Dispatcher } from './dispatcher.ts';
import { RemotingClosedError } from './errors.ts';
import type { RemotingLimits } from './limits.ts';

/** An idle connection lives this many sweeps, so that it is closed at most a twelfth too late. */
const SWEEPS_PER_TIMEOUT = 12;
const MAX_SWEEP_MS = 10_000;
const MIN_SWEEP_MS = 10;
/** How long what is already written may take to leave when all connections end. */
const FLUSH_MS = 1000;
const POLL_MS = 10;

export class ConnectionSet implements Iterable<Connection> {
  readonly #clock: Clock;
  readonly #sweepMs: number;
  readonly #connections = new Set<Connection>();
  #sweeper: Timer | undefined;

  constructor(clock: Clock, limits: RemotingLimits) {
    this.#clock = clock;
    const shortest = Math.min(
      limits.idleTimeoutMs || limits.partialFrameTimeoutMs,
      limits.partialFrameTimeoutMs,
    );
    this.#sweepMs = Math.min(Math.max(Math.floor(shortest / SWEEPS_PER_TIMEOUT), MIN_SWEEP_MS), MAX_SWEEP_MS);
  }

  get size(): number {
    return this.#connections.size;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values();
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection);
  }

  startSweeping(): void {
    this.#sweeper ??= this.#clock.setInterval(() => {
      for (const connection of this.#connections) connection.sweep(this.#sweepMs);
    }, this.#sweepMs);
  }

  /** Lets handlers at work and calls under way finish for up to `graceMs`, then ends every connection. */
  async finish(dispatcher: Dispatcher, graceMs: number): Promise<void> {
    await this.#within(graceMs, () => dispatcher.requestsInFlight === 0 && !this.#hasCalls());
    this.#sweeper?.cancel();
    this.#sweeper = undefined;
    for (const connection of [...this.#connections]) connection.end();
    await this.#within(FLUSH_MS, () => this.size === 0);
    for (const connection of [...this.#connections]) connection.close(new RemotingClosedError('stopped'));
  }

  #hasCalls(): boolean {
    for (const connection of this.#connections) if (connection.callsInFlight > 0) return true;
    return false;
  }

  async #within(timeMs: number, done: () => boolean): Promise<void> {
    const deadline = this.#clock.monotonicMs() + timeMs;
    while (!done() && this.#clock.monotonicMs() < deadline) {
      await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, POLL_MS));
    }
  }
}
