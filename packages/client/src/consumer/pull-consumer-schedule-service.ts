/**
 * Calls the application for each queue of its share of a topic, again and again: RocketMQ's MQPullConsumerScheduleService.
 *
 *     const service = new PullConsumerScheduleService({ consumerGroup: 'export', namesrvAddr: '127.0.0.1:9876' });
 *     service.registerPullTaskCallback('TopicTest', async (queue, context) => {
 *       const offset = Math.max(0, await context.pullConsumer.fetchConsumeOffset(queue, false));
 *       const result = await context.pullConsumer.pull(queue, '*', offset, 32);
 *       …
 *       context.pullConsumer.updateConsumeOffset(queue, result.nextBeginOffset);
 *       if (result.pullStatus !== 'FOUND') context.pullNextDelayTimeMillis = 1000;
 *     });
 *     await service.start();
 *
 * Invariants: a queue has one call at a time, and none once another member of the group has it; at most `pullThreadNums` calls
 * run; what a callback throws is logged and its queue is tried again in a second.
 */
import type { Timer } from '@rocketmq-ts/platform';
import { inRange, resolveClientConfig } from '../client-options.ts';
import { MQClientError } from '../errors.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import { PullConsumer, type PullConsumerOptions } from './pull-consumer.ts';

export interface PullConsumerScheduleServiceOptions extends PullConsumerOptions {
  /** Callbacks at one time. 1 to 1000. Default: 20. */
  readonly pullThreadNums?: number;
  /** Milliseconds that `shutdown` waits for running callbacks. Default: 10000. */
  readonly awaitTerminationMillisWhenShutdown?: number;
}

export interface PullTaskContext {
  readonly pullConsumer: PullConsumer;
  /** Milliseconds until the queue's next call, from the end of this one. Default: 200. */
  pullNextDelayTimeMillis: number;
  /** Aborts when another member gets the queue, and when the service shuts down. */
  readonly signal: AbortSignal;
}

export type PullTaskCallback = (queue: MessageQueue, context: PullTaskContext) => Promise<void> | void;

const nextDelayMs = 200;
const delayAfterErrorMs = 1000;

interface Task {
  readonly queue: MessageQueue;
  readonly abort: AbortController;
  timer: Timer | undefined;
}

export class PullConsumerScheduleService {
  readonly pullConsumer: PullConsumer;
  readonly #config: ReturnType<typeof resolveClientConfig>;
  readonly #callbacks = new Map<string, PullTaskCallback>();
  /** By MessageQueue.key. */
  readonly #tasks = new Map<string, Task>();
  readonly #maxRunning: number;
  readonly #terminationMs: number;
  readonly #due: Task[] = [];
  #running = 0;
  #stopped = false;
  #onIdle: (() => void) | undefined;

  /** Throws CLIENT_CONFIG_ILLEGAL. */
  constructor(options: PullConsumerScheduleServiceOptions) {
    this.pullConsumer = new PullConsumer(options);
    this.#config = resolveClientConfig(options, true);
    this.#maxRunning = inRange('pullThreadNums', options.pullThreadNums ?? 20, 1, 1000);
    const termination = options.awaitTerminationMillisWhenShutdown ?? 10_000;
    this.#terminationMs = inRange('awaitTerminationMillisWhenShutdown', termination, 0, 0x7fffffff);
  }

  /** Also while it runs; a second callback of a topic takes the place of the first. */
  registerPullTaskCallback(topic: string, callback: PullTaskCallback): void {
    if (typeof callback !== 'function') {
      throw new MQClientError('CLIENT_CONFIG_ILLEGAL', `the callback of topic ${topic} must be a function`);
    }
    const isNew = !this.#callbacks.has(topic);
    this.#callbacks.set(topic, callback);
    if (isNew) {
      this.pullConsumer.registerMessageQueueListener(topic, (_topic, _all, mine) => this.#take(topic, mine));
    }
  }

  /** Rejects as PullConsumer.start does. */
  async start(): Promise<void> {
    await this.pullConsumer.start();
  }

  /** Calls nothing any more, waits for what runs, stores the offsets and leaves the group. Never rejects. */
  async shutdown(): Promise<void> {
    this.#stopped = true;
    for (const task of this.#tasks.values()) this.#cancel(task);
    this.#tasks.clear();
    this.#due.length = 0;
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#config.platform.clock.setTimeout(resolve, this.#terminationMs);
        this.#onIdle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    await this.pullConsumer.shutdown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #take(topic: string, mine: readonly MessageQueue[]): void {
    if (this.#stopped) return;
    const wanted = new Set(mine.map((queue) => queue.key));
    for (const [key, task] of this.#tasks) {
      if (task.queue.topic !== topic || wanted.has(key)) continue;
      this.#cancel(task);
      this.#tasks.delete(key);
    }
    for (const queue of mine) {
      if (this.#tasks.has(queue.key)) continue;
      const task: Task = { queue, abort: new AbortController(), timer: undefined };
      this.#tasks.set(queue.key, task);
      this.#start(task);
    }
  }

  #cancel(task: Task): void {
    task.timer?.cancel();
    task.abort.abort(new Error(`${task.queue} is not this consumer's any more`));
  }

  #start(task: Task): void {
    if (task.abort.signal.aborted) return;
    if (this.#running >= this.#maxRunning) {
      this.#due.push(task);
      return;
    }
    this.#running++;
    void this.#call(task).then((delayMs) => {
      this.#running--;
      if (!task.abort.signal.aborted) {
        task.timer = this.#config.platform.clock.setTimeout(() => this.#start(task), delayMs);
      }
      const next = this.#due.shift();
      if (next !== undefined) this.#start(next);
      if (this.#running === 0) this.#onIdle?.();
    });
  }

  /** Answers when to call again. Never rejects. */
  async #call({ queue, abort }: Task): Promise<number> {
    const context = {
      pullConsumer: this.pullConsumer,
      pullNextDelayTimeMillis: nextDelayMs,
      signal: abort.signal,
    };
    try {
      await (this.#callbacks.get(queue.topic) as PullTaskCallback)(queue, context);
      return Math.max(0, context.pullNextDelayTimeMillis);
    } catch (error) {
      if (!abort.signal.aborted) {
        const { logger } = this.#config;
        logger.error(`the pull task of ${queue} failed; it is called again in ${delayAfterErrorMs} ms`, {
          error,
        });
      }
      return delayAfterErrorMs;
    }
  }
}
