/** How far a group has consumed a topic, queue by queue: the common part of request codes 208 and 317. */
import type { ConsumeStats, MessageQueue, OffsetWrapper } from '@rocketmq-ts/protocol';
import type { ControlContext } from './control-context.ts';
import { queueOf } from './queue-of.ts';

/** Adds the topic's queues to `stats`; answers by how many messages the group is behind. */
export async function addProgress(
  context: ControlContext,
  stats: ConsumeStats,
  group: string,
  topic: string,
  queueNums: number,
): Promise<number> {
  let behind = 0;
  for (let queueId = 0; queueId < queueNums; queueId++) {
    const progress = await progressOf(context, group, topic, queueId);
    behind += progress.brokerOffset - progress.consumerOffset;
    const queue: MessageQueue = queueOf(context, topic, queueId);
    stats.offsetTable.set(queue, progress);
  }
  stats.consumeTps += context.statistics.groupGetTps(group, topic);
  return behind;
}

async function progressOf(
  context: ControlContext,
  group: string,
  topic: string,
  queueId: number,
): Promise<OffsetWrapper> {
  const consumerOffset = Math.max(0, context.offsets.query(group, topic, queueId));
  const lastTimestamp =
    consumerOffset > 0 ? await context.store.storeTimestampOf(topic, queueId, consumerOffset - 1) : 0;
  return {
    brokerOffset: Math.max(0, context.store.maxOffset(topic, queueId)),
    consumerOffset,
    lastTimestamp: Math.max(0, lastTimestamp),
  };
}
