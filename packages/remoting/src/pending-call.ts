/** One call on a connection that waits for its answer. Its listener hears exactly one outcome. */
import { decodeHeader, type RemotingCommand, requestCodeName } from '@rocketmq-ts/protocol';
import type { CallListener } from './command.ts';
import { WheelEntry } from './deadline-wheel.ts';
import { RemotingTimeoutError } from './errors.ts';
import type { FrameSpan } from './frame-span.ts';

/** The side that keeps the calls of a connection. */
export interface CallOwner {
  readonly remoteAddress: string;
  /** The call's deadline has passed. */
  callExpired(call: PendingCall): void;
}

export class PendingCall extends WheelEntry {
  readonly owner: CallOwner;
  readonly opaque: number;
  readonly timeoutMs: number;
  readonly listener: CallListener;
  /** -1 when the caller encoded the request himself. */
  readonly code: number;

  constructor(owner: CallOwner, opaque: number, code: number, timeoutMs: number, listener: CallListener) {
    super();
    this.owner = owner;
    this.opaque = opaque;
    this.code = code;
    this.timeoutMs = timeoutMs;
    this.listener = listener;
  }

  override onDeadline(): void {
    this.owner.callExpired(this);
  }

  /** For messages: which request, and to whom. */
  describe(): string {
    return `${describeCode(this.code)} to ${this.owner.remoteAddress}`;
  }

  timeoutError(): RemotingTimeoutError {
    return new RemotingTimeoutError(
      `${this.describe()} was not answered within ${this.timeoutMs} ms; it may have been carried out`,
    );
  }
}

export function describeCode(code: number): string {
  return code < 0 ? 'a request' : `${requestCodeName(code)} (${code})`;
}

/** Turns the outcome of a call into a promise of the decoded answer; fed with whole frames. */
export class PromiseListener implements CallListener {
  readonly promise: Promise<RemotingCommand>;
  #resolve!: (answer: RemotingCommand) => void;
  #reject!: (error: Error) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The answer's frame, its length field at `start`. */
  onFrame(frame: FrameSpan): void {
    try {
      const answer = decodeHeader(frame.buffer, frame.headerStart, frame.bodyStart, frame.serializeType);
      if (frame.end > frame.bodyStart) answer.body = frame.copyBody();
      this.#resolve(answer);
    } catch (error) {
      this.#reject(error as Error);
    }
  }

  onResponse(): void {
    throw new Error('a PromiseListener is given frames');
  }

  onError(error: Error): void {
    this.#reject(error);
  }
}
