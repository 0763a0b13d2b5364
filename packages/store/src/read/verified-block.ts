/**
 * Owns a piece of the log as it lies on the disk, read for its records' sake: whole records, each verified, up to the first
 * that is not what was stored.
 *
 * Invariant: everything in [start, end) is intact records.
 */
import { MAGIC } from '@rocketmq-ts/protocol';
import type { ChecksumLookup } from '../integrity/checksum-lookup.ts';
import type { LogFiles } from '../log/log-files.ts';
import { checkRecord, claimedSize, RecordCheck } from '../log/record-check.ts';

const BLOCK_BYTES = 256 * 1024;
/** More than any record a broker accepts. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;
const MAGIC_AT = 4;
const PLACE_AT = 28;
const HEAD_BYTES = 36;
const MAGIC_BYTES = Buffer.alloc(4);
MAGIC_BYTES.writeInt32BE(MAGIC);

export class VerifiedBlock {
  readonly #files: LogFiles;
  readonly #checksums: ChecksumLookup;
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** Why the block ends where it does: RecordCheck of the record at `end`; 0 when nothing is known against that one. */
  problem = 0;
  /** From `end` on nothing follows in this file. */
  isBlank = false;

  constructor(files: LogFiles, checksums: ChecksumLookup) {
    this.#files = files;
    this.#checksums = checksums;
  }

  holds(offset: number): boolean {
    return offset >= this.start && offset < this.end;
  }

  /** Reads on from `from`, where a record begins, to before `limit`. Rejects as the file system does. */
  async load(from: number, limit: number): Promise<void> {
    this.start = from;
    this.end = from;
    this.problem = 0;
    this.isBlank = false;
    const fileEnd = this.#files.baseOf(from) + this.#files.fileBytes;
    let length = await this.#read(from, Math.min(BLOCK_BYTES, limit - from, fileEnd - from));
    const claimed = length < HEAD_BYTES ? 0 : claimedSize(this.bytes, 0, fileEnd - from);
    if (claimed > length && claimed <= MAX_RECORD_BYTES && from + claimed <= limit)
      length = await this.#read(from, claimed);
    const offsets: number[] = [];
    let at = 0;
    let check = 0;
    while (at < length) {
      check = checkRecord(this.bytes, at, length, from + at, fileEnd - from - at, true);
      if (check <= 0) break;
      offsets.push(from + at);
      at += check;
    }
    const isCut = at > 0 && at + HEAD_BYTES > length;
    const goesOn = isCut || (at > 0 && at + claimedSize(this.bytes, at, fileEnd - from - at) > length);
    if (at === length || goesOn) check = 0;
    await this.#checksums.load(offsets);
    for (const offset of offsets) {
      const size = this.bytes.readInt32BE(offset - from);
      if (this.#checksums.isIntact(this.bytes, offset - from, size, offset)) continue;
      at = offset - from;
      check = RecordCheck.badChecksum;
      break;
    }
    this.end = from + at;
    this.problem = check;
    this.isBlank = at < length && !goesOn && check === RecordCheck.blank;
  }

  /**
   * Where the record begins that holds this byte of the log: as an entry beside the log tells, or as the bytes at `offset`
   * themselves do. Undefined when nothing tells.
   */
  async recordStart(offset: number): Promise<number | undefined> {
    const base = this.#files.baseOf(offset);
    if (offset === base) return offset;
    await this.#checksums.load([offset]);
    const known = this.#checksums.startOf(offset);
    if (known !== undefined) return known;
    const length = await this.#read(offset, Math.min(HEAD_BYTES, base + this.#files.fileBytes - offset));
    if (length < HEAD_BYTES) return undefined;
    const stated = this.bytes.readInt32BE(PLACE_AT) * 0x1_0000_0000 + this.bytes.readUInt32BE(PLACE_AT + 4);
    const isRecord = claimedSize(this.bytes, 0, Number.MAX_SAFE_INTEGER) > 0 || stated === offset;
    return isRecord ? offset : undefined;
  }

  /**
   * The first intact record at or behind `offset` in the same file that begins below `searchEnd`, and ends below `limit`;
   * undefined when there is none.
   */
  async nextRecord(offset: number, limit: number, searchEnd = limit): Promise<number | undefined> {
    const fileEnd = this.#files.baseOf(offset) + this.#files.fileBytes;
    const end = Math.min(searchEnd, fileEnd);
    for (let from = offset; from < end; ) {
      const length = await this.#read(from, Math.min(BLOCK_BYTES, end - from));
      const hit = this.#findHead(from, length);
      if (hit === undefined) {
        if (from + length >= end) return undefined;
        from += Math.max(1, length - HEAD_BYTES + 1);
        continue;
      }
      await this.load(hit, limit);
      if (this.end > hit) return hit;
      from = hit + 1;
    }
    return undefined;
  }

  /** Where a record's head may lie that states its own place. */
  #findHead(from: number, length: number): number | undefined {
    for (let at = 0; at + HEAD_BYTES <= length; at++) {
      at = this.bytes.indexOf(MAGIC_BYTES, at + MAGIC_AT) - MAGIC_AT;
      if (at < 0 || at + HEAD_BYTES > length) return undefined;
      const high = this.bytes.readInt32BE(at + PLACE_AT);
      if (high * 0x1_0000_0000 + this.bytes.readUInt32BE(at + PLACE_AT + 4) === from + at) return from + at;
    }
    return undefined;
  }

  async #read(offset: number, length: number): Promise<number> {
    this.end = this.start;
    if (this.bytes.length < length) this.bytes = Buffer.allocUnsafeSlow(Math.max(length, 4096));
    else if (this.bytes.length > BLOCK_BYTES && length <= BLOCK_BYTES)
      this.bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    return this.#files.read(offset, this.bytes, 0, length);
  }
}
