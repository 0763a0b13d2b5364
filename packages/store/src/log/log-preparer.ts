/**
 * Owns the space ahead of the end of the log: zeros written before records come, and the next file before the current
 * one is full. So a sync of records changes no file metadata, and a full disk shows here, before anything is accepted.
 *
 * Invariants: zeros are written off the loop, one step at a time, only at or above `appendOffset` as it was when the
 * step began; the writer waits for a step that overlaps its range. The window starts at one step and doubles each time
 * it is half used up, to `zeroAheadBytes`, so that opening a store is quick and an idle one small.
 */
import type { CommitLog } from './commit-log.ts';
import type { LogFile } from './log-files.ts';

const STEP_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(STEP_BYTES);

export interface LogPreparerEvents {
  /** A step is over; a postponed write can go on. */
  stepDone(): void;
  /** The disk took a step. */
  succeeded(): void;
  /** The disk refused; the preparer rests until `retry`. */
  failed(error: unknown): void;
  /** A sync of the folder failed, which is final as every failed sync is: a later one may succeed without the entry. */
  syncFailed(error: unknown): void;
}

export class LogPreparer {
  readonly #log: CommitLog;
  readonly #maxWindowBytes: number;
  readonly #events: LogPreparerEvents;
  #windowBytes: number;
  #zeroingFrom = 0;
  #zeroingTo = 0;
  #running: Promise<void> | undefined;
  /** The file after the current one, once it is there. */
  #next: LogFile | undefined;
  /** The first zeros have been written. */
  #begun = false;
  #stopped = true;
  #resting = false;

  constructor(log: CommitLog, maxWindowBytes: number, events: LogPreparerEvents) {
    this.#log = log;
    this.#maxWindowBytes = maxWindowBytes;
    this.#windowBytes = Math.min(STEP_BYTES, maxWindowBytes);
    this.#events = events;
  }

  /** Whether zeros are being written into [from, to) now. */
  isZeroing(from: number, to: number): boolean {
    return from < this.#zeroingTo && this.#zeroingFrom < to;
  }

  start(): void {
    this.#stopped = false;
    this.advance();
  }

  /** To be called when the log has grown. */
  advance(): void {
    if (this.#stopped || this.#resting || this.#running !== undefined || this.#nextTask() === undefined)
      return;
    this.#running = this.#run();
  }

  /** Tries again after a failure. */
  retry(): void {
    this.#resting = false;
    if (this.#nextTask() === undefined) this.#events.succeeded();
    this.advance();
  }

  /** Waits for the step under way; none follows. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const task = this.#stopped ? undefined : this.#nextTask();
        if (task === undefined) break;
        await task();
        this.#events.succeeded();
        this.#events.stepDone();
      }
      this.#running = undefined;
    } catch (error) {
      this.#running = undefined;
      this.#resting = true;
      this.#zeroingFrom = 0;
      this.#zeroingTo = 0;
      this.#events.failed(error);
      this.#events.stepDone();
    }
  }

  #nextTask(): (() => Promise<void>) | undefined {
    const log = this.#log;
    const current = log.currentFile;
    if (this.#maxWindowBytes === 0 || current === undefined) return undefined;
    const ahead = current.zeroedTo - log.appendOffset;
    if (this.#begun && ahead < this.#windowBytes / 2 && ahead < log.fileEnd - log.appendOffset) {
      this.#windowBytes = Math.min(this.#windowBytes * 2, this.#maxWindowBytes);
    }
    const wanted = log.appendOffset + this.#windowBytes;
    if (current.zeroedTo < Math.min(wanted, log.fileEnd)) return () => this.#zero(current);
    if (wanted <= log.fileEnd) return undefined;
    const prepared = this.#next;
    if (prepared?.baseOffset !== log.fileEnd) return () => this.#prepareNext(log.fileEnd);
    if (prepared.zeroedTo < Math.min(wanted, log.fileEnd + log.files.fileBytes)) {
      return () => this.#zero(prepared);
    }
    return undefined;
  }

  /** Makes the file, or opens it when it is there. */
  async #prepareNext(base: number): Promise<void> {
    const next = this.#log.files.create(base);
    next.writing = true;
    this.#next = next;
    next.users++;
    try {
      await this.#log.files.syncFolder(next);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall !== 'open') this.#events.syncFailed(error);
      throw error;
    } finally {
      next.users--;
    }
  }

  async #zero(file: LogFile): Promise<void> {
    const fileEnd = file.baseOffset + this.#log.files.fileBytes;
    // Where appends have overtaken the zeros, go on well ahead of them.
    const overtaken = this.#begun && file.zeroedTo < this.#log.appendOffset;
    const from = overtaken ? Math.min(this.#log.appendOffset + STEP_BYTES, fileEnd) : file.zeroedTo;
    this.#begun = true;
    const to = Math.min(from + STEP_BYTES, fileEnd);
    if (from >= to) {
      file.zeroedTo = Math.max(file.zeroedTo, to);
      return;
    }
    this.#zeroingFrom = from;
    this.#zeroingTo = to;
    file.users++;
    try {
      let done = from;
      while (done < to) {
        done += await file.file.write(ZEROS, 0, to - done, done - file.baseOffset);
      }
      file.unsynced = true;
      if (file.zeroedTo < to) file.zeroedTo = to;
    } finally {
      file.users--;
      this.#zeroingFrom = 0;
      this.#zeroingTo = 0;
    }
  }
}
