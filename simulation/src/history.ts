/**
 * Owns what clients saw: every send with its outcome, every call of a listener, every stored offset that was asked for, and the
 * disturbances in between. What the checker judges is this and what the queues hold in the end, nothing inside the programs.
 */
import type { SendStatus } from '@rocketmq-ts/client';
import type { Trace } from './trace.ts';

export interface Send {
  readonly id: string;
  readonly producer: string;
  readonly kind: 'plain' | 'delayed' | 'commit' | 'rollback';
  readonly invokedMs: number;
  /** When the answer came; undefined: none came, or the send failed. */
  ackedMs: number | undefined;
  status: SendStatus | undefined;
  /** `broker/topic/queue`. */
  queue: string | undefined;
  queueOffset: number;
  error: string | undefined;
  /** When the local transaction was decided: the message may be seen from then. */
  decidedMs: number | undefined;
}

export interface Delivery {
  readonly consumer: string;
  readonly queue: string;
  readonly queueOffset: number;
  readonly id: string;
  readonly startMs: number;
  endMs: number | undefined;
  outcome: 'success' | 'later' | undefined;
}

/** What an observer was told to be the group's offset. */
export interface StoredOffset {
  readonly queue: string;
  readonly offset: number;
  readonly atMs: number;
  /** Deliveries that had ended then. */
  readonly ended: number;
}

export interface Disturbance {
  readonly what: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Loss {
  readonly atMs: number;
  readonly what: 'power' | 'promote';
  readonly broker: string;
  /** When the broker (the slave that was promoted) had been running before, each time from a finished start to an end. */
  readonly runs: readonly { readonly fromMs: number; readonly toMs: number }[];
}

export class History {
  readonly sends: Send[] = [];
  readonly byId = new Map<string, Send>();
  readonly deliveries: Delivery[] = [];
  /** In the order in which they ended. */
  readonly ended: Delivery[] = [];
  readonly storedOffsets: StoredOffset[] = [];
  readonly disturbances: Disturbance[] = [];
  /** When what had been handed to an operating system, or was at one broker only, may have gone. */
  readonly lossy: Loss[] = [];
  readonly errors: string[] = [];
  readonly #trace: Trace;
  readonly #nowMs: () => number;

  constructor(trace: Trace, nowMs: () => number) {
    this.#trace = trace;
    this.#nowMs = nowMs;
  }

  invoke(id: string, producer: string, kind: Send['kind']): Send {
    const send: Send = {
      id,
      producer,
      kind,
      invokedMs: this.#nowMs(),
      ackedMs: undefined,
      status: undefined,
      queue: undefined,
      queueOffset: -1,
      error: undefined,
      decidedMs: undefined,
    };
    this.sends.push(send);
    this.byId.set(id, send);
    this.#trace.add(`send ${kind}`, send.invokedMs, this.sends.length);
    return send;
  }

  acknowledged(send: Send, status: SendStatus, queue: string, queueOffset: number): void {
    send.ackedMs = this.#nowMs();
    send.status = status;
    send.queue = queue;
    send.queueOffset = queueOffset;
    this.#trace.add(status, send.ackedMs, queueOffset);
  }

  failed(send: Send, error: unknown): void {
    send.error = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#trace.add('send failed', this.#nowMs(), send.error.length);
  }

  delivered(consumer: string, queue: string, queueOffset: number, id: string): Delivery {
    const delivery: Delivery = {
      consumer,
      queue,
      queueOffset,
      id,
      startMs: this.#nowMs(),
      endMs: undefined,
      outcome: undefined,
    };
    this.deliveries.push(delivery);
    this.#trace.add(`deliver ${queue}`, delivery.startMs, queueOffset);
    return delivery;
  }

  end(delivery: Delivery, outcome: 'success' | 'later'): void {
    delivery.endMs = this.#nowMs();
    delivery.outcome = outcome;
    this.ended.push(delivery);
    this.#trace.add(outcome, delivery.endMs, delivery.queueOffset);
  }

  offsetStored(queue: string, offset: number): void {
    this.storedOffsets.push({ queue, offset, atMs: this.#nowMs(), ended: this.ended.length });
    this.#trace.add(`offset ${queue}`, this.#nowMs(), offset);
  }

  disturbed(what: string, forMs = 0): void {
    const fromMs = this.#nowMs();
    this.disturbances.push({ what, fromMs, toMs: fromMs + forMs });
    this.#trace.add(what, fromMs, forMs);
  }

  /** `broker`: its address. */
  lost(what: Loss['what'], broker: string, runs: Loss['runs']): void {
    this.lossy.push({ atMs: this.#nowMs(), what, broker, runs });
  }
}
