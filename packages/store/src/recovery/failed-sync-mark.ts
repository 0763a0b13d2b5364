/**
 * Owns `rocketmq-ts/sync-failed`, an empty file: a sync of the log has failed, so that what the system still shows of it may
 * not be on the disk, and no later sync would say so. The next start writes those bytes again before it believes in a sync.
 *
 * The mark need not be durable itself: when the machine has been restarted, what is read is what the disk holds.
 */
import type { FileSystem, Logger } from '@rocketmq-ts/platform';
import type { LogFiles } from '../log/log-files.ts';
import type { PlantedBugs } from '../planted-bugs.ts';
import type { StorePaths } from '../store-paths.ts';

const PIECE_BYTES = 1024 * 1024;
/** Zeros behind the end that are written again. */
const MAX_TAIL_BYTES = 64 * 1024 * 1024;

export class FailedSyncMark {
  readonly #fileSystem: FileSystem;
  readonly #paths: StorePaths;
  readonly #logger: Logger;
  readonly #plantedBugs: PlantedBugs;

  constructor(fileSystem: FileSystem, paths: StorePaths, logger: Logger, plantedBugs: PlantedBugs = {}) {
    this.#plantedBugs = plantedBugs;
    this.#fileSystem = fileSystem;
    this.#paths = paths;
    this.#logger = logger;
  }

  get isSet(): boolean {
    return !this.#plantedBugs.forgetFailedSync && this.#fileSystem.existsSync(this.#paths.syncFailed);
  }

  set(): void {
    try {
      this.#fileSystem.openSync(this.#paths.syncFailed, 'create').closeSync();
    } catch (error) {
      const message =
        'A sync of the log failed, and that cannot be noted: restart the machine before the broker';
      this.#logger.error(message, { path: this.#paths.syncFailed, error });
    }
  }

  clear(): void {
    this.#fileSystem.unlinkSync(this.#paths.syncFailed);
  }

  /** Writes the log from `from` to `to`, and what is behind it in that file up to `limit`, once more, as it is read now. */
  async rewrite(files: LogFiles, from: number, to: number, limit: number): Promise<void> {
    const fileEnd = to % files.fileBytes === 0 ? to : files.baseOf(to) + files.fileBytes;
    const end = Math.max(to, Math.min(limit, fileEnd, to + MAX_TAIL_BYTES));
    const bytes = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(1, end - from)));
    for (let at = from; at < end; ) {
      const base = files.baseOf(at);
      const length = Math.min(bytes.length, base + files.fileBytes - at, end - at);
      if (files.has(base)) {
        const count = await files.read(at, bytes, 0, length);
        files.writeSync(files.open(base), bytes, 0, count, at);
      }
      at += length;
    }
  }
}
