/**
 * How far long work has come, in a file that grows by one line with each step, so that the same command goes on there
 * after it was stopped or has failed. Removed when the work is done.
 *
 *     {"subject":"printMsg …"}
 *     {"key":"Orders broker-a 0","value":{"next":32,"end":1000}}
 *
 * Invariants: of a key the last line counts; a line that was cut off counts as not written; a file of another command line
 * is refused. Not in 4.4.0.
 */
import type { FileSystem, OpenFile } from '@rocketmq-ts/platform';
import { AdminError, describeError } from '../admin-error.ts';

export class Checkpoint<T> {
  readonly #fileSystem: FileSystem;
  readonly #path: string | undefined;
  readonly #file: OpenFile | undefined;
  readonly #entries: Map<string, T>;
  #sizeBytes: number;

  private constructor(
    fileSystem: FileSystem,
    path: string | undefined,
    file: OpenFile | undefined,
    entries: Map<string, T>,
    sizeBytes: number,
  ) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#file = file;
    this.#entries = entries;
    this.#sizeBytes = sizeBytes;
  }

  /** Without a path it remembers nothing. Throws ADMIN_USAGE for a file of other work. */
  static open<T>(fileSystem: FileSystem, path: string | undefined, subject: string): Checkpoint<T> {
    if (path === undefined) return new Checkpoint(fileSystem, path, undefined, new Map(), 0);
    const text = fileSystem.existsSync(path) ? fileSystem.readFileSync(path).toString('utf8') : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const entries = whole === '' ? new Map<string, T>() : read<T>(path, whole, subject);
    const file = fileSystem.openSync(path, 'create');
    const sizeBytes = Buffer.byteLength(whole);
    file.truncateSync(sizeBytes);
    const checkpoint = new Checkpoint(fileSystem, path, file, entries, sizeBytes);
    if (whole === '') checkpoint.#append({ subject });
    return checkpoint;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  values(): T[] {
    return [...this.#entries.values()];
  }

  set(key: string, value: T): void {
    if (this.#file === undefined) return;
    this.#entries.set(key, value);
    this.#append({ key, value });
  }

  /** Keeps the file, for the next time. */
  close(): void {
    this.#file?.closeSync();
  }

  /** The work is done. */
  finish(): void {
    this.close();
    if (this.#path !== undefined) this.#fileSystem.unlinkSync(this.#path);
  }

  #append(line: object): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    for (let done = 0; done < bytes.length; )
      done += this.#file?.writeSync(bytes, done, bytes.length - done, this.#sizeBytes + done) ?? bytes.length;
    this.#sizeBytes += bytes.length;
  }
}

function read<T>(path: string, text: string, subject: string): Map<string, T> {
  const entries = new Map<string, T>();
  try {
    const [head, ...lines] = text.trimEnd().split('\n');
    if (JSON.parse(head ?? '').subject !== subject) throw new Error('it is of another command line');
    for (const line of lines) {
      const { key, value }: { key: string; value: T } = JSON.parse(line);
      entries.set(key, value);
    }
  } catch (error) {
    const advice = 'name another file, or remove it to begin anew';
    throw new AdminError(
      'ADMIN_USAGE',
      `cannot go on from ${path}: ${describeError(error)}; ${advice}`,
      error,
    );
  }
  return entries;
}
