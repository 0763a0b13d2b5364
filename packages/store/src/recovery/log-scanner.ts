/**
 * Owns walking through the log's records as they lie on disk: every record is checked; where there is none, the search for
 * the next one tells damage in the middle (something intact follows) from the end of the log (nothing does).
 *
 * Invariants: a record counts only if its structure, stated place, (unless switched off) body checksum and, where one is kept
 * beside the log, record checksum are right; what lies between two intact records is named as damage, and nothing intact is ever cut off.
 *
 * Counterparts in RocketMQ: CommitLog.recoverNormally and recoverAbnormally, which end at the first bad record.
 */
import { MAGIC } from '@rocketmq-ts/protocol';
import type { DamageReport } from '../log/damage.ts';
import type { LogFiles } from '../log/log-files.ts';
import { checkRecord, claimedSize, RecordCheck, recordCheckReason } from '../log/record-check.ts';

const WINDOW_BYTES = 4 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(PIECE_BYTES);
const MAGIC_BYTES = Buffer.alloc(4);
MAGIC_BYTES.writeInt32BE(MAGIC);
const PREFIX_BYTES = 8;

export type RecordVisitor = (buffer: Buffer, at: number, size: number, physicalOffset: number) => void;

/** What is known of records beside the log. */
export interface ScanChecksums {
  /** Whether the record is the one that was stored here, as far as anything is known. */
  matches(buffer: Buffer, at: number, size: number, physicalOffset: number): boolean;
  /** Size of the record that was stored here; 0 when nothing is known. */
  claimedAt(physicalOffset: number): number;
}

export interface ScanResult {
  /** Where the next record goes. */
  readonly endOffset: number;
  /** Bytes from the end up to here are not all zeros. */
  readonly soiledTo: number;
  readonly recordCount: number;
  /** Offset of the last record, -1 without one. */
  readonly lastRecordOffset: number;
}

export class LogScanner {
  readonly #files: LogFiles;
  readonly #damage: DamageReport;
  readonly #checkCrc: boolean;
  readonly #endAtDamage: boolean;
  readonly #checksums: ScanChecksums | undefined;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  #windowEnd = 0;
  #soiledTo = 0;
  /** Grows with the length of the walk: most starts read next to nothing. */
  #readAhead = PIECE_BYTES;

  /**
   * `endAtDamage`: the log ends at the first place without a record, whatever follows. `checksums`: what is known of records
   * beside the log.
   */
  constructor(
    files: LogFiles,
    damage: DamageReport,
    checkCrc: boolean,
    endAtDamage = false,
    checksums?: ScanChecksums,
  ) {
    this.#files = files;
    this.#checksums = checksums;
    this.#damage = damage;
    this.#checkCrc = checkCrc;
    this.#endAtDamage = endAtDamage;
  }

  /**
   * Visits every record from `from` on, which must be where a record begins. Behind a place without a record the search
   * goes on up to `searchLimit`, above which nothing has been written, unless records have been found there.
   * `betweenWindows` is awaited now and then.
   */
  async scan(
    from: number,
    searchLimit: number,
    visit: RecordVisitor,
    betweenWindows: () => Promise<void> = async () => {},
  ): Promise<ScanResult> {
    let position = from;
    let recordCount = 0;
    let lastRecordOffset = -1;
    let windowStart = -1;
    for (;;) {
      if (!this.#covers(position, PREFIX_BYTES)) await this.#load(position, PREFIX_BYTES);
      const base = this.#files.baseOf(position);
      const room = base + this.#files.fileBytes - position;
      const claimed = this.#covers(position, PREFIX_BYTES)
        ? claimedSize(this.#window, this.#at(position), room)
        : 0;
      if (claimed > 0 && !this.#covers(position, claimed)) await this.#load(position, claimed);
      if (windowStart !== this.#windowStart) {
        windowStart = this.#windowStart;
        await betweenWindows();
      }
      const check = this.#check(position, room, this.#checkCrc);
      if (check > 0) {
        visit(this.#window, this.#at(position), check, position);
        lastRecordOffset = position;
        recordCount++;
        position += check;
      } else if (check === RecordCheck.blank) {
        position = base + this.#files.fileBytes;
      } else {
        const limit = position > searchLimit ? Number.MAX_SAFE_INTEGER : searchLimit;
        const next = await this.#findRecord(position + 1, limit);
        if (next === undefined) {
          const soiledTo = Math.max(this.#soiledTo, position);
          await this.#judgeEnd(position, check);
          return { endOffset: position, soiledTo, recordCount, lastRecordOffset };
        }
        if (this.#endAtDamage) {
          const soiledTo = Math.max(position, Math.min(searchLimit, this.#files.endOffset));
          return { endOffset: position, soiledTo, recordCount, lastRecordOffset };
        }
        await this.#report(position, next, check);
        position = next;
      }
    }
  }

  #check(position: number, room: number, checkCrc: boolean): number {
    if (!this.#covers(position, PREFIX_BYTES)) return RecordCheck.badMagic;
    const at = this.#at(position);
    const end = this.#windowEnd - this.#windowStart;
    const check = checkRecord(this.#window, at, end, position, room, checkCrc);
    if (check <= 0 || this.#checksums === undefined) return check;
    return this.#checksums.matches(this.#window, at, check, position) ? check : RecordCheck.badChecksum;
  }

  /** The first intact record at or after `from`; remembers how far the bytes are not zeros. */
  async #findRecord(from: number, limit: number): Promise<number | undefined> {
    let position = from;
    this.#soiledTo = 0;
    while (position < limit) {
      const base = this.#files.baseOf(position);
      if (!this.#files.has(base)) {
        const later = this.#files.bases.find((other) => other > position);
        if (later === undefined) return undefined;
        position = later;
        continue;
      }
      const fileEnd = base + this.#files.fileBytes;
      await this.#load(position, Math.min(PREFIX_BYTES, fileEnd - position));
      const found = await this.#findInWindow(position, fileEnd);
      if (found !== undefined) return found;
      // The last bytes of a window may be the start of a record.
      position = this.#windowEnd < fileEnd ? Math.max(position + 1, this.#windowEnd - PREFIX_BYTES) : fileEnd;
    }
    return undefined;
  }

  async #findInWindow(from: number, fileEnd: number): Promise<number | undefined> {
    let position = from;
    for (;;) {
      const bytes = this.#window.subarray(0, this.#windowEnd - this.#windowStart);
      const hit = bytes.indexOf(MAGIC_BYTES, this.#at(position) + 4);
      if (hit < 0) {
        this.#noteSoiled(position);
        return undefined;
      }
      const candidate = this.#windowStart + hit - 4;
      const room = fileEnd - candidate;
      const claimed = claimedSize(this.#window, hit - 4, room);
      if (claimed > 0) {
        if (!this.#covers(candidate, claimed)) {
          this.#noteSoiled(position);
          await this.#load(candidate, claimed);
        }
        if (this.#check(candidate, room, true) > 0) return candidate;
      }
      position = candidate + 1;
    }
  }

  /** Remembers the last piece of the window that is not all zeros. */
  #noteSoiled(from: number): void {
    const length = this.#windowEnd - this.#windowStart;
    for (let at = length; at > this.#at(from); ) {
      const start = Math.max(this.#at(from), at - PIECE_BYTES);
      if (this.#window.compare(ZEROS, 0, at - start, start, at) !== 0) {
        this.#soiledTo = Math.max(this.#soiledTo, this.#windowStart + at);
        return;
      }
      at = start;
    }
  }

  /** A record that was stored whole and is not intact, though its last byte is there: not cut short but damaged. */
  async #judgeEnd(position: number, check: number): Promise<void> {
    const claimed = this.#checksums?.claimedAt(position) ?? 0;
    if (claimed === 0 || position + claimed > this.#files.baseOf(position) + this.#files.fileBytes) return;
    const last = Buffer.alloc(1);
    const there = this.#files.has(this.#files.baseOf(position));
    if (there) await this.#files.read(position + claimed - 1, last, 0, 1);
    if (last[0] === 0) return;
    const file = this.#files.path(this.#files.baseOf(position));
    this.#damage.add({ file, offset: position, sizeBytes: claimed, what: recordCheckReason(check) });
  }

  async #report(from: number, to: number, check: number): Promise<void> {
    const file = this.#files.path(this.#files.baseOf(from));
    let what = 'file is missing';
    if (this.#files.has(this.#files.baseOf(from))) {
      const sample = Buffer.alloc(
        Math.min(to - from, PIECE_BYTES, this.#files.fileBytes - (from % this.#files.fileBytes)),
      );
      await this.#files.read(from, sample, 0, sample.length);
      what = sample.every((byte) => byte === 0) ? 'zeros where records should be' : recordCheckReason(check);
    }
    this.#damage.add({ file, offset: from, sizeBytes: to - from, what });
  }

  #at(position: number): number {
    return position - this.#windowStart;
  }

  #covers(position: number, length: number): boolean {
    return position >= this.#windowStart && position + length <= this.#windowEnd;
  }

  /** Makes the window start at `position`, with at least `length` bytes if the file has them. */
  async #load(position: number, length: number): Promise<void> {
    const base = this.#files.baseOf(position);
    this.#windowStart = position;
    this.#windowEnd = position;
    if (!this.#files.has(base)) return;
    const wanted = Math.min(Math.max(length, this.#readAhead), base + this.#files.fileBytes - position);
    this.#readAhead = Math.min(this.#readAhead * 4, WINDOW_BYTES);
    if (this.#window.length < wanted) this.#window = Buffer.allocUnsafeSlow(wanted);
    this.#windowEnd = position + (await this.#files.read(position, this.#window, 0, wanted));
  }
}
