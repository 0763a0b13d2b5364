/**
 * Owns taking the log of another broker, byte for byte: whole records are put together from pieces cut anywhere, checked, put
 * at exactly the offset they state, dispatched to their queues.
 *
 * Invariants: only what continues the own end is taken; a record is put when all of it is there and it is sound, so that the
 * own end is always the end of a record or the beginning of a file; at most one incomplete record is held in memory. When
 * copying is taken up again, the last own record is asked for once more and compared, so that logs that differ are not
 * joined.
 *
 * Counterparts in RocketMQ: HAClient.dispatchReadRequest, CommitLog.appendData (which takes any bytes).
 */
import { BLANK_MAGIC, MAGIC, RECORD_FIXED_BYTES } from '@rocketmq-ts/protocol';
import type { CommitLog } from '../log/commit-log.ts';
import { checkRecord, RecordCheck, recordCheckReason } from '../log/record-check.ts';
import type { RecordDispatcher } from '../queue/record-dispatcher.ts';
import { StoreError, StoreErrorCode } from '../store-error.ts';
import type { WritePath } from '../write-path.ts';
import type { LogFeed } from './log-feed.ts';

const HEAD_BYTES = 8;
/** More than any record a broker accepts; bounds what an incomplete one may hold. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);
/** Memory kept between incomplete records. */
const KEPT_BYTES = 256 * 1024;

export interface LogReceiverParts {
  readonly log: CommitLog;
  readonly writePath: WritePath;
  readonly feed: LogFeed;
  readonly dispatcher: RecordDispatcher;
  /** The last record found by the start; undefined without one. */
  readonly lastRecord: { readonly offset: number; readonly size: number } | undefined;
  /** The log now begins at another offset than 0. */
  readonly startedAt: (offset: number) => void;
}

export class LogReceiver {
  readonly #parts: LogReceiverParts;
  readonly #log: CommitLog;
  /** Offset of the next byte to come. */
  #expected = 0;
  /** The own last record, still to be compared from `#expected` on. */
  #overlap: Buffer = NOTHING;
  #overlapStart = 0;
  /** Beginning of a record whose rest has not come. */
  #pending: Buffer = NOTHING;
  #pendingBytes = 0;

  constructor(parts: LogReceiverParts) {
    this.#parts = parts;
    this.#log = parts.log;
  }

  /**
   * Forgets what was incomplete. Answers from which offset to ask for bytes; who takes that for held has to flush the store
   * before. Throws as the file system does.
   */
  begin(): number {
    this.#pendingBytes = 0;
    this.#pending = NOTHING;
    this.#overlap = NOTHING;
    this.#expected = this.#log.appendOffset;
    const last = this.#lastRecord();
    if (last !== undefined) {
      this.#overlap = this.#readBack(last.offset, last.size);
      this.#overlapStart = last.offset;
      this.#expected = last.offset;
    }
    return this.#expected;
  }

  /** Everything below is held as safely as the flush type promises, and is known to be what the other broker has. */
  get confirmedOffset(): number {
    const { endOffset } = this.#parts.feed;
    return this.#isComparing ? Math.min(this.#overlapStart, endOffset) : endOffset;
  }

  /** Offset of the next byte to come; 0 in an empty log, which begins wherever a file of the other one does. */
  get expectedOffset(): number {
    return this.#expected;
  }

  /**
   * Takes the bytes of the other log that begin at `offset`. Throws StoreError: STORE_DIVERGED when they are not what follows
   * here, or the reason why the disk refuses; ask again from `begin` then.
   */
  receive(offset: number, bytes: Buffer, start: number, end: number): void {
    if (start >= end) return;
    if (offset !== this.#expected) this.#beginAt(offset);
    let at = start;
    if (this.#isComparing) at = this.#compare(bytes, at, end);
    while (at < end) at = this.#pendingBytes === 0 ? this.#take(bytes, at, end) : this.#fill(bytes, at, end);
    this.#expected = offset + end - start;
  }

  get #isComparing(): boolean {
    return this.#expected < this.#overlapStart + this.#overlap.length;
  }

  #lastRecord(): { offset: number; size: number } | undefined {
    const log = this.#log;
    const own = log.lastRecordOffset >= 0;
    const last = own ? { offset: log.lastRecordOffset, size: log.lastRecordBytes } : this.#parts.lastRecord;
    // A first report of 0 means something else, and the file before the current one may be gone in the other log.
    if (last === undefined || last.offset === 0 || last.offset + last.size !== log.appendOffset)
      return undefined;
    return last;
  }

  #readBack(offset: number, size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    const chunk = this.#log.memory.find(offset);
    if (chunk === undefined) this.#log.files.readSync(offset, bytes, 0, size);
    else chunk.buffer.copy(bytes, 0, offset - chunk.baseOffset, offset - chunk.baseOffset + size);
    return bytes;
  }

  /** An empty log may begin at any file of the other one. */
  #beginAt(offset: number): void {
    const { files } = this.#log;
    const empty = this.#log.appendOffset === 0 && files.bases.length === 0 && this.#pendingBytes === 0;
    if (!empty || files.baseOf(offset) !== offset) {
      throw this.#diverged(offset, `bytes for offset ${offset} came where ${this.#expected} goes on`);
    }
    this.#log.openAt(offset, 0);
    this.#expected = offset;
    this.#parts.startedAt(offset);
  }

  #compare(bytes: Buffer, at: number, end: number): number {
    const overlap = this.#overlap;
    const from = this.#expected - this.#overlapStart;
    const length = Math.min(end - at, overlap.length - from);
    if (overlap.compare(bytes, at, at + length, from, from + length) !== 0) {
      throw this.#diverged(this.#overlapStart, 'the last record here is another one there');
    }
    this.#expected += length;
    return at + length;
  }

  /** Puts the records that are whole in the bytes, and keeps the beginning of the next. */
  #take(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (end - at >= HEAD_BYTES) {
      const size = this.#sizeAt(bytes, at);
      if (end - at < size) {
        this.#keep(bytes, at, end, size);
        return end;
      }
      this.#put(bytes, at, size);
      at += size;
    }
    this.#keep(bytes, at, end, HEAD_BYTES);
    return end;
  }

  #keep(bytes: Buffer, start: number, end: number, neededBytes: number): void {
    this.#makeRoom(neededBytes);
    bytes.copy(this.#pending, this.#pendingBytes, start, end);
    this.#pendingBytes += end - start;
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#pending.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, 4096));
    this.#pending.copy(grown, 0, 0, this.#pendingBytes);
    this.#pending = grown;
  }

  /** Completes the record that is kept: its head first, then the rest. */
  #fill(bytes: Buffer, start: number, end: number): number {
    const size = this.#pendingBytes < HEAD_BYTES ? HEAD_BYTES : this.#sizeAt(this.#pending, 0);
    const at = Math.min(end, start + size - this.#pendingBytes);
    this.#keep(bytes, start, at, size);
    if (this.#pendingBytes < HEAD_BYTES || this.#pendingBytes < this.#sizeAt(this.#pending, 0)) return at;
    this.#put(this.#pending, 0, this.#pendingBytes);
    this.#pendingBytes = 0;
    if (this.#pending.length > KEPT_BYTES) this.#pending = NOTHING;
    return at;
  }

  /** Bytes of the record, or blank end of a file, that begins at `at` and belongs to the own end. */
  #sizeAt(bytes: Buffer, at: number): number {
    const size = bytes.readInt32BE(at);
    const magic = bytes.readInt32BE(at + 4);
    const room = this.#room;
    const fits = magic === MAGIC ? size >= RECORD_FIXED_BYTES && size <= room : size === room;
    if ((magic === MAGIC || magic === BLANK_MAGIC) && fits && size <= MAX_RECORD_BYTES) return size;
    throw this.#diverged(this.#log.appendOffset, 'what came is not a record');
  }

  get #room(): number {
    const { files, appendOffset } = this.#log;
    return files.baseOf(appendOffset) + files.fileBytes - appendOffset;
  }

  #put(bytes: Buffer, at: number, size: number): void {
    const offset = this.#log.appendOffset;
    const check = checkRecord(bytes, at, at + size, offset, this.#room, true);
    if (check !== size && check !== RecordCheck.blank)
      throw this.#diverged(offset, `what came is not a record: ${recordCheckReason(check)}`);
    this.#parts.writePath.appendRaw(bytes, at, at + size);
    if (check !== RecordCheck.blank) this.#parts.dispatcher.dispatch(bytes, at, size, offset);
  }

  #diverged(offset: number, what: string): StoreError {
    return new StoreError(
      StoreErrorCode.STORE_DIVERGED,
      `The log in ${this.#log.files.folder} does not continue what the other broker sends (at ${offset}: ${what}); ` +
        'nothing was taken. If it happens again, the two have different histories: keep the folder, and start this slave with an empty one',
    );
  }
}
