/**
 * Owns reading the log as bytes for one broker that follows: any range, from memory where it is, else from the files off the
 * loop, verified.
 *
 * Invariants: no piece spans two files, because 4.4.0's slaves cannot take one that does; of a record that is not what was
 * stored no byte is given away, nor anything behind it: a slave has no hole in its log, and takes what it is sent for good. The
 * damage is named, and the slave stays where it is until the log has been repaired.
 */
import type { LogChunk } from '../log/log-memory.ts';
import { recordCheckReason } from '../log/record-check.ts';
import { VerifiedBlock } from '../read/verified-block.ts';
import { StoreError, StoreErrorCode } from '../store-error.ts';
import type { LogFeedParts } from './log-feed.ts';

export class FeedReader {
  readonly #parts: LogFeedParts;
  readonly #endOffset: () => number;
  readonly #block: VerifiedBlock;
  /** A record begins here; -1 when it is not known where one does. */
  #boundary = -1;
  /** Bytes below this, from `#looseFrom` on, belong to no record whose beginning is known, or to the blank end of a file. */
  #looseTo = 0;
  #looseFrom = 0;

  constructor(parts: LogFeedParts, endOffset: () => number) {
    this.#parts = parts;
    this.#endOffset = endOffset;
    this.#block = new VerifiedBlock(parts.log.files, parts.checksumLookup);
  }

  /**
   * Copies up to `maxBytes` bytes from `offset` on into `target`; answers how many, 0 when there are none yet. A promise when
   * they have to be read from a file; it rejects as the file system does, also when the file has been removed, and with
   * StoreError STORE_DAMAGED where the record at `offset` is damaged.
   */
  read(offset: number, maxBytes: number, target: Buffer, targetStart: number): number | Promise<number> {
    const { files, memory } = this.#parts.log;
    const fileEnd = files.baseOf(offset) + files.fileBytes;
    const length = Math.min(maxBytes, this.#endOffset() - offset, fileEnd - offset);
    if (length <= 0) return 0;
    const chunk = memory.find(offset);
    return chunk === undefined
      ? this.#readVerified(offset, length, target, targetStart)
      : copyChunk(chunk, offset, length, target, targetStart);
  }

  async #readVerified(offset: number, length: number, target: Buffer, targetStart: number): Promise<number> {
    const { files } = this.#parts.log;
    const block = this.#block;
    if (!block.holds(offset) && !this.#isLoose(offset)) await this.#load(offset);
    if (this.#isLoose(offset))
      return files.read(offset, target, targetStart, Math.min(length, this.#looseTo - offset));
    const at = offset - block.start;
    return block.bytes.copy(target, targetStart, at, Math.min(at + length, block.end - block.start));
  }

  #isLoose(offset: number): boolean {
    return offset >= this.#looseFrom && offset < this.#looseTo;
  }

  async #load(offset: number): Promise<void> {
    const { log, damage } = this.#parts;
    const { files } = log;
    const block = this.#block;
    const start = offset === this.#boundary ? offset : await block.recordStart(offset);
    const fileEnd = files.baseOf(offset) + files.fileBytes;
    const limit = Math.min(this.#endOffset(), fileEnd);
    if (start === undefined) {
      // Somewhere in a record of which nothing is known: 4.4.0's slaves ask from anywhere.
      this.#looseFrom = offset;
      this.#looseTo = (await block.nextRecord(offset + 1, limit)) ?? limit;
      this.#boundary = this.#looseTo;
      return;
    }
    await block.load(start, limit);
    this.#boundary = block.end;
    if (block.isBlank) {
      this.#looseFrom = block.end;
      this.#looseTo = fileEnd;
    }
    if (block.holds(offset) || this.#isLoose(offset)) return;
    const what = recordCheckReason(block.problem);
    const file = files.path(files.baseOf(start));
    damage.add({ file, offset: start, sizeBytes: 0, what });
    throw new StoreError(
      StoreErrorCode.STORE_DAMAGED,
      `The record at offset ${start} in ${file} is damaged (${what}): neither it nor what follows is copied; ` +
        'stop this broker, mend the folder with "mqadmin store repair", and start it again',
    );
  }
}

function copyChunk(
  chunk: LogChunk,
  offset: number,
  length: number,
  target: Buffer,
  targetStart: number,
): number {
  const at = offset - chunk.baseOffset;
  return chunk.buffer.copy(target, targetStart, at, Math.min(chunk.usedBytes, at + length));
}
