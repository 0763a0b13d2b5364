/**
 * A list of hooks of one kind, and how they are called: RocketMQ's register…Hook and execute…Hook.
 *
 * Invariant: what a hook throws is logged and changes nothing for anybody else, neither the send or consumption it looks
 * at nor the hooks after it; a hook that fails again and again is logged once a minute.
 */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import { MQClientError } from './errors.ts';

export interface NamedHook {
  /** Names the hook in the log. Default: the name of its class. */
  readonly hookName?: string;
}

const logEveryMs = 60_000;

export class HookList<Hook extends NamedHook> {
  readonly hooks: Hook[] = [];
  readonly #loggedAtMs = new WeakMap<Hook, number>();

  /** Throws CLIENT_CONFIG_ILLEGAL unless one of `methods` is there. */
  register(hook: Hook, methods: readonly (keyof Hook & string)[]): void {
    if (!methods.some((method) => typeof hook?.[method] === 'function')) {
      throw new MQClientError(
        'CLIENT_CONFIG_ILLEGAL',
        `a hook must have the function ${methods.join(' or ')}`,
      );
    }
    this.hooks.push(hook);
  }

  /** Calls `use` with every hook; never throws. */
  call(what: string, clock: Clock, logger: Logger, use: (hook: Hook) => void): void {
    for (const hook of this.hooks) {
      try {
        use(hook);
      } catch (error) {
        const nowMs = clock.monotonicMs();
        const loggedAtMs = this.#loggedAtMs.get(hook);
        if (loggedAtMs !== undefined && nowMs - loggedAtMs < logEveryMs) continue;
        this.#loggedAtMs.set(hook, nowMs);
        logger.warn(`the hook ${hookName(hook)} failed in ${what}; everything else goes on`, { error });
      }
    }
  }
}

export function hookName(hook: NamedHook): string {
  return hook.hookName ?? (hook.constructor === Object ? 'without a name' : hook.constructor.name);
}
