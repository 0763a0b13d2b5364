/** A queue of this broker, as bodies name it. */
import type { MessageQueue } from '@rocketmq-ts/protocol';
import type { ControlContext } from './control-context.ts';

export function queueOf(context: ControlContext, topic: string, queueId: number): MessageQueue {
  return { topic, brokerName: context.settings.brokerName, queueId };
}
