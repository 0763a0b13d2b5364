/** What both kinds of consumption, concurrent and orderly, do for their consumer. */
import type { ConsumeMessageDirectlyResult } from '@rocketmq-ts/protocol';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { CachedMessage, ProcessQueue } from './process-queue.ts';

export interface ConsumeService {
  start(): void;
  /** New messages are in the queue: `added`. */
  submit(queue: ProcessQueue, added: readonly CachedMessage[]): void;
  /** More or fewer calls may run at a time. */
  concurrencyChanged(): void;
  /** Calls the listener now, for CONSUME_MESSAGE_DIRECTLY; never rejects. */
  consumeDirectly(message: ReceivedMessage): Promise<ConsumeMessageDirectlyResult>;
  /** Waits until no listener runs for this queue; false when one still does after `timeoutMs`. */
  whenIdle(queue: ProcessQueue, timeoutMs: number): Promise<boolean>;
  /** Starts no listener any more and waits for the running ones; answers how many still run after `timeoutMs`. */
  shutdown(timeoutMs: number): Promise<number>;
}
