/**
 * The file system, as a seam. What the store needs and no more, so that a simulated disk can tear writes,
 * lose what was not synced, fail with EIO or ENOSPC, and run short.
 *
 * Errors are Node's (`code` is `ENOENT`, `ENOSPC`, `EIO`, …), whichever implementation is behind it.
 */

/**
 * How a file is opened: read only; read and write, must exist; read and write, created when missing; read and write,
 * must not exist yet (EEXIST).
 */
export type OpenMode = 'read' | 'read-write' | 'create' | 'create-new';

/** An open file. Positions and lengths are bytes. A write or read may be short, as the system calls are. */
export interface OpenFile {
  readonly path: string;
  /** Reads up to `length` bytes at `position` into `target`; answers how many, 0 at the end. */
  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number;
  /** Writes up to `length` bytes at `position`; answers how many were written. */
  writeSync(source: Uint8Array, sourceOffset: number, length: number, position: number): number;
  /** As `readSync`, off the event loop. */
  read(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number>;
  /** As `writeSync`, off the event loop. */
  write(source: Uint8Array, sourceOffset: number, length: number, position: number): Promise<number>;
  /** `fdatasync`, off the event loop: file content is durable once it resolves. Rejects when the sync failed. */
  datasync(): Promise<void>;
  /** `fdatasync`, blocking. */
  datasyncSync(): void;
  truncateSync(lengthBytes: number): void;
  sizeSync(): number;
  closeSync(): void;
}

export interface FileStat {
  readonly sizeBytes: number;
  /** Bytes that the file takes on the disk; fewer than its size when it has holes. */
  readonly allocatedBytes: number;
  readonly modifiedMs: number;
  readonly isDirectory: boolean;
  /** Number of the device and of the file on it: together they name the file, as `/proc/locks` does. */
  readonly device: number;
  readonly inode: number;
}

export interface FileSystem {
  openSync(path: string, mode: OpenMode): OpenFile;
  existsSync(path: string): boolean;
  /** Undefined when nothing is there. */
  statSync(path: string): FileStat | undefined;
  /** Creates the folder and its missing parents; no error when it is there. */
  mkdirSync(path: string): void;
  /** Names in a folder, sorted; empty when the folder is missing. */
  readdirSync(path: string): string[];
  readFileSync(path: string): Buffer;
  /** Writes the whole file, not synced. `mode` are the permissions of a file that is made by this, such as 0o600. */
  writeFileSync(path: string, content: Uint8Array, mode?: number): void;
  renameSync(from: string, to: string): void;
  /** No error when it is missing. */
  unlinkSync(path: string): void;
  /** Removes a folder with all in it; no error when it is missing. */
  removeTreeSync(path: string): void;
  /** As `unlinkSync`, off the event loop: freeing a large file takes a while. */
  unlink(path: string): Promise<void>;
  /** As `removeTreeSync`, off the event loop. */
  removeTree(path: string): Promise<void>;
  /** Makes renames, creations and removals in the folder durable. */
  syncFolderSync(path: string): void;
  /** As `syncFolderSync`, off the event loop. */
  syncFolder(path: string): Promise<void>;
  /** Free and total bytes of the file system that holds `path`. */
  spaceSync(path: string): { readonly freeBytes: number; readonly totalBytes: number };
}
