/**
 * Work put off to the end of the current turn of the event loop, in fixed phases, so that what many sockets brought in
 * one turn costs one file write and one socket write per connection.
 *
 * Invariant: phases run in ascending order; a task deferred to a later phase during a run runs in the same run, one
 * deferred to the current or an earlier phase runs in the next.
 */
import type { Clock } from './clock.ts';

/** Hand appended bytes to the file; complete what waited for that; hand answers to the sockets. */
export const TurnPhase = { storeWrite: 0, complete: 1, socketFlush: 2 } as const;
export type TurnPhase = (typeof TurnPhase)[keyof typeof TurnPhase];

/** Runs at the end of the turn. The owner defers it once per turn (it keeps its own "already deferred" flag). */
export interface TurnTask {
  runAtTurnEnd(): void;
}

export class Turn {
  readonly #clock: Clock;
  readonly #phases: TurnTask[][] = [[], [], []];
  #running = -1;
  #scheduled = false;
  readonly #onError: (error: unknown) => void;

  /** `onError` gets what a task threw; the other tasks still run. By default it is thrown on, uncaught. */
  constructor(clock: Clock, onError: (error: unknown) => void = throwLater) {
    this.#clock = clock;
    this.#onError = onError;
  }

  defer(phase: TurnPhase, task: TurnTask): void {
    this.#phases[phase].push(task);
    if (!this.#scheduled && phase <= this.#running) this.#schedule();
    else if (!this.#scheduled && this.#running < 0) this.#schedule();
  }

  #schedule(): void {
    this.#scheduled = true;
    this.#clock.setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    for (let phase = 0; phase < this.#phases.length; phase++) {
      this.#running = phase;
      const tasks = this.#phases[phase];
      if (tasks.length === 0) continue;
      this.#phases[phase] = [];
      for (const task of tasks) {
        try {
          task.runAtTurnEnd();
        } catch (error) {
          this.#onError(error);
        }
      }
    }
    this.#running = -1;
  };
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
