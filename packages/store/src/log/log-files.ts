/**
 * Owns the files of the log: which exist, which are open, and reading them.
 *
 * Invariants: every file has exactly `fileBytes` bytes and starts at a multiple of it; a file being written, used by an
 * operation off the loop, or holding unsynced bytes is not closed, and beside such files no more than `maxOpen` in all are
 * open; a removed file is out of the list before it is gone from the disk.
 *
 * Counterpart in RocketMQ: MappedFileQueue of the commit log.
 */
import type { FileSystem, OpenFile } from '@rocketmq-ts/platform';
import type { PlantedBugs } from '../planted-bugs.ts';
import { StoreError, StoreErrorCode } from '../store-error.ts';
import { fileNameOf, offsetOfFileName } from '../store-paths.ts';

export class LogFile {
  readonly baseOffset: number;
  readonly file: OpenFile;
  /** Zeros or data have been written below this offset of the log. */
  zeroedTo: number;
  /** Holds bytes that no sync has covered. */
  unsynced = false;
  /** Its entry in the folder is durable. */
  folderSynced: boolean;
  /** Operations under way off the loop. */
  users = 0;
  /** Being written, or prepared for that. */
  writing = false;

  constructor(baseOffset: number, file: OpenFile, folderSynced: boolean) {
    this.baseOffset = baseOffset;
    this.file = file;
    this.zeroedTo = baseOffset;
    this.folderSynced = folderSynced;
  }
}

export class LogFiles {
  readonly folder: string;
  readonly fileBytes: number;
  readonly #fileSystem: FileSystem;
  readonly #maxOpen: number;
  readonly #plantedBugs: PlantedBugs;
  /** Called when a file has been removed. */
  onRemoved: ((base: number) => void) | undefined;
  #bases: number[] = [];
  /** In the order of last use. */
  readonly #open = new Map<number, LogFile>();

  constructor(
    fileSystem: FileSystem,
    folder: string,
    fileBytes: number,
    maxOpen: number,
    plantedBugs: PlantedBugs = {},
  ) {
    this.#plantedBugs = plantedBugs;
    this.#fileSystem = fileSystem;
    this.folder = folder;
    this.fileBytes = fileBytes;
    this.#maxOpen = maxOpen;
  }

  /** Offsets of the first bytes of all files, ascending. */
  get bases(): readonly number[] {
    return this.#bases;
  }

  /** First offset of the log. */
  get minOffset(): number {
    return this.#bases[0] ?? 0;
  }

  /** Offset after the last file; 0 without files. */
  get endOffset(): number {
    const last = this.#bases[this.#bases.length - 1];
    return last === undefined ? 0 : last + this.fileBytes;
  }

  baseOf(offset: number): number {
    return offset - (offset % this.fileBytes);
  }

  /** Lists the folder. Throws StoreError when a file cannot belong to this log. */
  load(): void {
    this.#fileSystem.mkdirSync(this.folder);
    const bases: number[] = [];
    for (const name of this.#fileSystem.readdirSync(this.folder)) {
      const base = offsetOfFileName(name);
      if (base === undefined) continue;
      const size = this.#fileSystem.statSync(`${this.folder}/${name}`)?.sizeBytes ?? 0;
      // A file whose creation was cut short is empty; making it anew is part of the next creation.
      if (size === 0) continue;
      if (size !== this.fileBytes || base % this.fileBytes !== 0) this.#refuse(name, size);
      bases.push(base);
    }
    this.#bases = bases.sort((a, b) => a - b);
  }

  #refuse(name: string, sizeBytes: number): never {
    throw new StoreError(
      StoreErrorCode.STORE_BAD_OPTION,
      `${this.folder}/${name} has ${sizeBytes} bytes, but mapedFileSizeCommitLog is ${this.fileBytes}: ` +
        'set it to the size that this store was written with',
    );
  }

  has(base: number): boolean {
    return this.#bases.length > 0 && this.#bases.includes(base);
  }

  path(base: number): string {
    return `${this.folder}/${fileNameOf(base)}`;
  }

  /** The open file that starts at `base`. Throws as the file system does. */
  open(base: number): LogFile {
    const known = this.#open.get(base);
    if (known !== undefined) {
      this.#open.delete(base);
      this.#open.set(base, known);
      return known;
    }
    const opened = new LogFile(base, this.#fileSystem.openSync(this.path(base), 'read-write'), true);
    this.#open.set(base, opened);
    this.closeIdle(opened);
    return opened;
  }

  /** Makes the file that starts at `base`, all holes; a file that is there is opened. Throws as the file system does. */
  create(base: number): LogFile {
    if (this.has(base)) return this.open(base);
    const file = this.#fileSystem.openSync(this.path(base), 'create');
    try {
      file.truncateSync(this.fileBytes);
    } catch (error) {
      file.closeSync();
      this.#fileSystem.unlinkSync(this.path(base));
      throw error;
    }
    const created = new LogFile(base, file, false);
    created.unsynced = true;
    this.#open.set(base, created);
    this.#bases.push(base);
    this.#bases.sort((a, b) => a - b);
    this.closeIdle(created);
    return created;
  }

  /** Makes the file's entry durable, off the loop. */
  async syncFolder(file: LogFile): Promise<void> {
    if (file.folderSynced) return;
    if (!this.#plantedBugs.forgetFolderSync) await this.#fileSystem.syncFolder(this.folder);
    file.folderSynced = true;
  }

  /** Reads until `length` bytes are there or the file ends; all of them must lie in one file. */
  readSync(offset: number, target: Buffer, targetStart: number, length: number): number {
    const base = this.baseOf(offset);
    const { file } = this.open(base);
    let done = 0;
    while (done < length) {
      const count = file.readSync(target, targetStart + done, length - done, offset - base + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  /** As `readSync`, off the loop. */
  async read(offset: number, target: Buffer, targetStart: number, length: number): Promise<number> {
    const base = this.baseOf(offset);
    const opened = this.open(base);
    opened.users++;
    try {
      let done = 0;
      while (done < length) {
        const count = await opened.file.read(target, targetStart + done, length - done, offset - base + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    } finally {
      opened.users--;
      this.closeIdle();
    }
  }

  /** Writes all of it; continues after short writes. Throws as the file system does. */
  writeSync(file: LogFile, source: Buffer, start: number, end: number, offset: number): void {
    file.unsynced = true;
    let position = offset - file.baseOffset;
    while (start < end) {
      const count = file.file.writeSync(source, start, end - start, position);
      start += count;
      position += count;
    }
  }

  lastModifiedMs(base: number): number | undefined {
    return this.#fileSystem.statSync(this.path(base))?.modifiedMs;
  }

  /** Takes the file out of the log and removes it, off the loop. Answers false while somebody reads it. */
  async remove(base: number): Promise<boolean> {
    const opened = this.#open.get(base);
    if (opened !== undefined) {
      if (opened.users > 0 || opened.writing) return false;
      this.#open.delete(base);
      opened.file.closeSync();
    }
    this.#bases = this.#bases.filter((other) => other !== base);
    await this.#fileSystem.unlink(this.path(base));
    this.onRemoved?.(base);
    return true;
  }

  closeAll(): void {
    for (const opened of this.#open.values()) opened.file.closeSync();
    this.#open.clear();
  }

  /**
   * Closes what has not been used for long; not the file about to be used. To be called, too, when a file that was kept
   * open has become idle: otherwise what a slow sync has left open stays so until the next file is opened.
   */
  closeIdle(needed?: LogFile): void {
    if (this.#open.size <= this.#maxOpen) return;
    for (const [base, opened] of this.#open) {
      if (opened === needed || opened.users > 0 || opened.writing || opened.unsynced) continue;
      this.#open.delete(base);
      opened.file.closeSync();
      if (this.#open.size <= this.#maxOpen) return;
    }
  }
}
