/**
 * The broker's timers: tasks that run again and again until all are stopped.
 *
 * Invariants: a task never overlaps itself; one that fails is logged and runs again; nothing runs after `stop`, which waits for
 * what is at work.
 */
import type { Clock, Logger, Timer } from '@rocketmq-ts/platform';

export interface PeriodicTask {
  readonly name: string;
  readonly firstMs: number;
  /** Asked anew each time: periods can change while the broker runs. */
  readonly periodMs: () => number;
  readonly run: () => void | Promise<void>;
}

export class PeriodicTasks {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #timers = new Map<PeriodicTask, Timer>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  add(task: PeriodicTask): void {
    this.#schedule(task, task.firstMs);
  }

  #schedule(task: PeriodicTask, delayMs: number): void {
    if (this.#stopped) return;
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(task);
      const run = this.#run(task).finally(() => {
        this.#running.delete(run);
        this.#schedule(task, task.periodMs());
      });
      this.#running.add(run);
    }, delayMs);
    this.#timers.set(task, timer);
  }

  async #run(task: PeriodicTask): Promise<void> {
    try {
      await task.run();
    } catch (error) {
      this.#logger.error(`the periodic task "${task.name}" failed; it runs again`, { error });
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    await Promise.all(this.#running);
  }
}
