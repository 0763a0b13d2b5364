/**
 * Owns `rocketmq-ts/progress`: from where a start has to read the log, which Java's checkpoint tells only by whole files.
 *
 * One line of JSON, filled up with blanks to 512 bytes, replaced as a whole (written beside, synced, renamed). On a disk
 * without room for a second one the old one goes first:
 *
 *     version                  1
 *     mapedFileSizeCommitLog   bytes of a log file, to notice a changed setting
 *     queuesCompleteTo         offset of the log: log and queues are durable and complete below
 *     lastRecord               the last record below it (offset, size, storeTimestamp, bodyCRC), null without one: where the
 *                              log holds another record there, somebody else has written, and the file says nothing
 *     writeLimit               no byte of the log at or above this had been written
 *     lockModifiedMs           when `lock` was last written, which Java does at each start: another time means that another
 *                              program may have written to the log since; missing in files of older versions
 *
 * Invariant: what it says is true of the disk whenever it is there; a missing file only costs time.
 */
import type { FileSystem } from '@rocketmq-ts/platform';
import type { StorePaths } from './store-paths.ts';

export interface LastRecord {
  readonly offset: number;
  readonly size: number;
  readonly storeTimestamp: number;
  readonly bodyCRC: number;
}

export interface Progress {
  readonly mapedFileSizeCommitLog: number;
  readonly queuesCompleteTo: number;
  readonly lastRecord: LastRecord | undefined;
  readonly writeLimit: number;
  readonly lockModifiedMs: number | undefined;
}

/** What copies of a folder may change in its times. */
const COPY_TOLERANCE_MS = 1;

/** Whether `lock` was last written by the start that wrote this, and not by another program since. */
export function isOwnLock(progress: Progress | undefined, lockModifiedMs: number | undefined): boolean {
  const known = progress?.lockModifiedMs;
  if (known === undefined || lockModifiedMs === undefined) return known === lockModifiedMs;
  return Math.abs(known - Math.floor(lockModifiedMs)) <= COPY_TOLERANCE_MS;
}

const VERSION = 1;
const FILE_BYTES = 512;
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

export class ProgressFile {
  readonly #fileSystem: FileSystem;
  readonly #paths: StorePaths;
  #saving: Promise<void> = Promise.resolve();

  constructor(fileSystem: FileSystem, paths: StorePaths) {
    this.#fileSystem = fileSystem;
    this.#paths = paths;
  }

  /** Undefined when there is none that can be read. */
  load(): Progress | undefined {
    if (!this.#fileSystem.existsSync(this.#paths.progress)) return undefined;
    try {
      return parse(JSON.parse(this.#fileSystem.readFileSync(this.#paths.progress).toString('utf8')));
    } catch {
      return undefined;
    }
  }

  /** Writes it durably, after what was asked for before. */
  save(progress: Progress): Promise<void> {
    const saved = this.#saving.then(() => this.#save(progress));
    this.#saving = saved.catch(() => {});
    return saved;
  }

  async #save(progress: Progress): Promise<void> {
    const { lastRecord, ...rest } = progress;
    const text = JSON.stringify({ version: VERSION, ...rest, lastRecord: lastRecord ?? null });
    const bytes = Buffer.from(`${text.padEnd(FILE_BYTES - 1)}\n`);
    const path = `${this.#paths.progress}.new`;
    try {
      await this.#write(path, bytes);
    } catch (error) {
      if (!NO_ROOM.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      this.#fileSystem.unlinkSync(path);
      this.#fileSystem.unlinkSync(this.#paths.progress);
      await this.#fileSystem.syncFolder(this.#paths.own);
      await this.#write(path, bytes);
    }
    this.#fileSystem.renameSync(path, this.#paths.progress);
    await this.#fileSystem.syncFolder(this.#paths.own);
  }

  async #write(path: string, bytes: Buffer): Promise<void> {
    this.#fileSystem.unlinkSync(path);
    const file = this.#fileSystem.openSync(path, 'create');
    try {
      let done = 0;
      while (done < bytes.length) done += file.writeSync(bytes, done, bytes.length - done, done);
      await file.datasync();
    } finally {
      file.closeSync();
    }
  }
}

function parse(value: unknown): Progress | undefined {
  const fields = value as Record<string, unknown>;
  if (fields.version !== VERSION) return undefined;
  const record = fields.lastRecord as Record<string, unknown> | null;
  return {
    mapedFileSizeCommitLog: integer(fields.mapedFileSizeCommitLog),
    queuesCompleteTo: integer(fields.queuesCompleteTo),
    writeLimit: integer(fields.writeLimit),
    lockModifiedMs: fields.lockModifiedMs === undefined ? undefined : integer(fields.lockModifiedMs),
    lastRecord:
      record === null
        ? undefined
        : {
            offset: integer(record.offset),
            size: integer(record.size),
            storeTimestamp: integer(record.storeTimestamp),
            bodyCRC: integer(record.bodyCRC),
          },
  };
}

function integer(value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new TypeError(`expected an integer, found ${String(value)}`);
}
