/** GET_BROKER_CONSUME_STATS (317): the progress of every group of this broker (AdminBrokerProcessor). */
import { type ConsumeStats, ExtReader, encodeConsumeStatsList } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import { addProgress } from '../control/consume-progress.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getBrokerConsumeStats(context: ControlContext): Handler {
  return async (request) => {
    const onlyOrdered = new ExtReader(request.code, request.ext).boolean('isOrder');
    const consumeStatsList: Map<string, ConsumeStats[]>[] = [];
    let totalDiff = 0;
    for (const { name: group } of [...context.groups.entries()]) {
      const statsOfGroup: ConsumeStats[] = [];
      for (const topic of context.offsets.topicsOfGroup(group)) {
        const config = context.topics.find(topic)?.config;
        if (config === undefined || (onlyOrdered && !config.order)) continue;
        if (context.consumers.isUnsubscribed(group, topic)) continue;
        const stats: ConsumeStats = { consumeTps: 0, offsetTable: new Map() };
        totalDiff += await addProgress(context, stats, group, topic, config.writeQueueNums);
        statsOfGroup.push(stats);
      }
      consumeStatsList.push(new Map([[group, statsOfGroup]]));
    }
    return success(
      encodeConsumeStatsList({ consumeStatsList, brokerAddr: context.nameServers.brokerAddress, totalDiff }),
    );
  };
}
