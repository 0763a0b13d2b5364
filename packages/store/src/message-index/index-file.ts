/**
 * One file of the message index: a hash table on disk whose chains lead from a key to the records that carry it.
 * Counterpart: org.apache.rocketmq.store.index.IndexFile.
 *
 *     header 40 bytes:  0 beginTimestamp int64   8 endTimestamp int64   16 beginPhyOffset int64   24 endPhyOffset int64
 *                      32 hashSlotCount int32 (entries put, not slots used)   36 indexCount int32, starts at 1
 *     slot i:          40 + 4 i                  int32 number of the newest entry, 0 = none
 *     entry n:         40 + 4 slots + 20 n       keyHash int32, phyOffset int64, seconds since begin int32, previous entry int32
 *
 * Entry 0 is never used. The length is fixed, the file sparse.
 *
 * Entries are appended through a buffer; slots live in memory, page by page as touched, and reach the file when it is
 * closed or full. A file that was being written when the process died is therefore not complete: the owner removes it and
 * builds it anew from the log, as Java does (MessageIndex).
 */
import type { FileSystem, OpenFile } from '@rocketmq-ts/platform';
import { readInt64, writeInt64 } from '@rocketmq-ts/protocol';

export interface IndexGeometry {
  /** maxHashSlotNum */
  readonly hashSlots: number;
  /** maxIndexNum */
  readonly entries: number;
}

export const INDEX_HEADER_BYTES = 40;
const SLOT_BYTES = 4;
const ENTRY_BYTES = 20;
const SLOTS_PER_PAGE = 16_384;
const PAGE_BYTES = SLOTS_PER_PAGE * SLOT_BYTES;
const TAIL_ENTRIES = 3_276;
const MAX_INT = 0x7fffffff;

export function indexFileBytes(geometry: IndexGeometry): number {
  return INDEX_HEADER_BYTES + geometry.hashSlots * SLOT_BYTES + geometry.entries * ENTRY_BYTES;
}

export class IndexFile {
  readonly path: string;
  beginTimestamp = 0;
  endTimestamp = 0;
  beginPhyOffset = 0;
  endPhyOffset = 0;
  hashSlotCount = 0;
  indexCount = 1;
  readonly #geometry: IndexGeometry;
  readonly #file: OpenFile;
  /** Pages of slots that were touched; only they can differ from the file. */
  readonly #pages = new Map<number, Buffer>();
  /** Entries not yet in the file, from `#tailFirst` to `indexCount`. */
  #tail: Buffer | undefined;
  #tailFirst = 1;
  #dirty = false;

  private constructor(file: OpenFile, geometry: IndexGeometry) {
    this.path = file.path;
    this.#file = file;
    this.#geometry = geometry;
  }

  static create(fileSystem: FileSystem, path: string, geometry: IndexGeometry): IndexFile {
    const file = fileSystem.openSync(path, 'create');
    file.truncateSync(indexFileBytes(geometry));
    return new IndexFile(file, geometry);
  }

  /** Opens a complete file. Undefined when its length is not the configured one: it cannot be read then. */
  static open(fileSystem: FileSystem, path: string, geometry: IndexGeometry): IndexFile | undefined {
    const file = fileSystem.openSync(path, 'read-write');
    if (file.sizeSync() !== indexFileBytes(geometry)) {
      file.closeSync();
      return undefined;
    }
    const index = new IndexFile(file, geometry);
    index.#readHeader();
    return index;
  }

  get isFull(): boolean {
    return this.indexCount >= this.#geometry.entries;
  }

  /** Appends an entry. The caller has checked `isFull`. */
  put(keyHash: number, phyOffset: number, storeTimestamp: number): void {
    const slot = keyHash % this.#geometry.hashSlots;
    const page = this.#page(Math.floor(slot / SLOTS_PER_PAGE));
    const slotAt = (slot % SLOTS_PER_PAGE) * SLOT_BYTES;
    const previous = this.#validEntry(page.readInt32BE(slotAt));
    if (this.indexCount <= 1) {
      this.beginPhyOffset = phyOffset;
      this.beginTimestamp = storeTimestamp;
    }
    const tail = this.#tailWithRoom();
    const at = (this.indexCount - this.#tailFirst) * ENTRY_BYTES;
    tail.writeInt32BE(keyHash, at);
    writeInt64(tail, phyOffset, at + 4);
    tail.writeInt32BE(this.#secondsSinceBegin(storeTimestamp), at + 12);
    tail.writeInt32BE(previous, at + 16);
    page.writeInt32BE(this.indexCount, slotAt);
    this.hashSlotCount++;
    this.indexCount++;
    this.endPhyOffset = phyOffset;
    this.endTimestamp = storeTimestamp;
    this.#dirty = true;
  }

  /** Whether records stored between the two times, both included, can be in this file. */
  covers(beginMs: number, endMs: number): boolean {
    const around = beginMs < this.beginTimestamp && endMs > this.endTimestamp;
    const beginsInside = beginMs >= this.beginTimestamp && beginMs <= this.endTimestamp;
    const endsInside = endMs >= this.beginTimestamp && endMs <= this.endTimestamp;
    return around || beginsInside || endsInside;
  }

  /**
   * Adds to `found` the log offsets of entries with that hash, newest first, until it holds `maxNum`. Other keys with the same
   * hash are among them: the reader of the records compares.
   */
  async find(
    keyHash: number,
    maxNum: number,
    beginMs: number,
    endMs: number,
    found: number[],
  ): Promise<void> {
    const slot = keyHash % this.#geometry.hashSlots;
    const entry = Buffer.allocUnsafe(ENTRY_BYTES);
    let next = this.#validEntry(await this.#readSlot(slot));
    while (next > 0 && found.length < maxNum) {
      await this.#readEntry(next, entry);
      const timeMs = this.beginTimestamp + entry.readInt32BE(12) * 1000;
      const inTime = timeMs >= beginMs && timeMs <= endMs;
      const phyOffset = readInt64(entry, 4, 'phyOffset');
      const isNew = phyOffset !== found.at(-1);
      if (entry.readInt32BE(0) === keyHash && inTime && isNew) found.push(phyOffset);
      const previous = this.#validEntry(entry.readInt32BE(16));
      // A chain leads to ever older entries; anything else is damage and would loop.
      if (previous >= next || timeMs < beginMs) break;
      next = previous;
    }
  }

  /** Makes the file complete: entries, slots, header. Not synced. */
  writeOutSync(): void {
    if (!this.#dirty) return;
    this.#writeTail();
    for (const [number, page] of this.#pages) {
      const at = INDEX_HEADER_BYTES + number * PAGE_BYTES;
      const length = Math.min(PAGE_BYTES, this.#geometry.hashSlots * SLOT_BYTES - number * PAGE_BYTES);
      writeFully(this.#file, page, length, at);
    }
    writeFully(this.#file, this.#header(), INDEX_HEADER_BYTES, 0);
    this.#dirty = false;
  }

  /** Makes the complete file durable, and gives back the memory of its slots. */
  async seal(): Promise<void> {
    this.writeOutSync();
    this.#pages.clear();
    this.#tail = undefined;
    await this.#file.datasync();
  }

  closeSync(): void {
    this.#file.closeSync();
  }

  #tailWithRoom(): Buffer {
    if (this.#tail === undefined) {
      this.#tail = Buffer.allocUnsafe(TAIL_ENTRIES * ENTRY_BYTES);
      this.#tailFirst = this.indexCount;
    } else if (this.indexCount - this.#tailFirst === TAIL_ENTRIES) {
      this.#writeTail();
    }
    return this.#tail;
  }

  #writeTail(): void {
    if (this.#tail === undefined || this.indexCount === this.#tailFirst) return;
    writeFully(
      this.#file,
      this.#tail,
      (this.indexCount - this.#tailFirst) * ENTRY_BYTES,
      this.#entryAt(this.#tailFirst),
    );
    this.#tailFirst = this.indexCount;
  }

  #page(number: number): Buffer {
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = Buffer.alloc(PAGE_BYTES);
      this.#file.readSync(page, 0, PAGE_BYTES, INDEX_HEADER_BYTES + number * PAGE_BYTES);
      this.#pages.set(number, page);
    }
    return page;
  }

  async #readSlot(slot: number): Promise<number> {
    const page = this.#pages.get(Math.floor(slot / SLOTS_PER_PAGE));
    if (page !== undefined) return page.readInt32BE((slot % SLOTS_PER_PAGE) * SLOT_BYTES);
    const bytes = Buffer.alloc(SLOT_BYTES);
    await this.#file.read(bytes, 0, SLOT_BYTES, INDEX_HEADER_BYTES + slot * SLOT_BYTES);
    return bytes.readInt32BE(0);
  }

  async #readEntry(number: number, into: Buffer): Promise<void> {
    if (this.#tail !== undefined && number >= this.#tailFirst) {
      const at = (number - this.#tailFirst) * ENTRY_BYTES;
      this.#tail.copy(into, 0, at, at + ENTRY_BYTES);
      return;
    }
    into.fill(0);
    await this.#file.read(into, 0, ENTRY_BYTES, this.#entryAt(number));
  }

  #entryAt(number: number): number {
    return INDEX_HEADER_BYTES + this.#geometry.hashSlots * SLOT_BYTES + number * ENTRY_BYTES;
  }

  #validEntry(number: number): number {
    return number > 0 && number < this.indexCount ? number : 0;
  }

  #secondsSinceBegin(storeTimestamp: number): number {
    if (this.beginTimestamp <= 0) return 0;
    return Math.min(MAX_INT, Math.max(0, Math.trunc((storeTimestamp - this.beginTimestamp) / 1000)));
  }

  #readHeader(): void {
    const header = Buffer.alloc(INDEX_HEADER_BYTES);
    this.#file.readSync(header, 0, INDEX_HEADER_BYTES, 0);
    this.beginTimestamp = readInt64(header, 0, 'beginTimestamp');
    this.endTimestamp = readInt64(header, 8, 'endTimestamp');
    this.beginPhyOffset = readInt64(header, 16, 'beginPhyOffset');
    this.endPhyOffset = readInt64(header, 24, 'endPhyOffset');
    this.hashSlotCount = header.readInt32BE(32);
    this.indexCount = Math.min(this.#geometry.entries, Math.max(1, header.readInt32BE(36)));
  }

  #header(): Buffer {
    const header = Buffer.alloc(INDEX_HEADER_BYTES);
    writeInt64(header, this.beginTimestamp, 0);
    writeInt64(header, this.endTimestamp, 8);
    writeInt64(header, this.beginPhyOffset, 16);
    writeInt64(header, this.endPhyOffset, 24);
    header.writeInt32BE(this.hashSlotCount, 32);
    header.writeInt32BE(this.indexCount, 36);
    return header;
  }
}

function writeFully(file: OpenFile, bytes: Buffer, length: number, position: number): void {
  for (let done = 0; done < length; ) {
    const written = file.writeSync(bytes, done, length - done, position + done);
    if (written === 0) throw new Error(`nothing could be written to ${file.path} at ${position + done}`);
    done += written;
  }
}
