/** GET_CONSUME_STATS (208): a group's progress in one topic, or in all it has consumed (AdminBrokerProcessor). */
import { type ConsumeStats, ExtReader, encodeConsumeStats } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import { addProgress } from '../control/consume-progress.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getConsumeStats(context: ControlContext): Handler {
  return async (request) => {
    const header = new ExtReader(request.code, request.ext);
    const group = header.string('consumerGroup');
    const topic = header.optionalString('topic')?.trim() ?? '';
    const stats: ConsumeStats = { consumeTps: 0, offsetTable: new Map() };
    for (const name of topic === '' ? context.offsets.topicsOfGroup(group) : [topic]) {
      const entry = context.topics.find(name);
      if (entry === undefined || context.consumers.isUnsubscribed(group, name)) continue;
      await addProgress(context, stats, group, name, entry.config.readQueueNums);
    }
    return success(encodeConsumeStats(stats));
  };
}
