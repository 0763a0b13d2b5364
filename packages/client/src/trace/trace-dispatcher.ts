/**
 * Sends traces to the trace topic: RocketMQ's AsyncTraceDispatcher.
 *
 * Invariants: `append` never waits and never throws; at most `queueLimit` traces wait, those beyond are dropped; what was
 * dropped or could not be sent is counted and told in the log, once a minute at most. A message holds the traces of one
 * topic; its keys are the ids and keys of the messages traced, so that a trace is found by them.
 */
import type { Clock, Logger, Timer } from '@rocketmq-ts/platform';
import type { MessageSender } from '../producer/message-sender.ts';

/** One line of trace data. */
export interface TraceRecord {
  /** Of the message that was traced. */
  readonly topic: string;
  readonly text: string;
  readonly keys: readonly string[];
}

const queueLimit = 2048;
const batchRecords = 100;
/** Characters, as 4.4.0 counts; brokers take 4 MiB at most by default, and less is usual. */
const batchTextLength = 118_000;
/** A property list has 32767 bytes. */
const batchKeysLength = 24_000;
const gatherMs = 20;
const sendsAtOnce = 4;
const pauseAfterFailureMs = 1000;
const tellEveryMs = 60_000;

export class TraceDispatcher {
  readonly #sender: Pick<MessageSender, 'send'>;
  readonly #traceTopic: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #waiting: TraceRecord[] = [];
  #sending = 0;
  #lost = 0;
  #toldLost = 0;
  #toldAtMs: number | undefined;
  #pausedUntilMs = 0;
  #timer: Timer | undefined;
  #closing: (() => void) | undefined;

  constructor(sender: Pick<MessageSender, 'send'>, traceTopic: string, clock: Clock, logger: Logger) {
    this.#sender = sender;
    this.#traceTopic = traceTopic;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Traces that were dropped, or that no broker has taken. */
  get lost(): number {
    return this.#lost;
  }

  append(record: TraceRecord): void {
    if (this.#waiting.length >= queueLimit) {
      this.#lose(1, 'more than can be sent', undefined);
      return;
    }
    this.#waiting.push(record);
    if (this.#waiting.length >= batchRecords) this.#pump();
    else this.#wake(gatherMs);
  }

  /** Sends what waits, for as long as `timeoutMs`. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.#stopWaiting();
    this.#pausedUntilMs = 0;
    if (!this.#idle) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimeout(resolve, timeoutMs);
        this.#closing = () => {
          timer.cancel();
          resolve();
        };
        this.#pump();
      });
    }
    this.#stopWaiting();
    const left = this.#waiting.length;
    this.#waiting = [];
    if (left > 0) this.#lost += left;
    if (this.#lost > this.#toldLost) this.#tell('the client was shut down', undefined);
  }

  #stopWaiting(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  get #idle(): boolean {
    return this.#waiting.length === 0 && this.#sending === 0;
  }

  #wake(delayMs: number): void {
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, delayMs);
  }

  #pump(): void {
    const pausedMs = this.#pausedUntilMs - this.#clock.monotonicMs();
    if (pausedMs > 0) {
      this.#wake(pausedMs);
      return;
    }
    while (this.#waiting.length > 0 && this.#sending < sendsAtOnce) {
      this.#send(this.#takeBatch());
    }
  }

  /** The oldest records that fit into one message: of one topic, however they lie. */
  #takeBatch(): TraceRecord[] {
    const [first] = this.#waiting;
    const batch: TraceRecord[] = [];
    const left: TraceRecord[] = [];
    let textLength = 0;
    let keysLength = 0;
    let full = false;
    for (const record of this.#waiting) {
      const ofKeys = record.keys.reduce((sum, key) => sum + 1 + Buffer.byteLength(key), 0);
      const fits =
        batch.length === 0 ||
        (batch.length < batchRecords &&
          textLength + record.text.length <= batchTextLength &&
          keysLength + ofKeys <= batchKeysLength);
      if (full || record.topic !== (first as TraceRecord).topic) {
        left.push(record);
      } else if (!fits) {
        full = true;
        left.push(record);
      } else {
        batch.push(record);
        textLength += record.text.length;
        keysLength += ofKeys;
      }
    }
    this.#waiting = left;
    return batch;
  }

  #send(batch: readonly TraceRecord[]): void {
    this.#sending++;
    const body = batch.map((record) => record.text).join('');
    this.#sender
      .send({ topic: this.#traceTopic, body, keys: keysOf(batch) })
      .catch((error: unknown) => {
        // What cannot be sent now, cannot be a moment later: nothing is gained by haste.
        if (this.#closing === undefined)
          this.#pausedUntilMs = this.#clock.monotonicMs() + pauseAfterFailureMs;
        this.#lose(batch.length, `topic ${this.#traceTopic} could not be written`, error);
      })
      .finally(() => {
        this.#sending--;
        if (this.#waiting.length > 0) this.#pump();
        if (this.#idle) this.#closing?.();
      });
  }

  #lose(count: number, why: string, error: unknown): void {
    this.#lost += count;
    const nowMs = this.#clock.monotonicMs();
    if (this.#toldAtMs !== undefined && nowMs - this.#toldAtMs < tellEveryMs) return;
    this.#toldAtMs = nowMs;
    this.#tell(why, error);
  }

  #tell(why: string, error: unknown): void {
    this.#logger.warn(
      `${this.#lost - this.#toldLost} message traces were lost (${why}), ${this.#lost} in all; the messages themselves are not concerned`,
      error === undefined ? undefined : { error },
    );
    this.#toldLost = this.#lost;
  }
}

/** Each once, as many as a property list holds. */
function keysOf(batch: readonly TraceRecord[]): string[] {
  const keys = new Set<string>();
  let length = 0;
  for (const record of batch) {
    for (const key of record.keys) {
      length += 1 + Buffer.byteLength(key);
      if (length > batchKeysLength) return [...keys];
      keys.add(key);
    }
  }
  return [...keys];
}
