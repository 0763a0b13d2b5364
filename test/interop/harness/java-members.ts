/** Members of the official client, all in one virtual machine that is told on its standard input what to do. */

import { startJavaMain } from './java.ts';
import type { JavaEvent } from './java-events.ts';
import { QUICK } from './java-events.ts';
import type { Delivery, Member, Members, MembersOptions } from './members.ts';
import { until } from './pair.ts';

const COMMAND_TIMEOUT_MS = 120_000;

export async function startJavaMembers(namesrvAddr: string, options: MembersOptions = {}): Promise<Members> {
  const members = new Map<string, JavaMember>();
  /** Commands are carried out one after the other. */
  const pending: (() => void)[] = [];
  const program = await startJavaMain('Members', [namesrvAddr], {
    properties: {
      ...QUICK,
      ...(options.offsetsFolder && { 'rocketmq.client.localOffsetStoreDir': options.offsetsFolder }),
    },
    onLine: (line) => {
      if (!line.startsWith('{')) return;
      const event: JavaEvent = JSON.parse(line);
      if (event.event === 'consumed' || event.event === 'share') members.get(event.member)?.note(event);
      else pending.shift()?.();
    },
  });
  const ask = async (command: string, name: string, fields: object = {}): Promise<void> => {
    let done = false;
    pending.push(() => {
      done = true;
    });
    program.write(`${JSON.stringify({ do: command, name, ...fields })}\n`);
    await until(`${command} of the official member ${name}`, COMMAND_TIMEOUT_MS, () => {
      if (program.exit) throw new Error(`the official members ended: ${program.errorLines.join('\n')}`);
      return done;
    });
  };
  return {
    async start(given) {
      const name = `${members.size + 1}`;
      const member = new JavaMember(name, ask);
      members.set(name, member);
      await ask('start', name, { from: 'CONSUME_FROM_FIRST_OFFSET', ...given });
      return member;
    },
    async end() {
      await program.kill();
    },
  };
}

class JavaMember implements Member {
  readonly #name: string;
  readonly #ask: (command: string, name: string) => Promise<void>;
  readonly #consumed: Delivery[] = [];
  #share: readonly number[] = [];

  constructor(name: string, ask: (command: string, name: string) => Promise<void>) {
    this.#name = name;
    this.#ask = ask;
  }

  note(event: JavaEvent): void {
    if (event.event === 'share') this.#share = event.queues as number[];
    else this.#consumed.push(event);
  }

  consumed(): readonly Delivery[] {
    return this.#consumed;
  }

  share(): readonly number[] {
    return this.#share;
  }

  stop(): Promise<void> {
    return this.#ask('stop', this.#name);
  }

  suspend(): Promise<void> {
    return this.#ask('suspend', this.#name);
  }

  resume(): Promise<void> {
    return this.#ask('resume', this.#name);
  }

  expire(): Promise<void> {
    return this.#ask('expire', this.#name);
  }
}
