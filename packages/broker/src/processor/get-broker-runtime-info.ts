/** GET_BROKER_RUNTIME_INFO (28): what the broker is doing, as a table of texts (AdminBrokerProcessor.prepareRuntimeInfo). */
import { encodeKVTable } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';
import { runtimeInfo } from '../control/runtime-info.ts';

export function getBrokerRuntimeInfo(context: ControlContext): Handler {
  return async () => success(encodeKVTable({ table: await runtimeInfo(context) }));
}
