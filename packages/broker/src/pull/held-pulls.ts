/**
 * Pulls that found nothing and wait: by queue, so that an arrival touches only the pulls of its queue.
 *
 * A held pull costs its own object, one place in its queue's list and one in its connection's set; there is one timer for
 * all of them. A pull is offered to `resume` when its queue gets messages (in the same turn of the event loop) and when its
 * time is over, and leaves the list when it was answered. When its connection closes it is forgotten.
 *
 * Invariants: a pull is in the list of at most one queue, at `indexInQueue`; a queue's listener is set exactly while pulls
 * wait for it; the timer runs while pulls wait (and once more after the last: setting it anew for every pull would cost).
 *
 * Counterpart in RocketMQ: PullRequestHoldService, NotifyMessageArrivingListener.
 */
import type { Clock, Timer } from '@rocketmq-ts/platform';
import type { Connection } from '@rocketmq-ts/remoting';
import type { ConsumeQueue } from '@rocketmq-ts/store';
import type { Pull } from './pull.ts';

export const ResumeReason = { arrival: 0, timeout: 1 } as const;
export type ResumeReason = (typeof ResumeReason)[keyof typeof ResumeReason];

/** Tries to answer a held pull; false leaves it held. It must not hold or release pulls itself. */
export type Resume = (pull: Pull, queue: ConsumeQueue, reason: ResumeReason) => boolean;

/** Deadlines are looked at no more often than this, so that many different ones cost one pass. */
const SWEEP_MIN_MS = 100;
/** Nobody waits longer, whatever he asks for. */
const HOLD_MAX_MS = 3_600_000;

export class HeldQueue {
  readonly queue: ConsumeQueue;
  readonly pulls: Pull[] = [];

  constructor(queue: ConsumeQueue) {
    this.queue = queue;
  }
}

export class HeldPulls {
  readonly #clock: Clock;
  readonly #resume: Resume;
  readonly #queues = new Map<ConsumeQueue, HeldQueue>();
  readonly #byConnection = new Map<Connection, Set<Pull>>();
  #count = 0;
  #timer: Timer | undefined;
  #timerAt = 0;
  #stopped = false;

  constructor(clock: Clock, resume: Resume) {
    this.#clock = clock;
    this.#resume = resume;
  }

  /** Pulls waiting now. */
  get count(): number {
    return this.#count;
  }

  /** Holds the pull for `timeoutMs`; `onArrival` false leaves it alone until then. */
  hold(pull: Pull, queue: ConsumeQueue, timeoutMs: number, onArrival: boolean): void {
    if (pull.connection.closed || this.#stopped) return;
    let held = this.#queues.get(queue);
    if (held === undefined) {
      held = new HeldQueue(queue);
      this.#queues.set(queue, held);
    }
    if (onArrival) queue.arrivalListener = this.#onArrival;
    pull.heldIn = held;
    pull.indexInQueue = held.pulls.length;
    held.pulls.push(pull);
    this.#count++;
    this.#remember(pull);
    pull.deadline = this.#clock.monotonicMs() + Math.min(timeoutMs, HOLD_MAX_MS);
    this.#arm(pull.deadline);
  }

  /** Brings the end of the wait forward. */
  hurry(pull: Pull, timeoutMs: number): void {
    const deadline = this.#clock.monotonicMs() + timeoutMs;
    if (deadline >= pull.deadline) return;
    pull.deadline = deadline;
    this.#arm(deadline);
  }

  /** Forgets every pull; none is answered. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const queue of this.#queues.keys()) queue.arrivalListener = undefined;
    this.#queues.clear();
    this.#byConnection.clear();
    this.#count = 0;
  }

  readonly #onArrival = (queue: ConsumeQueue): void => {
    const held = this.#queues.get(queue);
    if (held === undefined) return;
    // From the end: the last pull takes the place of one that leaves.
    for (let i = held.pulls.length - 1; i >= 0; i--) {
      const pull = held.pulls[i]!;
      if (this.#resume(pull, queue, ResumeReason.arrival)) this.#release(pull);
    }
  };

  readonly #sweep = (): void => {
    this.#timer = undefined;
    const now = this.#clock.monotonicMs();
    let next = Number.POSITIVE_INFINITY;
    for (const held of this.#queues.values()) {
      for (let i = held.pulls.length - 1; i >= 0; i--) {
        const pull = held.pulls[i]!;
        if (pull.deadline > now) next = Math.min(next, pull.deadline);
        else if (this.#resume(pull, held.queue, ResumeReason.timeout)) this.#release(pull);
        else next = Math.min(next, now + SWEEP_MIN_MS);
      }
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(Math.max(next, now + SWEEP_MIN_MS));
  };

  #arm(at: number): void {
    if (this.#timer !== undefined) {
      if (this.#timerAt <= at) return;
      this.#timer.cancel();
    }
    this.#timerAt = at;
    this.#timer = this.#clock.setTimeout(this.#sweep, Math.max(1, Math.ceil(at - this.#clock.monotonicMs())));
  }

  #remember(pull: Pull): void {
    const { connection } = pull;
    let pulls = this.#byConnection.get(connection);
    if (pulls === undefined) {
      pulls = new Set();
      this.#byConnection.set(connection, pulls);
      connection.onClose(() => this.#forget(connection));
    }
    pulls.add(pull);
  }

  #forget(connection: Connection): void {
    const pulls = this.#byConnection.get(connection);
    this.#byConnection.delete(connection);
    if (pulls !== undefined) for (const pull of pulls) this.#unlist(pull);
  }

  #release(pull: Pull): void {
    this.#byConnection.get(pull.connection)?.delete(pull);
    this.#unlist(pull);
  }

  #unlist(pull: Pull): void {
    const held = pull.heldIn;
    if (held === undefined) return;
    pull.heldIn = undefined;
    const last = held.pulls.pop()!;
    if (last !== pull) {
      held.pulls[pull.indexInQueue] = last;
      last.indexInQueue = pull.indexInQueue;
    }
    this.#count--;
    if (held.pulls.length > 0) return;
    held.queue.arrivalListener = undefined;
    this.#queues.delete(held.queue);
  }
}
