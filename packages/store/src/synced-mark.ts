/**
 * Owns `rocketmq-ts/synced`: how far the log has been synced, for a start after a kill. What lies behind may be in the page
 * cache only, and when a sync of it has failed unseen no later sync would say so: that start writes it again.
 *
 *     two slots of 32 bytes, written in turn
 *     0 int64 number of this write   8 int64 syncedTo   16 int64 clearedTo   24 int32 CRC-32 of the 24 bytes before
 *
 * Invariants: `syncedTo` never claims what no sync has covered, unless another program has cut the log; zeros are put over
 * what may lie on the disk only after `clearedTo` tells of them. The file is never synced: when the machine has been
 * restarted, what is read is what the disk holds, and any state of the file is right.
 */
import { crc32 } from 'node:zlib';
import type { FileSystem, Logger, OpenFile } from '@rocketmq-ts/platform';
import { readInt64, writeInt64 } from '@rocketmq-ts/protocol';

const SLOT_BYTES = 32;
const SLOTS = 2;
const CRC_AT = 24;

export class SyncedMark {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #slot = Buffer.alloc(SLOT_BYTES);
  #file: OpenFile | undefined;
  #number = 0;
  #refused = false;
  /** Below this the log has been synced. */
  syncedTo = 0;
  /** Zeros have been put over parts of records up to here; from `syncedTo` on they may not be on the disk. */
  clearedTo = 0;

  constructor(fileSystem: FileSystem, path: string, logger: Logger) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#logger = logger;
  }

  /** Reads the file; what is missing or not right counts as zeros, and all of it when `foreign`: another program may have cut the log. */
  load(foreign: boolean): void {
    if (!this.#fileSystem.existsSync(this.#path)) return;
    const bytes = this.#fileSystem.readFileSync(this.#path);
    for (let at = 0; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES) {
      const sum = crc32(bytes.subarray(at, at + CRC_AT)) | 0;
      if (bytes.readInt32BE(at + CRC_AT) !== sum) continue;
      const number = readInt64(bytes, at, 'number');
      if (number <= this.#number) continue;
      this.#number = number;
      if (foreign) continue;
      this.syncedTo = readInt64(bytes, at + 8, 'syncedTo');
      this.clearedTo = readInt64(bytes, at + 16, 'clearedTo');
    }
  }

  /** The log begins anew at an end below which everything has been synced. Throws as the file system does. */
  openAt(offset: number): void {
    this.#write(offset, this.clearedTo);
  }

  /** Everything below has been synced. Never throws: an older mark costs time, at the next start. */
  noteSynced(offset: number): void {
    try {
      this.#write(offset, this.clearedTo);
      this.#refused = false;
    } catch (error) {
      if (!this.#refused) this.#logger.warn('Cannot note how far the log is synced', { error });
      this.#refused = true;
    }
  }

  /** Zeros are about to be put over what lies below `offset`. Throws as the file system does. */
  noteCleared(offset: number): void {
    if (offset > this.clearedTo) this.#write(this.syncedTo, offset);
  }

  close(): void {
    this.#file?.closeSync();
    this.#file = undefined;
  }

  #write(syncedTo: number, clearedTo: number): void {
    this.#file ??= this.#fileSystem.openSync(this.#path, 'create');
    const slot = this.#slot;
    const number = this.#number + 1;
    writeInt64(slot, number, 0);
    writeInt64(slot, syncedTo, 8);
    writeInt64(slot, clearedTo, 16);
    slot.writeInt32BE(crc32(slot.subarray(0, CRC_AT)) | 0, CRC_AT);
    const position = (number % SLOTS) * SLOT_BYTES;
    for (let done = 0; done < SLOT_BYTES; )
      done += this.#file.writeSync(slot, done, SLOT_BYTES - done, position + done);
    this.#number = number;
    this.syncedTo = syncedTo;
    this.clearedTo = clearedTo;
  }
}
