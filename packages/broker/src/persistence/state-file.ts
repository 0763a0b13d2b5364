/**
 * One file of the broker's own state (topics.json, consumerOffset.json, …), replaced as a whole and never half written.
 *
 * Invariants: the file under its own name is always complete; `.bak` is only ever an older version that was synced or loaded,
 * so that after a power failure at least one of the two can be read; nothing is written when nothing changed.
 *
 * A change is visible to other processes (and survives a killed one) when `write` returns; it is durable once the sync that
 * `write` starts has ended, which `flush` waits for.
 *
 * Behaviour from RocketMQ's ConfigManager and MixAll.string2File, which do not sync and rotate `.bak` blindly.
 */
import { dirname } from 'node:path';
import type { FileSystem, Logger, OpenFile } from '@rocketmq-ts/platform';
import { StateFileError } from './state-file-error.ts';

export interface StateFileOptions {
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
  readonly path: string;
  /** The whole content, now. */
  readonly encode: () => Buffer;
}

export type LoadedFrom = 'file' | 'backup' | 'nothing';

export class StateFile {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  readonly #encode: () => Buffer;
  #dirty = false;
  /** True when the file under its own name may become `.bak`. */
  #mainIsSafe = false;
  #generation = 0;
  #syncing: Promise<void> | undefined;

  constructor(options: StateFileOptions) {
    this.path = options.path;
    this.#fileSystem = options.fileSystem;
    this.#logger = options.logger;
    this.#encode = options.encode;
  }

  get dirty(): boolean {
    return this.#dirty;
  }

  /** Something changed: the next `write` writes. */
  markDirty(): void {
    this.#dirty = true;
  }

  /**
   * Hands the content to `decode`, or that of `.bak` when the file is missing, empty or `decode` throws. Throws StateFileError
   * when there is something but nothing that can be used, or the disk fails.
   */
  load(decode: (text: string) => void): LoadedFrom {
    const main = this.#tryLoad(this.path, decode);
    if (main === undefined) {
      this.#mainIsSafe = true;
      return 'file';
    }
    const backupPath = `${this.path}.bak`;
    const backup = this.#tryLoad(backupPath, decode);
    if (backup === undefined) {
      this.#logger.warn(
        `${this.path} cannot be used (${main}): loaded the version before it from ${backupPath}`,
      );
      this.#setAside();
      return 'backup';
    }
    if (!this.#hasContent(this.path) && !this.#hasContent(backupPath)) {
      if (this.#fileSystem.existsSync(this.path)) {
        this.#logger.warn(`${this.path} is empty and there is no version before it: starting without`);
      }
      return 'nothing';
    }
    throw new StateFileError(
      `${this.path} cannot be used (${main}), nor can ${backupPath} (${backup}): repair one of them, ` +
        'or move both away to start without what they held',
    );
  }

  /** Undefined when it worked, otherwise why not. Throws StateFileError when the disk does not give it. */
  #tryLoad(path: string, decode: (text: string) => void): string | undefined {
    if (!this.#fileSystem.existsSync(path)) return 'missing';
    const content = this.#read(path);
    if (content.length === 0) return 'empty';
    try {
      decode(content.toString('utf8'));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** A disk that fails says nothing of the content, which may be newer than that of `.bak`. */
  #read(path: string): Buffer {
    try {
      return this.#fileSystem.readFileSync(path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StateFileError(
        `${path} cannot be read (${reason}): look at the disk and start again, or move the file away to start with the ` +
          'version before it',
        error,
      );
    }
  }

  #hasContent(path: string): boolean {
    return (this.#fileSystem.statSync(path)?.sizeBytes ?? 0) > 0;
  }

  /** Keeps a damaged file for whoever wants to look at it, out of the way of the next write. */
  #setAside(): void {
    if (!this.#hasContent(this.path)) return;
    try {
      this.#fileSystem.renameSync(this.path, `${this.path}.damaged`);
    } catch (error) {
      this.#logger.warn(`${this.path} could not be renamed to ${this.path}.damaged`, { error });
    }
  }

  /** Writes when something changed. A failure is logged; the change stays marked and the next `write` tries again. */
  write(): boolean {
    if (!this.#dirty) return true;
    this.#dirty = false;
    try {
      this.#replace(this.#encode());
    } catch (error) {
      this.#dirty = true;
      this.#logger.error(`${this.path} could not be written; it is tried again`, { error });
      return false;
    }
    this.#syncing ??= this.#sync();
    return true;
  }

  #replace(content: Buffer): void {
    const files = this.#fileSystem;
    const temporary = `${this.path}.tmp`;
    const file = files.openSync(temporary, 'create');
    try {
      file.truncateSync(0);
      writeAll(file, content);
      // Without a version to fall back on, this one has to be whole whatever happens.
      if (!this.#mainIsSafe && !files.existsSync(`${this.path}.bak`)) file.datasyncSync();
    } finally {
      file.closeSync();
    }
    if (this.#mainIsSafe && files.existsSync(this.path)) files.renameSync(this.path, `${this.path}.bak`);
    files.renameSync(temporary, this.path);
    this.#mainIsSafe = false;
    this.#generation++;
  }

  /** Syncs what is there now, and again while it changed meanwhile. */
  async #sync(): Promise<void> {
    // Not before `#syncing` is set: the open may fail at once.
    await undefined;
    try {
      for (;;) {
        const generation = this.#generation;
        const file = this.#fileSystem.openSync(this.path, 'read-write');
        try {
          await file.datasync();
        } finally {
          file.closeSync();
        }
        // Its name too.
        await this.#fileSystem.syncFolder(dirname(this.path));
        if (generation !== this.#generation) continue;
        this.#mainIsSafe = true;
        await this.#firstBackup();
        if (generation === this.#generation) break;
      }
    } catch (error) {
      // The system may have given up what it could not sync: only bytes that are written again can become durable.
      this.#dirty = true;
      this.#logger.error(`${this.path} could not be synced to the disk; it is written again`, { error });
    } finally {
      this.#syncing = undefined;
    }
  }

  /** Versions that follow quickly leave none behind to fall back on: then what is there now is kept twice. */
  async #firstBackup(): Promise<void> {
    const files = this.#fileSystem;
    const backup = `${this.path}.bak`;
    if (files.existsSync(backup)) return;
    const generation = this.#generation;
    const content = files.readFileSync(this.path);
    const temporary = `${backup}.tmp`;
    const file = files.openSync(temporary, 'create');
    try {
      file.truncateSync(0);
      writeAll(file, content);
      await file.datasync();
    } finally {
      file.closeSync();
    }
    if (generation === this.#generation && !files.existsSync(backup)) files.renameSync(temporary, backup);
    else files.unlinkSync(temporary);
  }

  /** Writes what changed and waits until it is durable, its name too. Answers whether it is. */
  async flush(): Promise<boolean> {
    const written = this.write();
    while (this.#syncing !== undefined) await this.#syncing;
    return written && (this.#mainIsSafe || this.#generation === 0);
  }
}

function writeAll(file: OpenFile, content: Buffer): void {
  for (let at = 0; at < content.length; ) at += file.writeSync(content, at, content.length - at, at);
}
