/**
 * Owns access to the real disk: the thinnest layer over `node:fs` that fits the seam.
 *
 * Invariant: one `OpenFile` is one descriptor; after `closeSync` every call fails with EBADF, also those under way
 * off the loop, which is why owners close only when nothing is under way.
 */
import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  read as rawRead,
  write as rawWrite,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { FileStat, FileSystem, OpenFile, OpenMode } from '../file-system.ts';
import { makeFolder } from './make-folder.ts';

const FLAGS: Record<OpenMode, number> = {
  read: constants.O_RDONLY,
  'read-write': constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT,
  'create-new': constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
};

class RealOpenFile implements OpenFile {
  readonly path: string;
  #descriptor: number;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    return readSync(this.#descriptor, target, targetOffset, length, position);
  }

  writeSync(source: Uint8Array, sourceOffset: number, length: number, position: number): number {
    return writeSync(this.#descriptor, source, sourceOffset, length, position);
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      rawRead(this.#descriptor, target, targetOffset, length, position, (error, bytesRead) => {
        if (error) reject(error);
        else resolve(bytesRead);
      });
    });
  }

  write(source: Uint8Array, sourceOffset: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      rawWrite(this.#descriptor, source, sourceOffset, length, position, (error, bytesWritten) => {
        if (error) reject(error);
        else resolve(bytesWritten);
      });
    });
  }

  datasync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#descriptor, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  datasyncSync(): void {
    fdatasyncSync(this.#descriptor);
  }

  truncateSync(lengthBytes: number): void {
    ftruncateSync(this.#descriptor, lengthBytes);
  }

  sizeSync(): number {
    return fstatSync(this.#descriptor).size;
  }

  closeSync(): void {
    if (this.#descriptor < 0) return;
    const descriptor = this.#descriptor;
    this.#descriptor = -1;
    closeSync(descriptor);
  }
}

export class RealFileSystem implements FileSystem {
  openSync(path: string, mode: OpenMode): OpenFile {
    return new RealOpenFile(path, openSync(path, FLAGS[mode], 0o644));
  }

  existsSync(path: string): boolean {
    return existsSync(path);
  }

  statSync(path: string): FileStat | undefined {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    return {
      sizeBytes: stat.size,
      // Blocks of 512 bytes, whatever the file system's own; not told on Windows.
      allocatedBytes: (stat.blocks ?? Number.POSITIVE_INFINITY) * 512,
      modifiedMs: Math.floor(stat.mtimeMs),
      isDirectory: stat.isDirectory(),
      device: stat.dev,
      inode: stat.ino,
    };
  }

  mkdirSync(path: string): void {
    makeFolder(path);
  }

  readdirSync(path: string): string[] {
    try {
      return readdirSync(path).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  readFileSync(path: string): Buffer {
    return readFileSync(path);
  }

  writeFileSync(path: string, content: Uint8Array, mode?: number): void {
    writeFileSync(path, content, mode === undefined ? {} : { mode });
  }

  renameSync(from: string, to: string): void {
    renameSync(from, to);
  }

  unlinkSync(path: string): void {
    try {
      unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  removeTreeSync(path: string): void {
    rmSync(path, { recursive: true, force: true });
  }

  async unlink(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async removeTree(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  async syncFolder(path: string): Promise<void> {
    const folder = await open(path, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  syncFolderSync(path: string): void {
    const descriptor = openSync(path, constants.O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  spaceSync(path: string): { freeBytes: number; totalBytes: number } {
    const space = statfsSync(path);
    // Free blocks, not those available to ordinary users: the used-space ratios are RocketMQ's, which counts so.
    return { freeBytes: space.bfree * space.bsize, totalBytes: space.blocks * space.bsize };
  }
}
