/** What a push consumer tells about itself, for `mqadmin consumerStatus`: RocketMQ's ConsumerRunningInfo. */
import {
  type ConsumerRunningInfo,
  type ProcessQueueInfo,
  RunningInfoProperty,
  type SubscriptionData,
} from '@rocketmq-ts/protocol';
import { compareStrings } from '../message/message-queue.ts';
import type { ConsumerParts } from './consumer-parts.ts';
import type { ProcessQueue } from './process-queue.ts';

const bytesPerMib = 1024 * 1024;

export function runningInfo(
  parts: ConsumerParts,
  subscriptions: readonly SubscriptionData[],
  startedAtMs: number,
): ConsumerRunningInfo {
  const { settings, stats, processQueues, orderly } = parts;
  const properties = new Map<string, string>();
  for (const [name, value] of Object.entries(settings)) {
    if (['string', 'number', 'boolean'].includes(typeof value)) properties.set(name, String(value));
  }
  properties.set('allocateMessageQueueStrategy', settings.allocateMessageQueueStrategy.name);
  properties.set(RunningInfoProperty.CONSUME_ORDERLY, String(orderly));
  properties.set(RunningInfoProperty.THREADPOOL_CORE_SIZE, String(settings.consumeThreadMax));
  properties.set(RunningInfoProperty.CONSUMER_START_TIMESTAMP, String(startedAtMs));
  const sorted = [...subscriptions].sort((a, b) =>
    compareStrings(`${a.topic}@${a.subString}`, `${b.topic}@${b.subString}`),
  );
  return {
    properties,
    subscriptionSet: sorted,
    mqTable: new Map(
      [...processQueues.values()].map((queue) => [queue.messageQueue, queueInfo(parts, queue)]),
    ),
    statusTable: new Map(sorted.map(({ topic }) => [topic, stats.status(topic)])),
  };
}

function queueInfo(parts: ConsumerParts, queue: ProcessQueue): ProcessQueueInfo {
  const { clock, offsets } = parts;
  const wall = (monotonicMs: number): number => Math.round(clock.now() - (clock.monotonicMs() - monotonicMs));
  return {
    commitOffset: offsets.memoryOffset(queue.messageQueue),
    cachedMsgMinOffset: Math.max(queue.minOffset, 0),
    cachedMsgMaxOffset: Math.max(queue.maxOffset, 0),
    cachedMsgCount: queue.msgCount,
    cachedMsgSizeInMiB: Math.floor(queue.msgSizeBytes / bytesPerMib),
    transactionMsgMinOffset: queue.consumingMinOffset,
    transactionMsgMaxOffset: queue.consumingMaxOffset,
    transactionMsgCount: queue.consumingCount,
    locked: queue.locked,
    tryUnlockTimes: queue.tryUnlockTimes,
    lastLockTimestamp: wall(queue.lastLockMs),
    droped: queue.dropped,
    lastPullTimestamp: wall(queue.lastPullMs),
    lastConsumeTimestamp: wall(queue.lastConsumeMs),
  };
}
