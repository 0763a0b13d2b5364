/**
 * Reads queues from one offset to another, message by message: with progress, and from where a checkpoint says. Shared by
 * the commands that print or export what is in a topic.
 */
import { type MessageExt, type MessageQueue, messageQueueKey } from '@rocketmq-ts/protocol';
import type { PullStatus } from '../message-admin.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { CommandContext } from './command.ts';

export interface Position {
  /** The next offset to be read. */
  readonly next: number;
  /** The offset to stop before. */
  readonly end: number;
}

export interface QueueRange extends Position {
  readonly queue: MessageQueue;
  /** Where it began the first time. */
  readonly begin: number;
}

export interface Batch {
  readonly pullStatus: PullStatus;
  readonly messages: readonly MessageExt[];
  readonly nextOffset: number;
}

/** From `-b` or the first message to `-e` or the last one; where `checkpoint` knows the queue, from there to there. */
export async function queueRanges(
  { admin, options, progress }: CommandContext,
  queues: readonly MessageQueue[],
  checkpoint: Checkpoint<Position>,
  label: string,
): Promise<QueueRange[]> {
  const begin = options.timestamp('b');
  const end = options.timestamp('e');
  const ranges: QueueRange[] = [];
  for (const queue of queues) {
    const first = begin === undefined ? await admin.minOffset(queue) : await admin.searchOffset(queue, begin);
    const last = end === undefined ? await admin.maxOffset(queue) : await admin.searchOffset(queue, end);
    const known = checkpoint.get(messageQueueKey(queue));
    ranges.push({ queue, begin: first, ...(known ?? { next: first, end: last }) });
  }
  const sum = (size: (range: QueueRange) => number): number =>
    ranges.reduce((total, range) => total + Math.max(0, size(range)), 0);
  progress.begin(
    label,
    sum((range) => range.end - range.begin),
    sum((range) => range.next - range.begin),
  );
  return ranges;
}

/**
 * Gives what is pulled to `take`, and then notes that, with what `take` answers, in one line of the checkpoint. A stop between
 * the two repeats a batch.
 */
export async function scanQueue<T extends Position>(
  { admin, options, progress }: CommandContext,
  { queue, next, end }: QueueRange,
  checkpoint: Checkpoint<T>,
  take: (batch: Batch) => Omit<T, keyof Position>,
): Promise<void> {
  const expression = options.optional('s') ?? '*';
  for (let offset = next; offset < end; ) {
    const { pullStatus, nextBeginOffset, messages } = await admin.pull({ queue, offset, expression });
    const found = pullStatus === 'FOUND' || pullStatus === 'NO_MATCHED_MSG';
    const noted = take({ pullStatus, messages, nextOffset: nextBeginOffset });
    if (!found) return;
    progress.advance(Math.min(nextBeginOffset, end) - offset);
    offset = nextBeginOffset;
    checkpoint.set(messageQueueKey(queue), { ...noted, next: offset, end } as T);
  }
}
