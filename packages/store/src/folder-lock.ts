/**
 * Owns whose a store folder is: at most one process, ours or Java's.
 *
 * Ours is named in `rocketmq-ts/owner` by pid and start time, because pids are reused; a file left by a dead process is
 * taken over. When the folder is given up the file is kept as `owner.free`: its bytes on the disk are what the next start
 * takes when the disk has no others, so that a full disk does not keep a broker from starting. Java holds an operating-system lock on the first byte of `lock`, which Node cannot take or ask for, but
 * Linux lists in /proc/locks. Java cannot see ours: start Java's broker only after ours has stopped. Processes in another
 * pid namespace (a container) are seen by neither way.
 */
import type { FileStat, FileSystem, ProcessTable } from '@rocketmq-ts/platform';
import { StoreError, StoreErrorCode } from './store-error.ts';
import type { StorePaths } from './store-paths.ts';

/** Always the same, so that one can take the place of another. */
const OWNER_BYTES = 128;

interface Owner {
  readonly pid: number;
  readonly start: string;
}

export class FolderLock {
  readonly #fileSystem: FileSystem;
  readonly #paths: StorePaths;
  readonly #processes: ProcessTable;
  #held = false;

  constructor(fileSystem: FileSystem, paths: StorePaths, processes: ProcessTable) {
    this.#fileSystem = fileSystem;
    this.#paths = paths;
    this.#processes = processes;
  }

  /** Throws StoreError STORE_LOCKED when another process has the folder. */
  take(): void {
    this.#fileSystem.mkdirSync(this.#paths.own);
    this.#takeOwnerFile();
    this.#held = true;
    try {
      this.#refuseJava();
      if (!this.#fileSystem.existsSync(this.#paths.lock)) {
        this.#fileSystem.writeFileSync(this.#paths.lock, Buffer.from('lock'));
      }
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Throws StoreError STORE_LOCKED when another living process has the folder. Writes nothing. */
  check(): void {
    this.#refuseLivingOwner();
    this.#refuseJava();
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    // The folder may have been removed meanwhile.
    if (!this.#fileSystem.existsSync(this.#paths.owner)) return;
    this.#fileSystem.renameSync(this.#paths.owner, this.#paths.freeOwner);
  }

  #takeOwnerFile(): void {
    const pid = this.#processes.ownPid;
    const text = JSON.stringify({ pid, start: this.#processes.startOf(pid) ?? '' });
    const own = Buffer.from(`${text.padEnd(OWNER_BYTES - 1)}\n`);
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        const file = this.#fileSystem.openSync(this.#paths.owner, 'create-new');
        try {
          file.writeSync(own, 0, own.length, 0);
        } catch (error) {
          this.#takeKeptBytes(own, error);
        } finally {
          file.closeSync();
        }
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      this.#refuseLivingOwner();
      this.#fileSystem.unlinkSync(this.#paths.owner);
    }
    throw this.#locked('another process is taking it at this moment');
  }

  /** The disk has no room for the file just made: one of the same size, kept for this, takes its place. */
  #takeKeptBytes(own: Buffer, problem: unknown): void {
    const { owner, freeOwner } = this.#paths;
    if (!this.#fileSystem.existsSync(freeOwner)) {
      this.#fileSystem.unlinkSync(owner);
      throw problem;
    }
    const file = this.#fileSystem.openSync(freeOwner, 'read-write');
    try {
      file.writeSync(own, 0, own.length, 0);
    } finally {
      file.closeSync();
    }
    this.#fileSystem.renameSync(freeOwner, owner);
  }

  #refuseLivingOwner(): void {
    const owner = this.#readOwner();
    if (owner === undefined) return;
    const start = this.#processes.startOf(owner.pid);
    if (start === undefined || (start !== owner.start && start !== '')) return;
    throw this.#locked(`process ${owner.pid} has it open (${this.#paths.owner})`);
  }

  #readOwner(): Owner | undefined {
    try {
      const value: unknown = JSON.parse(this.#fileSystem.readFileSync(this.#paths.owner).toString('utf8'));
      const { pid, start } = value as { pid?: unknown; start?: unknown };
      return typeof pid === 'number' && typeof start === 'string' ? { pid, start } : undefined;
    } catch {
      // Cut short by a crash, or gone since.
      return undefined;
    }
  }

  #refuseJava(): void {
    const stat = this.#fileSystem.statSync(this.#paths.lock);
    if (stat === undefined) return;
    let locks: string;
    try {
      locks = this.#fileSystem.readFileSync('/proc/locks').toString('latin1');
    } catch {
      return;
    }
    const pid = holderIn(locks, stat);
    if (pid !== undefined)
      throw this.#locked(`process ${pid} holds a lock on ${this.#paths.lock} (a Java broker?)`);
  }

  #locked(reason: string): StoreError {
    return new StoreError(
      StoreErrorCode.STORE_LOCKED,
      `Store folder ${this.#paths.root} cannot be opened: ${reason}; stop that broker or use another storePathRootDir`,
    );
  }
}

/** Who holds a lock on the file; lines of /proc/locks end in `pid major:minor:inode first last`, the device in hex. */
export function holderIn(locks: string, stat: Pick<FileStat, 'device' | 'inode'>): number | undefined {
  // As Linux packs device numbers into st_dev.
  const major = Math.floor(stat.device / 256) & 0xfff;
  const minor = (stat.device & 0xff) | (Math.floor(stat.device / 0x1000) & 0xfff00);
  const wanted = `${hex(major)}:${hex(minor)}:${stat.inode}`;
  for (const line of locks.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const at = fields.indexOf(wanted);
    if (at > 0) return Number(fields[at - 1]);
  }
  return undefined;
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}
