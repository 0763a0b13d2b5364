/**
 * Owns making written bytes durable: one sync under way at a time, everything written meanwhile joins the next.
 *
 * Invariants: `durableOffset` moves only after the syncs of every file that held bytes below it, and of the folder
 * entries of those files, have succeeded; a failed sync is never tried again and no later one is begun.
 *
 * Counterparts in RocketMQ: GroupCommitService and FlushRealTimeService.
 */

import type { PlantedBugs } from '../planted-bugs.ts';
import type { CommitLog } from './commit-log.ts';
import type { LogFile } from './log-files.ts';

export interface LogSyncerEvents {
  /** A sync begins; it will cover everything written until now. */
  begun(): void;
  /** `durableOffset` has moved. */
  done(): void;
  failed(error: unknown): void;
}

export class LogSyncer {
  readonly #log: CommitLog;
  readonly #events: LogSyncerEvents;
  readonly #plantedBugs: PlantedBugs;
  /** Files that may hold unsynced bytes, oldest first; the last is being written. */
  #files: LogFile[] = [];
  #running: Promise<void> | undefined;
  #again = false;
  #failed = false;
  #durableStoreTimestamp = 0;
  /** When the last sync began, on the monotonic clock. */
  lastBegunMs = 0;
  syncCount = 0;

  constructor(log: CommitLog, events: LogSyncerEvents, plantedBugs: PlantedBugs = {}) {
    this.#log = log;
    this.#plantedBugs = plantedBugs;
    this.#events = events;
  }

  /** Store time of the last durable record. */
  get durableStoreTimestamp(): number {
    return this.#durableStoreTimestamp;
  }

  openAt(storeTimestamp: number): void {
    this.#durableStoreTimestamp = storeTimestamp;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** To be called for each file written to, in order. */
  note(file: LogFile): void {
    if (this.#files[this.#files.length - 1] !== file) this.#files.push(file);
  }

  /** Sees to it that everything written until now becomes durable. */
  sync(nowMs: number): void {
    if (this.#failed || this.#log.durableOffset === this.#log.writtenOffset) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#running = this.#run(nowMs);
  }

  /** A sync elsewhere failed: no later one counts. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#events.failed(error);
  }

  /** Waits until nothing is under way. */
  async settle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(nowMs: number): Promise<void> {
    const log = this.#log;
    try {
      do {
        this.#again = false;
        this.lastBegunMs = nowMs;
        const target = log.writtenOffset;
        const storeTimestamp = log.writtenStoreTimestamp;
        this.#events.begun();
        const files = this.#files;
        this.#files = files.slice(-1);
        for (const file of files) await this.#syncFile(file);
        log.files.closeIdle();
        if (this.#failed) break;
        this.syncCount++;
        log.durableOffset = target;
        this.#durableStoreTimestamp = storeTimestamp;
        this.#events.done();
      } while (this.#again);
      this.#running = undefined;
    } catch (error) {
      this.#running = undefined;
      this.fail(error);
    }
  }

  async #syncFile(file: LogFile): Promise<void> {
    file.users++;
    try {
      if (file.unsynced) {
        file.unsynced = false;
        await file.file.datasync();
      }
      await this.#log.files.syncFolder(file);
    } catch (error) {
      if (!this.#plantedBugs.ignoreFailedSync) throw error;
    } finally {
      file.users--;
    }
  }
}
