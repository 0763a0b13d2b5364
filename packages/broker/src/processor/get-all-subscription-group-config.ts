/** GET_ALL_SUBSCRIPTIONGROUP_CONFIG (201): every consumer group, for slaves and administrators (AdminBrokerProcessor). */
import { encodeSubscriptionGroupWrapper } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getAllSubscriptionGroupConfig(context: ControlContext): Handler {
  return () => success(encodeSubscriptionGroupWrapper(context.groups.wrapper()));
}
