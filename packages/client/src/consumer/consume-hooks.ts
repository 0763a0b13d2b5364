/**
 * Hooks of a consumer: RocketMQ's ConsumeMessageHook, around each call of the listener, and FilterMessageHook, which sees
 * what was pulled before the listener does.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import { HookList, hookName, type NamedHook } from '../hooks.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

/** RocketMQ's ConsumeReturnType: how a call of a listener ended. `RETURNNULL`: what it returned is no status. */
export type ConsumeReturnType = 'SUCCESS' | 'TIME_OUT' | 'EXCEPTION' | 'RETURNNULL' | 'FAILED';

/** One call of a listener. The same object before and after it, so that a WeakMap can keep what belongs to it. */
export interface ConsumeMessageContext {
  readonly consumerGroup: string;
  readonly messages: readonly ReceivedMessage[];
  readonly messageQueue: MessageQueue;
  /** When the call began, milliseconds since the epoch. */
  readonly beginTimestamp: number;
  /** Afterwards: whether the messages are consumed. */
  readonly success: boolean;
  /** Afterwards: what counts as the listener's answer, such as CONSUME_SUCCESS or SUSPEND_CURRENT_QUEUE_A_MOMENT. */
  readonly status: string | undefined;
  /** Afterwards. */
  readonly returnType: ConsumeReturnType | undefined;
}

export interface ConsumeMessageHook extends NamedHook {
  consumeMessageBefore?(context: ConsumeMessageContext): void;
  consumeMessageAfter?(context: ConsumeMessageContext): void;
}

/** Messages of one pull that match the subscription. */
export interface FilterMessageContext {
  readonly consumerGroup: string;
  readonly messageQueue: MessageQueue;
  readonly unitMode: boolean;
  readonly messages: readonly ReceivedMessage[];
}

export interface FilterMessageHook extends NamedHook {
  /** Answers the messages to keep; nothing keeps all. The others count as consumed. */
  filterMessage(context: FilterMessageContext): readonly ReceivedMessage[] | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Consuming = Mutable<ConsumeMessageContext>;

/** How a listener's call ended, before it is known how long it took. */
export type ListenerOutcome = Exclude<ConsumeReturnType, 'TIME_OUT'>;

export class ConsumeHooks {
  readonly consuming = new HookList<ConsumeMessageHook>();
  readonly filtering = new HookList<FilterMessageHook>();

  /** For one consumer that runs. */
  bind(consumerGroup: string, unitMode: boolean, clock: Clock, logger: Logger): BoundConsumeHooks {
    return new BoundConsumeHooks(this, consumerGroup, unitMode, clock, logger);
  }
}

export class BoundConsumeHooks {
  readonly #hooks: ConsumeHooks;
  readonly #consumerGroup: string;
  readonly #unitMode: boolean;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(hooks: ConsumeHooks, consumerGroup: string, unitMode: boolean, clock: Clock, logger: Logger) {
    this.#hooks = hooks;
    this.#consumerGroup = consumerGroup;
    this.#unitMode = unitMode;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Whether anything is called before and after. */
  get active(): boolean {
    return this.#hooks.consuming.hooks.length > 0;
  }

  /** Undefined when there is no hook. */
  before(messages: readonly ReceivedMessage[], messageQueue: MessageQueue): Consuming | undefined {
    if (!this.active) return undefined;
    const context: Consuming = {
      consumerGroup: this.#consumerGroup,
      messages,
      messageQueue,
      beginTimestamp: this.#clock.now(),
      success: false,
      status: undefined,
      returnType: undefined,
    };
    this.#hooks.consuming.call('consumeMessageBefore', this.#clock, this.#logger, (hook) =>
      hook.consumeMessageBefore?.(context),
    );
    return context;
  }

  /** `timeoutMs`: a call that took this long counts as TIME_OUT unless it failed to answer at all. */
  after(
    context: Consuming,
    outcome: { readonly success: boolean; readonly status: string; readonly how: ListenerOutcome },
    timeoutMs: number,
  ): void {
    context.success = outcome.success;
    context.status = outcome.status;
    const answered = outcome.how === 'SUCCESS' || outcome.how === 'FAILED';
    const late = this.#clock.now() - context.beginTimestamp >= timeoutMs;
    context.returnType = answered && late ? 'TIME_OUT' : outcome.how;
    this.#hooks.consuming.call('consumeMessageAfter', this.#clock, this.#logger, (hook) =>
      hook.consumeMessageAfter?.(context),
    );
  }

  /** What the hooks keep of the messages of a pull; a hook that fails keeps all. */
  filter(messages: ReceivedMessage[], messageQueue: MessageQueue): readonly ReceivedMessage[] {
    const { filtering } = this.#hooks;
    if (filtering.hooks.length === 0) return messages;
    let kept: readonly ReceivedMessage[] = messages;
    filtering.call('filterMessage', this.#clock, this.#logger, (hook) => {
      const answer = hook.filterMessage({
        consumerGroup: this.#consumerGroup,
        messageQueue,
        unitMode: this.#unitMode,
        messages: kept,
      });
      if (answer === undefined) return;
      if (!Array.isArray(answer)) throw new TypeError(`${hookName(hook)} answered no list of messages`);
      // In order, and none that was not there.
      const wanted = new Set(answer);
      kept = kept.filter((message) => wanted.has(message));
    });
    return kept;
  }
}
