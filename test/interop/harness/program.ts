/**
 * A child process under test: its output by lines, waiting for a line or its end, stopping and killing it.
 *
 * Invariants: every program is the leader of a process group of its own, and whatever happens to this process
 * (a failed test, an uncaught error, SIGTERM from the test runner) the groups it started are killed, by id. A program
 * keeps this process alive only while somebody waits for it. Limits of waits are those of a quiet machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { guardGroup, unguardGroup } from './guard.ts';
import { SLOWER } from './slow-machine.ts';

export interface ProgramOptions {
  /** For messages: "java broker", "our name server". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Called with each line of standard output, instead of keeping the lines. */
  readonly onLine?: (line: string) => void;
}

export interface ProgramExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Waiter {
  readonly pattern: RegExp;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const ERROR_LINES_KEPT = 200;
const running = new Set<Program>();

export class Program {
  readonly name: string;
  readonly pid: number;
  /** Lines of standard output so far; empty with `onLine`. */
  readonly lines: string[] = [];
  /** The last lines of standard error. */
  readonly errorLines: string[] = [];
  readonly exited: Promise<ProgramExit>;
  readonly startedAtMs = performance.now();
  exit: ProgramExit | undefined;
  readonly #child: ChildProcess;
  readonly #onLine: ((line: string) => void) | undefined;
  #waiters: Waiter[] = [];

  static start(options: ProgramOptions): Program {
    return new Program(options);
  }

  private constructor(options: ProgramOptions) {
    this.name = options.name;
    this.#onLine = options.onLine;
    this.#child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.pid = this.#child.pid ?? -1;
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#ended({ code: -1, signal: null }, resolve, error));
      this.#child.once('close', (code, signal) => this.#ended({ code, signal }, resolve));
    });
    running.add(this);
    if (this.pid > 0) guardGroup(this.pid);
    this.#ref(false);
    this.#child.stdin?.on('error', () => {}); // the program may be gone: its exit says so
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#line(line));
    createInterface({ input: this.#child.stderr! }).on('line', (line) => {
      this.errorLines.push(line);
      if (this.errorLines.length > ERROR_LINES_KEPT) this.errorLines.shift();
    });
  }

  /** The first line, past or to come, that matches; rejects when the program ends or the time is up first. */
  waitForLine(pattern: RegExp, timeoutMs: number): Promise<string> {
    const found = this.lines.find((line) => pattern.test(line));
    if (found !== undefined) return Promise.resolve(found);
    if (this.exit) return Promise.reject(this.#failure(`ended before it printed ${pattern}`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((waiter) => waiter.timer !== timer);
        reject(this.#failure(`did not print ${pattern} within ${timeoutMs * SLOWER} ms`));
      }, timeoutMs * SLOWER);
      this.#waiters.push({ pattern, resolve, reject, timer });
    });
  }

  /** Waits for the end; kills the program and throws when it takes longer. */
  async waitForExit(timeoutMs: number): Promise<ProgramExit> {
    const exit = await this.#exitWithin(timeoutMs);
    if (exit) return exit;
    await this.kill();
    throw this.#failure(`did not end within ${timeoutMs * SLOWER} ms`);
  }

  /** Writes to standard input. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  closeInput(): void {
    this.#child.stdin?.end();
  }

  /** SIGTERM, then SIGKILL when that is not enough in time. Answers how it ended. */
  async stop(timeoutMs = 15_000): Promise<ProgramExit> {
    if (this.exit) return this.exit;
    this.signal('SIGTERM');
    const exit = await this.#exitWithin(timeoutMs);
    return exit ?? (await this.kill());
  }

  /** SIGKILL, and waits until the program is gone. */
  async kill(): Promise<ProgramExit> {
    this.signal('SIGKILL');
    this.#ref(true);
    return await this.exited;
  }

  async #exitWithin(timeoutMs: number): Promise<ProgramExit | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, timeoutMs * SLOWER, undefined);
    });
    try {
      return await Promise.race([this.exited, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** To the whole group: the program may have been started through a shell. */
  signal(signal: NodeJS.Signals): void {
    if (this.exit || this.pid < 0) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // gone already
    }
  }

  [Symbol.asyncDispose](): Promise<ProgramExit> {
    return this.stop();
  }

  #ref(ref: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const one of [this.#child, stdin, stdout, stderr] as ({ ref(): void; unref(): void } | null)[])
      if (ref) one?.ref();
      else one?.unref();
  }

  #line(line: string): void {
    if (this.#onLine) this.#onLine(line);
    else this.lines.push(line);
    for (const waiter of this.#waiters.filter(({ pattern }) => pattern.test(line))) {
      clearTimeout(waiter.timer);
      waiter.resolve(line);
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
    }
  }

  #ended(exit: ProgramExit, resolve: (exit: ProgramExit) => void, error?: Error): void {
    this.exit = exit;
    if (error) this.errorLines.push(String(error));
    running.delete(this);
    if (this.pid > 0) unguardGroup(this.pid);
    for (const waiter of this.#waiters) {
      clearTimeout(waiter.timer);
      waiter.reject(this.#failure(`ended before it printed ${waiter.pattern}`));
    }
    this.#waiters = [];
    resolve(exit);
  }

  #failure(what: string): Error {
    const how = this.exit ? ` (exit code ${this.exit.code}, signal ${this.exit.signal})` : '';
    const last = [...this.lines.slice(-15), ...this.errorLines.slice(-30)].join('\n  ');
    return new Error(`${this.name} ${what}${how}; its last output:\n  ${last}`);
  }
}

/** Kills every program that is still running; for the end of a test file and of this process. */
export function killAllPrograms(): void {
  for (const program of running) program.signal('SIGKILL');
}

process.on('exit', killAllPrograms);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    killAllPrograms();
    process.exit(1);
  });
}
