/** A command as a user runs it, with a home folder of its own; what it prints is kept. Runs as dist/test/command/program.js. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

export const checkout = path.resolve(fileURLToPath(new URL('../../../../..', import.meta.url)));

const LIMIT_MS = 300_000;

export interface ProgramOptions {
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export class Program {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #onOutput: (() => void) | undefined;
  output = '';

  constructor(t: TestContext, command: string, args: readonly string[], options: ProgramOptions) {
    const { ROCKETMQ_HOME: _, NAMESRV_ADDR: __, ...inherited } = process.env;
    this.#child = spawn(command, args, {
      cwd: options.cwd ?? checkout,
      env: { ...inherited, HOME: options.home, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#closed = once(this.#child, 'close');
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#onOutput?.();
      });
    }
    t.after(() => this.#child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The exit code; null when a signal ended it. */
  async ended(): Promise<number | null> {
    await withLimit(this.#closed, () => `it still runs: ${this.output}`);
    return this.#child.exitCode;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    return this.waitUntil(String(pattern), () => pattern.exec(this.output) ?? undefined);
  }

  /** Asks `find` whenever something was printed, until it answers. */
  async waitUntil<T>(what: string, find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null)
        throw new Error(`ended with ${this.#child.exitCode}: ${this.output}`);
      const more = new Promise<void>((resolve) => {
        this.#onOutput = resolve;
      });
      await withLimit(Promise.race([more, this.#closed]), () => `no ${what} in: ${this.output}`);
    }
  }
}

async function withLimit(wait: Promise<unknown>, text: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(text())), LIMIT_MS);
  });
  try {
    await Promise.race([wait, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** `sh bin/NAME ARGS`. */
export function sh(t: TestContext, name: string, args: readonly string[], options: ProgramOptions): Program {
  return new Program(t, 'sh', [path.join(checkout, 'bin', name), ...args], options);
}

/** A port that is free now, below those that the system gives to outgoing connections: none of them takes it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
