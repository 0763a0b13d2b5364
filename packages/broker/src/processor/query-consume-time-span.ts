/** QUERY_CONSUME_TIME_SPAN (303): store times of what a topic's queues hold and of what a group has reached. */
import {
  ExtReader,
  encodeQueryConsumeTimeSpanBody,
  type QueueTimeSpan,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { failure, success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';
import { queueOf } from '../control/queue-of.ts';

export function queryConsumeTimeSpan(context: ControlContext): Handler {
  return async (request) => {
    const header = new ExtReader(request.code, request.ext);
    const topic = header.string('topic');
    const group = header.string('group');
    const entry = context.topics.find(topic);
    if (entry === undefined) return failure(ResponseCode.TOPIC_NOT_EXIST, `topic[${topic}] not exist`);
    const consumeTimeSpanSet: QueueTimeSpan[] = [];
    for (let queueId = 0; queueId < entry.config.writeQueueNums; queueId++) {
      consumeTimeSpanSet.push(await timeSpan(context, topic, group, queueId));
    }
    return success(encodeQueryConsumeTimeSpanBody({ consumeTimeSpanSet }));
  };
}

async function timeSpan(
  context: ControlContext,
  topic: string,
  group: string,
  queueId: number,
): Promise<QueueTimeSpan> {
  const store = context.store;
  const max = store.maxOffset(topic, queueId);
  const consumed = context.offsets.query(group, topic, queueId);
  const minTimeStamp = await store.earliestMessageTime(topic, queueId);
  const maxTimeStamp = await store.storeTimestampOf(topic, queueId, max - 1);
  const consumeTimeStamp =
    consumed > 0 ? await store.storeTimestampOf(topic, queueId, consumed - 1) : minTimeStamp;
  const next = consumed < max ? await store.storeTimestampOf(topic, queueId, Math.max(0, consumed)) : -1;
  return {
    messageQueue: queueOf(context, topic, queueId),
    minTimeStamp,
    maxTimeStamp,
    consumeTimeStamp,
    delayTime: next >= 0 ? context.platform.clock.now() - next : 0,
    minTimeStampStr: timeText(minTimeStamp),
    maxTimeStampStr: timeText(maxTimeStamp),
    consumeTimeStampStr: timeText(consumeTimeStamp),
  };
}

/** `yyyy-MM-dd#HH:mm:ss:SSS`, local time. */
function timeText(time: number): string {
  const date = new Date(time);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day}#${clock}:${String(date.getMilliseconds()).padStart(3, '0')}`;
}
