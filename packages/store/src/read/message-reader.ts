/**
 * Owns answering pulls: which records of a queue a reader gets, from memory without decoding them; what has left memory is
 * the business of ColdPull.
 *
 * The rules are those of DefaultMessageStore.getMessage in RocketMQ 4.4.0: the outcome for offsets outside the queue, a
 * scan of at most 800 units (or maxNums), the bounds of a batch, at least one record. Different here: a damaged record is
 * passed over, and it alone.
 */
import type { CommitLog } from '../log/commit-log.ts';
import type { LogChunk } from '../log/log-memory.ts';
import type { ConsumeQueue } from '../queue/consume-queue.ts';
import { FILLER_SIZE, UNIT_WORDS } from '../queue/queue-unit.ts';
import type { ColdPull } from './cold-pull.ts';
import { GetMessageStatus } from './get-message-status.ts';
import type { GetResult, MessageFilter } from './get-result.ts';
import { isHash, type PullRules, scanUnits } from './pull-rules.ts';

export class MessageReader {
  readonly #log: CommitLog;
  readonly #rules: PullRules;
  readonly #coldPull: ColdPull;

  constructor(log: CommitLog, rules: PullRules, coldPull: ColdPull) {
    this.#log = log;
    this.#rules = rules;
    this.#coldPull = coldPull;
  }

  /** See MessageStore.getMessage. */
  get(
    queue: ConsumeQueue | undefined,
    offset: number,
    maxNums: number,
    filter: MessageFilter | undefined,
    out: GetResult,
  ): true | Promise<void> {
    out.reset();
    if (queue === undefined) return this.#outside(out, GetMessageStatus.NO_MATCHED_LOGIC_QUEUE, offset, 0);
    let minOffset: number;
    try {
      minOffset = queue.minOffset;
    } catch (error) {
      // Where the log begins has changed, and the queue's files, which say what that means for it, cannot be read.
      return Promise.reject(error);
    }
    const maxOffset = queue.maxOffset;
    out.minOffset = minOffset;
    out.maxOffset = maxOffset;
    if (maxOffset === 0) return this.#outside(out, GetMessageStatus.NO_MESSAGE_IN_QUEUE, offset, 0);
    if (offset < minOffset) return this.#outside(out, GetMessageStatus.OFFSET_TOO_SMALL, offset, minOffset);
    if (offset === maxOffset) return this.#outside(out, GetMessageStatus.OFFSET_OVERFLOW_ONE, offset, offset);
    if (offset > maxOffset) {
      const next = minOffset === 0 ? 0 : maxOffset;
      return this.#outside(out, GetMessageStatus.OFFSET_OVERFLOW_BADLY, offset, next);
    }
    if (this.#fromMemory(queue, offset, maxNums, filter, out)) return true;
    return this.#coldPull.get(queue, offset, maxNums, filter, out);
  }

  #outside(out: GetResult, status: GetMessageStatus, offset: number, corrected: number): true {
    out.status = status;
    out.nextBeginOffset = this.#rules.corrected(offset, corrected);
    return true;
  }

  /** Answers false when something needed has left memory; nothing has been added to `out` then. */
  #fromMemory(
    queue: ConsumeQueue,
    offset: number,
    maxNums: number,
    filter: MessageFilter | undefined,
    out: GetResult,
  ): boolean {
    const units = queue.units;
    if (units === undefined || offset < queue.memoryStart) return false;
    const { memory } = this.#log;
    const end = Math.min(queue.maxOffset, offset + scanUnits(maxNums));
    out.status = GetMessageStatus.NO_MATCHED_MESSAGE;
    let chunk: LogChunk | undefined;
    let physical = 0;
    let lastAdded = -1;
    let index = offset;
    let word = queue.wordOf(offset);
    for (; index < end; index++, word += UNIT_WORDS) {
      physical = (units[word] as number) * 0x1_0000_0000 + ((units[word + 1] as number) >>> 0);
      const size = units[word + 2] as number;
      if (out.count > 0 && this.#rules.isBatchFull(size, maxNums, out.count, out.sizeBytes, physical)) break;
      if (filter !== undefined && isHash(units[word + 3] as number)) {
        if (!filter.matchesTagsCode(units[word + 4] as number)) continue;
      }
      if (physical === lastAdded || size === FILLER_SIZE) continue;
      if (
        chunk === undefined ||
        physical < chunk.baseOffset ||
        physical >= chunk.baseOffset + chunk.usedBytes
      ) {
        chunk = memory.find(physical);
        // Records leave memory in order, so it is the first one or none.
        if (chunk === undefined) return false;
      }
      const at = physical - chunk.baseOffset;
      if (filter?.matchesRecord !== undefined && !filter.matchesRecord(chunk.buffer, at)) continue;
      out.addFromMemory(memory, chunk, at, at + size);
      lastAdded = physical;
    }
    if (out.count > 0) out.status = GetMessageStatus.FOUND;
    this.#rules.finish(out, index, physical);
    return true;
  }
}
