/** GET_TOPIC_STATS_INFO (202): ends and last store time of every queue of a topic (AdminBrokerProcessor). */
import { ExtReader, encodeTopicStatsTable, ResponseCode, type TopicOffset } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { failure, success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';
import { queueOf } from '../control/queue-of.ts';

export function getTopicStatsInfo(context: ControlContext): Handler {
  return async (request) => {
    const topic = new ExtReader(request.code, request.ext).string('topic');
    const entry = context.topics.find(topic);
    if (entry === undefined) return failure(ResponseCode.TOPIC_NOT_EXIST, `topic[${topic}] not exist`);
    const offsetTable = new Map();
    for (let queueId = 0; queueId < entry.config.writeQueueNums; queueId++) {
      offsetTable.set(queueOf(context, topic, queueId), await topicOffset(context, topic, queueId));
    }
    return success(encodeTopicStatsTable({ offsetTable }));
  };
}

async function topicOffset(context: ControlContext, topic: string, queueId: number): Promise<TopicOffset> {
  const maxOffset = Math.max(0, context.store.maxOffset(topic, queueId));
  const time = maxOffset > 0 ? await context.store.storeTimestampOf(topic, queueId, maxOffset - 1) : 0;
  return {
    minOffset: Math.max(0, context.store.minOffset(topic, queueId)),
    maxOffset,
    lastUpdateTimestamp: time,
  };
}
