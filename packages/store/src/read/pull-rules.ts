/**
 * Owns the rules of a pull that do not depend on where the bytes are (DefaultMessageStore of RocketMQ 4.4.0): how far a pull
 * looks, when its batch is full, what counts as being on disk, where the next one starts.
 */
import type { CommitLog } from '../log/commit-log.ts';
import { UNIT_BYTES } from '../queue/queue-unit.ts';
import type { StoreSettings } from '../store-options.ts';
import type { GetResult } from './get-result.ts';

const SCAN_BYTES = 16_000;

/** Units that one pull looks at. */
export function scanUnits(maxNums: number): number {
  return Math.ceil(Math.max(SCAN_BYTES, maxNums * UNIT_BYTES) / UNIT_BYTES);
}

/** Tags codes at or below -2147483649 are addresses of Java's ext files, not hashes. */
export function isHash(highWord: number): boolean {
  return highWord >= -1;
}

export class PullRules {
  readonly #log: CommitLog;
  readonly #settings: StoreSettings;
  readonly #totalMemoryBytes: number;

  constructor(log: CommitLog, settings: StoreSettings, totalMemoryBytes: number) {
    this.#log = log;
    this.#settings = settings;
    this.#totalMemoryBytes = totalMemoryBytes;
  }

  /** Whether the record counts as being on disk, whatever the truth. */
  isOnDisk(physicalOffset: number): boolean {
    return this.#log.writtenOffset - physicalOffset > this.#memoryBytes;
  }

  /** Whether a batch of `count` records with `bytes` bytes takes no further one of `size` bytes. */
  isBatchFull(size: number, maxNums: number, count: number, bytes: number, physicalOffset: number): boolean {
    if (count === 0) return false;
    if (count >= maxNums) return true;
    const settings = this.#settings;
    return this.isOnDisk(physicalOffset)
      ? bytes + size > settings.maxTransferBytesOnMessageInDisk ||
          count >= settings.maxTransferCountOnMessageInDisk
      : bytes + size > settings.maxTransferBytesOnMessageInMemory ||
          count >= settings.maxTransferCountOnMessageInMemory;
  }

  /** Where the next pull starts after one outside the queue. */
  corrected(offset: number, to: number): number {
    return this.#settings.correctOffsets ? to : offset;
  }

  finish(out: GetResult, nextBeginOffset: number, lastPhysicalOffset: number): void {
    out.nextBeginOffset = nextBeginOffset;
    out.fallBehindBytes = this.#log.writtenOffset - lastPhysicalOffset;
    out.suggestPullingFromSlave = out.fallBehindBytes > this.#memoryBytes;
  }

  get #memoryBytes(): number {
    return Math.floor(this.#totalMemoryBytes * (this.#settings.accessMessageInMemoryMaxRatio / 100));
  }
}
