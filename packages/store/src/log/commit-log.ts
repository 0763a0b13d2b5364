/**
 * Owns the end of the log: encoding records into memory, where files roll over, and how far the bytes have got.
 *
 * Invariants: `durableOffset <= writtenOffset <= appendOffset`; a record never spans files: it needs its size plus 8
 * bytes, else the file ends with a blank record and the record goes to the next file; a batch never spans files;
 * storeTimestamp never decreases. What is appended and not written can be taken back (`rollBack`).
 *
 * Records are laid out as protocol's record.ts says. The blank record: int32 bytes to the end of the file, int32
 * BLANK_MAGIC, the rest undefined (zeros here).
 *
 * Counterpart in RocketMQ: CommitLog with its append callback.
 */
import type { Clock } from '@rocketmq-ts/platform';
import { BLANK_MAGIC, MAGIC, RECORD_FIXED_BYTES } from '@rocketmq-ts/protocol';
import type { AppendRequest } from '../append-request.ts';
import type { StoreOptions } from '../store-options.ts';
import { bodyCrc } from './body-crc.ts';
import type { LogFile, LogFiles } from './log-files.ts';
import type { LogChunk, LogMemory } from './log-memory.ts';

const BLANK_BYTES = 8;
const HIGH = 0x1_0000_0000;

/** Part of a batch body, or a whole message: what differs between the records of one request. */
export interface RecordPart {
  flag: number;
  body: Buffer;
  bodyStart: number;
  bodyEnd: number;
  properties: Buffer;
  propertiesStart: number;
  propertiesEnd: number;
}

export class CommitLog {
  readonly files: LogFiles;
  readonly memory: LogMemory;
  readonly #clock: Clock;
  readonly #storeHostIp: number;
  readonly #storeHostPort: number;
  /** Where the next record goes. */
  appendOffset = 0;
  /** Handed to the operating system below this. */
  writtenOffset = 0;
  /** Durable below this. */
  durableOffset = 0;
  /** Store time of the last record appended. */
  lastStoreTimestamp = 0;
  /** Store time of the last record written. */
  writtenStoreTimestamp = 0;
  /** The last record appended, and the last one written: offset (-1 without one) and size. */
  lastRecordOffset = -1;
  lastRecordBytes = 0;
  writtenRecordOffset = -1;
  writtenRecordBytes = 0;
  /** The file that holds `appendOffset`; undefined until something is appended to an empty log. */
  currentFile: LogFile | undefined;
  #fileEnd = 0;
  /** Files that `appendOffset` has left and that still hold bytes to be written: kept open. */
  readonly #left: LogFile[] = [];
  #chunk: LogChunk | undefined;
  #chunkEnd = 0;

  constructor(files: LogFiles, memory: LogMemory, clock: Clock, options: StoreOptions) {
    this.files = files;
    this.memory = memory;
    this.#clock = clock;
    this.#storeHostIp = options.storeHostIp;
    this.#storeHostPort = options.storeHostPort;
  }

  /** Begins at the end that recovery found. */
  openAt(offset: number, lastStoreTimestamp: number): void {
    this.appendOffset = offset;
    this.writtenOffset = offset;
    this.durableOffset = offset;
    this.lastStoreTimestamp = lastStoreTimestamp;
    this.writtenStoreTimestamp = lastStoreTimestamp;
    this.#chunk = undefined;
    this.#chunkEnd = 0;
    const base = this.files.baseOf(offset);
    this.currentFile = this.files.has(base) ? this.files.open(base) : undefined;
    if (this.currentFile !== undefined) {
      this.currentFile.writing = true;
      this.currentFile.zeroedTo = offset;
    }
    // Without a file at its place the next append makes it.
    this.#fileEnd = this.currentFile === undefined ? offset : base + this.files.fileBytes;
  }

  /** End of the file that `appendOffset` lies in. */
  get fileEnd(): number {
    return this.#fileEnd;
  }

  /**
   * Makes sure that the next `sizeBytes` go to one file. Throws as the file system does when a file has to be made;
   * nothing has changed then.
   */
  reserve(sizeBytes: number): void {
    if (this.appendOffset + sizeBytes + BLANK_BYTES > this.#fileEnd) this.#rollOver();
  }

  /**
   * Encodes one record at `appendOffset`, after `reserve`. Answers its size. The store time is `lastStoreTimestamp`,
   * taken here.
   */
  put(request: AppendRequest, part: RecordPart, queueOffset: number): number {
    const topic = request.topic.bytes;
    const bodyBytes = part.bodyEnd - part.bodyStart;
    const propertiesBytes = part.propertiesEnd - part.propertiesStart;
    const size = RECORD_FIXED_BYTES + bodyBytes + topic.length + propertiesBytes;
    const physicalOffset = this.appendOffset;
    let chunk = this.#chunk;
    if (chunk === undefined || physicalOffset + size > this.#chunkEnd) chunk = this.#extend(size);
    const now = this.#clock.now();
    const storeTimestamp = Math.max(now, this.lastStoreTimestamp);
    this.lastStoreTimestamp = storeTimestamp;

    const { buffer, view } = chunk;
    const at = physicalOffset - chunk.baseOffset;
    const bodyAt = at + 88;
    const topicAt = bodyAt + bodyBytes;
    part.body.copy(buffer, bodyAt, part.bodyStart, part.bodyEnd);
    view.setInt32(at, size);
    view.setInt32(at + 4, MAGIC);
    view.setInt32(at + 8, bodyCrc(buffer, view, bodyAt, topicAt));
    view.setInt32(at + 12, request.queueId);
    view.setInt32(at + 16, part.flag);
    view.setInt32(at + 20, queueOffset / HIGH);
    view.setInt32(at + 24, queueOffset);
    view.setInt32(at + 28, physicalOffset / HIGH);
    view.setInt32(at + 32, physicalOffset);
    view.setInt32(at + 36, request.sysFlag);
    view.setInt32(at + 40, Math.floor(request.bornTimestamp / HIGH));
    view.setInt32(at + 44, request.bornTimestamp);
    view.setInt32(at + 48, request.bornIp);
    view.setInt32(at + 52, request.bornPort);
    view.setInt32(at + 56, storeTimestamp / HIGH);
    view.setInt32(at + 60, storeTimestamp);
    view.setInt32(at + 64, this.#storeHostIp);
    view.setInt32(at + 68, this.#storeHostPort);
    view.setInt32(at + 72, request.reconsumeTimes);
    view.setInt32(at + 76, Math.floor(request.preparedTransactionOffset / HIGH));
    view.setInt32(at + 80, request.preparedTransactionOffset);
    view.setInt32(at + 84, bodyBytes);
    buffer[topicAt] = topic.length;
    copyShort(topic, buffer, topicAt + 1);
    const propertiesAt = topicAt + 1 + topic.length;
    view.setInt16(propertiesAt, propertiesBytes);
    part.properties.copy(buffer, propertiesAt + 2, part.propertiesStart, part.propertiesEnd);

    chunk.usedBytes = at + size;
    this.lastRecordOffset = physicalOffset;
    this.lastRecordBytes = size;
    this.appendOffset = physicalOffset + size;
    return size;
  }

  /**
   * Makes sure that the next `sizeBytes` of another broker's log can be put; they must lie in one file. Throws as the file
   * system does when a file has to be made; nothing has changed then.
   */
  reserveRaw(sizeBytes: number): void {
    if (this.currentFile === undefined) this.#enterFile(this.files.create(this.appendOffset));
    if (this.appendOffset + sizeBytes === this.#fileEnd) this.files.create(this.#fileEnd);
  }

  /** Puts a record, or the blank end of a file, that another broker's log holds at `appendOffset`, after `reserveRaw`. */
  putRaw(source: Buffer, start: number, end: number): void {
    const size = end - start;
    let chunk = this.#chunk;
    if (chunk === undefined || this.appendOffset + size > this.#chunkEnd) chunk = this.#extend(size);
    const at = this.appendOffset - chunk.baseOffset;
    source.copy(chunk.buffer, at, start, end);
    chunk.usedBytes = at + size;
    if (chunk.view.getInt32(at + 4) === MAGIC) {
      const storeTimestamp = chunk.view.getInt32(at + 56) * HIGH + chunk.view.getUint32(at + 60);
      this.lastStoreTimestamp = Math.max(this.lastStoreTimestamp, storeTimestamp);
      this.lastRecordOffset = this.appendOffset;
      this.lastRecordBytes = size;
    }
    this.appendOffset += size;
    if (this.appendOffset === this.#fileEnd) this.#enterFile(this.files.create(this.#fileEnd));
  }

  /** Everything appended has been handed to the operating system. */
  markWritten(): void {
    this.writtenOffset = this.appendOffset;
    this.writtenStoreTimestamp = this.lastStoreTimestamp;
    this.writtenRecordOffset = this.lastRecordOffset;
    this.writtenRecordBytes = this.lastRecordBytes;
    if (this.#left.length === 0) return;
    for (const file of this.#left) file.writing = false;
    this.#left.length = 0;
  }

  /** Takes back what was appended and not written. */
  rollBack(): void {
    const offset = this.writtenOffset;
    this.lastRecordOffset = this.writtenRecordOffset;
    this.lastRecordBytes = this.writtenRecordBytes;
    const chunk = this.memory.truncate(offset);
    const base = this.files.baseOf(offset);
    this.appendOffset = offset;
    this.lastStoreTimestamp = this.writtenStoreTimestamp;
    if (this.currentFile !== undefined && this.currentFile.baseOffset !== base) {
      this.currentFile = this.#left.find((file) => file.baseOffset === base);
      this.#fileEnd = this.currentFile === undefined ? offset : base + this.files.fileBytes;
      this.#left.length = 0;
    }
    const fits =
      chunk !== undefined && chunk.baseOffset + chunk.usedBytes === offset && chunk.baseOffset >= base;
    this.#chunk = fits ? chunk : undefined;
    this.#chunkEnd = this.#chunk === undefined ? 0 : this.#endOf(this.#chunk);
  }

  /** The chunk being filled, when all that is not yet written lies in it. */
  get onlyDirtyChunk(): LogChunk | undefined {
    const chunk = this.#chunk;
    return chunk !== undefined && chunk.baseOffset <= this.writtenOffset ? chunk : undefined;
  }

  #rollOver(): void {
    const rest = this.#fileEnd - this.appendOffset;
    const next = this.files.create(this.#fileEnd);
    if (rest > 0) {
      let chunk = this.#chunk;
      if (chunk === undefined || this.appendOffset + BLANK_BYTES > this.#chunkEnd)
        chunk = this.#extend(BLANK_BYTES);
      const at = this.appendOffset - chunk.baseOffset;
      chunk.view.setInt32(at, rest);
      chunk.view.setInt32(at + 4, BLANK_MAGIC);
      chunk.usedBytes = at + BLANK_BYTES;
    }
    this.#enterFile(next);
  }

  #enterFile(file: LogFile): void {
    if (this.currentFile !== undefined) this.#left.push(this.currentFile);
    file.writing = true;
    this.currentFile = file;
    this.appendOffset = file.baseOffset;
    this.#fileEnd = file.baseOffset + this.files.fileBytes;
    this.#chunk = undefined;
  }

  #extend(minBytes: number): LogChunk {
    const chunk = this.memory.extend(this.appendOffset, minBytes, this.writtenOffset);
    this.#chunk = chunk;
    this.#chunkEnd = this.#endOf(chunk);
    return chunk;
  }

  #endOf(chunk: LogChunk): number {
    return Math.min(chunk.baseOffset + chunk.buffer.length, this.#fileEnd);
  }
}

/** Topics are short: a call out of JavaScript costs more than the loop. */
function copyShort(source: Buffer, target: Buffer, at: number): void {
  const length = source.length;
  if (length > 32) {
    source.copy(target, at);
    return;
  }
  for (let i = 0; i < length; i++) target[at + i] = source[i] as number;
}
