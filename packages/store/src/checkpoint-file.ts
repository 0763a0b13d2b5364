/**
 * Owns `checkpoint`: up to which store time log and queues are durable. Java's recovery believes it, so it never claims more
 * than is.
 *
 *     0 int64 physicMsgTimestamp    8 int64 logicsMsgTimestamp    16 int64 indexMsgTimestamp    24 zeros to 4096
 *
 * Counterpart in RocketMQ: StoreCheckpoint.
 */
import type { FileSystem } from '@rocketmq-ts/platform';
import { readInt64, writeInt64 } from '@rocketmq-ts/protocol';

const FILE_BYTES = 4096;
const USED_BYTES = 24;
/** Java goes back by this much, because its clocks are read before the bytes are there. */
const MARGIN_MS = 3000;

export class CheckpointFile {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  physicMsgTimestamp = 0;
  logicsMsgTimestamp = 0;
  indexMsgTimestamp = 0;

  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.#path = path;
  }

  /** Reads the file; a missing or short one counts as zeros. */
  load(): void {
    if (!this.#fileSystem.existsSync(this.#path)) return;
    const content = this.#fileSystem.readFileSync(this.#path);
    if (content.length < USED_BYTES) return;
    try {
      this.physicMsgTimestamp = readInt64(content, 0, 'physicMsgTimestamp');
      this.logicsMsgTimestamp = readInt64(content, 8, 'logicsMsgTimestamp');
      this.indexMsgTimestamp = readInt64(content, 16, 'indexMsgTimestamp');
    } catch {
      this.physicMsgTimestamp = 0;
      this.logicsMsgTimestamp = 0;
      this.indexMsgTimestamp = 0;
    }
  }

  /** Records stored until then are durable and in their queues. */
  minTimestamp(withIndex: boolean): number {
    const min = Math.max(0, Math.min(this.physicMsgTimestamp, this.logicsMsgTimestamp) - MARGIN_MS);
    return withIndex ? Math.min(min, this.indexMsgTimestamp) : min;
  }

  /** Writes and syncs it. The values lie in one sector, so a crash leaves the old ones or the new ones. */
  async save(): Promise<void> {
    const content = Buffer.alloc(USED_BYTES);
    writeInt64(content, this.physicMsgTimestamp, 0);
    writeInt64(content, this.logicsMsgTimestamp, 8);
    writeInt64(content, this.indexMsgTimestamp, 16);
    const file = this.#fileSystem.openSync(this.#path, 'create');
    try {
      if (file.sizeSync() !== FILE_BYTES) file.truncateSync(FILE_BYTES);
      let done = 0;
      while (done < USED_BYTES) done += file.writeSync(content, done, USED_BYTES - done, done);
      await file.datasync();
    } finally {
      file.closeSync();
    }
  }
}
