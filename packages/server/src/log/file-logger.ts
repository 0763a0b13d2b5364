/**
 * The log of a command: one JSON object a line, written by pino into a rotated file.
 *
 * Invariant: pino costs a start some 25 ms, so lines are kept until `open`, which the command calls once it is ready;
 * a process that ends earlier writes them in its exit handler.
 */
import { createRequire } from 'node:module';
import type { LogFields, Logger } from '@rocketmq-ts/platform';
import type { Logger as PinoLogger } from 'pino';
import { RotatingFile } from './rotating-file.ts';

type Level = 'info' | 'warn' | 'error';

interface KeptLine {
  readonly level: Level;
  readonly time: number;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** The log cannot be written at the start: its folder is not there and cannot be made, or is somebody else's. */
export class LogFileError extends Error {
  readonly code = 'LOG_FILE';
  readonly retriable = false;

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `the log ${path} cannot be written: ${reason}; set ROCKETMQ_LOG_DIR to a folder that this user may write to`,
      { cause },
    );
    this.name = 'LogFileError';
  }
}

/** Nobody logs these; should somebody, they are not written. */
const SECRETS = ['secretKey', 'keyPassword', 'signature'].flatMap((name) => [name, `*.${name}`]);

/** Lines kept before `open`; more are dropped, oldest first. */
const MAX_KEPT = 10_000;

export class FileLogger implements Logger {
  readonly path: string;
  readonly #file: RotatingFile;
  #kept: KeptLine[] = [];
  #pino: PinoLogger | undefined;
  readonly #onExit = (): void => this.open();

  /** Throws LogFileError when the file cannot be opened. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#file = new RotatingFile({ path });
    } catch (error) {
      throw new LogFileError(path, error);
    }
    process.once('exit', this.#onExit);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  /** Loads pino and writes what was kept. */
  open(): void {
    if (this.#pino !== undefined) return;
    const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
    const level = { level: (label: string) => ({ level: label }) };
    // With its type, message, stack and what caused it.
    const serializers = { error: pino.stdSerializers.errWithCause };
    const options = { base: undefined, timestamp: false, formatters: level, serializers, redact: SECRETS };
    this.#pino = pino(options, this.#file);
    for (const line of this.#kept) this.#write(line);
    this.#kept = [];
  }

  /** Writes what is kept and closes the file. */
  close(): void {
    this.open();
    process.off('exit', this.#onExit);
    this.#file.close();
  }

  #log(level: Level, message: string, fields: LogFields | undefined): void {
    const line: KeptLine = { level, time: Date.now(), message, fields };
    if (this.#pino !== undefined) {
      this.#write(line);
      return;
    }
    if (this.#kept.length >= MAX_KEPT) this.#kept.shift();
    this.#kept.push(line);
  }

  #write(line: KeptLine): void {
    this.#pino?.[line.level]({ time: new Date(line.time).toISOString(), ...line.fields }, line.message);
  }
}
