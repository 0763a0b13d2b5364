/**
 * Owns a simulated disk: files and folders in memory with what a real disk does to programs: changes that are lost unless
 * synced, errors, short writes, no space, slow syncs, the end of the process in the middle.
 *
 * Every call that changes or syncs something, and every read, is an operation with a number; `onOperation` may answer it with
 * a fault. Calls off the loop take effect when they end, `latencyMs` later, or at the next turn.
 *
 * Invariants: a file system that has crashed does nothing any more (calls throw, promises stay pending), so what the dead
 * process still has in hand cannot reach the disk of its successor.
 */
import type { Clock } from '../clock.ts';
import type { FileStat, FileSystem, OpenFile, OpenMode } from '../file-system.ts';
import { SimFileContent } from './sim-file-content.ts';
import { parentOf, SimFolder, SimFolderTree, type SimNode } from './sim-folder-tree.ts';
import { SimRandom } from './sim-random.ts';

export type SimOperationKind =
  | 'read'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'create'
  | 'mkdir'
  | 'rename'
  | 'remove'
  | 'syncFolder';

export interface SimOperation {
  /** Counts from 1 over all operations of this file system. */
  readonly number: number;
  readonly kind: SimOperationKind;
  readonly path: string;
  readonly position: number;
  readonly length: number;
}

/** What an operation does instead of what it should. */
export interface SimFault {
  /** Fails with this error; nothing is changed, but what a failed sync should have covered is given up. */
  readonly code?: 'EIO' | 'ENOSPC' | 'EDQUOT';
  /** Reads or writes only so many bytes, at least one. */
  readonly shortBytes?: number;
  /** The process dies before the operation, or right after it. */
  readonly crash?: 'before' | 'after';
}

export interface SimFileSystemOptions {
  readonly clock: Clock;
  /** Bytes on the disk; unlimited by default. */
  readonly capacityBytes?: number;
  readonly onOperation?: (operation: SimOperation) => SimFault | undefined;
  /** Milliseconds that a call off the loop takes; 0 ends it in the next turn. */
  readonly latencyMs?: (operation: SimOperation) => number;
}

const DEVICE = 1;

export class SimFileSystem implements FileSystem {
  readonly #clock: Clock;
  readonly #latencyMs: (operation: SimOperation) => number;
  #tree = new SimFolderTree();
  #inodes = new WeakMap<object, number>();
  #nextInode = 2;
  #crashed = false;
  capacityBytes: number;
  onOperation: ((operation: SimOperation) => SimFault | undefined) | undefined;
  /** Operations so far. */
  operationCount = 0;

  constructor(options: SimFileSystemOptions) {
    this.#clock = options.clock;
    this.capacityBytes = options.capacityBytes ?? Infinity;
    this.onOperation = options.onOperation;
    this.#latencyMs = options.latencyMs ?? (() => 0);
  }

  /** The process that used this file system is dead. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /**
   * Ends the process, and with `powerSeed` also the power: what was not synced is then lost, torn or kept, as the seed
   * decides. Answers the file system that the next process finds.
   */
  crash(options: { readonly powerSeed?: number } = {}): SimFileSystem {
    this.#crashed = true;
    const next = new SimFileSystem({
      clock: this.#clock,
      capacityBytes: this.capacityBytes,
      latencyMs: this.#latencyMs,
    });
    next.#tree = this.#tree.survivor(
      options.powerSeed === undefined ? undefined : new SimRandom(options.powerSeed),
    );
    return next;
  }

  /** All files with their lengths, for tests. */
  files(): Map<string, number> {
    const found = new Map<string, number>();
    for (const [path, content] of this.#tree.files()) found.set(path, content.length);
    return found;
  }

  /** Flips one bit of a file, past all syncs: what a failing disk does. */
  damage(path: string, position: number, bit = 0): void {
    const content = this.#file(path);
    const byte = Buffer.alloc(1);
    content.read(byte, 0, 1, position);
    byte[0] = (byte[0] as number) ^ (1 << bit);
    content.write(byte, 0, 1, position, content.modifiedMs);
    content.commit(content.mark);
  }

  openSync(path: string, mode: OpenMode): OpenFile {
    this.#assertAlive();
    const known = this.#tree.find(path);
    if (known instanceof SimFolder) throw failure('EISDIR', path);
    if (known !== undefined && mode === 'create-new') throw failure('EEXIST', path);
    if (known !== undefined) return new SimOpenFile(this, path, known);
    if (mode === 'read' || mode === 'read-write') throw failure('ENOENT', path);
    if (!(this.#tree.find(parentOf(path)) instanceof SimFolder)) throw failure('ENOENT', path);
    return this.perform('create', path, 0, 0, () => {
      const content = new SimFileContent(this.#clock.now());
      this.#tree.add(path, content);
      return new SimOpenFile(this, path, content);
    });
  }

  existsSync(path: string): boolean {
    this.#assertAlive();
    return this.#tree.find(path) !== undefined;
  }

  statSync(path: string): FileStat | undefined {
    this.#assertAlive();
    const node = this.#tree.find(path);
    if (node === undefined) return undefined;
    const inode = this.#inodeOf(node);
    if (node instanceof SimFolder) {
      return { sizeBytes: 0, allocatedBytes: 0, modifiedMs: 0, isDirectory: true, device: DEVICE, inode };
    }
    const { length: sizeBytes, allocatedBytes, modifiedMs } = node;
    return { sizeBytes, allocatedBytes, modifiedMs, isDirectory: false, device: DEVICE, inode };
  }

  mkdirSync(path: string): void {
    this.#assertAlive();
    const node = this.#tree.find(path);
    if (node instanceof SimFolder) return;
    if (node !== undefined) throw failure('EEXIST', path);
    this.mkdirSync(parentOf(path));
    this.perform('mkdir', path, 0, 0, () => this.#tree.add(path, new SimFolder()));
  }

  readdirSync(path: string): string[] {
    this.#assertAlive();
    return this.#tree.list(path);
  }

  readFileSync(path: string): Buffer {
    this.#assertAlive();
    const content = this.#file(path);
    return this.perform('read', path, 0, content.length, () => {
      const bytes = Buffer.alloc(content.length);
      content.read(bytes, 0, bytes.length, 0);
      return bytes;
    });
  }

  writeFileSync(path: string, content: Uint8Array): void {
    const file = this.openSync(path, 'create');
    file.truncateSync(0);
    for (let done = 0; done < content.length; )
      done += file.writeSync(content, done, content.length - done, done);
    file.closeSync();
  }

  renameSync(from: string, to: string): void {
    this.#assertAlive();
    if (this.#tree.find(from) === undefined) throw failure('ENOENT', from);
    if (!(this.#tree.find(parentOf(to)) instanceof SimFolder)) throw failure('ENOENT', to);
    this.perform('rename', from, 0, 0, () => this.#tree.move(from, to));
  }

  unlinkSync(path: string): void {
    this.#assertAlive();
    const node = this.#tree.find(path);
    if (node === undefined) return;
    if (node instanceof SimFolder) throw failure('EISDIR', path);
    this.perform('remove', path, 0, 0, () => this.#tree.remove(path));
  }

  removeTreeSync(path: string): void {
    this.#assertAlive();
    if (this.#tree.find(path) !== undefined)
      this.perform('remove', path, 0, 0, () => this.#tree.remove(path));
  }

  unlink(path: string): Promise<void> {
    return this.later('remove', path, 0, 0, () => this.#tree.remove(path));
  }

  removeTree(path: string): Promise<void> {
    return this.later('remove', path, 0, 0, () => this.#tree.remove(path));
  }

  syncFolderSync(path: string): void {
    this.#assertAlive();
    this.perform('syncFolder', path, 0, 0, () => this.#tree.sync(path));
  }

  syncFolder(path: string): Promise<void> {
    return this.later('syncFolder', path, 0, 0, () => this.#tree.sync(path));
  }

  spaceSync(_path: string): { freeBytes: number; totalBytes: number } {
    const totalBytes = Number.isFinite(this.capacityBytes) ? this.capacityBytes : 2 ** 40;
    return { totalBytes, freeBytes: Math.max(0, totalBytes - this.usedBytes()) };
  }

  usedBytes(): number {
    let used = 0;
    for (const [, content] of this.#tree.files()) used += content.allocatedBytes;
    return used;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Does one operation, or what a fault makes of it (then `failed` runs). `allowedBytes` is what it may move. For SimOpenFile. */
  perform<T>(
    kind: SimOperationKind,
    path: string,
    position: number,
    length: number,
    effect: (allowedBytes: number) => T,
    failed?: () => void,
  ): T {
    this.#assertAlive();
    const operation = this.#count(kind, path, position, length);
    const fault = this.onOperation?.(operation);
    return this.#apply(fault, path, length, effect, failed);
  }

  /** As `perform`, off the loop. Stays pending for ever when the process dies meanwhile. */
  later<T>(
    kind: SimOperationKind,
    path: string,
    position: number,
    length: number,
    effect: (allowedBytes: number) => T,
    failed?: () => void,
  ): Promise<T> {
    if (this.#crashed) return new Promise(() => {});
    const operation = this.#count(kind, path, position, length);
    const fault = this.onOperation?.(operation);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        if (this.#crashed) return;
        try {
          resolve(this.#apply(fault, path, length, effect, failed));
        } catch (error) {
          // A dead process sees nothing of its own end.
          if (!this.#crashed) reject(error);
        }
      };
      const latencyMs = this.#latencyMs(operation);
      if (fault?.crash === 'before') end();
      else if (latencyMs > 0) this.#clock.setTimeout(end, latencyMs);
      else this.#clock.setImmediate(end);
    });
  }

  #apply<T>(
    fault: SimFault | undefined,
    path: string,
    length: number,
    effect: (allowedBytes: number) => T,
    failed?: () => void,
  ): T {
    if (fault?.crash === 'before') this.#crashed = true;
    this.#assertAlive();
    if (fault?.code !== undefined) {
      failed?.();
      throw failure(fault.code, path);
    }
    const result = effect(
      fault?.shortBytes === undefined ? length : Math.max(1, Math.min(length, fault.shortBytes)),
    );
    if (fault?.crash === 'after') {
      this.#crashed = true;
      this.#assertAlive();
    }
    return result;
  }

  #count(kind: SimOperationKind, path: string, position: number, length: number): SimOperation {
    this.operationCount++;
    return { number: this.operationCount, kind, path, position, length };
  }

  #file(path: string): SimFileContent {
    const node = this.#tree.find(path);
    if (node === undefined) throw failure('ENOENT', path);
    if (node instanceof SimFolder) throw failure('EISDIR', path);
    return node;
  }

  #inodeOf(node: SimNode): number {
    let inode = this.#inodes.get(node);
    if (inode === undefined) {
      inode = this.#nextInode++;
      this.#inodes.set(node, inode);
    }
    return inode;
  }

  #assertAlive(): void {
    if (this.#crashed) throw failure('EIO', 'the simulated process is dead');
  }
}

class SimOpenFile implements OpenFile {
  readonly path: string;
  readonly #fileSystem: SimFileSystem;
  readonly #content: SimFileContent;
  #closed = false;

  constructor(fileSystem: SimFileSystem, path: string, content: SimFileContent) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.#content = content;
  }

  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#assertOpen();
    return this.#fileSystem.perform('read', this.path, position, length, (allowed) =>
      this.#content.read(target, targetOffset, allowed, position),
    );
  }

  writeSync(source: Uint8Array, sourceOffset: number, length: number, position: number): number {
    this.#assertOpen();
    return this.#fileSystem.perform('write', this.path, position, length, (allowed) =>
      this.#write(source, sourceOffset, allowed, position),
    );
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number> {
    this.#assertOpen();
    return this.#fileSystem.later('read', this.path, position, length, (allowed) =>
      this.#content.read(target, targetOffset, allowed, position),
    );
  }

  write(source: Uint8Array, sourceOffset: number, length: number, position: number): Promise<number> {
    this.#assertOpen();
    return this.#fileSystem.later('write', this.path, position, length, (allowed) =>
      this.#write(source, sourceOffset, allowed, position),
    );
  }

  datasync(): Promise<void> {
    this.#assertOpen();
    const content = this.#content;
    const { mark } = content;
    const failed = (): void => content.forsake(mark);
    return this.#fileSystem.later('datasync', this.path, 0, 0, () => content.commit(mark), failed);
  }

  datasyncSync(): void {
    this.#assertOpen();
    const content = this.#content;
    const failed = (): void => content.forsake(content.mark);
    this.#fileSystem.perform('datasync', this.path, 0, 0, () => content.commit(content.mark), failed);
  }

  truncateSync(lengthBytes: number): void {
    this.#assertOpen();
    this.#fileSystem.perform('truncate', this.path, lengthBytes, 0, () =>
      this.#content.truncate(lengthBytes, this.#fileSystem.now()),
    );
  }

  sizeSync(): number {
    this.#assertOpen();
    return this.#content.length;
  }

  closeSync(): void {
    this.#closed = true;
  }

  #write(source: Uint8Array, sourceOffset: number, length: number, position: number): number {
    const growth = this.#content.growthOf(position, length);
    if (growth > 0 && growth > this.#fileSystem.spaceSync(this.path).freeBytes)
      throw failure('ENOSPC', this.path);
    this.#content.write(source, sourceOffset, length, position, this.#fileSystem.now());
    return length;
  }

  #assertOpen(): void {
    if (this.#closed) throw failure('EBADF', this.path);
  }
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${code}: simulated, ${path}`);
  error.code = code;
  return error;
}
