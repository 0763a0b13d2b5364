/**
 * Owns adding checksums to the files of checksums, one for each log file: collected in memory, written in whole sectors now
 * and then, made durable with the checkpoint.
 *
 * Invariants: entries are added in the order of the log; what the disk refuses is left out, which costs cover and nothing
 * else; once a sync has failed no later one counts.
 */
import type { FileSystem, Logger, OpenFile } from '@rocketmq-ts/platform';
import { fileNameOf } from '../store-paths.ts';
import type { ChecksumTable } from './checksum-file.ts';
import { ENTRIES_A_SECTOR, ENTRY_WORDS, encodeSector, SECTOR_BYTES } from './checksum-sector.ts';

/** Entries in memory before they are written at once: a write of 100 KB holds up the loop for less than a millisecond. */
const MAX_PENDING = 8 * 1024;

export class ChecksumWriter {
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #words = new Int32Array(MAX_PENDING * ENTRY_WORDS);
  /** Entries in memory, and how many of them are in the file, in its last sector. */
  #count = 0;
  #filed = 0;
  /** Sector that the first of them belongs to. */
  #sector = 0;
  #base = -1;
  #file: OpenFile | undefined;
  readonly #unsynced = new Set<OpenFile>();
  #folderUnsynced = false;
  #syncFailure: unknown;
  #refused = false;
  #rewritten = false;

  constructor(fileSystem: FileSystem, folder: string, logger: Logger) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#logger = logger;
  }

  path(base: number): string {
    return `${this.#folder}/${fileNameOf(base)}`;
  }

  /** The log file that entries are being added for, -1 before the first. */
  get base(): number {
    return this.#base;
  }

  /**
   * Goes on in the file for the log file at `base`, at this sector, which begins with the first `kept` entries of the table.
   * What follows there will be overwritten; `isFiled`: nothing does.
   */
  continueAt(base: number, sector = 0, table?: ChecksumTable, kept = 0, isFiled = true): void {
    this.#leave();
    this.#base = base;
    this.#sector = sector;
    if (table !== undefined) this.#words.set(table.words.subarray(0, kept * ENTRY_WORDS));
    this.#count = kept;
    this.#filed = isFiled ? kept : -1;
    this.#rewritten ||= !isFiled;
  }

  /** Hot, once per record: `offset` within the log file at `base`. */
  add(base: number, offset: number, size: number, checksum: number): void {
    if (base !== this.#base) this.continueAt(base);
    if (this.#count === MAX_PENDING) this.write();
    const at = this.#count++ * ENTRY_WORDS;
    this.#words[at] = offset;
    this.#words[at + 1] = size;
    this.#words[at + 2] = checksum;
  }

  /** Something in a file has been replaced, or a file cut, since the last sync. */
  get hasRewritten(): boolean {
    return this.#rewritten;
  }

  get unsyncedCount(): number {
    return (
      this.#unsynced.size + (this.#folderUnsynced || (this.#filed < this.#count && this.#count > 0) ? 1 : 0)
    );
  }

  /** Hands what is in memory to the operating system. Never throws. */
  write(): void {
    if (this.#filed === this.#count || (this.#filed < 0 && this.#count === 0)) return;
    try {
      this.#write();
      this.#refused = false;
    } catch (error) {
      if (!this.#refused) {
        const message = 'Checksums of records cannot be written: those records are checked as 4.4.0 does';
        this.#logger.warn(message, { path: this.path(this.#base), error });
      }
      this.#refused = true;
      // Not where they may have been written in part: entries ascend through the file.
      this.#sector += Math.ceil(this.#count / ENTRIES_A_SECTOR);
      this.#count = 0;
      this.#filed = 0;
    }
  }

  /** Ends the current file behind what has been added: nothing follows. Throws as the file system does. */
  truncate(): void {
    this.write();
    const sectors = this.#sector + Math.ceil(this.#count / ENTRIES_A_SECTOR);
    const existing =
      this.#base >= 0 && (this.#file !== undefined || this.#fileSystem.existsSync(this.path(this.#base)));
    if (!existing) return;
    const file = this.#open();
    if (file.sizeSync() <= sectors * SECTOR_BYTES) return;
    file.truncateSync(sectors * SECTOR_BYTES);
    this.#unsynced.add(file);
  }

  /** Names in the folder have changed. */
  noteFolder(): void {
    this.#folderUnsynced = true;
  }

  /** Makes everything added until now durable, off the loop. Rejects when the disk refuses. */
  async sync(): Promise<void> {
    this.write();
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
    const files = [...this.#unsynced];
    const folder = this.#folderUnsynced;
    this.#folderUnsynced = false;
    try {
      for (const file of files) {
        await file.datasync();
        this.#unsynced.delete(file);
        if (file !== this.#file) file.closeSync();
      }
      if (folder) await this.#fileSystem.syncFolder(this.#folder);
      this.#rewritten = false;
    } catch (error) {
      this.#syncFailure = error;
      throw error;
    }
  }

  close(): void {
    for (const file of new Set([...this.#unsynced, this.#file])) file?.closeSync();
    this.#unsynced.clear();
    this.#file = undefined;
    this.#base = -1;
    this.#count = 0;
    this.#filed = 0;
  }

  #leave(): void {
    this.write();
    if (this.#file !== undefined && !this.#unsynced.has(this.#file)) this.#file.closeSync();
    this.#file = undefined;
    this.#count = 0;
    this.#filed = 0;
  }

  #open(): OpenFile {
    if (this.#file === undefined) {
      const path = this.path(this.#base);
      if (!this.#fileSystem.existsSync(path)) this.#folderUnsynced = true;
      this.#file = this.#fileSystem.openSync(path, 'create');
    }
    return this.#file;
  }

  #write(): void {
    const file = this.#open();
    const sectors = Math.ceil(this.#count / ENTRIES_A_SECTOR);
    const bytes = Buffer.allocUnsafeSlow(sectors * SECTOR_BYTES);
    for (let sector = 0; sector < sectors; sector++) {
      const first = sector * ENTRIES_A_SECTOR;
      const count = Math.min(ENTRIES_A_SECTOR, this.#count - first);
      encodeSector(this.#words, first, count, bytes, sector * SECTOR_BYTES);
    }
    this.#unsynced.add(file);
    const position = this.#sector * SECTOR_BYTES;
    for (let done = 0; done < bytes.length; )
      done += file.writeSync(bytes, done, bytes.length - done, position + done);
    // The last sector stays until it is full.
    const full = Math.floor(this.#count / ENTRIES_A_SECTOR);
    this.#words.copyWithin(0, full * ENTRIES_A_SECTOR * ENTRY_WORDS, this.#count * ENTRY_WORDS);
    this.#sector += full;
    this.#count -= full * ENTRIES_A_SECTOR;
    this.#filed = this.#count;
  }
}
