/**
 * DELETE_TOPIC_IN_BROKER (215): removes a topic, its queues and what groups have consumed of it.
 *
 * 4.4.0 removes the queues of every topic without settings at the same time; here only those of the topic named (316 cleans up
 * the others).
 *
 * Counterpart in RocketMQ: AdminBrokerProcessor.deleteTopic.
 */
import { ExtReader, SCHEDULE_TOPIC, TRANS_HALF_TOPIC, TRANS_OP_HALF_TOPIC } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

/** Messages in these are on their way to other topics. */
const KEPT: ReadonlySet<string> = new Set([SCHEDULE_TOPIC, TRANS_HALF_TOPIC, TRANS_OP_HALF_TOPIC]);

export function deleteTopicInBroker(context: ControlContext): Handler {
  return async (request, connection) => {
    const topic = new ExtReader(request.code, request.ext).string('topic');
    if (KEPT.has(topic)) {
      return systemError(
        `the topic ${topic} cannot be deleted: it holds messages on their way to other topics`,
      );
    }
    context.logger.info('an administrator deletes a topic', { topic, by: connection.remoteAddress });
    const known = context.topics.delete(topic);
    context.saveState();
    context.offsets.deleteTopic(topic);
    if (known || context.store.findTopic(topic) !== undefined) await context.store.deleteTopic(topic);
    return success();
  };
}
