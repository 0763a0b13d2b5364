/**
 * QUERY_CONSUME_QUEUE (321): the units of a consume queue, for whoever looks for a message that a consumer misses.
 *
 * 4.4.0 builds this answer and then sends an empty one.
 *
 * Counterpart in RocketMQ: AdminBrokerProcessor.queryConsumeQueue.
 */
import {
  type ConsumeQueueData,
  decodeRecord,
  ExtReader,
  encodeQueryConsumeQueueResponseBody,
  javaHashCode,
  PropertyKey,
} from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

/** More than any tool asks for. */
const MAX_UNITS = 1_000;

export function queryConsumeQueue(context: ControlContext): Handler {
  return async (request) => {
    const header = new ExtReader(request.code, request.ext);
    const topic = header.string('topic');
    const queueId = header.int('queueId');
    const index = header.long('index');
    const count = header.int('count');
    const group = header.optionalString('consumerGroup');
    const queue = context.store.findQueue(topic, queueId);
    if (queue === undefined) return systemError(`${queueId}@${topic} is not exist!`);
    if (index < queue.minOffset || index >= queue.maxOffset) {
      return systemError(`Index ${index} of ${queueId}@${topic} is not exist!`);
    }
    const subscription = group === undefined ? undefined : context.consumers.findSubscription(group, topic);
    const filterData =
      group === undefined || subscription !== undefined ? undefined : `${group}@${topic} is not online!`;
    const queueData: ConsumeQueueData[] = [];
    const end = Math.min(queue.maxOffset, index + Math.min(count, MAX_UNITS));
    for (let offset = index; offset < end; offset++) {
      const unit = queue.unitAt(offset);
      if (unit === undefined) break;
      queueData.push(await describe(context, unit.physicalOffset, unit.size, subscription?.codeSet ?? []));
    }
    return success(
      encodeQueryConsumeQueueResponseBody({
        subscriptionData: subscription,
        filterData,
        queueData,
        maxQueueIndex: queue.maxOffset,
        minQueueIndex: queue.minOffset,
      }),
    );
  };
}

async function describe(
  context: ControlContext,
  physicOffset: number,
  physicSize: number,
  wantedCodes: readonly number[],
): Promise<ConsumeQueueData> {
  const record = await context.store.messageByOffset(physicOffset);
  if (record === undefined) {
    return { physicOffset, physicSize, tagsCode: 0, eval: false, msg: `no record at ${physicOffset}` };
  }
  const tags = decodeRecord(record, 0, { inflate: false }).properties.get(PropertyKey.TAGS);
  const tagsCode = tags === undefined ? 0 : javaHashCode(tags);
  return {
    physicOffset,
    physicSize,
    tagsCode,
    eval: wantedCodes.length === 0 || wantedCodes.includes(tagsCode),
  };
}
