/**
 * Owns the files of all consume queues: a bounded number of open ones, and which of them still need a sync.
 *
 *     unit, 20 bytes: int64 physicalOffset, int32 size, int64 tagsCode (or deliver time, or ext address)
 *
 * Invariants: every file has exactly `fileBytes` bytes, holes where nothing was written; it is named by the byte offset
 * of its first unit in its queue. Offsets here are units unless a name says bytes.
 *
 * Counterpart in RocketMQ: MappedFileQueue of a consume queue.
 */
import type { FileSystem, OpenFile } from '@rocketmq-ts/platform';
import type { PlantedBugs } from '../planted-bugs.ts';
import { StoreError, StoreErrorCode } from '../store-error.ts';
import { CONSUME_QUEUE_UNIT_BYTES } from '../store-options.ts';
import { fileNameOf, offsetOfFileName, type StorePaths } from '../store-paths.ts';

const UNIT = CONSUME_QUEUE_UNIT_BYTES;

interface Handle {
  readonly file: OpenFile;
  /** Operations under way off the loop. */
  users: number;
  /** To be closed by the last of them. */
  dropped: boolean;
}

export class QueueFiles {
  readonly fileBytes: number;
  readonly unitsPerFile: number;
  readonly #fileSystem: FileSystem;
  readonly #paths: StorePaths;
  readonly #maxOpen: number;
  /** By path, in the order of last use. */
  readonly #handles = new Map<string, Handle>();
  readonly #unsyncedFiles = new Set<string>();
  readonly #unsyncedFolders = new Set<string>();
  readonly #plantedBugs: PlantedBugs;
  #syncFailure: unknown;

  constructor(
    fileSystem: FileSystem,
    paths: StorePaths,
    fileBytes: number,
    maxOpen: number,
    plantedBugs: PlantedBugs = {},
  ) {
    this.#plantedBugs = plantedBugs;
    this.#fileSystem = fileSystem;
    this.#paths = paths;
    this.fileBytes = fileBytes;
    this.unitsPerFile = fileBytes / UNIT;
    this.#maxOpen = maxOpen;
  }

  get openCount(): number {
    return this.#handles.size;
  }

  /** First units of the files in a queue's folder, ascending. Throws StoreError when they are of another size. */
  list(folder: string): number[] {
    const starts: number[] = [];
    for (const name of this.#fileSystem.readdirSync(folder)) {
      const offsetBytes = offsetOfFileName(name);
      if (offsetBytes === undefined) continue;
      if (offsetBytes % this.fileBytes !== 0) this.#refuse(`${folder}/${name}`);
      starts.push(offsetBytes / UNIT);
    }
    return starts;
  }

  /**
   * Gives a file whose creation was cut short its length. Answers the bytes that it takes on the disk. Throws StoreError when
   * it is too long.
   */
  inspect(folder: string, start: number): number {
    const path = this.#path(folder, start);
    const stat = this.#fileSystem.statSync(path);
    if (stat === undefined) return 0;
    if (stat.sizeBytes > this.fileBytes) this.#refuse(path);
    if (stat.sizeBytes < this.fileBytes) {
      this.#openExisting(path)?.file.truncateSync(this.fileBytes);
      this.#unsyncedFiles.add(path);
    }
    return stat.allocatedBytes;
  }

  #refuse(path: string): never {
    throw new StoreError(
      StoreErrorCode.STORE_BAD_OPTION,
      `${path} does not fit mapedFileSizeConsumeQueue=${this.fileBytes}: set it to the size that this store was written with`,
    );
  }

  /** Reads up to `count` units from `first` on, all of one file. Answers how many; 0 when the file is missing. */
  readSync(folder: string, first: number, count: number, target: Buffer): number {
    const handle = this.#openExisting(this.#path(folder, this.startOf(first)));
    if (handle === undefined) return 0;
    const wanted = this.#clip(first, count, target) * UNIT;
    const position = (first % this.unitsPerFile) * UNIT;
    let done = 0;
    while (done < wanted) {
      const bytes = handle.file.readSync(target, done, wanted - done, position + done);
      if (bytes === 0) break;
      done += bytes;
    }
    return Math.floor(done / UNIT);
  }

  /** As `readSync`, off the loop. */
  async read(folder: string, first: number, count: number, target: Buffer): Promise<number> {
    const handle = this.#openExisting(this.#path(folder, this.startOf(first)));
    if (handle === undefined) return 0;
    const wanted = this.#clip(first, count, target) * UNIT;
    const position = (first % this.unitsPerFile) * UNIT;
    handle.users++;
    try {
      let done = 0;
      while (done < wanted) {
        const bytes = await handle.file.read(target, done, wanted - done, position + done);
        if (bytes === 0) break;
        done += bytes;
      }
      return Math.floor(done / UNIT);
    } finally {
      this.#release(handle);
    }
  }

  /** Writes units from `first` on, all of one file, which is made when it is missing. */
  write(folder: string, first: number, source: Buffer, sizeBytes: number): void {
    const path = this.#path(folder, this.startOf(first));
    const handle = this.#openExisting(path) ?? this.#create(folder, path);
    this.#unsyncedFiles.add(path);
    const position = (first % this.unitsPerFile) * UNIT;
    let done = 0;
    while (done < sizeBytes) done += handle.file.writeSync(source, done, sizeBytes - done, position + done);
  }

  /** First unit of the file that holds `unit`. */
  startOf(unit: number): number {
    return unit - (unit % this.unitsPerFile);
  }

  /** The names in a queue's folder, and its own, may not be durable: a process that has died since may have made them. */
  distrust(folder: string): void {
    this.#unsyncedFolders.add(folder);
    this.#unsyncedFolders.add(folder.slice(0, folder.lastIndexOf('/')));
    this.#unsyncedFolders.add(this.#paths.consumeQueue);
  }

  /** Files and folders changed since the last `sync`. */
  get unsyncedCount(): number {
    return this.#unsyncedFiles.size + this.#unsyncedFolders.size;
  }

  /**
   * Makes everything written until now durable, off the loop, a few files at a time. Once a sync has failed, no later one
   * counts: the system has given up what it should have covered, and would say nothing the next time. The next start writes
   * those units again.
   */
  async sync(atOnce: number): Promise<void> {
    if (this.#syncFailure !== undefined && !this.#plantedBugs.retryQueueSync) throw this.#syncFailure;
    const paths = [...this.#unsyncedFiles];
    const folders = [...this.#unsyncedFolders];
    this.#unsyncedFiles.clear();
    this.#unsyncedFolders.clear();
    const inLanes = async (items: string[], task: (item: string) => Promise<void>): Promise<void> => {
      let next = 0;
      const lane = async (): Promise<void> => {
        while (next < items.length) await task(items[next++] as string);
      };
      await Promise.all(Array.from({ length: atOnce }, lane));
    };
    try {
      await inLanes(paths, (path) => this.#syncFile(path));
      await inLanes(folders, (folder) => this.#syncFolder(folder));
    } catch (error) {
      // Nothing may count as durable: the checkpoint stays where it is.
      for (const path of paths) this.#unsyncedFiles.add(path);
      for (const folder of folders) this.#unsyncedFolders.add(folder);
      throw error;
    }
  }

  async #syncFile(path: string): Promise<void> {
    const handle = this.#openExisting(path);
    if (handle === undefined) return;
    handle.users++;
    try {
      await handle.file.datasync();
    } catch (error) {
      this.#syncFailure ??= error;
      throw error;
    } finally {
      this.#release(handle);
    }
  }

  async #syncFolder(folder: string): Promise<void> {
    try {
      await this.#fileSystem.syncFolder(folder);
    } catch (error) {
      // Gone with its topic.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      this.#syncFailure ??= error;
      throw error;
    }
  }

  /** Removes one file, off the loop. */
  async remove(folder: string, start: number): Promise<void> {
    const path = this.#path(folder, start);
    this.#drop(path);
    this.#unsyncedFolders.add(folder);
    await this.#fileSystem.unlink(path);
  }

  removeSync(folder: string, start: number): void {
    const path = this.#path(folder, start);
    this.#drop(path);
    this.#unsyncedFolders.add(folder);
    this.#fileSystem.unlinkSync(path);
  }

  /** Lets go of everything below a folder that is going away. */
  forget(folder: string): void {
    const prefix = `${folder}/`;
    for (const path of [...this.#handles.keys()]) if (path.startsWith(prefix)) this.#drop(path);
    for (const path of [...this.#unsyncedFiles])
      if (path.startsWith(prefix)) this.#unsyncedFiles.delete(path);
    for (const other of [...this.#unsyncedFolders]) {
      if (other === folder || other.startsWith(prefix)) this.#unsyncedFolders.delete(other);
    }
    this.#unsyncedFolders.add(this.#paths.consumeQueue);
  }

  closeAll(): void {
    for (const handle of this.#handles.values()) handle.file.closeSync();
    this.#handles.clear();
  }

  #clip(first: number, count: number, target: Buffer): number {
    const inFile = this.unitsPerFile - (first % this.unitsPerFile);
    return Math.min(count, inFile, Math.floor(target.length / UNIT));
  }

  #path(folder: string, start: number): string {
    return `${folder}/${fileNameOf(start * UNIT)}`;
  }

  #openExisting(path: string): Handle | undefined {
    const known = this.#handles.get(path);
    if (known !== undefined) {
      this.#handles.delete(path);
      this.#handles.set(path, known);
      return known;
    }
    try {
      return this.#keep(path, this.#fileSystem.openSync(path, 'read-write'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #create(folder: string, path: string): Handle {
    if (!this.#fileSystem.existsSync(folder)) {
      this.#fileSystem.mkdirSync(folder);
      this.#unsyncedFolders.add(folder.slice(0, folder.lastIndexOf('/')));
      this.#unsyncedFolders.add(this.#paths.consumeQueue);
      this.#unsyncedFolders.add(this.#paths.root);
    }
    const file = this.#fileSystem.openSync(path, 'create');
    this.#unsyncedFolders.add(folder);
    try {
      file.truncateSync(this.fileBytes);
    } catch (error) {
      file.closeSync();
      this.#fileSystem.unlinkSync(path);
      throw error;
    }
    return this.#keep(path, file);
  }

  #keep(path: string, file: OpenFile): Handle {
    const handle = { file, users: 0, dropped: false };
    this.#handles.set(path, handle);
    this.#closeIdle(handle);
    return handle;
  }

  /** Closes what has not been used for long; not the file about to be used. */
  #closeIdle(needed?: Handle): void {
    if (this.#handles.size <= this.#maxOpen) return;
    for (const [path, handle] of this.#handles) {
      if (handle.users > 0 || handle === needed) continue;
      this.#handles.delete(path);
      handle.file.closeSync();
      if (this.#handles.size <= this.#maxOpen) return;
    }
  }

  #drop(path: string): void {
    this.#unsyncedFiles.delete(path);
    const handle = this.#handles.get(path);
    if (handle === undefined) return;
    this.#handles.delete(path);
    if (handle.users === 0) handle.file.closeSync();
    else handle.dropped = true;
  }

  #release(handle: Handle): void {
    handle.users--;
    if (handle.dropped && handle.users === 0) handle.file.closeSync();
    this.#closeIdle();
  }
}
