/**
 * Owns reading the log again and again, slowly, for damage that no reader has come across: what nobody reads for days is
 * otherwise found broken when it is wanted.
 *
 * - At most `scrubBytesPerSecond`, in pieces; not while the log grows fast; what lies in memory is not looked at.
 * - One pass after the other, each at least a day after the one before began.
 * - `rocketmq-ts/scrub` has the file that the pass has come to: a restart goes on at its beginning.
 *
 * Invariant: it changes nothing but that file; what it finds is named in the damage report.
 */
import type { Clock, FileSystem, Logger, Timer } from '@rocketmq-ts/platform';
import type { CommitLog } from '../log/commit-log.ts';
import type { DamageReport } from '../log/damage.ts';
import { recordCheckReason } from '../log/record-check.ts';
import { VerifiedBlock } from '../read/verified-block.ts';
import type { StoreOptions } from '../store-options.ts';
import type { ChecksumLookup } from './checksum-lookup.ts';

const LOOK_MS = 1000;
/** After a start others need the disk. */
const FIRST_LOOK_MS = 60_000;
const PASS_MS = 24 * 3_600_000;
/** A log that has grown by more since the last look is busy: its disk has other work. */
const BUSY_BYTES = 1024 * 1024;
/** Read at a time where records are looked for behind damage. */
const SEARCH_BYTES = 256 * 1024;

export interface ScrubberParts {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly path: string;
  readonly log: CommitLog;
  readonly checksumLookup: ChecksumLookup;
  readonly damage: DamageReport;
  readonly options: StoreOptions;
  readonly logger: Logger;
}

/** Damage whose end has not been found yet. */
interface Hole {
  readonly from: number;
  readonly what: string;
}

export class Scrubber {
  readonly #parts: ScrubberParts;
  readonly #block: VerifiedBlock;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #position = 0;
  #hole: Hole | undefined;
  #passBegunMs = 0;
  #passDone = false;
  /** Bytes that may be read now; below zero after a piece that was larger. */
  #allowance = 0;
  #seenOffset = 0;
  #startedMs = 0;

  constructor(parts: ScrubberParts) {
    this.#parts = parts;
    this.#block = new VerifiedBlock(parts.log.files, parts.checksumLookup);
  }

  start(): void {
    this.#resume();
    this.#seenOffset = this.#parts.log.writtenOffset;
    this.#startedMs = this.#parts.clock.monotonicMs();
    this.#timer = this.#parts.clock.setInterval(() => this.#look(), LOOK_MS);
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#running;
  }

  #look(): void {
    const { log, options, clock } = this.#parts;
    if (clock.monotonicMs() - this.#startedMs < FIRST_LOOK_MS) return;
    const grownBytes = log.writtenOffset - this.#seenOffset;
    this.#seenOffset = log.writtenOffset;
    const rate = options.scrubBytesPerSecond;
    if (rate === 0 || grownBytes > BUSY_BYTES || this.#running !== undefined) return;
    this.#allowance = Math.min(rate, this.#allowance + rate);
    if (this.#allowance <= 0) return;
    this.#running = this.#readOn().finally(() => {
      this.#running = undefined;
    });
  }

  async #readOn(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#passDone && clock.now() - this.#passBegunMs >= PASS_MS) this.#beginPass();
    while (this.#allowance > 0 && !this.#passDone) await this.#step();
  }

  /** Reads one piece. Never rejects. */
  async #step(): Promise<void> {
    const { files, memory, writtenOffset } = this.#parts.log;
    const limit = Math.min(memory.startOffset, writtenOffset);
    this.#position = Math.max(this.#position, files.minOffset);
    if (this.#position >= limit) {
      this.#endHole(limit);
      this.#endPass();
      return;
    }
    const base = files.baseOf(this.#position);
    const fileEnd = base + files.fileBytes;
    if (!files.has(base)) {
      this.#enter(fileEnd);
      return;
    }
    try {
      if (this.#hole === undefined) await this.#verify(limit, fileEnd);
      else await this.#search(limit, fileEnd);
    } catch (error) {
      // Removed meanwhile, or the disk refuses: this piece is left out.
      if (!files.has(base)) return;
      const what = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      this.#hole ??= { from: this.#position, what };
      this.#allowance -= SEARCH_BYTES;
      this.#position = Math.min(this.#position + SEARCH_BYTES, fileEnd);
    }
  }

  async #verify(limit: number, fileEnd: number): Promise<void> {
    const block = this.#block;
    await block.load(this.#position, Math.min(limit, fileEnd));
    this.#allowance -= block.end - block.start;
    if (block.isBlank || block.end === fileEnd) this.#enter(fileEnd);
    else if (block.end > block.start) this.#position = block.end;
    else this.#hole = { from: this.#position++, what: recordCheckReason(block.problem) };
  }

  async #search(limit: number, fileEnd: number): Promise<void> {
    const to = Math.min(this.#position + SEARCH_BYTES, limit, fileEnd);
    const next = await this.#block.nextRecord(this.#position, Math.min(limit, fileEnd), to);
    this.#allowance -= (next ?? to) - this.#position;
    if (next !== undefined) this.#endHole(next);
    if (next === undefined && to === fileEnd) this.#enter(fileEnd);
    else this.#position = next ?? to;
  }

  #endHole(end: number): void {
    const hole = this.#hole;
    if (hole === undefined) return;
    this.#hole = undefined;
    const { damage, log } = this.#parts;
    const file = log.files.path(log.files.baseOf(hole.from));
    damage.add({ file, offset: hole.from, sizeBytes: end - hole.from, what: hole.what });
  }

  #enter(base: number): void {
    this.#endHole(base);
    this.#position = base;
    this.#save();
  }

  #beginPass(): void {
    this.#passDone = false;
    this.#passBegunMs = this.#parts.clock.now();
    this.#position = 0;
  }

  #endPass(): void {
    const { clock, logger, damage } = this.#parts;
    this.#passDone = true;
    this.#save();
    const tookMs = clock.now() - this.#passBegunMs;
    logger.info('The log has been read for damage', { tookMs, damageCount: damage.count });
  }

  /** Where the process before was; from the beginning when that cannot be told. */
  #resume(): void {
    const { fileSystem, path, log } = this.#parts;
    this.#beginPass();
    if (!fileSystem.existsSync(path)) return;
    try {
      const state = JSON.parse(fileSystem.readFileSync(path).toString('utf8')) as Record<string, unknown>;
      const { position, passBegunMs, passDone } = state;
      if (!Number.isSafeInteger(position) || !Number.isSafeInteger(passBegunMs)) return;
      this.#position = log.files.baseOf(position as number);
      this.#passBegunMs = Math.min(passBegunMs as number, this.#passBegunMs);
      this.#passDone = passDone === true;
    } catch (error) {
      this.#parts.logger.warn('Cannot read how far the log has been read for damage', { path, error });
    }
  }

  #save(): void {
    const { fileSystem, path, logger } = this.#parts;
    const state = { position: this.#position, passBegunMs: this.#passBegunMs, passDone: this.#passDone };
    try {
      fileSystem.writeFileSync(path, Buffer.from(`${JSON.stringify(state)}\n`));
    } catch (error) {
      logger.warn('Cannot note how far the log has been read for damage', { path, error });
    }
  }
}
