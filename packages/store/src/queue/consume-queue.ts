/**
 * Owns one consume queue: its offsets and the recent end of its units in memory.
 *
 * Invariants: `minOffset <= filedOffset <= writtenOffset <= nextOffset` and `maxOffset <= writtenOffset`; units in memory
 * are those from `memoryStart` on; a unit leaves memory only when it is in the file and its record has left the log's
 * memory, so that a pull served from memory finds both there. Unit i of the queue stands for the message with
 * queueOffset i. A stand-in (a unit for a message that is lost) repeats the unit after it.
 *
 * Counterpart in RocketMQ: ConsumeQueue.
 */
import { diskError } from '../store-error.ts';
import type { TopicKey } from '../topic-key.ts';
import type { QueueFiles } from './queue-files.ts';
import { QueueTail } from './queue-tail.ts';
import { FILLER_SIZE, readUnit, UNIT_BYTES, UNIT_WORDS, type Unit, writeFiller } from './queue-unit.ts';

/** What every queue needs to know of the log. */
export interface QueueContext {
  readonly files: QueueFiles;
  queueFolder(topic: string, queueId: number): string;
  /** First offset of the log. */
  logMinOffset(): number;
  /** Records below this have left the log's memory. */
  memoryStartOffset(): number;
  /** Units found in files count only when their records lie below this offset of the log; the rest is built anew. */
  readonly loadBelow: number;
  /** The last stop was clean: nothing lies behind the ends of the queues. */
  readonly isClean: boolean;
}

/** Sixty bytes: V8 keeps so small an array in its own heap, without a block of memory besides. */
const FIRST_UNITS = 3;
const SCRATCH_UNITS = 3276;
const SCRATCH = Buffer.allocUnsafeSlow(SCRATCH_UNITS * UNIT_BYTES);

export class ConsumeQueue {
  readonly key: TopicKey;
  readonly topic: string;
  readonly queueId: number;
  readonly #context: QueueContext;
  /** Called in TurnPhase.complete once new records are visible. */
  arrivalListener: ((queue: ConsumeQueue) => void) | undefined;
  /** Queue offset of the next message. */
  nextOffset = 0;
  /** Units below this belong to records that have been handed to the operating system. */
  writtenOffset = 0;
  /** One past the last offset that consumers may see. */
  maxOffset = 0;
  /** Units below this are in the file. */
  filedOffset = 0;
  /** What becomes visible when the sync under way is over. */
  syncTarget = 0;
  /** Physical offset of the last unit, -1 without one. */
  lastPhysicalOffset = -1;
  /** The same of the last unit below `writtenOffset`. */
  #writtenPhysicalOffset = -1;
  /** Membership in the store's lists; kept by their owners. */
  touched = false;
  awaitingSync = false;
  dirty = false;
  resident = false;
  /** Has got no units since the last look. */
  quiet = false;
  deleted = false;
  /** How often the queue began anew: what was read of its files before does not count. */
  restarts = 0;
  #minOffset = 0;
  /** The log's first offset when `#minOffset` was found; -1 when it has to be looked for. */
  #minCheckedAt = 0;
  /** First unit of the first file; -1 without files. */
  #firstFile = -1;
  #units: Int32Array | undefined;
  /** Queue offset of the first unit in memory. */
  #memoryStart = 0;

  constructor(key: TopicKey, queueId: number, context: QueueContext) {
    this.key = key;
    this.topic = key.name;
    this.queueId = queueId;
    this.#context = context;
  }

  get folder(): string {
    return this.#context.queueFolder(this.topic, this.queueId);
  }

  /** First offset whose record is still in the log. */
  get minOffset(): number {
    const logMin = this.#context.logMinOffset();
    if (logMin !== this.#minCheckedAt) this.#findMinOffset(logMin);
    return this.#minOffset;
  }

  /** First unit in memory. */
  get memoryStart(): number {
    return this.#memoryStart;
  }

  /** Bytes of memory held for units. */
  get memoryBytes(): number {
    return this.#units === undefined ? 0 : this.#units.byteLength;
  }

  /** Hot. Adds the unit of the message at `nextOffset`. */
  append(physicalOffset: number, size: number, tagsCode: number): void {
    let units = this.#units;
    let at = (this.nextOffset - this.#memoryStart) * UNIT_WORDS;
    if (units === undefined || at === units.length) {
      units = this.#makeRoom();
      at = (this.nextOffset - this.#memoryStart) * UNIT_WORDS;
    }
    units[at] = physicalOffset / 0x1_0000_0000;
    units[at + 1] = physicalOffset;
    units[at + 2] = size;
    units[at + 3] = Math.floor(tagsCode / 0x1_0000_0000);
    units[at + 4] = tagsCode;
    this.nextOffset++;
    this.lastPhysicalOffset = physicalOffset;
  }

  /** The units in memory, five int32 each from `memoryStart` on, as `wordOf` places them. Undefined when there are none. */
  get units(): Int32Array | undefined {
    return this.#units;
  }

  /** Index in `units` of the first word of the unit at `queueOffset`, which must be in memory. */
  wordOf(queueOffset: number): number {
    return (queueOffset - this.#memoryStart) * UNIT_WORDS;
  }

  /** Copies up to `count` units from `first` on, which must be in memory, in the form of the file. Answers how many. */
  copyUnits(first: number, count: number, target: Buffer): number {
    const copied = Math.min(count, this.nextOffset - first);
    const word = this.wordOf(first);
    for (let i = 0; i < copied * UNIT_WORDS; i++) {
      target.writeInt32BE((this.#units as Int32Array)[word + i] as number, i * 4);
    }
    return copied;
  }

  /** Takes back the units of records that were not written. */
  rollBack(): void {
    this.nextOffset = this.writtenOffset;
    if (this.nextOffset < this.#memoryStart) this.#memoryStart = this.nextOffset;
    this.lastPhysicalOffset = this.#writtenPhysicalOffset;
  }

  /** The records of everything appended so far have been handed to the operating system. */
  markWritten(): void {
    this.writtenOffset = this.nextOffset;
    this.#writtenPhysicalOffset = this.lastPhysicalOffset;
  }

  /** Everything appended so far is also written and visible: for recovery and for what other brokers wrote. */
  publish(): void {
    this.markWritten();
    this.maxOffset = this.nextOffset;
  }

  /** Holds no message, nor a place for one. */
  get isUnused(): boolean {
    return this.lastPhysicalOffset < 0;
  }

  /** Begins again at offset 0: the topic was removed and made anew. */
  restart(): void {
    this.restarts++;
    this.nextOffset = 0;
    this.lastPhysicalOffset = -1;
    this.publish();
    this.filedOffset = 0;
    this.#memoryStart = 0;
    this.#units = undefined;
    this.#minOffset = 0;
    this.#minCheckedAt = -1;
    for (const start of this.#context.files.list(this.folder))
      this.#context.files.removeSync(this.folder, start);
    this.#firstFile = -1;
  }

  /** An empty queue whose first message will have this offset, as after the loss of all its files. */
  startAt(queueOffset: number): void {
    this.restarts++;
    this.nextOffset = queueOffset;
    this.lastPhysicalOffset = -1;
    this.publish();
    this.filedOffset = queueOffset;
    this.#memoryStart = queueOffset;
    this.#units = undefined;
    this.#minOffset = queueOffset;
    for (const start of this.#context.files.list(this.folder))
      this.#context.files.removeSync(this.folder, start);
    this.#firstFile = -1;
    if (queueOffset % this.#context.files.unitsPerFile === 0) return;
    // Java reads a queue file from its start, so the units before the first message are fillers.
    const start = this.#context.files.startOf(queueOffset);
    this.#firstFile = start;
    for (let unit = start; unit < queueOffset; ) {
      const count = Math.min(queueOffset - unit, SCRATCH_UNITS);
      for (let i = 0; i < count; i++) writeFiller(SCRATCH, i * UNIT_BYTES);
      this.#context.files.write(this.folder, unit, SCRATCH, count * UNIT_BYTES);
      unit += count;
    }
  }

  /** Writes units that are not yet in the file, up to `writtenOffset`. Throws as the file system does. */
  file(): void {
    const units = this.#units;
    const { files } = this.#context;
    while (this.filedOffset < this.writtenOffset) {
      const first = this.filedOffset;
      const inFile = files.unitsPerFile - (first % files.unitsPerFile);
      const count = Math.min(this.writtenOffset - first, inFile, SCRATCH_UNITS);
      const word = this.wordOf(first);
      const words = count * UNIT_WORDS;
      const bytes = SCRATCH.subarray(0, count * UNIT_BYTES);
      new Int32Array(bytes.buffer, bytes.byteOffset, words).set(
        (units as Int32Array).subarray(word, word + words),
      );
      bytes.swap32();
      files.write(this.folder, first, bytes, bytes.length);
      if (this.#firstFile < 0) this.#firstFile = files.startOf(first);
      this.filedOffset = first + count;
    }
  }

  /**
   * Lets units go that are in the file and whose records have left memory; with `idle` also those whose records have not.
   * Answers whether none are left.
   */
  trimMemory(idle: boolean): boolean {
    if (this.#units === undefined) return true;
    const filed = idle && this.filedOffset === this.nextOffset && this.maxOffset === this.nextOffset;
    if (!filed && this.#droppableCount() < this.nextOffset - this.#memoryStart) return false;
    this.#units = undefined;
    this.#memoryStart = this.nextOffset;
    return true;
  }

  /** Finds the ends of the queue in its files, and clears what lies after its end. Throws as the file system does. */
  load(): void {
    const { files } = this.#context;
    const { folder } = this;
    const starts = files.list(folder);
    if (starts.length === 0) return;
    let end = -1;
    while (end < 0) {
      const start = starts[starts.length - 1] as number;
      const allocatedBytes = files.inspect(folder, start);
      const found = new QueueTail(files, folder, start, this.#context.loadBelow).find();
      if (found.count > 0 || starts.length === 1) {
        end = start + found.count;
        this.lastPhysicalOffset = found.lastPhysicalOffset;
        if (!this.#context.isClean) this.#clearAfter(start, end, allocatedBytes);
      } else {
        // Nothing in it counts: what there is belongs to records that are built anew or are gone.
        files.removeSync(folder, start);
        starts.pop();
      }
    }
    this.#firstFile = starts[0] as number;
    this.nextOffset = end;
    this.filedOffset = end;
    this.#memoryStart = end;
    this.publish();
    this.#minOffset = this.#firstFile;
    this.#minCheckedAt = -1;
  }

  /** Reads one unit, from memory or file; undefined outside the queue. */
  unitAt(queueOffset: number): Unit | undefined {
    if (queueOffset < 0 || queueOffset >= this.nextOffset) return undefined;
    if (queueOffset >= this.#memoryStart && this.#units !== undefined) {
      const word = this.wordOf(queueOffset);
      const units = this.#units;
      return {
        physicalOffset: (units[word] as number) * 0x1_0000_0000 + ((units[word + 1] as number) >>> 0),
        size: units[word + 2] as number,
      };
    }
    const bytes = SCRATCH.subarray(0, UNIT_BYTES);
    if (this.#readFile(queueOffset, bytes) !== 1) return undefined;
    const unit = readUnit(bytes, 0);
    return unit.size > 0 ? unit : undefined;
  }

  #readFile(queueOffset: number, target: Buffer): number {
    try {
      return this.#context.files.readSync(this.folder, queueOffset, 1, target);
    } catch (error) {
      throw diskError(`The consume queue ${this.folder} cannot be read`, error);
    }
  }

  /**
   * Removes files all of whose records have left the log, never the last file, off the loop. Answers how many.
   */
  async removeFilesBelow(logMinOffset: number): Promise<number> {
    const { files } = this.#context;
    let removed = 0;
    while (!this.deleted && this.#firstFile >= 0) {
      const next = this.#firstFile + files.unitsPerFile;
      if (next >= this.filedOffset) break;
      const last = this.unitAt(next - 1);
      if (last !== undefined && last.size !== FILLER_SIZE && last.physicalOffset >= logMinOffset) break;
      const start = this.#firstFile;
      this.#firstFile = next;
      await files.remove(this.folder, start);
      removed++;
    }
    return removed;
  }

  /** Whether the last record of the queue has left the log. */
  isExpired(logMinOffset: number): boolean {
    return this.nextOffset > 0 && this.lastPhysicalOffset >= 0 && this.lastPhysicalOffset < logMinOffset;
  }

  #makeRoom(): Int32Array {
    const units = this.#units;
    if (units === undefined) {
      this.#memoryStart = this.nextOffset;
      this.#units = new Int32Array(FIRST_UNITS * UNIT_WORDS);
      return this.#units;
    }
    const used = this.nextOffset - this.#memoryStart;
    const droppable = this.#droppableCount();
    if (droppable * 4 >= used) {
      units.copyWithin(0, droppable * UNIT_WORDS);
      this.#memoryStart += droppable;
      return units;
    }
    const grown = new Int32Array(units.length * 2);
    grown.set(units);
    this.#units = grown;
    return grown;
  }

  /** Units at the start of memory that are in the file and whose records have left the log's memory. */
  #droppableCount(): number {
    const start = this.#context.memoryStartOffset();
    let low = 0;
    let high = Math.min(this.filedOffset, this.maxOffset) - this.#memoryStart;
    const units = this.#units as Int32Array;
    while (low < high) {
      const middle = (low + high) >> 1;
      const word = middle * UNIT_WORDS;
      const physical = (units[word] as number) * 0x1_0000_0000 + ((units[word + 1] as number) >>> 0);
      if (physical < start) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low);
  }

  /** Puts zeros over units after the end, which a later start could take for units of the queue. */
  #clearAfter(start: number, end: number, allocatedBytes: number): void {
    const { files } = this.#context;
    const { folder } = this;
    const fileEnd = start + files.unitsPerFile;
    // A file that takes no more than its units do has holes behind them.
    const usedBytes = (end - start) * UNIT_BYTES;
    const page = 4096;
    const inPages = allocatedBytes <= Math.ceil(usedBytes / page) * page;
    const lookTo = inPages ? Math.min(fileEnd, end + Math.ceil(page / UNIT_BYTES)) : fileEnd;
    for (let unit = end; unit < lookTo; unit += SCRATCH_UNITS) {
      const count = files.readSync(folder, unit, Math.min(SCRATCH_UNITS, lookTo - unit), SCRATCH);
      const bytes = SCRATCH.subarray(0, count * UNIT_BYTES);
      if (count === 0) return;
      if (bytes.every((byte) => byte === 0)) continue;
      bytes.fill(0);
      files.write(folder, unit, bytes, bytes.length);
    }
  }

  #findMinOffset(logMin: number): void {
    let low = Math.max(this.#firstFile, 0);
    let high = this.nextOffset;
    if (this.#firstFile < 0 && this.#units !== undefined) low = this.#memoryStart;
    // Most queues start with a record that is there.
    const first = low < high ? this.unitAt(low) : undefined;
    if (first !== undefined && first.size !== FILLER_SIZE && first.physicalOffset >= logMin) high = low;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const unit = this.unitAt(middle);
      const gone = unit === undefined || unit.size === FILLER_SIZE || unit.physicalOffset < logMin;
      if (gone) low = middle + 1;
      else high = middle;
    }
    this.#minOffset = low;
    this.#minCheckedAt = logMin;
  }
}
