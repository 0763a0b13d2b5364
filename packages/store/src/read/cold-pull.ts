/**
 * Owns pulls whose units or records have left memory: units and records are read off the loop, unless a reader before has
 * brought them; each record is verified before it is served, and everything is copied into memory of the pull's own.
 *
 * Invariant: a record that fails verification is named in the damage report and passed over; the ones around it are
 * served.
 */
import type { ChecksumLookup } from '../integrity/checksum-lookup.ts';
import type { CommitLog } from '../log/commit-log.ts';
import type { DamageReport } from '../log/damage.ts';
import { checkRecord, RecordCheck, recordCheckReason } from '../log/record-check.ts';
import type { ConsumeQueue } from '../queue/consume-queue.ts';
import type { QueueFiles } from '../queue/queue-files.ts';
import { FILLER_SIZE, readUnit, UNIT_BYTES } from '../queue/queue-unit.ts';
import type { ColdReader } from './cold-reader.ts';
import { GetMessageStatus } from './get-message-status.ts';
import type { GetResult, MessageFilter } from './get-result.ts';
import { isHash, type PullRules, scanUnits } from './pull-rules.ts';
import { UnitCache } from './unit-cache.ts';

/** Records whose bytes are asked for together. */
const AHEAD = 64;

export interface ColdPullParts {
  readonly log: CommitLog;
  readonly queueFiles: QueueFiles;
  readonly coldReader: ColdReader;
  readonly damage: DamageReport;
  readonly checksums: ChecksumLookup;
}

/** A reader comes again after some seconds, so this is about a minute. */
const REFUSALS_TO_GIVE_UP = 20;
/** Records whose refusals are counted. */
const MAX_REFUSALS = 1000;

/** One pull under way. */
interface Pull {
  readonly queue: ConsumeQueue;
  /** Of `units`. */
  firstOffset: number;
  readonly units: Buffer;
  unitCount: number;
  readonly maxNums: number;
  readonly filter: MessageFilter | undefined;
  readonly out: GetResult;
  /** Records below this offset of the log are gone with their file. */
  skipBelow: number;
  lastPhysical: number;
  lastAdded: number;
}

/** Records to be read together. */
interface Slice {
  readonly unitIndexes: number[];
  readonly offsets: number[];
  readonly sizes: number[];
  totalBytes: number;
  /** Unit to go on with; -1 when the batch is full. */
  next: number;
}

function newPull(
  queue: ConsumeQueue,
  firstOffset: number,
  units: Buffer,
  unitCount: number,
  maxNums: number,
  filter: MessageFilter | undefined,
  out: GetResult,
): Pull {
  const lastPhysical = readUnit(units, 0).physicalOffset;
  return {
    queue,
    firstOffset,
    units,
    unitCount,
    maxNums,
    filter,
    out,
    skipBelow: 0,
    lastPhysical,
    lastAdded: -1,
  };
}

export class ColdPull {
  readonly #parts: ColdPullParts;
  readonly #rules: PullRules;
  readonly #unitCache: UnitCache;
  /** How often the disk refused to read a record, by its offset. */
  readonly #refusals = new Map<number, number>();

  constructor(parts: ColdPullParts, rules: PullRules) {
    this.#parts = parts;
    this.#rules = rules;
    this.#unitCache = new UnitCache(parts.queueFiles, parts.coldReader.buffers);
  }

  /** True when everything was there, otherwise when the disk has answered. */
  get(
    queue: ConsumeQueue,
    offset: number,
    maxNums: number,
    filter: MessageFilter | undefined,
    out: GetResult,
  ): true | Promise<void> {
    const count = Math.min(queue.maxOffset - offset, scanUnits(maxNums));
    if (this.#getKept(queue, offset, count, maxNums, filter, out)) return true;
    return this.#getFromDisk(queue, offset, count, maxNums, filter, out);
  }

  /** Answers false, and has added nothing, when the disk has to be asked. */
  #getKept(
    queue: ConsumeQueue,
    offset: number,
    count: number,
    maxNums: number,
    filter: MessageFilter | undefined,
    out: GetResult,
  ): boolean {
    const wanted = filter === undefined ? Math.min(count, maxNums + 1) : count;
    const coldBuffers = this.#parts.coldReader.buffers;
    const units = coldBuffers.take(count * UNIT_BYTES);
    let pull: Pull | undefined;
    if (this.#copyUnits(queue, offset, wanted, units) === wanted) {
      out.dropSpans();
      out.status = GetMessageStatus.NO_MATCHED_MESSAGE;
      pull = newPull(queue, offset, units, wanted, maxNums, filter, out);
    }
    const scanned = pull === undefined ? -1 : this.#serveKept(pull);
    coldBuffers.give(units);
    if (pull === undefined || scanned < 0 || (scanned === wanted && wanted < count)) {
      out.dropSpans();
      return false;
    }
    this.#finish(pull, offset + scanned);
    return true;
  }

  /** As `#readUnits`, as far as the disk need not be asked. */
  #copyUnits(queue: ConsumeQueue, offset: number, count: number, target: Buffer): number {
    if (queue.units !== undefined && offset >= queue.memoryStart)
      return queue.copyUnits(offset, count, target);
    const done = this.#unitCache.copy(queue, offset, count, target);
    if (done === 0 || done === count || queue.units === undefined || offset + done < queue.memoryStart)
      return done;
    return done + queue.copyUnits(offset + done, count - done, target.subarray(done * UNIT_BYTES));
  }

  /** As `#serveAll`; -1 when the disk has to be asked. */
  #serveKept(pull: Pull): number {
    const { coldReader } = this.#parts;
    let index = 0;
    while (index < pull.unitCount) {
      const slice = this.#collect(pull, index);
      if (slice.next < 0) break;
      if (slice.offsets.length > 0) {
        const target = coldReader.buffers.take(slice.totalBytes);
        const known = this.#parts.checksums.has(slice.offsets);
        if (!known || !coldReader.readKept(slice.offsets, slice.sizes, target)) {
          coldReader.buffers.give(target);
          return -1;
        }
        const full = this.#add(pull, slice, target, undefined);
        if (full >= 0) return full;
      }
      index = slice.next;
    }
    return index;
  }

  async #getFromDisk(
    queue: ConsumeQueue,
    offset: number,
    count: number,
    maxNums: number,
    filter: MessageFilter | undefined,
    out: GetResult,
  ): Promise<void> {
    const coldBuffers = this.#parts.coldReader.buffers;
    const units = coldBuffers.take(count * UNIT_BYTES);
    try {
      await this.#getWith(units, queue, offset, count, maxNums, filter, out);
    } finally {
      coldBuffers.give(units);
    }
  }

  async #getWith(
    units: Buffer,
    queue: ConsumeQueue,
    offset: number,
    count: number,
    maxNums: number,
    filter: MessageFilter | undefined,
    out: GetResult,
  ): Promise<void> {
    // Without a filter, a unit more than can be served shows that the batch is full; the others are seldom needed.
    const first = filter === undefined ? Math.min(count, maxNums + 1) : count;
    const unitCount = await this.#readUnits(queue, offset, first, units);
    out.dropSpans();
    if (unitCount === 0) {
      const { queueFiles } = this.#parts;
      const next = queueFiles.startOf(offset) + queueFiles.unitsPerFile;
      out.status = GetMessageStatus.OFFSET_FOUND_NULL;
      out.nextBeginOffset = this.#rules.corrected(offset, Math.min(next, queue.maxOffset));
      return;
    }
    out.status = GetMessageStatus.NO_MATCHED_MESSAGE;
    const pull = newPull(queue, offset, units, unitCount, maxNums, filter, out);
    let scanned = await this.#serveAll(pull);
    if (scanned === first && first < count) {
      pull.firstOffset = offset + first;
      pull.unitCount = await this.#readUnits(queue, pull.firstOffset, count - first, units);
      scanned += await this.#serveAll(pull);
    }
    this.#finish(pull, offset + scanned);
  }

  #finish(pull: Pull, nextBeginOffset: number): void {
    if (pull.out.count > 0) pull.out.status = GetMessageStatus.FOUND;
    this.#rules.finish(pull.out, nextBeginOffset, pull.lastPhysical);
  }

  /** Units of the queue from `offset` on, from its files and, where those end, from memory. Answers how many. */
  async #readUnits(queue: ConsumeQueue, offset: number, count: number, target: Buffer): Promise<number> {
    let done = 0;
    while (done < count) {
      const at = offset + done;
      const piece = target.subarray(done * UNIT_BYTES);
      if (queue.units !== undefined && at >= queue.memoryStart)
        return done + queue.copyUnits(at, count - done, piece);
      const inFiles = Math.min(count - done, queue.filedOffset - at);
      const got = inFiles > 0 ? await this.#unitCache.read(queue, at, inFiles, piece) : 0;
      if (got === 0) return done;
      done += got;
    }
    return done;
  }

  /** Answers how many units were dealt with. */
  async #serveAll(pull: Pull): Promise<number> {
    let index = 0;
    while (index < pull.unitCount) {
      const slice = this.#collect(pull, index);
      if (slice.next < 0) break;
      if (slice.offsets.length > 0) {
        const full = await this.#serve(pull, slice);
        if (full >= 0) return full;
      }
      index = slice.next;
    }
    return index;
  }

  /** Chooses the records to read next, as if all of them were to be served. */
  #collect(pull: Pull, from: number): Slice {
    const { out, units, maxNums } = pull;
    const slice: Slice = { unitIndexes: [], offsets: [], sizes: [], totalBytes: 0, next: from };
    for (let index = from; index < pull.unitCount && slice.offsets.length < AHEAD; index++) {
      const { physicalOffset, size } = readUnit(units, index * UNIT_BYTES);
      const count = out.count + slice.offsets.length;
      const bytes = out.sizeBytes + slice.totalBytes;
      if (this.#rules.isBatchFull(size, maxNums, count, bytes, physicalOffset)) {
        slice.next = slice.offsets.length === 0 ? -1 : index;
        return slice;
      }
      slice.next = index + 1;
      pull.lastPhysical = physicalOffset;
      if (!this.#isCandidate(pull, index, physicalOffset, size)) continue;
      slice.unitIndexes.push(index);
      slice.offsets.push(physicalOffset);
      slice.sizes.push(size);
      slice.totalBytes += size;
    }
    return slice;
  }

  #isCandidate(pull: Pull, index: number, physicalOffset: number, size: number): boolean {
    const { filter, units } = pull;
    const { log } = this.#parts;
    if (physicalOffset < pull.skipBelow || size === FILLER_SIZE) return false;
    const at = index * UNIT_BYTES;
    if (filter !== undefined && isHash(units.readInt32BE(at + 12))) {
      if (!filter.matchesTagsCode(units.readInt32BE(at + 16))) return false;
    }
    const end = physicalOffset + size;
    if (size > 0 && physicalOffset >= 0 && end <= log.writtenOffset && size <= log.files.fileBytes)
      return true;
    const what = `unit points to ${size} bytes at ${physicalOffset}, outside the log`;
    this.#parts.damage.add({ file: pull.queue.folder, offset: pull.firstOffset + index, sizeBytes: 0, what });
    return false;
  }

  /** Reads, verifies and adds. Answers the unit before which the batch was full, -1 when it was not. */
  async #serve(pull: Pull, slice: Slice): Promise<number> {
    const target = this.#parts.coldReader.buffers.take(slice.totalBytes);
    await this.#parts.checksums.load(slice.offsets);
    const { present, refused } = await this.#fetch(slice.offsets, slice.sizes, target);
    if (refused !== undefined) await this.#readSingly(slice, target, present);
    return this.#add(pull, slice, target, present, refused);
  }

  /** What could not be read together with its neighbours, by itself: one bad place costs one record. */
  async #readSingly(slice: Slice, target: Buffer, present: boolean[]): Promise<void> {
    const { files } = this.#parts.log;
    let at = 0;
    for (let i = 0; i < slice.offsets.length; i++) {
      const size = slice.sizes[i] as number;
      if (!present[i]) {
        try {
          const offset = slice.offsets[i] as number;
          let done = 0;
          while (done < size) {
            const bytes = await files.read(offset + done, target, at + done, size - done);
            if (bytes === 0) break;
            done += bytes;
          }
          present[i] = done === size;
        } catch {
          // Still refused: decided when it is its turn.
        }
      }
      at += size;
    }
  }

  /**
   * Whether a record that the disk refuses to read counts as lost: not before it was refused many times, because disks have
   * bad moments, and a reader that passed over it would not come back.
   */
  #isGivenUp(physicalOffset: number, refused: unknown): boolean {
    const times = (this.#refusals.get(physicalOffset) ?? 0) + 1;
    if (this.#refusals.size >= MAX_REFUSALS) this.#refusals.clear();
    this.#refusals.set(physicalOffset, times);
    if (times < REFUSALS_TO_GIVE_UP) return false;
    const { log, damage } = this.#parts;
    const file = log.files.path(log.files.baseOf(physicalOffset));
    const what = `cannot be read: ${(refused as Error).message}`;
    damage.add({ file, offset: physicalOffset, sizeBytes: 0, what });
    return true;
  }

  /** Verifies and adds what was read to `target`, all of it or what is `present`. */
  #add(
    pull: Pull,
    slice: Slice,
    target: Buffer,
    present: readonly boolean[] | undefined,
    refused?: unknown,
  ): number {
    const { out, filter, maxNums } = pull;
    const { offsets, sizes } = slice;
    const coldBuffers = this.#parts.coldReader.buffers;
    const countBefore = out.count;
    let at = 0;
    for (let i = 0; i < offsets.length; i++) {
      const physicalOffset = offsets[i] as number;
      const size = sizes[i] as number;
      if (this.#rules.isBatchFull(size, maxNums, out.count, out.sizeBytes, physicalOffset)) {
        if (out.count === countBefore) coldBuffers.give(target);
        return slice.unitIndexes[i] as number;
      }
      if (refused !== undefined && present?.[i] === false) {
        // What comes before is served first; then it is this one's turn.
        if (out.count > countBefore) return slice.unitIndexes[i] as number;
        if (out.count > 0 || !this.#isGivenUp(physicalOffset, refused)) {
          coldBuffers.give(target);
          if (out.count > 0) return slice.unitIndexes[i] as number;
          throw refused;
        }
      }
      if (
        physicalOffset !== pull.lastAdded &&
        this.#isIntact(
          pull,
          physicalOffset,
          size,
          present === undefined || (present[i] as boolean),
          target,
          at,
        )
      ) {
        if (filter?.matchesRecord === undefined || filter.matchesRecord(target, at)) {
          out.addOwned(target, at, at + size, coldBuffers);
          pull.lastAdded = physicalOffset;
        }
      }
      at += size;
    }
    if (out.count === countBefore) coldBuffers.give(target);
    return -1;
  }

  /** `refused`: what the disk said when it did not read something that is there. */
  async #fetch(
    offsets: readonly number[],
    sizes: readonly number[],
    target: Buffer,
  ): Promise<{ readonly present: boolean[]; readonly refused: unknown }> {
    let refused: unknown;
    const present = await this.#parts.coldReader.read(offsets, sizes, offsets.length, target, (_, error) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') refused ??= error;
    });
    return { present, refused };
  }

  #isIntact(
    pull: Pull,
    physicalOffset: number,
    size: number,
    present: boolean,
    bytes: Buffer,
    at: number,
  ): boolean {
    const { log, damage, checksums } = this.#parts;
    const base = log.files.baseOf(physicalOffset);
    const room = base + log.files.fileBytes - physicalOffset;
    let check = present ? checkRecord(bytes, at, at + size, physicalOffset, room, true) : 0;
    if (present && check === size) {
      if (checksums.isIntact(bytes, at, size, physicalOffset)) return true;
      check = RecordCheck.badChecksum;
    }
    if (pull.out.count === 0) pull.out.status = GetMessageStatus.MESSAGE_WAS_REMOVING;
    if (!present) {
      if (physicalOffset < log.files.minOffset) pull.skipBelow = log.files.minOffset;
      return false;
    }
    const what = check > 0 ? `record has ${check} bytes, its unit says ${size}` : recordCheckReason(check);
    damage.add({ file: log.files.path(base), offset: physicalOffset, sizeBytes: size, what });
    return false;
  }
}
