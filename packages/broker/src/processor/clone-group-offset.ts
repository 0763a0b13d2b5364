/**
 * CLONE_GROUP_OFFSET (314): gives one group the progress of another, in one topic or in all.
 * Counterpart in RocketMQ: AdminBrokerProcessor.cloneGroupOffset, which clones nothing when no topic is named.
 */
import { ExtReader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';
import { groupNameProblem } from '../name-rules.ts';

export function cloneGroupOffset(context: ControlContext): Handler {
  return (request) => {
    const header = new ExtReader(request.code, request.ext);
    const source = header.string('srcGroup');
    const target = header.string('destGroup');
    const topic = header.optionalString('topic')?.trim() ?? '';
    const offline = header.optionalBoolean('offline') ?? false;
    const problem = groupNameProblem(target);
    if (problem !== undefined) return systemError(problem);
    for (const name of topic === '' ? context.offsets.topicsOfGroup(source) : [topic]) {
      if (context.topics.find(name) === undefined) continue;
      if (!offline && context.consumers.isUnsubscribed(source, name)) continue;
      context.offsets.clone(source, target, name);
    }
    return success();
  };
}
