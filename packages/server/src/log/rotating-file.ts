/**
 * A log file that is kept small: past its size it moves to `otherdays/NAME.1.log`, the older ones to `.2`, `.3`, …, and the
 * oldest goes, as RocketMQ's logging configuration has it.
 *
 * Invariants: a line is written whole, by one blocking write, before `write` returns, so that a crash loses none; logging
 * never throws and never stops the program: lines that cannot be written, or are more than `maxLinesPerSecond`, are
 * counted and reported by the next line that gets through.
 */
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '@rocketmq-ts/platform';

export interface RotatingFileOptions {
  readonly path: string;
  readonly maxSizeBytes?: number;
  /** How many older files are kept. */
  readonly keep?: number;
  readonly maxLinesPerSecond?: number;
  readonly now?: () => number;
}

export class RotatingFile {
  readonly #path: string;
  readonly #maxSizeBytes: number;
  readonly #keep: number;
  readonly #maxLinesPerSecond: number;
  readonly #now: () => number;
  #file: number | undefined;
  #sizeBytes = 0;
  #second = 0;
  #linesInSecond = 0;
  #lost = 0;

  /** Throws when the file cannot be opened: only the start may fail for its log. */
  constructor(options: RotatingFileOptions) {
    this.#path = options.path;
    this.#maxSizeBytes = options.maxSizeBytes ?? 64 * 1024 * 1024;
    this.#keep = options.keep ?? 10;
    this.#maxLinesPerSecond = options.maxLinesPerSecond ?? 1000;
    this.#now = options.now ?? Date.now;
    makeFolder(path.dirname(this.#path));
    this.#open();
  }

  /** Appends one line that ends in a line break. */
  write(line: string): void {
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#linesInSecond = 0;
    }
    if (++this.#linesInSecond > this.#maxLinesPerSecond) {
      this.#lost++;
      return;
    }
    try {
      this.#append(this.#lost === 0 ? line : `${this.#lostLine()}${line}`);
      this.#lost = 0;
    } catch {
      this.#lost++; // a full or broken disk: the store says so with more weight
    }
  }

  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
  }

  #append(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#sizeBytes > 0 && this.#sizeBytes + bytes.length > this.#maxSizeBytes) this.#rotate();
    if (this.#file === undefined) this.#open();
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#file!, bytes, written);
    this.#sizeBytes += bytes.length;
  }

  #lostLine(): string {
    const time = new Date(this.#now()).toISOString();
    return `${JSON.stringify({ level: 'warn', time, msg: `${this.#lost} log lines were left out` })}\n`;
  }

  #rotate(): void {
    this.close();
    const { dir, name, ext } = path.parse(this.#path);
    const older = (index: number): string => path.join(dir, 'otherdays', `${name}.${index}${ext}`);
    makeFolder(path.join(dir, 'otherdays'));
    rmSync(older(this.#keep), { force: true });
    for (let index = this.#keep - 1; index >= 1; index--) renameIfThere(older(index), older(index + 1));
    renameIfThere(this.#path, older(1));
    this.#open();
  }

  #open(): void {
    this.#file = openSync(this.#path, 'a');
    this.#sizeBytes = fstatSync(this.#file).size;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
