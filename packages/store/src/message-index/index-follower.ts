/**
 * Keeps the message index up with the log: indexes what has been written, at the end of the turn, from memory; what lies further
 * back (after a crash the newest index file is built anew) is read from the files, off the loop, block by block.
 *
 * Invariants: records are indexed in the order of the log, each once; nothing is indexed that has not been written.
 *
 * Counterpart in RocketMQ: ReputMessageService with CommitLogDispatcherBuildIndex.
 */
import { type Logger, type Turn, TurnPhase, type TurnTask } from '@rocketmq-ts/platform';
import { BLANK_MAGIC, MAGIC, RECORD_FIXED_BYTES } from '@rocketmq-ts/protocol';
import type { CommitLog } from '../log/commit-log.ts';
import type { MessageIndex } from './message-index.ts';

const BLOCK_BYTES = 1024 * 1024;
const HEAD_BYTES = 8;

export class IndexFollower implements TurnTask {
  readonly #log: CommitLog;
  readonly #index: MessageIndex;
  readonly #turn: Turn;
  readonly #logger: Logger;
  #offset = 0;
  #deferred = false;
  #catchingUp: Promise<void> | undefined;
  #stopped = true;

  constructor(log: CommitLog, index: MessageIndex, turn: Turn, logger: Logger) {
    this.#log = log;
    this.#index = index;
    this.#turn = turn;
    this.#logger = logger;
  }

  /** The first byte of the log not yet indexed. */
  get offset(): number {
    return this.#offset;
  }

  start(fromOffset: number): void {
    this.#offset = Math.max(fromOffset, this.#log.files.minOffset);
    this.#stopped = false;
    this.logGrew();
  }

  /** Hot, once per turn. */
  logGrew(): void {
    if (this.#deferred || this.#stopped || this.#catchingUp !== undefined) return;
    this.#deferred = true;
    // After the answers of this turn have gone out.
    this.#turn.defer(TurnPhase.socketFlush, this);
  }

  runAtTurnEnd(): void {
    this.#deferred = false;
    if (this.#stopped || this.#catchingUp !== undefined) return;
    if (!this.#followMemory()) this.#startCatchingUp();
  }

  /** Indexes what is written, then leaves the index alone. */
  async stop(): Promise<void> {
    await this.#catchingUp;
    if (!this.#stopped && !this.#followMemory()) await this.#catchUp();
    this.#stopped = true;
  }

  /** False when the next record is not in memory. */
  #followMemory(): boolean {
    const log = this.#log;
    while (this.#offset < log.writtenOffset) {
      const chunk = log.memory.find(this.#offset);
      if (chunk === undefined) return false;
      const end = Math.min(chunk.usedBytes, log.writtenOffset - chunk.baseOffset);
      if (!this.#indexRange(chunk.buffer, chunk.baseOffset, end)) return false;
    }
    return true;
  }

  /** Indexes the records from `#offset` in a buffer that begins at `base`; false when the next one is not whole in it. */
  #indexRange(buffer: Buffer, base: number, end: number): boolean {
    for (let at = this.#offset - base; at < end; at = this.#offset - base) {
      if (end - at < HEAD_BYTES) return false;
      const size = buffer.readInt32BE(at);
      const magic = buffer.readInt32BE(at + 4);
      if (magic === MAGIC && size >= RECORD_FIXED_BYTES) {
        if (at + size > end) return false;
        this.#index.indexRecord(buffer, at);
        this.#offset += size;
      } else {
        this.#skipToNextFile(magic);
        return true;
      }
    }
    return true;
  }

  /** At the blank end of a file, or at damage, which recovery has told of: keys of what follows in this file are not found. */
  #skipToNextFile(magic: number): void {
    const { fileBytes } = this.#log.files;
    if (magic !== BLANK_MAGIC) {
      this.#logger.warn(
        'the message index skips the rest of a log file: there is no record where one should be',
        {
          offset: this.#offset,
        },
      );
    }
    const next = this.#log.files.baseOf(this.#offset) + fileBytes;
    this.#offset = Math.min(next, this.#log.writtenOffset);
  }

  #startCatchingUp(): void {
    this.#catchingUp = this.#catchUp()
      .catch((error: unknown) => {
        this.#logger.error('the message index cannot read the log: queries by key miss what follows', {
          offset: this.#offset,
          error: String(error),
        });
        this.#offset = this.#log.writtenOffset;
      })
      .finally(() => {
        this.#catchingUp = undefined;
        this.logGrew();
      });
  }

  async #catchUp(): Promise<void> {
    const log = this.#log;
    let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    while (this.#offset < log.writtenOffset && !this.#followMemory()) {
      const base = this.#offset;
      const inFile = log.files.baseOf(base) + log.files.fileBytes - base;
      const wanted = Math.min(block.length, inFile, log.writtenOffset - base);
      const count = await log.files.read(base, block, 0, wanted);
      if (count === 0) throw new Error(`nothing can be read at ${base}`);
      if (this.#indexRange(block, base, count) || this.#offset > base) continue;
      // One record larger than the block, or the cut-off end of a file.
      const size = count >= HEAD_BYTES ? block.readInt32BE(0) : inFile;
      if (size > inFile || size <= block.length) this.#skipToNextFile(0);
      else block = Buffer.allocUnsafeSlow(size);
    }
  }
}
