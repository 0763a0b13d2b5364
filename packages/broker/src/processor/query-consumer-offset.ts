/**
 * QUERY_CONSUMER_OFFSET (14): how far a group has consumed a queue.
 *
 * A group that never consumed a queue which still starts at 0, and whose first message is still recent, is told 0, so that a
 * new group does not skip what is there; otherwise QUERY_NOT_FOUND, upon which the client decides by its own setting.
 *
 * Counterpart in RocketMQ: ConsumerManageProcessor.queryConsumerOffset.
 */
import { ExtReader, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { failure, success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function queryConsumerOffset(context: ControlContext): Handler {
  return async (request) => {
    const header = new ExtReader(request.code, request.ext);
    const topic = header.string('topic');
    const queueId = header.int('queueId');
    const offset = context.offsets.query(header.string('consumerGroup'), topic, queueId);
    if (offset >= 0) return success(undefined, { offset });
    const startsAtZero = context.store.minOffset(topic, queueId) <= 0;
    if (startsAtZero && !(await context.store.isOnDisk(topic, queueId, 0)))
      return success(undefined, { offset: 0 });
    return failure(
      ResponseCode.QUERY_NOT_FOUND,
      'Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first',
    );
  };
}
