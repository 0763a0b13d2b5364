/**
 * Stops groups from consuming that are so far behind that their reads would hurt everyone, when the operator wants that
 * (`disableConsumeIfConsumerReadSlowly`). Counterpart in RocketMQ: BrokerController.protectBroker.
 */
import type { ControlContext } from './control-context.ts';

export async function disableSlowConsumers(context: ControlContext): Promise<void> {
  if (!context.settings.disableConsumeIfConsumerReadSlowly) return;
  for (const group of [...context.consumers.groups()]) {
    const behindBytes = await furthestBehind(context, group.name);
    if (behindBytes <= context.settings.consumerFallbehindThreshold) continue;
    context.logger.warn('a consumer group is too far behind and is stopped (consumeEnable=false)', {
      group: group.name,
      behindBytes,
      consumerFallbehindThreshold: context.settings.consumerFallbehindThreshold,
    });
    context.groups.disableConsume(group.name);
  }
}

async function furthestBehind(context: ControlContext, group: string): Promise<number> {
  let furthest = 0;
  for (const topic of context.offsets.topicsOfGroup(group)) {
    const offsets = context.offsets.offsetsOf(group, topic) ?? [];
    for (let queueId = 0; queueId < offsets.length; queueId++) {
      const offset = offsets[queueId]!;
      if (offset < 0 || offset >= context.store.maxOffset(topic, queueId)) continue;
      const physical = await context.store.physicalOffsetOf(topic, queueId, offset);
      if (physical !== undefined) furthest = Math.max(furthest, context.store.maxPhysicalOffset - physical);
    }
  }
  return furthest;
}
