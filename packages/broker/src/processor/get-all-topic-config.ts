/** GET_ALL_TOPIC_CONFIG (21): every topic, for slaves and administrators (AdminBrokerProcessor.getAllTopicConfig). */
import { encodeTopicConfigSerializeWrapper } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getAllTopicConfig(context: ControlContext): Handler {
  return () => success(encodeTopicConfigSerializeWrapper(context.topics.wrapper()), {});
}
