/**
 * Owns questions about single messages: by place in the log, by place in a queue, by time.
 *
 * Counterparts in RocketMQ: lookMessageByOffset, getOffsetInQueueByTime, pickupStoreTimestamp.
 */
import { RECORD_FIXED_BYTES } from '@rocketmq-ts/protocol';
import type { ChecksumLookup } from '../integrity/checksum-lookup.ts';
import type { CommitLog } from '../log/commit-log.ts';
import type { DamageReport } from '../log/damage.ts';
import { checkRecord, claimedSize, RecordCheck, recordCheckReason } from '../log/record-check.ts';
import type { ConsumeQueue } from '../queue/consume-queue.ts';
import { FILLER_SIZE, type Unit } from '../queue/queue-unit.ts';
import type { ColdReader } from './cold-reader.ts';

export class StoreQueries {
  readonly #log: CommitLog;
  readonly #coldReader: ColdReader;
  readonly #damage: DamageReport;
  readonly #checksums: ChecksumLookup;

  constructor(log: CommitLog, coldReader: ColdReader, damage: DamageReport, checksums: ChecksumLookup) {
    this.#checksums = checksums;
    this.#log = log;
    this.#coldReader = coldReader;
    this.#damage = damage;
  }

  /** A copy of the record that starts at the offset; undefined when none does. `visibleTo` bounds what may be seen. */
  async messageByOffset(physicalOffset: number, visibleTo: number): Promise<Buffer | undefined> {
    const head = await this.#head(physicalOffset, visibleTo);
    if (head === undefined) return undefined;
    const { files } = this.#log;
    const room = files.baseOf(physicalOffset) + files.fileBytes - physicalOffset;
    const size = claimedSize(head, 0, room);
    if (size === 0 || physicalOffset + size > visibleTo) return undefined;
    const record = await this.#bytes(physicalOffset, size);
    if (record === undefined) return undefined;
    let check = checkRecord(record, 0, size, physicalOffset, room, true);
    if (check === size) {
      if (this.#log.memory.find(physicalOffset) !== undefined) return record;
      await this.#checksums.load([physicalOffset]);
      if (this.#checksums.isIntact(record, 0, size, physicalOffset)) return record;
      check = RecordCheck.badChecksum;
    }
    // Only what states this very place is a damaged record; anything else is a question for a wrong offset.
    if (check === RecordCheck.badCrc || check === RecordCheck.badChecksum) {
      const file = files.path(files.baseOf(physicalOffset));
      this.#damage.add({ file, offset: physicalOffset, sizeBytes: size, what: recordCheckReason(check) });
    }
    return undefined;
  }

  /** Store time of the record at the offset, -1 when none is there. */
  async storeTimestampAt(physicalOffset: number): Promise<number> {
    const head = await this.#head(physicalOffset, this.#log.writtenOffset);
    if (head === undefined) return -1;
    const { files } = this.#log;
    const room = files.baseOf(physicalOffset) + files.fileBytes - physicalOffset;
    const stated = head.readInt32BE(28) * 0x1_0000_0000 + head.readUInt32BE(32);
    if (claimedSize(head, 0, room) === 0 || stated !== physicalOffset) return -1;
    return head.readInt32BE(56) * 0x1_0000_0000 + head.readUInt32BE(60);
  }

  /** Physical place of a visible message of a queue; undefined when it is not there. */
  unitOf(queue: ConsumeQueue | undefined, queueOffset: number): Unit | undefined {
    if (queue === undefined || queueOffset < queue.minOffset || queueOffset >= queue.maxOffset)
      return undefined;
    const unit = queue.unitAt(queueOffset);
    return unit === undefined || unit.size === FILLER_SIZE ? undefined : unit;
  }

  async storeTimestampOf(queue: ConsumeQueue | undefined, queueOffset: number): Promise<number> {
    const unit = this.unitOf(queue, queueOffset);
    return unit === undefined ? -1 : this.storeTimestampAt(unit.physicalOffset);
  }

  /**
   * The message stored at that time or nearest to it, of two equally near the earlier; the first for a time before all, the
   * last for one after all; 0 for an empty queue. What cannot be read is passed over.
   */
  async offsetByTime(queue: ConsumeQueue | undefined, timestampMs: number): Promise<number> {
    if (queue === undefined) return 0;
    let low = queue.minOffset;
    let high = queue.maxOffset - 1;
    let left = { offset: -1, time: -1 };
    let right = { offset: -1, time: -1 };
    while (high >= low) {
      const middle = Math.floor((low + high) / 2);
      const time = await this.storeTimestampOf(queue, middle);
      if (time === timestampMs) return middle;
      if (time < 0) {
        low = middle + 1;
      } else if (time > timestampMs) {
        high = middle - 1;
        right = { offset: middle, time };
      } else {
        low = middle + 1;
        left = { offset: middle, time };
      }
    }
    if (left.offset < 0) return Math.max(0, right.offset);
    if (right.offset < 0) return left.offset;
    return timestampMs - left.time > right.time - timestampMs ? right.offset : left.offset;
  }

  async #head(physicalOffset: number, visibleTo: number): Promise<Buffer | undefined> {
    const { files } = this.#log;
    const end = physicalOffset + RECORD_FIXED_BYTES;
    if (!Number.isSafeInteger(physicalOffset) || physicalOffset < files.minOffset || end > visibleTo)
      return undefined;
    if (end > files.baseOf(physicalOffset) + files.fileBytes) return undefined;
    return this.#bytes(physicalOffset, RECORD_FIXED_BYTES);
  }

  async #bytes(physicalOffset: number, sizeBytes: number): Promise<Buffer | undefined> {
    const bytes = Buffer.allocUnsafe(sizeBytes);
    const chunk = this.#log.memory.find(physicalOffset);
    const at = chunk === undefined ? 0 : physicalOffset - chunk.baseOffset;
    if (chunk !== undefined && at + sizeBytes <= chunk.usedBytes) {
      chunk.buffer.copy(bytes, 0, at, at + sizeBytes);
      return bytes;
    }
    const [present] = await this.#coldReader.read([physicalOffset], [sizeBytes], 1, bytes, () => {});
    return present ? bytes : undefined;
  }
}
