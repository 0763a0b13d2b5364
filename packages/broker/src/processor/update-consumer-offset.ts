/** UPDATE_CONSUMER_OFFSET (15): stores how far a group has consumed a queue (ConsumerManageProcessor). */
import { ExtReader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';
import { groupNameProblem, topicNameProblem } from '../name-rules.ts';

export function updateConsumerOffset(context: ControlContext): Handler {
  return (request, connection) => {
    const header = new ExtReader(request.code, request.ext);
    const group = header.string('consumerGroup');
    const topic = header.string('topic');
    const queueId = header.int('queueId');
    const offset = header.long('commitOffset');
    const problem =
      nameProblem(context, topic, group) ??
      context.offsets.tryCommit(group, topic, queueId, offset, connection.remoteAddress);
    return problem === undefined ? success() : systemError(`the offset was not stored: ${problem}`);
  };
}

function nameProblem(context: ControlContext, topic: string, group: string): string | undefined {
  if (context.topics.find(topic) === undefined) {
    const problem = topicNameProblem(topic);
    if (problem !== undefined) return problem;
  }
  return context.groups.peek(group) === undefined ? groupNameProblem(group) : undefined;
}
