/**
 * Owns the bytes of one simulated file: what programs read now, what is durable, and the changes between the two.
 *
 * Invariants: programs see every change at once; a crash of the process loses nothing; a power cut leaves, for each sector
 * touched since the last sync, one of the versions that the sector has had since then (or the durable one), each sector
 * for itself, so that changes are lost, torn and reordered; the length is the durable one or a later one. What a failed sync
 * should have made durable is still read by programs and is never made durable by a later sync, as on Linux, unless its
 * sector is written again.
 */
import type { Random } from '../random.ts';

export const SECTOR_BYTES = 512;
const PAGE_BYTES = 4096;

interface Change {
  /** Counts from 1 in each file. */
  readonly sequence: number;
  /** Bytes written at `position`, or, without bytes, the file cut or extended to `position`. */
  readonly position: number;
  readonly bytes: Buffer | undefined;
}

/** Sparse bytes. */
class Pages {
  readonly pages = new Map<number, Buffer>();
  length = 0;

  clone(): Pages {
    const copy = new Pages();
    copy.length = this.length;
    for (const [index, page] of this.pages) copy.pages.set(index, Buffer.from(page));
    return copy;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    const end = Math.min(position + length, this.length);
    let at = position;
    while (at < end) {
      const inPage = at % PAGE_BYTES;
      const count = Math.min(end - at, PAGE_BYTES - inPage);
      const page = this.pages.get((at - inPage) / PAGE_BYTES);
      const to = targetOffset + at - position;
      if (page === undefined) target.fill(0, to, to + count);
      else target.set(page.subarray(inPage, inPage + count), to);
      at += count;
    }
    return Math.max(0, end - position);
  }

  /** Pages that a write would add. */
  missing(position: number, length: number): number {
    let count = 0;
    const last = Math.floor((position + length - 1) / PAGE_BYTES);
    for (let index = Math.floor(position / PAGE_BYTES); index <= last; index++)
      if (!this.pages.has(index)) count++;
    return count;
  }

  apply(change: Omit<Change, 'sequence'>): void {
    if (change.bytes === undefined) {
      this.#setLength(change.position);
      return;
    }
    const { bytes, position } = change;
    for (let done = 0; done < bytes.length; ) {
      const at = position + done;
      const inPage = at % PAGE_BYTES;
      const count = Math.min(bytes.length - done, PAGE_BYTES - inPage);
      this.#page((at - inPage) / PAGE_BYTES).set(bytes.subarray(done, done + count), inPage);
      done += count;
    }
    this.length = Math.max(this.length, position + bytes.length);
  }

  #page(index: number): Buffer {
    let page = this.pages.get(index);
    if (page === undefined) {
      page = Buffer.alloc(PAGE_BYTES);
      this.pages.set(index, page);
    }
    return page;
  }

  #setLength(length: number): void {
    if (length < this.length) {
      for (const [index, page] of [...this.pages]) {
        const start = index * PAGE_BYTES;
        if (start >= length) this.pages.delete(index);
        else if (start + PAGE_BYTES > length) page.fill(0, length - start);
      }
    }
    this.length = length;
  }
}

export class SimFileContent {
  #current = new Pages();
  #durable = new Pages();
  #changes: Change[] = [];
  #sequence = 0;
  /** Written, and given up by a failed sync. */
  #hasForsaken = false;
  modifiedMs: number;

  constructor(modifiedMs: number) {
    this.modifiedMs = modifiedMs;
  }

  get length(): number {
    return this.#current.length;
  }

  /** Bytes that the file takes on the disk. */
  get allocatedBytes(): number {
    return this.#current.pages.size * PAGE_BYTES;
  }

  /** Bytes that a write would take besides. */
  growthOf(position: number, length: number): number {
    return length === 0 ? 0 : this.#current.missing(position, length) * PAGE_BYTES;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    return this.#current.read(target, targetOffset, length, position);
  }

  write(source: Uint8Array, sourceOffset: number, length: number, position: number, nowMs: number): void {
    this.#change(
      { position, bytes: Buffer.from(source.subarray(sourceOffset, sourceOffset + length)) },
      nowMs,
    );
  }

  truncate(length: number, nowMs: number): void {
    this.#change({ position: length, bytes: undefined }, nowMs);
  }

  /** A mark up to which a sync that begins now will make changes durable. */
  get mark(): number {
    return this.#sequence;
  }

  /** The sync that began at `mark` has ended well. */
  commit(mark: number): void {
    const covered = this.#changes.filter((change) => change.sequence <= mark);
    this.#changes.splice(0, covered.length);
    for (const change of covered) this.#durable.apply(change);
  }

  /** The sync that began at `mark` has failed: its pages count as clean and never reach the disk. */
  forsake(mark: number): void {
    this.#hasForsaken = true;
    this.#changes = this.#changes.filter((change) => change.sequence > mark || change.bytes === undefined);
  }

  /** What is left when the process dies (`random` undefined) or the power goes. */
  survivor(random: Random | undefined): SimFileContent {
    const left = new SimFileContent(this.modifiedMs);
    left.#hasForsaken = random === undefined && this.#hasForsaken;
    left.#current = random === undefined ? this.#current.clone() : this.#afterPowerCut(random);
    left.#durable = random === undefined ? this.#durable.clone() : left.#current.clone();
    if (random === undefined) left.#changes = [...this.#changes];
    left.#sequence = this.#sequence;
    return left;
  }

  #afterPowerCut(random: Random): Pages {
    const pages = this.#durable.clone();
    if (this.#changes.length === 0) return pages;
    // The length first: a file that stays short cannot hold what was written behind its end.
    const kept = random.integer(this.#changes.length + 1);
    let length = pages.length;
    for (const change of this.#changes.slice(0, kept)) {
      length =
        change.bytes === undefined
          ? change.position
          : Math.max(length, change.position + change.bytes.length);
    }
    const versions = new Map<number, Buffer[]>();
    const working = pages.clone();
    for (const change of this.#changes) {
      working.apply(change);
      if (change.bytes === undefined) continue;
      const last = Math.floor((change.position + change.bytes.length - 1) / SECTOR_BYTES);
      for (let sector = Math.floor(change.position / SECTOR_BYTES); sector <= last; sector++) {
        const bytes = Buffer.alloc(SECTOR_BYTES);
        working.read(bytes, 0, SECTOR_BYTES, sector * SECTOR_BYTES);
        const list = versions.get(sector) ?? [];
        list.push(bytes);
        versions.set(sector, list);
      }
    }
    // Mostly all or nothing, sometimes a mixture: each has found different mistakes.
    const mood = random.integer(4);
    for (const [sector, list] of versions) {
      const choice = mood === 0 ? 0 : mood === 1 ? list.length : random.integer(list.length + 1);
      if (choice === 0) continue;
      pages.apply({ position: sector * SECTOR_BYTES, bytes: list[choice - 1] as Buffer });
    }
    pages.apply({ position: length, bytes: undefined });
    return pages;
  }

  #change(change: Omit<Change, 'sequence'>, nowMs: number): void {
    const numbered = { ...change, sequence: ++this.#sequence };
    this.#current.apply(numbered);
    this.#changes.push(this.#hasForsaken ? this.#wholeSectors(numbered) : numbered);
    this.modifiedMs = nowMs;
  }

  /** Sectors are written whole, with what is in them. */
  #wholeSectors(change: Change): Change {
    if (change.bytes === undefined) return change;
    const start = change.position - (change.position % SECTOR_BYTES);
    const end = change.position + change.bytes.length;
    const length = Math.min(Math.ceil(end / SECTOR_BYTES) * SECTOR_BYTES, this.#current.length) - start;
    const bytes = Buffer.alloc(length);
    this.#current.read(bytes, 0, length, start);
    return { ...change, position: start, bytes };
  }
}
